"""What somebody did with an item, as a code: what may be said of it later, the strongest last."""

from __future__ import annotations

import numpy as np

from hermes.core.types import Bools, Ints

DEEDS = (
    "", "interaction", "click", "view", "rating", "listen", "play", "read", "finish", "share",
    "save", "like", "add_to_cart", "purchase",
)  # fmt: skip
SHARED = ("play", "read")  # kinds whose value is the share that was played or read
WHOLE = 0.9  # of it, from where on something was finished


def deed(kind: str, value: float | None) -> int:
    """The code of one event, 0 for a kind that says nothing of the item.

    >>> DEEDS[deed("play", 0.95)], DEEDS[deed("play", None)], deed("dismiss", None)
    ('finish', 'play', 0)
    """
    if kind in SHARED and value is not None and WHOLE <= value <= 1:
        return DEEDS.index("finish")
    return DEEDS.index(kind) if kind in DEEDS else 0


def wished(items: Ints, refused: Ints) -> Bools:
    """Which of a history still speak for somebody's wishes: not what was turned down after.

    (H,), (D,) items whose last word was no, ascending -> (H,)

    >>> wished(np.array([7, 3, 7, 5]), np.array([7])).tolist()
    [False, True, False, True]
    """
    if not len(refused):
        return np.ones(len(items), bool)
    place = np.minimum(np.searchsorted(refused, items), len(refused) - 1)
    return np.asarray(refused[place] != items)
