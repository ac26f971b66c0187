"""Learning which modality answers which query, by the objective of two towers.

One tower is the query, the other the item as that query fuses it (`encoders.fusion`): in a batch of
queries and the items they mean, each query must find its own item among all. An item's vector
differs from query to query, yet none is ever made: the product with the query is a weighted sum of
the modalities' products, and its length comes from their Gram matrix.
Yi et al. Sampling-bias-corrected neural modeling for large corpus item recommendations. RecSys
2019; here every item is drawn as often, so that the correction cancels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from hermes.core.errors import ConfigError, DataError, ShapeError
from hermes.core.types import Array, Floats, Ints
from hermes.encoders.base import Vectors
from hermes.encoders.fusion import Fusion

from .alignment import Aligned, Pairs, aligned, gate, responsible
from .batches import chunks, tensors
from .loop import Batch, Schedule, minimise
from .run import Run

TINY = 1e-6


@dataclass(frozen=True, kw_only=True)
class FusionConfig:
    """How wide the common space is, and how it is learned."""

    d: int = 256
    weights: Literal["learned", "equal"] = "learned"  # equal: each modality counts the same
    sharp: float = 10.0  # what cosines are multiplied with at first
    heat: float = 0.5  # the same for the logits of weights
    slow: float = 0.01  # share of lr by which tables move
    dropout: float = 0.2
    mark: float = 0.3  # length of the offsets that tell modalities apart, beside keys of 1
    ease: float = 1.0  # l2 of the least squares that the gate begins with
    guide: float = 2.0  # weight of what each modality finds alone, beside what both find
    parts: int = 5  # of the items; keys are by tables of the other parts
    l2: float = 10.0  # of the least squares that other modalities' tables begin with
    schedule: Schedule = Schedule(epochs=15, lr=3e-2, weight_decay=1e-2, decay=True)

    def __post_init__(self) -> None:
        """Refuse sizes that hold nothing."""
        if self.d < 1 or self.sharp <= 0 or self.mark <= 0 or self.parts < 2:
            raise ConfigError("fusion: d, sharp and mark must be above 0, parts above 1")


class Attention(nn.Module):
    """The network behind `encoders.fusion.Fusion`.

    Tables move from where they start a share `slow` as fast as their offsets and the weights do.
    """

    def __init__(
        self, start: Tensor, tables: Mapping[str, Tensor], gate: Tensor, config: FusionConfig
    ) -> None:
        super().__init__()
        self.d, self.equal, self.slow = start.shape[1], config.weights == "equal", config.slow
        self.dropout = config.dropout
        self.names = tuple(tables)  # a dictionary of parameters has an order of its own
        self.starts = {name: table.clone() for name, table in tables.items()}
        self.first = start.clone()
        self.ask = nn.Parameter(led(start, gate, config))
        self.moved = still(start)
        self.moves = nn.ParameterDict({name: still(t) for name, t in tables.items()})
        marks = config.mark * torch.eye(self.d)[-len(tables) :]
        self.offsets = nn.ParameterDict(
            {name: nn.Parameter(mark) for name, mark in zip(tables, marks, strict=True)}
        )
        self.sharp = nn.Parameter(torch.tensor(config.sharp).log())

    def tower(self) -> Tensor:
        """U.  -> (D, d)"""
        return self.first.to(self.moved.device) + self.slow * self.moved

    def table(self, name: str) -> Tensor:
        """Wm and its offset.  -> (Dm + 1, d)"""
        moves = self.moves[name]
        whole = self.starts[name].to(moves.device) + self.slow * moves
        return torch.cat([whole, self.offsets[name][None]])

    def key(self, name: str, batch: Batch) -> Tensor:
        """m Wm, beginning with what tables that never saw the item make of it.  -> (B, d)"""
        kept = nn.functional.dropout(batch[name], self.dropout, self.training)
        moved: Tensor = batch[f"key.{name}"] + self.slow * (kept @ self.moves[name])
        return moved + self.offsets[name]

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Cosine of each query with each item, times a learned factor, and the weights.

        -> (B, B), (B, B, M)
        """
        query, names = batch["queries"], self.names
        keys = torch.stack([self.key(name, batch) for name in names], 1)
        present = torch.stack([(batch[name] != 0).any(1) for name in names], 1)  # (B, M)
        asked = affine(torch.cat([query, query.abs()], 1), self.ask)
        logits = torch.einsum("qd,imd->qim", asked, keys) / self.d**0.5
        if self.equal:
            logits = torch.zeros_like(logits)
        alpha = logits.masked_fill(~present, -torch.inf).softmax(2)
        towers = nn.functional.normalize(query @ self.tower(), dim=1)
        dots = (alpha * torch.einsum("qd,imd->qim", towers, keys)).sum(2)
        gram = torch.einsum("imd,ind->imn", keys, keys)
        lengths = torch.einsum("qim,imn,qin->qi", alpha, gram, alpha)
        return self.sharp.exp() * dots / (lengths + TINY).sqrt(), alpha


