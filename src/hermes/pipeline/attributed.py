"""The parts of a slate's scores, of what really made them: the last ranker that answered, or none.

| who made the score | baseline |
|---|---|
| a ranker | the average of the candidates it was given; for codes, an item without any |
| the blend, with or without a text that leads | the average of the candidates that may be shown |
| the channel that the gate handed the request to | the same |

The average is of numbers, column by column; a number that most candidates lack is missing. What a
mood moves a score by is the text's, over no mood at all, and what a short history moves it by is
the history's.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hermes.core.protocols import Query
from hermes.core.types import Array, Candidates, Floats, Ints
from hermes.explain.attribution import PREFIX, Attribution, Game, Learned, Solver
from hermes.ranking.scorer import Features

from . import lead
from .trace import Trace

if TYPE_CHECKING:
    from .recommender import Recommender, Stage

NOTHING = "nothing was learned beyond the blend"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """How what a ranker has learned is shared out."""

    features: Features
    learned: Learned
    columns: Ints  # (Fd,) of each dense column its group, see `explain/groups`
    codes: Ints  # (Fs,) of each sparse column
    solve: Solver
    start: Sequence[int] | None = None  # columns that learning adds to; None: to the blend


@dataclass(frozen=True, slots=True)
class Attributor:
    """Takes a slate's scores apart."""

    channels: Mapping[str, str]  # the group of each channel

    def __call__(
        self, made: Recommender, query: Query, items: Candidates, trace: Trace
    ) -> tuple[Candidates, Attribution | None]:
        """The items with a column for each part, and what the parts are; None where nobody can say.

        items (k,) as the policy chose them.
        """
        if not len(items):
            return items, None
        last = [s for s in made.stages if s.scorer.name in items.columns]
        opened = made.gate is not None and any(
            d.stage == "gate" and d.cause.startswith("open") for d in trace.degraded
        )
        if opened and made.gate is not None and made.gate.to:
            found = self.handed(made, items, trace)
        elif not last:
            found = self.plain(made, items, trace)
        elif last[-1].shared is None:
            return items, None
        else:
            found = self.ranked(made, query, items, trace, last[-1])
        for name, values in found.parts.items():
            items = items.with_column(f"{PREFIX}{name}", values)
        return items, found

    def plain(self, made: Recommender, items: Candidates, trace: Trace) -> Attribution:
        """Of the blend alone."""
        pool = trace.pools["rules"]
        terms, mean = self.terms(made, trace, pool.items, items.items)
        moved(terms, items.columns["score"] - items.columns["blend"], items.items, trace)
        words = f"the average of the {len(pool)} candidates that may be shown"
        return Attribution(f"sums; {NOTHING}", words, mean, kept(terms))

    def handed(self, made: Recommender, items: Candidates, trace: Trace) -> Attribution:
        """Of the channel that the gate handed the request to; what it did not bring it put last."""
        assert made.gate is not None
        pool = made.gate.handed(trace.pools["rules"])
        mean = float(np.mean(pool.columns["score"], dtype=np.float64))
        own = items.columns["score"].astype(np.float64) - mean
        group, answered = (
            self.channels.get(made.gate.to, "content"),
            f"{made.gate.to} answered alone",
        )
        words = f"the average of the {len(pool)} candidates that may be shown"
        return Attribution(f"one part; {answered}", words, mean, {group: own})

    def ranked(
        self, made: Recommender, query: Query, items: Candidates, trace: Trace, stage: Stage
    ) -> Attribution:
        """Of a ranker's score: the blend's terms, and what was learned shared out."""
        assert stage.shared is not None
        game, mean = self.game(made, query, items, trace, stage)
        none = game.usual[None], game.unknown[None], game.history
        start, first = started(game, mean, stage.shared)
        base = float(stage.shared.learned(*none)[0]) + first
        learned, method = stage.shared.solve(game)
        parts = learned + start
        out = {name: parts[:, g] for g, name in enumerate(game.names)}
        by = items.columns["score"] - items.columns[stage.scorer.name]
        moved(out, by, items.items, trace)
        count = len(given(trace, stage.scorer.name))
        words = f"the average of the {count} candidates that {stage.scorer.name} was given"
        if len(game.unknown):
            words += ", as an item without code, kind or maker"
        return Attribution(method, words, base, kept(out))

    def game(
        self, made: Recommender, query: Query, items: Candidates, trace: Trace, stage: Stage
    ) -> tuple[Game, float]:
        """What a stage's score is made of, and the blend of the baseline."""
        assert stage.shared is not None
        shared, pool = stage.shared, given(trace, stage.scorer.name)
        terms, mean = self.terms(made, trace, pool.items, items.items)
        dense, sparse, history = shared.features(query, pool)
        rows, codes = placed(pool.items, items.items), shared.codes[: sparse.shape[1]]
        usual, unknown = average(dense), nobody(sparse)
        game = Game.of(
            terms, dense[rows], usual, shared.columns, sparse[rows], unknown, codes, history
        )
        return game, mean

    def terms(
        self, made: Recommender, trace: Trace, pool: Ints, items: Ints
    ) -> tuple[dict[str, Array], float]:
        """What each group adds to the blend of items over the pool's mean, and that mean.

        pool (p,), items (k,) -> (k,) by group
        """
        instead = lead.weights(trace.brought, made.blend.weights, trace)
        table, each = made.blend.parts(trace.brought, instead)
        inside, mine = np.searchsorted(table.items, pool), np.searchsorted(table.items, items)
        out: dict[str, Array] = {}
        mean = 0.0
        for name, values in zip(table.channels, each, strict=True):
            usual = float(np.mean(values[inside], dtype=np.float64))
            group = self.channels.get(name, "content")
            out[group] = out.get(group, 0.0) + (values[mine].astype(np.float64) - usual)
            mean += usual
        return out, mean


