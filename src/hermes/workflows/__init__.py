"""Floor 10. What a person starts: train, evaluate, demo, bench."""