def fused(
    pairs: Pairs,
    modalities: Mapping[str, Vectors],
    config: FusionConfig = FusionConfig(),
    run: Run = Run(),
) -> Fusion:
    """Learn from pairs of a query and an item whose modalities these are.

    Begins where the query's own encoder already finds what means the same. Raises `ShapeError`
    where the modalities are of different catalogues, `DataError` where no item that is meant has
    anything, `ConfigError` where d is more than the query has or leaves nothing of it.
    """
    usable(pairs, modalities)
    there = np.any([v.present[pairs.items] for v in modalities.values()], axis=0)
    rows = np.flatnonzero(there & pairs.queries.present)
    if len(rows) < 2:
        raise DataError(f"fusion: {len(rows)} pairs have a query and an item that say something")
    torch.manual_seed(run.seed)
    begun = aligned(pairs, modalities, config.d, config.l2, config.parts)
    tables = {name: torch.from_numpy(table) for name, table in begun.tables.items()}
    shares = responsible(pairs, modalities, begun)
    first = torch.from_numpy(gate(pairs, shares, config.ease))
    net = Attention(torch.from_numpy(begun.start), tables, first, config)
    table = columns(pairs, modalities, begun, shares)
    draw = lambda rng: drawn(table, rows, config.schedule.batch, rng)
    cost = lambda batch: loss(net, batch, 0.0 if net.equal else config.guide)
    minimise(net, cost, draw, config.schedule, run, name="fusion")
    net.cpu()
    encoders = {name: vectors.encoder for name, vectors in modalities.items()}
    with torch.no_grad():
        ask, tower = (torch.zeros_like(net.ask) if net.equal else net.ask), net.tower().numpy()
        learned = {name: net.table(name).numpy() for name in modalities}
    return Fusion(pairs.queries.encoder, encoders, ask.detach().numpy(), tower, learned)


def usable(pairs: Pairs, modalities: Mapping[str, Vectors]) -> None:
    """Raise `ShapeError` unless all is of one catalogue."""
    sizes = {name: len(v.rows) for name, v in modalities.items()} | {"kind": len(pairs.kind)}
    if len(set(sizes.values())) != 1 or not modalities:
        raise ShapeError(f"fusion: items by modality {sizes}; give one row an item for each")


def loss(net: Attention, batch: Batch, guide: float) -> Tensor:
    """Cross-entropy of each query's item against the batch's others that do not answer it too.

    `guide` times that of the weights beside the shares of modalities that find it alone is added.
    """
    (logits, alpha), items, asks = net(batch), batch["item"], batch["asks"]
    alike = (asks[:, None, None] == batch["kind"].reshape(len(items), -1)).any(2)
    twin = (items == items[:, None]) | ((asks[:, None] > 0) & alike)
    twin.fill_diagonal_(False)
    kept = logits.masked_fill(twin, -torch.inf)
    found = (torch.logsumexp(kept, 1) - logits.diagonal()).mean()
    if not guide:
        return found
    choice = (batch["shares"] > 0).any(1)  # of items that have all
    if not choice.any():
        return found
    logs = (alpha[choice][:, choice] + TINY).log().mean(1)  # (queries, M)
    return found - guide * (batch["shares"][choice] * logs).sum(1).mean()


def columns(
    pairs: Pairs, modalities: Mapping[str, Vectors], begun: Aligned, shares: Floats
) -> dict[str, Array]:
    """What a batch is drawn from, a row a pair."""
    items, out = pairs.items, dict[str, Array]()
    for name, vectors in modalities.items():
        out |= {name: vectors.rows[items], f"key.{name}": begun.keys[name][items]}
    out |= {"item": items, "asks": pairs.asks, "kind": pairs.kind[items]}
    return out | {"queries": pairs.queries.rows, "shares": shares}


def drawn(
    table: Mapping[str, Array], rows: Ints, size: int, rng: np.random.Generator
) -> Iterator[Batch]:
    """One epoch of pairs; the rest of a batch is what each is told from."""
    for index in chunks(len(rows), size, rng):
        yield tensors(**{name: column[rows[index]] for name, column in table.items()})


def still(like: Tensor) -> nn.Parameter:
    """Zeros that are learned."""
    return nn.Parameter(torch.zeros_like(like))


def led(start: Tensor, gate: Tensor, config: FusionConfig) -> Tensor:
    """Wq and its offset: a little of the query itself, and the gate along the marks.

    (D, d), (2 D + 1, M) -> (2 D + 1, d)
    """
    out = torch.zeros(len(gate), start.shape[1])
    out[: len(start)] = config.heat * start
    out[:, -gate.shape[1] :] += gate / config.mark
    return out * start.shape[1] ** 0.5


def affine(rows: Tensor, table: Tensor) -> Tensor:
    """(n, D), (D + 1, d) -> (n, d)"""
    return rows @ table[:-1] + table[-1]
