"""How large a world is."""

from __future__ import annotations

from dataclasses import dataclass

from hermes.core.errors import ConfigError, nearest

DOMAINS = ("films", "music", "books", "products", "news")
END = 1_790_812_800  # 2026-10-01T00:00Z, seconds: when the log stops
SLOTS = 10  # items of one slate


@dataclass(frozen=True, slots=True)
class Scale:
    """Sizes of one world; the log spans the last `days` before `END`."""

    items: tuple[int, int, int, int, int]  # of each of `DOMAINS`
    users: int
    requests: float  # expected, of the whole log; each shows `SLOTS` items
    days: int


SCALES = {
    "tiny": Scale((60, 60, 60, 60, 60), 80, 1_200, 30),
    "small": Scale((620, 560, 560, 520, 340), 1_200, 17_000, 90),
    "medium": Scale((5_000, 4_600, 4_600, 3_600, 2_200), 10_000, 150_000, 120),
    "large": Scale((50_000, 46_000, 46_000, 36_000, 22_000), 100_000, 1_500_000, 180),
}


def scale(name: str) -> Scale:
    """One of `SCALES`; `ConfigError` names the nearest."""
    if name not in SCALES:
        raise ConfigError(f"no scale {name!r} of the world{nearest(name, SCALES)}")
    return SCALES[name]
