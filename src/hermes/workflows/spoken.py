"""Whether what reasons say is so: the causes they name, against those of the world's law.

A first reason tells the chance that its cause is the largest. Counted are how often the true cause
is among those that an item's reasons name, and how often a first reason that is sure of its cause,
so that the system itself says that it knows it, is right. Beside it stand what one who says the
same of everything would reach, and who knows the law, every item and its quality, and guesses the
person (`knower`).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from hermes.core.types import Array
from hermes.explain.seen import Limits
from hermes.pipeline.assemble import Engine
from hermes.pipeline.trace import Slate

from .bench_quality import Row
from .causes import CAUSES, Law, clear, named
from .crossed import ratio
from .knower import Knower

RIGHT = 0.9
OWN, POPULAR = CAUSES.index("own"), CAUSES.index("popular")
COUNTS = (
    "items", "any", "first", "chance", "sure", "sure.right", "named", "own", "popular", "clear",
    "clear.first", "clear.own", "clear.popular", "knower", "clear.knower",
)  # fmt: skip


def counts(engine: Engine, slates: Iterable[Slate], knower: Knower) -> Array:
    """Of each slate, how many items each of `COUNTS` holds of.  -> (Q, 15)"""
    truth = knower.truth
    law, codes = Law(truth, float(truth.size.days)), engine.catalogue.items.names
    place = {name: code for code, name in enumerate(truth.asset_ids())}
    out = list[list[float]]()
    for slate in slates:
        user = int(truth.user_codes([engine.users.names[slate.query.user]])[0])
        items = np.array([place[codes[code]] for code in slate.items.items.tolist()])
        wanted = law.wanted(user)
        causes = law.causes(wanted)[items]
        guess = law.causes(knower.guessed(wanted, user))[items].argmax(axis=1)
        told = [named([r.code, *(more.code for more in r.more)]) for r in slate.reasons]
        chances = np.array([r.chance or 0.0 for r in slate.reasons])
        out.append(counted(causes, told, chances, guess))
    return np.array(out)


def counted(causes: Array, told: list[list[int]], chances: Array, guess: Array) -> list[float]:
    """`COUNTS` of one slate.  causes (k, 3), what is named of each item, (k,), (k,)"""
    true, plain = causes.argmax(axis=1), clear(causes)
    first = np.array([names[:1] == [t] for names, t in zip(told, true.tolist(), strict=True)])
    among = np.array([t in names for names, t in zip(told, true.tolist(), strict=True)])
    sure = chances >= Limits().sure
    columns = (
        np.ones(len(true)), among, first, chances, sure, sure & first,
        [len(names) for names in told],
        true == OWN, true == POPULAR, plain, plain & first, plain & (true == OWN),
        plain & (true == POPULAR), guess == true, plain & (guess == true),
    )  # fmt: skip
    return [float(np.sum(column)) for column in columns]


def rows(found: Array) -> list[Row]:
    """Rows over all slates (Q, 15), intervals by drawing slates."""
    title, table = "the simulated world, true cause", dict(zip(COUNTS, found.T, strict=True))

    def share(hit: str, of: str) -> float:
        return float(table[hit].sum() / max(table[of].sum(), 1.0))

    def row(name: str, hit: str, of: str, floor: float | None, note: str = "") -> Row:
        mean, low, high = ratio(table[hit], table[of], np.random.default_rng(0))
        judged = {} if floor is None else {"floor": floor, "holds": mean >= floor}
        return {
            "name": f"{title}: {name}", "value": mean, "low": low, "high": high, "note": note,
        } | judged  # fmt: skip

    def same(kind: str, of: str) -> str:
        own, popular = share(f"{kind}own", of), share(f"{kind}popular", of)
        return f"said of everything: own {own:.2f}, popular {popular:.2f}"

    how = f"{share('named', 'items'):.2f} causes an item; {len(found)} slates; {same('', 'items')}"
    sure = f"of {share('sure', 'items'):.2f} of the items the first is sure"
    first = f"by its own account in {share('chance', 'items'):.2f}"
    plain = f"{share('clear', 'items'):.2f} of the items; {same('clear.', 'clear')}"
    knows = "every item and its quality given, the person guessed from what was shown and taken"
    return [
        row("among those that an item's reasons name", "any", "items", RIGHT, how),
        row("named first by a reason that is sure of it", "sure.right", "sure", RIGHT, sure),
        row("named first", "first", "items", None, first),
        row("named first, where it leads by one in log odds", "clear.first", "clear", None, plain),
        row("named first by who knows the law", "knower", "items", None, knows),
        row("the same where it leads by one", "clear.knower", "clear", None),
    ]
