"""Floor 3. Words, pictures and sound become vectors, and each vector knows what made it."""
