"""Floor 7. Reasons that can be checked."""
