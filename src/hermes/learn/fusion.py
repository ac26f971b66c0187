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

from .batches import chunks, tensors
from .loop import Batch, Schedule, minimise
from .run import Run

TINY = 1e-6


@dataclass(frozen=True, kw_only=True)
class FusionConfig:
    """How wide the common space is, and how it is learned."""

    d: int = 256
    weights: Literal["learned", "equal"] = "learned"  # equal: each modality counts the same
    sharp: float = 20.0  # what cosines are multiplied with at first
    heat: float = 8.0  # the same for the logits of weights
    slow: float = 0.01  # share of lr by which tables move
    dropout: float = 0.2
    l2: float = 10.0  # of the least squares that other modalities' tables begin with
    schedule: Schedule = Schedule(epochs=3, lr=1e-2, weight_decay=1e-2, decay=True)

    def __post_init__(self) -> None:
        """Refuse sizes that hold nothing."""
        if self.d < 1 or self.sharp <= 0:
            raise ConfigError("fusion: d and sharp must be above 0")


@dataclass(frozen=True, slots=True)
class Pairs:
    """Queries, the item each means, and items that would answer it as well.

    kind: what an item is alike in, a code; asks: the kind a query asks for, 0 where it means its
    own item alone. Items of that kind are no negatives for it.
    """

    queries: Vectors  # (P, D)
    items: Ints  # (P,) rows of the catalogue
    asks: Ints  # (P,)
    kind: Ints  # (I,)

    def __post_init__(self) -> None:
        """Refuse columns of different lengths."""
        sizes = (len(self.queries.rows), len(self.items), len(self.asks))
        if len(set(sizes)) != 1:
            raise ShapeError(f"pairs: {sizes} queries, items and kinds; one of each a pair")


class Attention(nn.Module):
    """The network behind `encoders.fusion.Fusion`.

    Tables move from where they start a share `slow` as fast as their offsets and the weights do.
    """

    def __init__(self, start: Tensor, tables: Mapping[str, Tensor], config: FusionConfig) -> None:
        super().__init__()
        self.d, self.equal, self.slow = start.shape[1], config.weights == "equal", config.slow
        self.dropout = config.dropout
        self.starts = {name: table.clone() for name, table in tables.items()}
        self.first = start.clone()
        self.ask = nn.Parameter(offset(start * self.d**0.5 * config.heat))
        self.moved = still(start)
        self.moves = nn.ParameterDict({name: still(t) for name, t in tables.items()})
        self.offsets = nn.ParameterDict({name: still(start[0]) for name in tables})
        self.sharp = nn.Parameter(torch.tensor(config.sharp).log())

    def tower(self) -> Tensor:
        """U.  -> (D, d)"""
        return self.first.to(self.moved.device) + self.slow * self.moved

    def table(self, name: str) -> Tensor:
        """Wm and its offset.  -> (Dm + 1, d)"""
        moves = self.moves[name]
        whole = self.starts[name].to(moves.device) + self.slow * moves
        return torch.cat([whole, self.offsets[name][None]])

    def forward(self, batch: Batch) -> Tensor:
        """Cosine of each query with each item, times a learned factor.  -> (B, B)"""
        query, names = batch["queries"], list(self.moves)
        kept = [nn.functional.dropout(batch[n], self.dropout, self.training) for n in names]
        tables = [self.table(name) for name in names]
        keys = torch.stack([affine(k, table) for k, table in zip(kept, tables, strict=True)], 1)
        present = torch.stack([(batch[name] != 0).any(1) for name in names], 1)  # (B, M)
        asked = affine(query, self.ask)
        logits = torch.einsum("qd,imd->qim", asked, keys) / self.d**0.5
        if self.equal:
            logits = torch.zeros_like(logits)
        alpha = logits.masked_fill(~present, -torch.inf).softmax(2)
        towers = nn.functional.normalize(query @ self.tower(), dim=1)
        dots = (alpha * torch.einsum("qd,imd->qim", towers, keys)).sum(2)
        gram = torch.einsum("imd,ind->imn", keys, keys)
        lengths = torch.einsum("qim,imn,qin->qi", alpha, gram, alpha)
        return self.sharp.exp() * dots / (lengths + TINY).sqrt()


