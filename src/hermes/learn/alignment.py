"""Where fusion begins: tables that bring every modality near the queries, and what each is worth.

What least squares say of items they were fitted on is too good: attention that is learned on it
trusts the modality that remembers most. Items are therefore cut into parts, and each has keys by
tables of the other parts (cross-fitting; Chernozhukov et al. Double/debiased machine learning. The
Econometrics Journal 2018). By these each modality alone tells how likely it finds what a query
means, and its share of that is the one that an expert has in a mixture. Jacobs, Jordan, Nowlan,
Hinton. Adaptive mixtures of local experts. Neural Computation 1991.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hermes.core.errors import ConfigError, ShapeError
from hermes.core.types import Array, Bools, Floats, Ints
from hermes.encoders.base import Vectors
from hermes.encoders.fusion import typed, unit

TINY = 1e-6
SHARP = (5.0, 7.0, 10.0, 14.0, 20.0, 28.0, 40.0)  # tried for what cosines are multiplied with
LEAST = 1e-3  # share below which a modality is not punished further
DIGITS = 5  # after which queries are the same
ROWS = 1024  # pairs that are compared with all items at once
Modalities = Mapping[str, Vectors]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Queries, the item each means, and items that would answer it as well.

    kind: what an item is alike in, a code or several, 0 none; asks: the kind a query asks for, 0
    where it means its own item alone. Items of that kind are no negatives for it.
    """

    queries: Vectors  # (P, D)
    items: Ints  # (P,) rows of the catalogue
    asks: Ints  # (P,)
    kind: Ints  # (I,) or (I, K)

    def __post_init__(self) -> None:
        """Refuse columns of different lengths."""
        sizes = (len(self.queries.rows), len(self.items), len(self.asks))
        if len(set(sizes)) != 1:
            raise ShapeError(f"pairs: {sizes} queries, items and kinds; one of each a pair")

    def some(self, rows: Bools | Ints) -> Pairs:
        """Of these rows."""
        queries = Vectors(self.queries.rows[rows], self.queries.encoder)
        return Pairs(queries, self.items[rows], self.asks[rows], self.kind)


@dataclass(frozen=True, kw_only=True)
class Aligned:
    """The beginning."""

    start: Floats  # (D, d) U
    tables: dict[str, Floats]  # each (Dm, d)
    keys: dict[str, Floats]  # each (I, d), by tables the item had no part in


def aligned(pairs: Pairs, modalities: Modalities, d: int, l2: float, parts: int) -> Aligned:
    """Tables by all pairs, and keys by those of other parts.

    The query and what its own encoder made begin along the strongest directions of the latter, so
    that cosines are kept; other modalities by the least squares that lead to their queries. Raises
    `ConfigError` where d is more than the query has, or not more than there are modalities.
    """
    width, own = pairs.queries.rows.shape[1], pairs.queries.encoder
    if d > width:
        raise ConfigError(f"fusion: d {d} is more than the {width} values of a query; lower d")
    if d <= len(modalities):  # each has a direction of its own that says which it is
        raise ConfigError(
            f"fusion: d {d} is not above the {len(modalities)} modalities; raise fusion.d, and "
            f"content.d where texts have less values ({width})"
        )
    same = [v.rows for v in modalities.values() if v.encoder == own]
    rows = np.concatenate([pairs.queries.rows, *same])
    start = np.linalg.svd(rows, full_matrices=False)[2]
    start = np.linalg.qr(np.concatenate([start, np.eye(width)])[:width].T)[0][:, :d]
    start[:, d - len(modalities) :] = 0  # kept for what tells modalities apart
    part = np.random.default_rng(0).permutation(len(pairs.kind)) % parts
    keys = {name: np.zeros((len(part), d), np.float32) for name in modalities}
    for one in range(parts):
        others = tabled(pairs.some(part[pairs.items] != one), modalities, start, l2)
        for name, vectors in modalities.items():
            keys[name][part == one] = vectors.rows[part == one] @ others[name]
    tables = tabled(pairs, modalities, start, l2)
    single = {name: table.astype(np.float32) for name, table in tables.items()}
    return Aligned(start=start.astype(np.float32), tables=single, keys=keys)


