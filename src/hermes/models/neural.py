"""What a network owes the loop: how to build it, draw batches for it, and its loss."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Self, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from hermes.core.errors import ArtifactError, DataError
from hermes.core.types import Array, Floats, Queries, Shape
from hermes.data.context import blank
from hermes.data.interactions import Holdout, Interactions
from hermes.features.examples import Examples
from hermes.learn import batches, losses, shares
from hermes.learn.loop import Batch, Schedule, minimise
from hermes.learn.run import Run

from . import crew
from .base import Embedder, Ranker

C = TypeVar("C")


class Neural(ABC):
    """Mixin: all that was learned is in `net`, and `minimise` learned it."""

    config: Any
    shape: Shape
    net: Any
    losses: list[float]  # of each epoch

    @abstractmethod
    def build(self, shape: Shape) -> nn.Module:
        """The network, from nothing but the shape and the config."""

    def prepare(self, data: Any) -> None:
        """Give `net` what it needs from the data besides batches: attributes, frequencies."""

    @abstractmethod
    def batches(self, data: Any, rng: np.random.Generator) -> Iterable[Batch]:
        """One epoch."""

    @abstractmethod
    def loss(self, batch: Batch) -> Tensor:
        """() to be minimised"""

    def observe(self, batch: Batch) -> None:
        """What the network takes from a whole batch before its loss, once a step.

        Several processes that learn together each see the same; here alone may `net` be changed.
        """

    def weigh(self, batch: Batch) -> float:
        """What a part of a batch counts: the loss of the whole is the mean of its parts'."""
        return shares.weight(batch, by_rows=getattr(self.config, "loss", None) == "bce")

    def validate(self, data: Any) -> float | None:
        """Higher is better; None when there is nothing to validate on."""
        return None

    def fit(self, data: Any, run: Run = Run()) -> Self:
        """Build, prepare, minimise, with all processes of the run."""
        with crew.together(self, "fit", data, run):
            torch.manual_seed(run.seed)
            self.shape, self.net = data.shape, self.build(data.shape)
            self.prepare(data)
            judge = (lambda: float(self.validate(data) or 0.0)) if data.valid is not None else None
            return self.minimised(data, self.config.schedule, run, judge)

    def refresh(self, data: Any, run: Run = Run()) -> Self:
        """Learn on from where `fit` ended, `schedule.refresh` epochs on a log that has grown."""
        own = self.config.schedule
        gentle = replace(own, epochs=own.refresh, lr=own.lr / 10, warmup=0, decay=False, average=0)
        with crew.together(self, "refresh", data, run):
            own_run = replace(run, checkpoint=None, seed=run.seed + 1)
            return self.minimised(data, gentle, own_run, None)

    def minimised(
        self, data: Any, schedule: Schedule, run: Run, judge: Callable[[], float] | None
    ) -> Self:
        """The one loop, on the network as it is."""
        draw = lambda rng: self.batches(data, rng)
        name, ways = type(self).__name__, (self.weigh, self.observe)
        self.losses = minimise(self.net, self.loss, draw, schedule, run, judge, name, *ways)
        return self

    def arrays(self) -> dict[str, Array]:
        """The network's own."""
        return {name: value.cpu().numpy() for name, value in self.net.state_dict().items()}

    def restore(self, shape: Shape, arrays: dict[str, Array]) -> Self:
        """Raises `ArtifactError` when the arrays are not this network's."""
        self.shape, self.net = shape, self.build(shape).eval()
        try:
            self.net.load_state_dict({n: torch.from_numpy(a) for n, a in arrays.items()})
        except RuntimeError as error:
            raise ArtifactError(f"{type(self).__name__}: {error}") from error
        return self


class NeuralEmbedder(Neural, Embedder[C]):
    """`net.encode(batch) -> (B, D)` against `net.catalogue() -> (I, D)`."""

    @torch.no_grad()
    def embed(self, queries: Queries) -> Floats:
        """(B,) -> (B, D)"""
        device = next(self.net.parameters()).device
        out = []
        for i in range(0, len(queries), 512):
            q = queries.take(slice(i, i + 512))
            known = blank(len(q)) if q.context is None else q.context
            batch = batches.tensors(user=q.users, history=q.history, ages=q.ages, context=known)
            out.append(self.net.encode({k: v.to(device) for k, v in batch.items()}).cpu().numpy())
        return np.concatenate(out)

    @torch.no_grad()
    def catalogue(self) -> Floats:
        """(I, D)"""
        return np.asarray(self.net.catalogue().cpu().numpy())

    def validate(self, data: Interactions) -> float | None:
        """NDCG@10 of what came next, seen items left out."""
        return None if data.valid is None else ndcg(self, data.valid)


