"""Floor 11. HTTP."""
