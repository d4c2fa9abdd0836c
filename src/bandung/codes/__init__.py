"""Members, dated groups and sectors: lists as data, lookups as functions."""