def tabled(pairs: Pairs, modalities: Modalities, start: Floats, l2: float) -> dict[str, Floats]:
    """A table for each modality, of keys whose mean length is one.  -> (Dm, d) each"""
    goals, out = pairs.queries.rows @ start, dict[str, Floats]()
    for name, vectors in modalities.items():
        own = vectors.encoder == pairs.queries.encoder
        table = start if own else ridge(vectors.rows[pairs.items], goals, l2)
        lengths = np.linalg.norm(vectors.rows[vectors.present] @ table, axis=1)
        out[name] = table / max(float(lengths.mean()) if len(lengths) else 0.0, TINY)
    return out


def ridge(rows: Floats, goals: Floats, l2: float) -> Floats:
    """The table that takes rows nearest to goals.  (P, Dm), (P, d) -> (Dm, d)"""
    gram = rows.T @ rows + l2 * np.eye(rows.shape[1])
    out: Floats = np.linalg.solve(gram, rows.T @ goals)
    return out


def responsible(pairs: Pairs, modalities: Modalities, begun: Aligned) -> Floats:
    """Each modality's share in finding what a query means; 0 without a choice.  -> (P, M)

    Among items that have all modalities, at the factor of cosines that suits each modality best.
    """
    names, both = list(modalities), np.all([v.present for v in modalities.values()], axis=0)
    out = np.zeros((len(pairs.items), len(names)), np.float32)
    rows, among = np.flatnonzero(both[pairs.items]), np.flatnonzero(both)
    if len(names) < 2 or len(among) < 2 or not len(rows):
        return out
    alone = [likelihood(pairs.some(rows), begun.keys[n][among], among, begun.start) for n in names]
    logs = np.stack(alone, axis=1)
    mass = np.exp(logs - logs.max(1, keepdims=True))
    out[rows] = mass / mass.sum(1, keepdims=True)
    return out


def likelihood(pairs: Pairs, keys: Floats, among: Ints, start: Floats) -> Array:
    """Logarithm of the chance of the item that is meant, at the best of `SHARP`.  -> (P,)"""
    asked, shown = unit(pairs.queries.rows @ start), unit(keys)
    found = np.zeros((len(SHARP), len(pairs.items)))
    for begin in range(0, len(pairs.items), ROWS):
        part = slice(begin, begin + ROWS)
        cosines = asked[part] @ shown.T
        own = among == pairs.items[part, None]
        twin = answers(pairs.asks[part], pairs.kind[among]) & ~own
        right = cosines[own]
        for i, sharp in enumerate(SHARP):
            mass = np.where(twin, 0.0, np.exp(sharp * (cosines - right[:, None]))).sum(1)
            found[i, part] = -np.log(mass)
    out: Array = found[found.mean(1).argmax()]
    return out


def answers(asks: Ints, kind: Ints) -> Bools:
    """Which items are of the kind that each query asks for.  (P,), (I,) or (I, K) -> (P, I)

    >>> answers(np.array([0, 2]), np.array([[1, 2], [1, 0]])).tolist()
    [[False, False], [True, False]]
    """
    asked = asks[:, None, None]
    found: Bools = ((asked > 0) & (asked == kind.reshape(len(kind), -1))).any(2)
    return found


def gate(pairs: Pairs, shares: Floats, l2: float) -> Floats:
    """Least squares from what kind of question it is to log shares; each question counts once.

    -> (2 D + 1, M), zero where there is no choice to learn from
    """
    rows = np.flatnonzero((shares > 0).any(1))
    width = 2 * pairs.queries.rows.shape[1] + 1
    if not len(rows):
        return np.zeros((width, shares.shape[1]), np.float32)
    asked = np.round(pairs.queries.rows[rows], DIGITS)
    _, same, often = np.unique(asked, axis=0, return_inverse=True, return_counts=True)
    root = np.sqrt(1 / often[same.ravel()])[:, None]
    known = np.concatenate([typed(pairs.queries.rows[rows]), np.ones((len(rows), 1))], axis=1)
    goals = np.log(np.maximum(shares[rows], LEAST))
    goals -= goals.mean(1, keepdims=True)
    return ridge(known * root, goals * root, l2).astype(np.float32)
