"""Hermes: one recommender for every catalogue."""

__version__ = "0.1.0"