GROUPWISE = Schedule(
    epochs=20, batch=64, lr=3e-3, weight_decay=1e-2, decay=True, patience=3
)  # unless a ranker's config says otherwise; a batch counts groups


class NeuralRanker(Neural, Ranker[C]):
    """`net(dense, sparse, history, query) -> (N,)`, one row a candidate, with `net.numbers`."""

    def prepare(self, data: Examples) -> None:
        """Standardise dense features as they are in `data`.

        Raises `DataError` when the config's loss compares the rows of a group and none has two.
        """
        if self.config.loss != "bce" and not compared(data):
            name = type(self).__name__
            raise DataError(f"{name}: no group has two rows to compare; set its loss to bce")
        self.net.numbers.learn(data.dense)

    def batches(self, data: Examples, rng: np.random.Generator) -> Iterable[Batch]:
        """Whole groups."""
        return batches.examples(data, self.config.schedule.batch, rng)

    def logits(self, batch: Batch) -> Tensor:
        """(N,)"""
        out: Tensor = self.net(batch["dense"], batch["sparse"], batch["history"], batch["query"])
        return out + batch["offset"] if "offset" in batch else out

    def loss(self, batch: Batch) -> Tensor:
        """The ranking loss of the config, and the ridge on the vectors of codes.  -> ()"""
        scores, l2 = self.logits(batch), self.config.l2
        loss = losses.ranking(
            self.config.loss, scores, batch["label"], batch["query"], batch["weight"]
        )
        return loss + l2 / 2 * self.net.codes.square() if l2 else loss

    @torch.no_grad()
    def score(self, x: Examples) -> Floats:
        """(N,) -> (N,), what was learned added to the examples' offset"""
        device, out = next(self.net.parameters()).device, []
        bounds = np.searchsorted(x.queries, np.arange(len(x.history) + 1))
        step = max(64, 8192 * len(x.history) // max(len(x), 1))  # groups, the smaller the more
        for g in range(0, len(x.history), step):
            stop = min(g + step, len(x.history))
            rows = slice(bounds[g], bounds[stop])
            batch = batches.tensors(
                dense=x.dense[rows],
                sparse=x.sparse[rows],
                history=x.history[g:stop],
                query=x.queries[rows] - g,
            )
            out.append(self.logits({k: v.to(device) for k, v in batch.items()}).cpu().numpy())
        scores = np.concatenate(out) if out else np.zeros(0, np.float32)
        return scores if x.offset is None else scores + x.offset

    def validate(self, data: Examples) -> float | None:
        """NDCG@10 within the groups of the validation examples; of lone rows minus their log loss.

        A lone row has no order, and its NDCG says nothing.
        """
        if data.valid is None:
            return None
        judge = grouped_ndcg if compared(data.valid) else likelihood
        return judge(data.valid, self.score(data.valid))


def ndcg(model: Embedder[Any], holdout: Holdout, k: int = 10) -> float:
    """NDCG@k of one target each; ties count against the model."""
    total, items = 0.0, model.catalogue()
    for i in range(0, len(holdout), 512):
        part = holdout.take(np.arange(i, min(i + 512, len(holdout))))
        score = model.embed(part.queries) @ items.T  # (B, I)
        rows = np.arange(len(part))
        target = score[rows, part.targets]
        np.put_along_axis(score, part.queries.history, -np.inf, axis=1)
        score[:, 0] = -np.inf
        score[rows, part.targets] = target
        rank = (score >= target[:, None]).sum(1)
        total += float(np.where(rank <= k, 1 / np.log2(rank + 1), 0).sum())
    return total / max(len(holdout), 1)


def grouped_ndcg(x: Examples, scores: Floats, k: int = 10) -> float:
    """Mean NDCG@k over groups that hold something relevant."""
    order = np.lexsort((x.labels, -scores, x.queries))  # ties: the irrelevant first
    first = np.searchsorted(x.queries, np.arange(len(x.history)))
    place = np.arange(len(x)) - first[x.queries]
    discount = np.where(place < k, 1 / np.log2(place + 2), 0)
    ideal = x.labels[np.lexsort((-x.labels, x.queries))]
    gain = np.bincount(x.queries, x.labels[order] * discount, len(x.history))
    best = np.bincount(x.queries, ideal * discount, len(x.history))
    return float(np.mean(gain[best > 0] / best[best > 0])) if np.any(best > 0) else 0.0


def compared(x: Examples) -> bool:
    """Whether any group has two rows, so that there is an order to learn or to judge."""
    return int(np.bincount(x.queries).max(initial=0)) > 1


def likelihood(x: Examples, scores: Floats) -> float:
    """Weighted mean of log p(label), where p(label > 0) = 1 / (1 + exp(-score)).  (N,) -> ()"""
    wrong = np.where(x.labels > 0, -scores, scores)
    return -float(np.average(np.logaddexp(0.0, wrong), weights=x.weights))
