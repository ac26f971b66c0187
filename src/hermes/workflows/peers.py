"""Other people's recommenders on the same split, with their own defaults and their own lists.

Each is fitted on training and asked, through its own interface, for the best items that the user
has not had; what that interface knows of the newest events is given to it. Equal scores count
against it, as against us.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from hermes.core.types import Floats, Ints
from hermes.evaluation.metrics import list_ranks
from hermes.evaluation.splits import Split

DEPTH = 200  # items asked for
Lists = tuple[Ints, Floats]  # items (Q, n) best first, their scores (Q, n)


@dataclass(frozen=True, slots=True)
class Peer:
    """One of their models, as measured."""

    name: str  # library, version and model
    ranks: Ints  # (T,)
    seconds: float  # of fitting, wall clock


def measured(
    split: Split, seed: int = 0, names: Sequence[str] = ("item neighbours", "ALS", "BPR")
) -> Iterator[Peer]:
    """The named models of `implicit`, in turn; nothing where it is not installed."""
    try:
        library = f"implicit {version('implicit')}"
    except PackageNotFoundError:
        return
    from threadpoolctl import threadpool_limits

    fits = implicit(seed)
    for name in names:
        began = time.perf_counter()
        with threadpool_limits(1, "blas"), warnings.catch_warnings():  # it brings its own threads
            warnings.simplefilter("ignore")  # about what it hands to itself
            ask = fits[name](split)
        seconds = time.perf_counter() - began
        items, scores = ask()
        yield Peer(f"{library}, {name}", ranked(split, items, scores), seconds)


def ranked(split: Split, items: Ints, scores: Floats) -> Ints:
    """The rank of every target in the lists, 0 beyond them; what has no score is not listed."""
    cases, out = split.test, []
    for q in range(len(cases)):
        listed = (items[q] > 0) & np.isfinite(scores[q])
        targets = cases.targets[cases.offsets[q] : cases.offsets[q + 1]]
        out.append(list_ranks(items[q], targets, scores[q], listed))
    return np.concatenate(out)


Fit = Callable[[Split], Callable[[], Lists]]


def implicit(seed: int) -> dict[str, Fit]:
    """Item neighbours (cosine), ALS and BPR of `implicit`, with its defaults."""

    def neighbours(split: Split) -> Callable[[], Lists]:
        from implicit.nearest_neighbours import CosineRecommender

        return asked(CosineRecommender(num_threads=0), split)

    def als(split: Split) -> Callable[[], Lists]:
        from implicit.cpu.als import AlternatingLeastSquares

        return asked(AlternatingLeastSquares(random_state=seed), split, recalculate_user=True)

    def bpr(split: Split) -> Callable[[], Lists]:
        from implicit.cpu.bpr import BayesianPersonalizedRanking

        return asked(BayesianPersonalizedRanking(random_state=seed), split)

    return {"item neighbours": neighbours, "ALS": als, "BPR": bpr}


def asked(model: Any, split: Split, **options: bool) -> Callable[[], Lists]:
    """Fit a model of `implicit`; what comes back asks it for every test user at once."""
    model.fit(csr_matrix(split.train.matrix()), show_progress=False)

    def ask() -> Lists:
        users = split.test.users
        known = csr_matrix(split.test.known.matrix())[users]
        ids, scores = model.recommend(users, known, N=DEPTH, **options)
        gone = scores <= np.finfo(np.float32).min / 2  # how it marks what it filtered
        return ids.astype(np.int64), np.where(gone, -np.inf, scores)

    return ask
