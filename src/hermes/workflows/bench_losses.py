"""The same network under each loss: a ranker on one table of candidates, a sequence model on a log.

Everything but the loss is the same, and nothing is tuned for any of them: sizes and schedules are
those of the recipe `quick`, or smaller. Validation chooses the epoch. Figures are NDCG@10 of the
test event over the whole catalogue, by user, means over seeds; a test compares each loss with the
best on the same users. What an interval does not hold is how much another start would have changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np

from hermes.artifacts.bundle import Bundle
from hermes.core.config import resolve
from hermes.core.progress import progress
from hermes.core.protocols import Query
from hermes.core.types import Array, Bools, Candidates, Ints
from hermes.data.build import dataset
from hermes.data.dataset import Dataset
from hermes.data.interactions import Interactions
from hermes.data.lake import Lake
from hermes.data.spec import DataSpec
from hermes.evaluation.cascade import patient
from hermes.evaluation.intervals import bootstrap, paired
from hermes.evaluation.metrics import ndcg
from hermes.evaluation.offline import queries, retriever_ranks
from hermes.evaluation.splits import Cases, Split, leave_one_out
from hermes.features.columns import Columns
from hermes.features.examples import Examples
from hermes.features.snapshot import Snapshot
from hermes.learn import batches, losses
from hermes.learn.loop import Batch, Schedule
from hermes.learn.run import Run
from hermes.models.rankers.deepfm import DeepFM, DeepFMConfig
from hermes.models.retrievers.sasrec import SASRec, SASRecConfig
from hermes.pipeline.assemble import assemble
from hermes.pipeline.queries import before

from .bench import Place
from .bench_quality import Ground, Row, above
from .labels import examples
from .train import train

K = 10
NAMES = {  # as the table has them
    "softmax": "softmax",
    "sampled": "sampled softmax with logQ",
    "gbce": "gBCE",
    "bce": "BCE, one negative",
}
MODELS = "hermes.models.retrievers"
CANDIDATES: dict[str, Any] = {  # closed forms only: what they bring is the same in every run
    "name": "losses",
    "length": 200,
    "channels": [
        {"name": "transition", "model": f"{MODELS}.transition:Transition"},
        {"name": "ease", "model": f"{MODELS}.ease:EASE", "config": {"neighbours": 300}},
        {"name": "popularity", "model": f"{MODELS}.popularity:Popularity"},
    ],
    "blend": {"method": "learned", "keep": 200},
}


@dataclass(frozen=True, kw_only=True)
class LossesPlan:
    """What is learned, and how often."""

    users: int = 6000  # whose validation event the rankers learn
    judges: int = 500  # of them only choose the epoch
    asked: int = 2000  # test users
    negatives: int = 100  # candidates of each group a ranker learns
    drawn: int = 256  # negatives of a batch of the sequence model, where its loss draws
    seeds: tuple[int, ...] = (0, 1)  # of the rankers
    sequence_seeds: tuple[int, ...] = (0,)
    ranker: DeepFMConfig = DeepFMConfig(
        d=8,
        hidden=(32, 16),
        schedule=Schedule(epochs=4, batch=64, lr=3e-3, weight_decay=1.0, decay=True, patience=4),
    )
    sequence: SASRecConfig = SASRecConfig(
        d=32,
        length=50,
        schedule=Schedule(epochs=5, batch=32, lr=2e-3, warmup=100, decay=True, patience=5),
    )


def measure(place: Place, plan: LossesPlan = LossesPlan()) -> list[Row]:
    """One row a loss and network, the best of each first.

    Raises `ConfigError` where `place.only` names something else than `rankers` or `sequences`.
    """
    wanted = place.named("losses", ("rankers", "sequences"))
    place.work.mkdir(parents=True, exist_ok=True)
    source, data = given(Ground(place))
    split = leave_one_out(data.interactions)
    test = split.test.take(np.random.default_rng(0).permutation(len(split.test))[: plan.asked])
    rows = []
    if "rankers" in wanted:
        rows += compared(f"{source}, DeepFM", rankers(place, data, split, test, plan))
    if "sequences" in wanted:
        rows += compared(f"{source}, SASRec", sequences(split, test, plan))
    return rows


def given(ground: Ground) -> tuple[str, Dataset]:
    """MovieLens-1M where there are data sets, else the simulated world."""
    if ground.place.data is not None:
        return "MovieLens-1M", dataset(Lake(ground.films()), DataSpec(min_item_events=5))
    from hermes.world import write

    raw = ground.place.work / "world-small"
    if not raw.is_dir():
        write(raw, "small", 0)
    lake = ground.lake("world", resolve("hermes.domains.world:adapter"), raw)
    return "the simulated world", dataset(Lake(lake), DataSpec())


def compared(name: str, found: Mapping[str, Array]) -> list[Row]:
    """NDCG@10 (Q,) of each loss as rows, best first, with its distance to the best."""
    order = sorted(found, key=lambda loss: -found[loss].mean())
    bounds = bootstrap(np.stack([found[loss] for loss in order], axis=1), np.random.default_rng(0))
    best, rows = found[order[0]], []
    for loss, bound in zip(order, bounds, strict=True):
        note = f"{len(best):,} users"
        if loss != order[0]:
            gap = paired(found[loss], best, np.random.default_rng(0))
            note += f", {gap.mean:+.4f} [{gap.low:+.4f}, {gap.high:+.4f}] to {order[0]},"
            note += f" p = {gap.p:.4f}"
        rows.append(above(f"{name}, {loss}: ndcg@{K}", bound, "", None, note))
    return rows


# the ranker


def rankers(
    place: Place, data: Dataset, split: Split, test: Cases, plan: LossesPlan
) -> dict[str, Array]:
    """NDCG@10 of the test users by loss, and of the blend that every ranker adds to.  -> (Q,)"""
    made = train(CANDIDATES, data, place.work / "losses", known=split.train, protocol="losses")
    pools, known = Pools.opened(made), test.known
    learn, judge = labelled(split, plan)
    table = replace(
        pools.table(before(known, learn), known.items[learn], plan.negatives, "examples"),
        valid=pools.table(before(known, judge), known.items[judge], plan.negatives, "held-out"),
    )
    asked = Asked.of(pools, test)
    found = {"the blend alone": asked.ndcg(np.asarray(asked.table.offset))}
    for loss in get_args(losses.RANKING):
        config = replace(plan.ranker, loss=loss)
        runs = [DeepFM(config).fit(table, Run(seed=seed)) for seed in plan.seeds]
        found[loss] = np.mean([asked.ndcg(model.score(asked.table)) for model in runs], axis=0)
    return found


def labelled(split: Split, plan: LossesPlan) -> tuple[Ints, Ints]:
    """Rows of what is known at the test: events to learn, and to choose the epoch by."""
    known = split.test.known
    last = known.offsets()[split.valid.queries.users + 1] - 1  # the event the channels never saw
    last = last[known.items[last] == split.valid.targets]
    drawn = np.random.default_rng(1).permutation(last)[: plan.users]
    return np.sort(drawn[plan.judges :]), np.sort(drawn[: plan.judges])


@dataclass(frozen=True)
class Pools:
    """The candidates of a query, and what a ranker sees of each."""

    of: Callable[[Query], Candidates]
    columns: Columns

    @classmethod
    def opened(cls, bundle: Bundle) -> Pools:
        """What the rules of a bundle let through."""
        ask = patient(assemble(bundle.path).recommender)
        names = tuple(s.channel.name for s in ask.sources.sources if s.when != "text")
        columns = Columns(names, Snapshot.restore(bundle.arrays("snapshot")))
        return cls(lambda query: ask(query).trace.pools["rules"], columns)

    def table(self, asked: Iterable[Query], targets: Ints, negatives: int, what: str) -> Examples:
        """The pools that hold their target."""
        rng, goals = np.random.default_rng(0), targets.tolist()
        with progress(f"losses: {what}", len(goals), "queries") as tell:
            return examples(asked, goals, self.of, self.columns, negatives, rng, lambda: tell(1))


@dataclass(frozen=True)
class Asked:
    """Whole pools of the test users."""

    table: Examples  # of those whose pool holds the target, a group each
    reached: Bools  # (Q,) who they are

    @classmethod
    def of(cls, pools: Pools, test: Cases) -> Asked:
        """Every test user asked once."""
        found = [pools.of(query) for query in queries(test)]
        pairs = zip(found, test.targets.tolist(), strict=True)
        reached = np.array([bool((pool.items == target).any()) for pool, target in pairs])
        kept, largest = iter(found), max(map(len, found))
        again = Pools(lambda query: next(kept), pools.columns)
        return cls(again.table(queries(test), test.targets, largest, "test users"), reached)

    def ndcg(self, scores: Array) -> Array:
        """NDCG@10 of each test user, 0 for whom the pool lacks the target; ties count against.

        scores (N,) -> (Q,)
        """
        group = self.table.queries
        own = scores[self.table.labels > 0][group]  # one target a group, in the groups' order
        rank = np.bincount(group, scores >= own)
        out = np.zeros(len(self.reached))
        out[self.reached] = np.where(rank <= K, 1 / np.log2(rank + 1), 0.0)
        return out


# the sequence model


def sequences(split: Split, test: Cases, plan: LossesPlan) -> dict[str, Array]:
    """NDCG@10 of the test users by loss.  -> (Q,)"""
    found = {}
    for kind in get_args(losses.NEXT_ITEM):
        each = []
        for seed in plan.sequence_seeds:
            model = Rated(plan.sequence, kind, plan.drawn).fit(split.train, Run(seed=seed))
            ranks = retriever_ranks(model, test, plan.sequence.length)
            each.append(ndcg(ranks, test.offsets, K))
        found[NAMES[kind]] = np.mean(each, axis=0)
    return found


class Rated(SASRec):
    """SASRec under a loss of `losses.next_item`, with the negatives that it asks for."""

    def __init__(self, config: SASRecConfig, kind: losses.NEXT_ITEM, drawn: int) -> None:
        super().__init__(config)
        self.kind, self.drawn = kind, drawn

    def prepare(self, data: Interactions) -> None:
        """The start of the item vectors, and how often each item is next."""
        super().prepare(data)
        count = np.bincount(data.items, minlength=data.shape.n_items).astype(np.float64)
        count[0] = 0.0
        self.share = count / count.sum()
        seldom = 1 / (2 * count.sum())  # never drawn, and never a target
        log_q = np.log(np.maximum(self.share, seldom)).astype(np.float32)
        self.log_q = batches.tensors(log_q=log_q)["log_q"]

    def batches(self, data: Interactions, rng: np.random.Generator) -> Iterable[Batch]:
        """Stretches of events, with negatives (K,) of the batch or (B, n, 1) of each event."""
        config, n_items = self.config, data.shape.n_items
        for batch in batches.sequences(data, config.schedule.batch, rng, config.length):
            if self.kind == "sampled":
                negatives = rng.choice(n_items, self.drawn, p=self.share)
            elif self.kind == "gbce":
                negatives = rng.integers(1, n_items, self.drawn)
            else:
                negatives = rng.integers(1, n_items, (*batch["target"].shape, 1))
            yield batch | batches.tensors(negatives=negatives)

    def loss(self, batch: Batch) -> Any:
        """Of the next item at every event.  -> ()"""
        known, negatives = batch["target"] > 0, batch["negatives"]
        states, target = self.net(batch["history"])[known], batch["target"][known]
        negatives = negatives if negatives.dim() == 1 else negatives[known]
        items, log_q = self.net.catalogue(), self.log_q.to(target.device)
        return losses.next_item(self.kind, states, items, target, negatives, log_q)
