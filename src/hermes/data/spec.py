"""Which events and items of a lake count: the part of a recipe that reads the lake."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DataSpec:
    """Filters, applied in the order of the fields."""

    domains: tuple[str, ...] = ()  # empty: all
    kinds: tuple[str, ...] = ()  # empty: every kind whose weight is not 0
    min_value: float | None = None  # of events that have a value
    min_item_events: int = 1  # counted after the filters above; 0 keeps items without events
    min_user_events: int = 1  # counted after the items were filtered
    shown: bool = False  # read what pages showed too, for rankers that learn from it
