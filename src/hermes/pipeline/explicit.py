"""How explicit a query is, and how much what is written counts against what people did.

Explicitness is the share of what it takes to name one item that the text supplies: an item that its
text alone puts at rank r of I has been named to 1 - log r / log I. A logistic function of a few
facts about the text predicts it, fitted on queries that were made from a catalogue's own titles,
people, categories and texts (`workflows/wishes`), so that no person has to label any.
Papke, Wooldridge. Econometric methods for fractional response variables. Journal of Applied
Econometrics 1996.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from hermes.core.types import Floats
from hermes.retrieval.understood import Understood

FACTS = ("one", "title", "creator", "filters", "mood", "known", "unread", "score")
LEARNED: Mapping[str, float] = {  # by `hermes bench query --only fit`
    "one": -2.244,
    "title": 3.362,
    "creator": 2.457,
    "filters": 0.931,
    "mood": -1.876,
    "known": 2.065,
    "unread": 0.077,
    "score": 0.374,
}
HALF = 20.0  # a score of full text that is neither high nor low
LEAST = 0.025  # explicitness, or what it lacks of 1, that is never gone below
Role = Literal["content", "behaviour"]


def facts(read: Understood, scores: Sequence[float] | Floats | None = None) -> Floats:
    """What explicitness is predicted from, each about 0 to 1.  -> (len(FACTS),)

    scores: what full text gave the best ten or so for `read.semantic`, best first; None when it
    was not asked.
    """
    titles = [c for c in read.constraints if c.kind in ("title", "like")]
    creators = len(read.of("creator"))
    others = sum(c.hard and c.kind not in ("creator", "title", "like") for c in read.constraints)
    words, looked = len(read.words), scores is not None
    found = np.asarray(scores if looked else (), np.float64)
    best = float(found[0]) if len(found) else 0.0
    return np.array([
        1.0,
        1 / min(len(c.items) for c in titles) if titles else 0.0,
        min(creators, 2) / 2,
        min(others, 3) / 3,
        float(any(c.kind == "mood" for c in read.constraints)),
        read.known / words if words else 1.0,
        float(not looked),
        best / (best + HALF),
    ])  # fmt: skip


def explicitness(
    read: Understood,
    scores: Sequence[float] | Floats | None = None,
    learned: Mapping[str, float] = LEARNED,
) -> float:
    """From 0, nothing was asked, to 1, one item was named."""
    if not read.constraints and not read.words:
        return 0.0
    coefficients = np.array([learned[name] for name in FACTS])
    return float(1 / (1 + np.exp(-facts(read, scores) @ coefficients)))


def leaning(
    explicit: float, roles: Mapping[str, Role], base: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Weights of channels: those of content rise with explicitness, against those of behaviour.

    At 0.5 all have what `base` gives them (1 where it does not). Behaviour keeps it throughout,
    since rankers have learned from its sum as it is: content takes the odds of explicitness.

    >>> leaning(0.75, {"text": "content", "sasrec": "behaviour"}, {"sasrec": 2.0})
    {'text': 3.0, 'sasrec': 2.0}
    """
    odds = max(explicit, LEAST) / max(1 - explicit, LEAST)
    share = {"content": odds, "behaviour": 1.0}
    return {name: (base or {}).get(name, 1.0) * share[role] for name, role in roles.items()}
