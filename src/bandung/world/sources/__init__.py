"""One parser per source: each reads its publisher's files and judges nothing."""
