"""Floor 2. A simulated marketplace whose truth is known."""
