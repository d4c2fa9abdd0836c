"""Measurements: each case against something in the same run, as a ratio of medians."""
