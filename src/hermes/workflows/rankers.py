"""A stage of ranking, fitted on the candidates of all that comes before it.

An ensemble's members are fitted one by one, each as if it stood alone. Its weights are chosen by
users whom members did not learn from: two thirds of those held out, the rest stop the members
early; and with folds by the learners too, each asked of members fitted once more without them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from hermes.artifacts.bundle import Draft
from hermes.artifacts.export import export_ranker
from hermes.artifacts.trees import Trees
from hermes.core.errors import DataError
from hermes.core.progress import progress
from hermes.core.protocols import Query
from hermes.core.types import Array, Candidates, Floats, Ints
from hermes.features.columns import Columns
from hermes.features.examples import Examples
from hermes.learn.batches import tensors
from hermes.models.base import Model, Ranker
from hermes.models.ensemble import Ensemble, spreads
from hermes.models.rankers.deepfm import DeepFM
from hermes.pipeline.recipe import Stage
from hermes.retrieval.effects import odds_of

from . import exposed
from .labels import Pool, examples, pools
from .stages import Kitchen, made
from .weights import Pools, Verdict, choose, logged_by_blend

FEWEST = 10  # queries that may choose weights
VOTERS = 4000  # learners' queries that may, at most
Fitted = Callable[[str, Model[Any, Any], Any], Model[Any, Any]]


@dataclass(frozen=True)
class Course:
    """What a stage learns from: the pools that reach it, and what it may know of them."""

    kitchen: Kitchen
    name: str
    stage: Stage
    columns: Columns
    pool_of: Pool
    reached: exposed.Reach  # the same from before any ranker, and what of it gets here

    @classmethod
    def of(cls, kitchen: Kitchen, name: str, stage: Stage) -> Course:
        """Behind all stages that stand already."""
        ask = kitchen.recommender()
        before_it = "rules" if not ask.stages else ask.stages[-1].scorer.name
        every = {s.channel.name: s.channel for s in ask.sources.sources}
        name_of, told = odds_of(every)
        channels = tuple(name for name in every if name != name_of)  # its odds say it all
        odds = told.odds if told is not None else None
        columns = Columns(channels, kitchen.snapshot, rich=stage.rich, odds=odds)

        def pool_of(query: Query) -> Candidates:
            return ask(query).trace.pools[before_it]

        def reached(query: Query) -> tuple[Candidates, Ints]:
            found = ask(query).trace.pools
            return found["rules"], found[before_it].items

        return cls(kitchen, name, stage, columns, pool_of, reached)

    def table(self, rows: Ints, what: str) -> Examples:
        """Labelled groups: a draw of each pool that holds its label, or what pages showed."""
        if self.stage.shown:
            return self.pages(rows, what)
        targets = self.kitchen.log.items[rows].tolist()
        with progress(f"{self.name}: {what}", len(rows), "queries") as tell:
            queries, rng = self.kitchen.queries(rows), np.random.default_rng(self.kitchen.run.seed)
            return examples(
                queries, targets, self.pool_of, self.columns, self.stage.negatives, rng,
                lambda: tell(1),
            )  # fmt: skip

    def pages(self, rows: Ints, what: str) -> Examples:
        """What was shown to the users of these events since the retrievers stopped learning."""
        kitchen = self.kitchen
        if kitchen.shown is None:
            raise DataError(f"{self.name}.shown: the data were read without pages; set data.shown")
        users = np.unique(kitchen.log.users[rows])
        pages = exposed.unseen(kitchen.shown, kitchen.log, kitchen.parts.log, users)
        rates = exposed.looked_at(kitchen.log.pages(kitchen.shown))
        with progress(f"{self.name}: {what}", len(pages), "pages") as tell:
            return exposed.examples(
                pages, rates, kitchen.log, self.reached, self.columns, lambda: tell(1)
            )

    def whole(self, rows: Ints, what: str) -> Examples:
        """Whole pools, those too that do not hold their label."""
        targets = self.kitchen.log.items[rows].tolist()
        with progress(f"{self.name}: {what}", len(rows), "queries") as tell:
            queries = self.kitchen.queries(rows)
            return pools(queries, targets, self.pool_of, self.columns, lambda: tell(1))


def fit_ranker(kitchen: Kitchen, name: str, stage: Stage, fitted: Fitted) -> None:
    """One stage."""
    course = Course.of(kitchen, name, stage)
    model: Any = made(stage.model, stage.config, f"{name}.config", Ranker)
    stop, weigh = parted(kitchen, isinstance(model, Ensemble))
    learn = course.table(kitchen.parts.learn, "examples")
    learn = replace(learn, valid=course.table(stop, "held-out examples"))
    if isinstance(model, Ensemble):
        fit_members(course, model, learn, weigh, fitted)
        return
    model = fitted(name, model, learn)
    kitchen.draft.arrays(f"models/{name}", served(model, learn, name, kitchen.draft))
    kitchen.manifest["models"][name] = entry(course, stage.model, stage.config, model, learn)


def parted(kitchen: Kitchen, ensemble: bool) -> tuple[Ints, Ints]:
    """Rows of the third of users who stop the members early, and of those who choose weights."""
    rows = kitchen.parts.judge
    if not ensemble:
        return rows, rows[:0]
    users = np.unique(kitchen.log.users[rows])
    late = ~np.isin(kitchen.log.users[rows], users[::3])
    if late.sum() < FEWEST:
        raise DataError(
            f"only {late.sum()} held-out queries could choose an ensemble's weights, {FEWEST} are"
            " needed; raise labels.valid and labels.valid_users, or take one ranker"
        )
    return rows[~late], rows[late]


def fit_members(
    course: Course, ensemble: Ensemble, learn: Examples, rows: Ints, fitted: Fitted
) -> None:
    """Each member, then the weights; a member of weight zero leaves nothing but its entry."""
    kitchen, name = course.kitchen, course.name
    for member, ranker in ensemble.members.items():
        ensemble.members[member] = fitted(f"{name}.{member}", ranker, learn)  # type: ignore[assignment]
    ensemble.shape = learn.shape
    voters = [(x := course.whole(rows, "weights"), ensemble.parts(x))]
    voters += crossed(course, ensemble, learn, fitted)
    verdict = weighed(ensemble, voters, kitchen.run.seed)
    shares = ensemble.shares
    models = kitchen.manifest["models"]
    for spec in ensemble.config.members:
        part, own = ensemble.members[spec.name], f"{name}.{spec.name}"
        models[own] = entry(course, spec.model, spec.config, part, learn)
        models[own]["weight"] = verdict.said["weights"][spec.name]
        if shares[spec.name] > 0:
            kitchen.draft.arrays(f"models/{own}", served(part, learn, own, kitchen.draft))
    stage = course.stage
    models[name] = entry(course, stage.model, stage.config, ensemble, learn) | {
        "members": {member: share for member, share in shares.items() if share > 0},
        "neural": any(hasattr(ensemble.members[m], "net") for m, s in shares.items() if s > 0),
        "ensemble": verdict.said,
    }


def crossed(
    course: Course, ensemble: Ensemble, learn: Examples, fitted: Fitted
) -> Iterator[tuple[Examples, Floats]]:
    """Pools of users the members learn from, and what members who did not would add to them."""
    kitchen, folds = course.kitchen, ensemble.config.folds
    rows = kitchen.parts.learn
    fold = np.random.default_rng(kitchen.run.seed).integers(
        0, folds or 1, kitchen.log.shape.n_users
    )
    for number in range(folds):
        mine = fold[kitchen.log.users[rows]] == number
        taught = replace(course.table(rows[~mine], f"fold {number + 1}"), valid=learn.valid)
        other = Ensemble(ensemble.config)
        for member, ranker in other.members.items():
            own = f"{course.name}.{member}.{number + 1}"
            other.members[member] = fitted(own, ranker, taught)  # type: ignore[assignment]
        x = course.whole(rows[mine][: VOTERS // folds], f"weights, fold {number + 1}")
        yield x, other.parts(x)


def weighed(ensemble: Ensemble, voters: list[tuple[Examples, Floats]], seed: int) -> Verdict:
    """Let users whom no member asked had learned from choose the weights, and set them."""
    rng = np.random.default_rng(seed)
    rows = [len(x) for x, _ in voters]
    squares = [spreads(x, parts) ** 2 for x, parts in voters]
    scales = np.sqrt(np.average(squares, axis=0, weights=rows))
    size = max(int(np.bincount(x.queries).max()) for x, _ in voters)
    each = [squared(x, parts, size) for x, parts in voters]
    blend, added, target = (np.concatenate(column) for column in zip(*each, strict=True))
    voted = Pools(blend, added, scales)
    verdict = choose(voted, logged_by_blend(voted, target, rng), list(ensemble.members), rng)
    ensemble.weigh(verdict.weights, scales)
    return verdict


def squared(x: Examples, parts: Array, n: int) -> tuple[Array, Array, Ints]:
    """Groups as rows of one table, padded, and the place of each one's label or -1.

    parts (N, M) -> blends (Q, n), parts (Q, n, M), places (Q,)
    """
    counts = np.bincount(x.queries, minlength=len(x.history))
    place = np.arange(len(x)) - (np.cumsum(counts) - counts)[x.queries]
    blend = np.full((len(counts), n), -np.inf)
    each = np.zeros((len(counts), n, parts.shape[1]))
    blend[x.queries, place] = x.offset
    each[x.queries, place] = parts
    target = np.full(len(counts), -1)
    hit = x.labels > 0
    target[x.queries[hit]] = place[hit]
    return blend, each, target


def entry(
    course: Course, cls: str, config: Mapping[str, Any], model: Any, learn: Examples
) -> dict[str, Any]:
    """What the manifest says of a ranker."""
    columns = course.columns
    return {
        "class": cls,
        "config": dict(config),
        "shape": asdict(model.shape),
        "neural": hasattr(model, "net"),
        "embedder": False,
        "columns": {
            "channels": columns.channels,
            "rich": course.stage.rich,
            "length": columns.length,
            "odds": columns.odds is not None,
        },
        "groups": len(learn.history),
        "asked": len(course.kitchen.parts.learn),
    }


def served(model: Any, learn: Examples, name: str, draft: Draft) -> dict[str, Array]:
    """A ranker's arrays as tiers 2 and 3 read them, and for a network its graph."""
    if hasattr(model, "booster"):
        return dict(Trees.compile(model.booster.model_to_string()).arrays())
    if hasattr(model, "net") and not isinstance(model, DeepFM):  # that has `artifacts.factors`
        rows = learn.queries == 0
        one = tensors(dense=learn.dense[rows], sparse=learn.sparse[rows], history=learn.history[:1])
        graph = draft.folder / "models" / f"{name}.onnx"
        export_ranker(model.net, one, graph, np.random.default_rng(0))
    arrays: dict[str, Array] = model.arrays()
    return arrays
