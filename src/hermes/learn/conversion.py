"""Networks that learn conversions while they are still coming in, in batch or continuously.

In batch a network sees the newest clicks as they stand at one moment, several times over. Its naive
is that of Chapelle (KDD 2014): what has not converted by then is a negative. In continuous training
a network sees rows once, in the order in which they came in, from where one that learned older
clicks with complete labels stood. Its naive is that of Ktena et al. (RecSys 2019) and Yang et al.
(AAAI 2021): the label a click had after a short wait is never put right. Both oracles have the
complete labels.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import torch
from torch import Tensor, nn

from hermes.core.types import Array, Floats, Shape

from . import arrivals, delayed
from .arrivals import Arrivals, Clicks, Reals
from .batches import chunks, tensors
from .loop import Batch, Schedule, minimise
from .run import Run
from .tabular import Codes, Numbers

Loss = Callable[[Tensor, Batch], Tensor]  # outputs (B, heads), batch -> ()
SLOWEST = 8.0  # log of the fastest hazard a day, and minus that of the slowest
BATCH = ("naive", "short", "dfm", "dfm-w", "oracle")
CONTINUOUS = ("naive", "fnw", "fnc", "es-dfm", "defer", "defuse", "oracle")


@dataclass(frozen=True, kw_only=True)
class ConversionConfig:
    """What the learners of both groups share."""

    l2: float = 15.0  # of the weight of a code, against the sum of losses over all rows
    wait: float = 0.1  # days until a click first comes in with a label
    window: float = 4.0  # days after which a conversion no longer counts
    recent: float = 4.0  # days of clicks learned in batch, and of arrivals learned continuously
    warm: float = (
        2.0  # days of older clicks, complete by then, that continuous training starts from
    )
    batch: Schedule = field(default_factory=lambda: Schedule(epochs=10, batch=1024, lr=0.005))
    stream: Schedule = field(default_factory=lambda: Schedule(epochs=1, batch=256, lr=0.003))


class Logistic(nn.Module):
    """A weight for each number and for each code, for each head its own.  -> (N, heads)

    Everything starts at 0, so that a seed only decides in which order rows are seen.
    """

    def __init__(self, clicks: Clicks, heads: int) -> None:
        super().__init__()
        self.numbers = Numbers(clicks.dense.shape[1])
        self.numbers.learn(clicks.dense)
        self.linear = nn.Linear(self.numbers.width, heads)
        self.codes = nn.ModuleList(Codes(Shape(sparse=clicks.sizes), 1) for _ in range(heads))
        for weights in self.parameters():
            nn.init.zeros_(weights)

    def forward(self, dense: Tensor, sparse: Tensor) -> Tensor:
        """(N, F), (N, S) -> (N, heads)"""
        coded = torch.stack([table(sparse).sum(1) for table in self.codes], dim=1)
        return self.linear(self.numbers(dense)) + coded

    def penalty(self) -> Tensor:
        """Half the sum of squares of the weights of codes.  -> ()"""
        return torch.stack([w.square().sum() for w in self.codes.parameters()]).sum() / 2


class Learner:
    """A network on clicks, and where its outputs come from."""

    def __init__(self, known: Clicks, config: ConversionConfig, run: Run, heads: int = 1) -> None:
        self.config, self.run = config, run
        self.net = Logistic(known, heads)

    def fit(self, clicks: Clicks, columns: dict[str, Array], loss: Loss) -> Self:
        """Learn clicks (N,) in batch, each with its `columns` (N,)."""

        def draw(rng: np.random.Generator) -> Iterator[Batch]:
            rows = np.arange(len(clicks))
            for part in chunks(len(clicks), self.config.batch.batch, rng):
                yield gathered(clicks, columns, rows[part], rows[part])

        return self.learn(draw, loss, self.config.batch, len(clicks))

    def follow(self, clicks: Clicks, rows: Arrivals, columns: dict[str, Array], loss: Loss) -> Self:
        """Learn arrivals (R,) of clicks (N,) once, in their order; `columns` are (R,)."""
        size = self.config.stream.batch
        parts = [np.arange(i, min(i + size, len(rows.at))) for i in range(0, len(rows.at), size)]

        def draw(rng: np.random.Generator) -> Iterator[Batch]:
            return (gathered(clicks, columns, rows.click[part], part) for part in parts)

        return self.learn(draw, loss, self.config.stream, len(rows.at))

    def learn(
        self,
        draw: Callable[[np.random.Generator], Iterator[Batch]],
        loss: Loss,
        schedule: Schedule,
        rows: int,
    ) -> Self:
        """The one loop, over so many rows an epoch."""
        l2 = self.config.l2 / max(rows, 1)

        def forward(batch: Batch) -> Tensor:
            out = self.net(batch["dense"], batch["sparse"])
            return loss(out, batch) + l2 * self.net.penalty()

        minimise(self.net, forward, draw, schedule, self.run, name="conversion")
        return self

    @torch.no_grad()
    def outputs(self, clicks: Clicks) -> Tensor:
        """-> (N, heads)"""
        parts = [slice(i, i + 4096) for i in range(0, len(clicks), 4096)]
        drawn = (tensors(dense=clicks.dense[p], sparse=clicks.sparse[p]) for p in parts)
        return torch.cat([self.net(b["dense"], b["sparse"]) for b in drawn])

    def chances(self, clicks: Clicks) -> Floats:
        """The first head as a probability.  -> (N,)"""
        return self.outputs(clicks)[:, 0].sigmoid().numpy()


def gathered(clicks: Clicks, columns: dict[str, Array], rows: Array, part: Array) -> Batch:
    """Features of clicks `rows` (B,), and entries `part` (B,) of the columns."""
    own = {name: column[part] for name, column in columns.items()}
    return tensors(dense=clicks.dense[rows], sparse=clicks.sparse[rows], **own)


def plain(out: Tensor, batch: Batch) -> Tensor:
    """Cross-entropy of the first head."""
    return delayed.pointwise(out[:, 0], batch["label"])


def in_batch(
    clicks: Clicks, now: float, asked: Clicks, config: ConversionConfig, run: Run = Run()
) -> dict[str, Floats]:
    """Each of `BATCH` learned from the clicks of the days before `now`.  -> of `asked` (M,)

    `short` counts a conversion only within `wait` of its click. `dfm-w` learns labels softened by
    the W of the fitted `dfm`. Both model whether a click ever converts; asked about the window,
    they answer p (1 - exp(-h window)) with the h of `dfm`.
    """
    known = clicks.between(now - config.recent, now)
    age = now - known.clicked_at
    seen = known.delay <= age
    days = np.where(seen, known.delay, age).astype(np.float32)

    def alone(label: Array) -> Floats:
        columns = {"label": label.astype(np.float32)}
        return Learner(known, config, run).fit(known, columns, plain).chances(asked)

    dfm = Learner(known, config, run, heads=2)
    dfm.fit(known, {"label": seen.astype(np.float32), "days": days}, likelihood)
    negative = delayed.true_negative(*read(dfm.outputs(known)), torch.from_numpy(days)).numpy()
    chance, hazard = read(dfm.outputs(asked))
    within = (1 - torch.exp(-hazard * config.window)).numpy()
    return {
        "naive": alone(seen),
        "short": alone(seen & (known.delay <= config.wait)),
        "dfm": chance.numpy() * within,
        "dfm-w": alone(np.where(seen, 1.0, 1 - negative)) * within,
        "oracle": alone(np.isfinite(known.delay)),
    }


def likelihood(out: Tensor, batch: Batch) -> Tensor:
    """DFM's of both heads."""
    log_hazard = out[:, 1].clamp(-SLOWEST, SLOWEST)
    return delayed.joint(out[:, 0], log_hazard, batch["label"], batch["days"])


