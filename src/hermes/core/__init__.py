"""Floor 0. The nouns and the verbs; imports nothing of hermes."""