def fused(
    pairs: Pairs,
    modalities: Mapping[str, Vectors],
    config: FusionConfig = FusionConfig(),
    run: Run = Run(),
) -> Fusion:
    """Learn from pairs of a query and an item whose modalities these are.

    Begins where the query's own encoder already finds what means the same. Raises `ShapeError`
    where the modalities are of different catalogues, `DataError` where no item that is meant has
    anything, `ConfigError` where d is more than the query has.
    """
    usable(pairs, modalities)
    there = np.any([v.present[pairs.items] for v in modalities.values()], axis=0)
    rows = np.flatnonzero(there & pairs.queries.present)
    if len(rows) < 2:
        raise DataError(f"fusion: {len(rows)} pairs have a query and an item that say something")
    torch.manual_seed(run.seed)
    start, tables = begun(pairs, modalities, config)
    net = Attention(start, tables, config)
    draw = lambda rng: drawn(pairs, modalities, rows, config.schedule.batch, rng)
    minimise(net, lambda batch: loss(net, batch), draw, config.schedule, run, name="fusion")
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


def loss(net: Attention, batch: Batch) -> Tensor:
    """Cross-entropy of each query's item against the batch's others that do not answer it too."""
    logits, items, asks = net(batch), batch["item"], batch["asks"]
    twin = (items == items[:, None]) | ((asks[:, None] > 0) & (asks[:, None] == batch["kind"]))
    twin.fill_diagonal_(False)
    kept = logits.masked_fill(twin, -torch.inf)
    return (torch.logsumexp(kept, 1) - logits.diagonal()).mean()


def drawn(
    pairs: Pairs,
    modalities: Mapping[str, Vectors],
    rows: Ints,
    size: int,
    rng: np.random.Generator,
) -> Iterator[Batch]:
    """One epoch of pairs; the rest of a batch is what each is told from."""
    for index in chunks(len(rows), size, rng):
        row = rows[index]
        items = pairs.items[row]
        columns: dict[str, Array] = {name: v.rows[items] for name, v in modalities.items()}
        yield tensors(
            queries=pairs.queries.rows[row],
            item=items,
            asks=pairs.asks[row],
            kind=pairs.kind[items],
            **columns,
        )


def begun(
    pairs: Pairs, modalities: Mapping[str, Vectors], config: FusionConfig
) -> tuple[Tensor, dict[str, Tensor]]:
    """Where learning starts: (D, d), and a table for each modality.

    The query and what its own encoder made begin along the strongest directions of the latter, so
    that cosines are kept; other modalities by the least squares that lead to their queries.
    """
    d, width, own = config.d, pairs.queries.rows.shape[1], pairs.queries.encoder
    if d > width:
        raise ConfigError(f"fusion: d {d} is more than the {width} values of a query; lower d")
    same = [v.rows for v in modalities.values() if v.encoder == own]
    rows = np.concatenate([pairs.queries.rows, *same])
    start = np.linalg.svd(rows, full_matrices=False)[2]
    start = np.linalg.qr(np.concatenate([start, np.eye(width)])[:width].T)[0][:, :d]
    goals = pairs.queries.rows @ start
    tables = {
        name: start if v.encoder == own else ridge(v.rows[pairs.items], goals, config.l2)
        for name, v in modalities.items()
    }
    for name, vectors in modalities.items():
        lengths = np.linalg.norm(vectors.rows[vectors.present] @ tables[name], axis=1)
        tables[name] = tables[name] / max(float(lengths.mean()), TINY)
    first = torch.from_numpy(start.astype(np.float32))
    return first, {k: torch.from_numpy(v.astype(np.float32)) for k, v in tables.items()}


def ridge(rows: Floats, goals: Floats, l2: float) -> Floats:
    """The table that takes rows nearest to goals.  (P, Dm), (P, d) -> (Dm, d)"""
    gram = rows.T @ rows + l2 * np.eye(rows.shape[1])
    out: Floats = np.linalg.solve(gram, rows.T @ goals)
    return out


def still(like: Tensor) -> nn.Parameter:
    """Zeros that are learned."""
    return nn.Parameter(torch.zeros_like(like))


def offset(table: Tensor) -> Tensor:
    """With a last row of zeros.  (D, d) -> (D + 1, d)"""
    return torch.cat([table, table.new_zeros(1, table.shape[1])])


def affine(rows: Tensor, table: Tensor) -> Tensor:
    """(n, D), (D + 1, d) -> (n, d)"""
    return rows @ table[:-1] + table[-1]
