"""Floor 7. Channels: the only verb that adds candidates."""
