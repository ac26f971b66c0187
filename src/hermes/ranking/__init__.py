"""Floor 7. Scorers: learned rankers as a stage of the request."""
