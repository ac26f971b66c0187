"""Neural ODE: the taste of a person as complex numbers that turn and fade between events.

Chen, Rubanova, Bettencourt, Duvenaud. Neural ordinary differential equations. NeurIPS 2018, with
jumps at events as in Rubanova, Chen, Duvenaud. Latent ODEs for irregularly-sampled time series.
NeurIPS 2019, and De Brouwer, Simm, Arany, Moreau. GRU-ODE-Bayes. NeurIPS 2019. An item is a vector
of d / 2 complex numbers, each an amplitude and a phase, and scores Re <z, item> (Trouillon, Welbl,
Riedel, Gaussier, Bouchard. Complex embeddings for simple link prediction. ICML 2016), which is the
inner product of d reals: real parts, then imaginary ones. Between events

    dz/dt = (-damping + i frequency) z + field(z),   t = 1 + log(1 + days),

so that an event without a gap takes its turn too and a year is no eternity. What differs from the
sources. A history is read by blocks with a complex state each, to which every event adds a gated
jump made of what the block below said of it; in them the field is left out, so that the flow is
exact and all events are swept at once (`learn/oscillators`), and it acts only from an event to the
moment that asks. There a fixed number of Runge-Kutta steps of fourth order is taken, with the
linear part as integrating factor (Lawson. Generalized Runge-Kutta processes for stable systems
with large Lipschitz constants. SIAM Journal on Numerical Analysis 1967). Loss and start are those
of `sasrec`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hermes.core.errors import ConfigError
from hermes.core.types import Shape
from hermes.learn.layers import Dropout, embedding
from hermes.learn.loop import Batch, Schedule
from hermes.learn.oscillators import Sweep, Turns, doubled, product
from hermes.models.sequential import SequentialConfig, SequentialEmbedder


@dataclass(frozen=True, kw_only=True)
class NeuralODEConfig(SequentialConfig):
    """Defaults suit a few thousand items and histories of some hundred events; d is even."""

    wide: int = 2  # hidden units of the field and of a block, in multiples of d
    steps: int = 1  # of Runge-Kutta from an event to the moment that asks
    schedule: Schedule = Schedule(
        epochs=8, lr=4e-3, batch=32, warmup=200, decay=True, average=0.998, patience=4
    )

    def __post_init__(self) -> None:
        """Refuse half a complex number, and a flow that never moves."""
        if self.d % 2 or self.steps < 1:
            raise ConfigError(
                f"NeuralODE: d = {self.d}, steps = {self.steps}; d must be even, steps at least 1"
            )


class NeuralODE(SequentialEmbedder[NeuralODEConfig]):
    """The state at the moment that asks, against the items it was driven by."""

    Config = NeuralODEConfig

    def build(self, shape: Shape) -> nn.Module:
        """Blocks that sweep the history, and a flow to the moment that asks."""
        return Driven(shape, self.config)


class Driven(nn.Module):
    """Items and their ages in, the state at the moment of what comes next out."""

    inputs = ("history", "ages")

    def __init__(self, shape: Shape, config: NeuralODEConfig) -> None:
        super().__init__()
        self.length = config.length
        self.items = embedding(shape.n_items, config.d)
        self.drop = Dropout(config.dropout)
        self.blocks = nn.ModuleList(
            Block(config.d, config.wide, config.dropout, config.length)
            for _ in range(config.blocks)
        )
        self.norm = nn.LayerNorm(config.d)
        self.flow = Flow(config.d, config.wide, config.steps)

    def start(self, history: Tensor, ages: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Items (B, n, D), time to what comes next and since what came before (B, n), (B, n, 1)

        The last is false where a history (B, n) is padded with 0, which may be on either side.
        """
        gap = (ages - F.pad(ages[:, 1:], (0, 1))).clamp(min=0.0)
        time = 1 + torch.log1p(gap)
        before = F.pad(time[:, :-1], (1, 0))
        return self.drop(self.items(history)), time, before, (history > 0).unsqueeze(-1)

    def forward(self, history: Tensor, ages: Tensor) -> Tensor:
        """(B, n), (B, n) days -> (B, n, D) at the moment of what comes after each event"""
        x, time, before, known = self.start(history, ages)
        for block in self.blocks:
            x = block(x, before, known)
        return torch.as_tensor(self.flow(self.norm(x), time))

    def encode(self, batch: Batch) -> Tensor:
        """history and ages (B, L) left-padded with 0 -> (B, D)"""
        return self.encode_one(*(batch[name] for name in self.inputs))

    def encode_one(self, history: Tensor, ages: Tensor) -> Tensor:
        """The last state of `forward`, padded or not; the last block is computed there only.

        (B, n), (B, n) days, n > 0 -> (B, D)
        """
        x, time, before, known = self.start(history[:, -self.length :], ages[:, -self.length :])
        *blocks, final = self.blocks
        for block in blocks:
            x = block(x, before, known)
        after = cast(Block, final).last(x, before, known)
        return torch.as_tensor(self.flow(self.norm(after), time[:, -1]))

    def catalogue(self) -> Tensor:
        """(I, D)"""
        return self.items.weight


