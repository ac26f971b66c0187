"""Floor 9. Whether it is better; drives the same Recommender that serves."""
