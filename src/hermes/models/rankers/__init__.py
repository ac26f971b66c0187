"""Models that score a table of features."""