def started(game: Game, blend: float, shared: Sharing) -> tuple[Array, float]:
    """What a score starts from: each part's over the baseline's, and the baseline's.  -> (n, G)"""
    if shared.start is None:
        return game.terms, blend
    out, base = np.zeros_like(game.terms), 0.0
    for column in shared.start:
        out[:, game.columns[column]] += game.dense[:, column] - np.float64(game.usual[column])
        base += float(game.usual[column])
    return out, base


def given(trace: Trace, name: str) -> Candidates:
    """The pool that a stage got: what the one before it let through."""
    names = list(trace.pools)
    return trace.pools[names[names.index(name) - 1]]


def placed(pool: Ints, items: Ints) -> Ints:
    """Where each item is in the pool.  (p,), (k,) -> (k,)"""
    order = np.argsort(pool, kind="stable")
    return np.asarray(order[np.searchsorted(pool, items, sorter=order)])


def average(dense: Floats) -> Floats:
    """The mean of each column, NaN where more than half are.  (n, Fd) -> (Fd,)"""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a column that nobody has
        mean = np.nanmean(dense.astype(np.float64), axis=0)
    return np.where(np.isnan(dense).mean(axis=0) > 0.5, np.nan, mean).astype(np.float32)


def nobody(sparse: Ints) -> Ints:
    """The codes of an item that nobody knows, for the same user.  (n, Fs) -> (Fs,)"""
    out = np.zeros(sparse.shape[1], np.int64)
    same = (sparse == sparse[:1]).all(axis=0) if len(sparse) > 1 else np.zeros(len(out), bool)
    out[same] = sparse[0, same]
    return out


def moved(parts: dict[str, Array], by: Array, items: Ints, trace: Trace) -> None:
    """Add what scores were moved by: moods are the text's part, a plain intent the history's.

    by (k,), items (k,); rounding is none.
    """
    if not np.any(np.abs(by) > 1e-6):
        return
    text, history = lead.pushes(trace, items)
    both = (text + history).astype(np.float64)  # in deviations of the scores
    most = int(np.abs(both).argmax())
    own = history * (float(by[most]) / both[most] if both[most] else 0.0)
    parts["history"] = parts.get("history", 0.0) + own
    parts["text"] = parts.get("text", 0.0) + (by.astype(np.float64) - own)


def kept(parts: Mapping[str, Array]) -> dict[str, Array]:
    """Without groups that add nothing to any item."""
    return {name: values for name, values in parts.items() if np.any(values)}
