"""Every kind of lie is sent as it was planted, is false, and is caught."""

from __future__ import annotations

import numpy as np
import pytest

from hermes.explain.evidence import Evidence, Item
from hermes.explain.narrator import Draft, rule
from hermes.explain.prompt import RULES
from hermes.explain.verify import Leaks, Sentences, Verifier
from hermes.workflows.bench_agent import squeezed
from hermes.workflows.ground import Ground
from hermes.workflows.lies import CUTS, LIES, lie

NAMES = ("Amber Road", "Blue Lantern", "Cold Harvest", "Dust Parade", "Empty Quarter")
KINDS = ("Horror", "Comedy", "Drama", "Western", "Crime", "War")
KEY = "sk-test-1234-abcd"


def film(n: int, title: str) -> Item:
    actors = tuple((f"{first} Num{n}", "actor") for first in ("Ada", "Bela", "Cora"))
    return Item(
        id=str(n),
        title=title,
        domain="films",
        year=1950 + 7 * n,
        creators=actors,
        categories=(KINDS[n % 6], KINDS[(n + 1) % 6]),
        text=f"A stranger called number {n} walks into the old town at dawn. Nobody asks why.",
        because=(f"Past{n}",),
        code="because",
        reason=f"Because you watched Past{n}",
    )


def ground(seed: int) -> Ground:
    items = tuple(film(n, title) for n, title in enumerate(NAMES))
    history = tuple((f"Past{n}", "watched") for n in range(6))
    outside = [film(n, f"Outside{n}") for n in range(10, 16)]
    evidence = Evidence(items=items, history=history, sought=("Horror",))
    return Ground(evidence, outside, "en", np.random.default_rng(seed), RULES, KEY)


@pytest.mark.parametrize("kind", LIES)
def test_a_lie_is_sent_as_planted_and_does_not_come_through(kind: str) -> None:
    for seed, how in enumerate(CUTS * 4):
        made = ground(seed)
        answer = lie(kind, how, made)
        sent = squeezed("".join(answer.pieces))
        assert squeezed(answer.planted).rstrip(".") in sent
        verifier, leaks, draft = Verifier(made.evidence), Leaks([KEY], RULES), Draft()
        cut = Sentences.of(made.evidence)
        for piece in answer.pieces:
            for sentence in cut.feed(piece):
                rule(sentence, verifier, leaks, draft)
        for sentence in cut.rest() if answer.ends else ():
            rule(sentence, verifier, leaks, draft)
        assert squeezed(answer.planted) not in squeezed(" ".join(draft.shown))