def read(out: Tensor) -> tuple[Tensor, Tensor]:
    """Conversion probability and hazard a day of DFM's two heads.  (N, 2) -> (N,), (N,)"""
    return out[:, 0].sigmoid(), out[:, 1].clamp(-SLOWEST, SLOWEST).exp()


def continuously(
    clicks: Clicks, now: float, asked: Clicks, config: ConversionConfig, run: Run = Run()
) -> dict[str, Floats]:
    """Each of `CONTINUOUS` learned from what came in until `now`.  -> of `asked` (M,)

    All go on from one network that learned `warm` days of clicks, the last whose window had closed
    when the stream begins, as do the estimates of d and n, which stay as they are.
    """
    begin = now - config.recent
    older = clicks.between(begin - config.window - config.warm, begin - config.window)
    label = {"label": np.isfinite(older.delay).astype(np.float32)}
    start = Learner(older, config, run).fit(older, label, plain)
    late, real = estimates(older, clicks, config, run)
    found = {}
    for name in CONTINUOUS:
        rows = stream(name, clicks.clicked_at, clicks.delay, config).between(begin, now)
        columns = {
            "label": rows.label.astype(np.float32),
            "again": rows.late.astype(np.float32),
            "late": late[rows.click],
            "real": real[rows.click],
        }
        learner = copy.deepcopy(start).follow(clicks, rows, columns, LOSSES[name])
        out = learner.outputs(asked)[:, 0]
        found[name] = (delayed.calibrated(out) if name == "fnc" else out.sigmoid()).numpy()
    return found


def estimates(
    older: Clicks, clicks: Clicks, config: ConversionConfig, run: Run
) -> tuple[Floats, Floats]:
    """d and n of every click, learned from `older` ones.  -> (N,), (N,)"""
    loss: Loss = lambda out, b: delayed.auxiliary(out[:, 0], out[:, 1], b["delay"], config.wait)
    columns = {"delay": older.delay.astype(np.float32)}
    learner = Learner(older, config, run, heads=2).fit(older, columns, loss)
    both = learner.outputs(clicks).sigmoid().numpy()
    return both[:, 0], both[:, 1]


def stream(name: str, clicked_at: Reals, delay: Reals, config: ConversionConfig) -> Arrivals:
    """The rows that one of `CONTINUOUS` is given.  (N,), (N,) -> R rows"""
    if name == "oracle":
        return arrivals.settled(clicked_at, delay)
    if name == "naive":
        return arrivals.waited(clicked_at, delay, config.wait)
    if name == "defer":
        return arrivals.doubled(clicked_at, delay, config.wait, config.window)
    return arrivals.repeated(clicked_at, delay, 0.0 if name in ("fnw", "fnc") else config.wait)


LOSSES: dict[str, Loss] = {
    "naive": plain,
    "oracle": plain,
    "fnc": plain,
    "fnw": lambda out, b: delayed.fake_negative_weighted(out[:, 0], b["label"]),
    "es-dfm": lambda out, b: delayed.elapsed_time(out[:, 0], b["label"], b["late"], b["real"]),
    "defer": lambda out, b: delayed.real_negatives(out[:, 0], b["label"], b["late"]),
    "defuse": lambda out, b: delayed.label_corrected(
        out[:, 0], b["label"], b["again"], b["late"], b["real"]
    ),
}
