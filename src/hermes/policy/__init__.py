"""Floor 7. Rules that drop, and policies that order."""
