"""Floor 2. A simulated marketplace whose truth is known."""

from .record import Summary, write
from .truth import Truth

__all__ = ["Summary", "Truth", "write"]
