"""Floor 8. The request, in one readable function."""
