"""Floor 1. A raw row becomes a contract, a lake, and the log of what was shown and done."""