class Block(nn.Module):
    """A state of d complex numbers that events drive, and what is read from it after each."""

    def __init__(self, d: int, wide: int, dropout: float, length: int) -> None:
        super().__init__()
        self.length, self.turns = length, Turns(d, 1.0, length)
        self.before, self.between = nn.LayerNorm(d), nn.LayerNorm(d)
        self.enter, self.leave = nn.Linear(d, 6 * d), nn.Linear(2 * d, d)
        self.up, self.down = nn.Linear(d, wide * d), nn.Linear(wide * d, d)
        self.drop = Dropout(dropout)

    def forward(self, x: Tensor, time: Tensor, known: Tensor) -> Tensor:
        """(B, n, D), (B, n) since the event before, (B, n, 1) -> (B, n, D)"""
        jump, door = self.jumps(x, known)
        turns = self.turns(time)
        if torch.compiler.is_exporting():
            return self.read(x, doubled(turns, jump, self.length), door)
        return self.read(x, Sweep.apply(turns, jump), door)  # type: ignore[no-untyped-call]

    def last(self, x: Tensor, time: Tensor, known: Tensor) -> Tensor:
        """What `forward` makes of the last event, and only that.  -> (B, D)"""
        jump, door = self.jumps(x, known)
        since = F.pad(time[:, 1:], (0, 1)).flip(1).cumsum(1).flip(1)  # each event
        return self.read(x[:, -1], product(self.turns(since), jump).sum(1), door[:, -1])

    def jumps(self, x: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """What events add to the state, and the gate to what is read.  -> (B, n, 2 D) twice"""
        jump, gate, door = self.enter(self.before(x)).chunk(3, dim=-1)
        return (jump * torch.sigmoid(gate) * known).float() * self.turns.share(), F.silu(door)

    def read(self, x: Tensor, state: Tensor, door: Tensor) -> Tensor:
        """(..., D), (..., 2 D), (..., 2 D) -> (..., D)"""
        x = x + self.drop(self.leave(state * door))
        return torch.as_tensor(x + self.drop(self.down(F.gelu(self.up(self.between(x))))))


class Flow(nn.Module):
    """dz/dt = (-damping + i frequency) z + field(z), from one moment to another."""

    def __init__(self, d: int, wide: int, steps: int) -> None:
        super().__init__()
        self.steps = steps
        self.turns = Turns(d // 2, 50.0, 200.0)
        self.up, self.down = nn.Linear(d, wide * d), nn.Linear(wide * d, d)

    def field(self, z: Tensor) -> Tensor:
        """(N, D) -> (N, D)"""
        return torch.as_tensor(self.down(F.gelu(self.up(z))))

    def forward(self, z: Tensor, time: Tensor) -> Tensor:
        """(N, D), (N,) -> (N, D)"""
        step = (time / self.steps).unsqueeze(-1)
        half = self.turns(time / self.steps / 2)
        for _ in range(self.steps):
            middle = product(half, z)
            one = product(half, self.field(z))
            two = self.field(middle + step / 2 * one)
            three = self.field(middle + step / 2 * two)
            four = self.field(product(half, middle + step * three))
            z = product(half, middle + step / 6 * (one + 2 * two + 2 * three)) + step / 6 * four
        return z
