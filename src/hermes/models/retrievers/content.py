"""Who would choose an item, read off what it is: a bilinear map between users and content.

A user x is described by the mean content of what they chose and by their place among the leading
singular vectors of users by items; an item by its content f alone. The score x' M f is learned in
closed form, by two ridges, from halves of histories that predict each other, so that an item never
stands on both sides. Every item is scored by its content, also those that have events: a new item
competes with old ones on equal terms. Which description of users is read, and how strongly items
are smoothed, is chosen on items whose events are kept from the choice.

Gantner, Drumond, Freudenthaler, Rendle, Schmidt-Thieme. Learning attribute-to-feature mappings for
cold-start recommendations. ICDM 2010; Park, Chu. Pairwise preference regression for cold-start
recommendation. RecSys 2009, for the bilinear form. M is cut to its `d` leading singular vectors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.linalg import svds

from hermes.core.errors import DataError
from hermes.core.types import Array, Floats, Ints, Queries, strongest
from hermes.data.interactions import Interactions
from hermes.features.content import coded
from hermes.learn.run import Run
from hermes.models.base import Closed, Embedder

READERS = ("content", "place", "both")  # how a user may be described
SMOOTH = (0.03, 0.3, 3.0, 30.0)  # ridges over items, in units of a column's mean square
TRIED, HELD = 4000, 0.1  # users and share of items by which is chosen
DEEP, BATCH = 0.05, 500  # share of the catalogue that counts as found; users at a time


@dataclass(frozen=True, kw_only=True)
class ContentConfig:
    """Sizes, the ridge over users, and how much of a history is read."""

    d: int = 96  # of the vectors that are served
    places: int = 64  # singular vectors that describe a user
    l2: float = 0.03  # ridge over users, in units of a column's mean square
    length: int = 200  # last events of a history that are read


@dataclass(frozen=True)
class Table:
    """Users by items, what items are, and where users stand."""

    x: csr_array  # (U, I) 1 where chosen
    content: Array  # (I, Dc) the last column is 1
    fold: Array  # (I, P) what an item of a history adds to its user's place

    def users(self, x: csr_array, reader: str) -> Array:
        """What describes each row of x.  (n, I) -> (n, Dc + P), zero where it is not read"""
        mean = np.asarray(x @ self.content)
        mean /= np.maximum(np.asarray(x.sum(axis=1)).reshape(-1, 1), 1.0)
        place = unit(np.asarray(x @ self.fold))
        read = [
            mean if reader != "place" else 0 * mean,
            place if reader != "content" else 0 * place,
        ]
        return np.concatenate(read, axis=1)


class Content(Closed, Embedder[ContentConfig]):
    """Two maps; new content gets its vectors by `place`."""

    Config = ContentConfig
    learned = ("map", "own", "mix", "fold", "items", "profile")
    map: Floats  # (Dc + 1, D) content to an item's vector
    own: Floats  # (Dc + 1, D) content to what it adds to the users who chose it
    mix: Floats  # (P, D) a user's place to a vector
    fold: Floats  # (I, P)
    items: Floats  # (I, D)
    profile: Floats  # (I, D)

    def fit(self, data: Interactions, run: Run = Run()) -> Self:
        """Needs what items are, else their attribute codes; raises `DataError` without either."""
        self.shape = data.shape
        known = data.content if len(data.content) else coded(data.item_fields)
        if not known.any():
            raise DataError("Content: nothing is known of any item; give categories, texts, years")
        x = data.matrix()
        x.data = np.ones(x.nnz)
        rng = np.random.default_rng(run.seed)
        content = one_more(known)
        table = Table(x, content, fold(x, self.config.places, rng))
        reader, smooth = self.chosen(table, rng)
        whole = bilinear(table, np.asarray(x.sum(axis=0)).ravel() > 0, reader, self.config.l2, rng)
        left, values, right = np.linalg.svd(whole([smooth])[0], full_matrices=False)
        d = min(self.config.d, len(values))
        root = np.sqrt(values[:d])
        users, self.map = left[:, :d] * root, (right[:d].T * root).astype(np.float32)
        self.own = users[: content.shape[1]].astype(np.float32)
        self.mix = users[content.shape[1] :].astype(np.float32)
        self.fold = table.fold.astype(np.float32)
        self.items, self.profile = self.place(known)
        return self

    def chosen(self, table: Table, rng: np.random.Generator) -> tuple[str, float]:
        """The reader and the smoothing that find items best whose events they have not seen."""
        events = np.asarray(table.x.sum(axis=0)).ravel()
        warm = np.flatnonzero(events > 0)
        held = rng.permutation(warm)[: int(HELD * len(warm))]
        left = events > 0
        left[held] = False
        asked = np.flatnonzero(np.asarray(table.x[:, held].sum(axis=1)).ravel() > 0)
        asked = np.sort(rng.permutation(asked)[:TRIED])
        if not len(asked) or not left.any():
            return "both", SMOOTH[1]
        keep = csr_array(table.x.multiply(left[None].astype(np.float64)))
        seen = Table(keep, table.content, table.fold * left[:, None])
        found, rows = dict[tuple[str, float], float](), table.content.T.astype(np.float32)
        for reader in READERS:
            maps = bilinear(seen, left, reader, self.config.l2, rng)(SMOOTH)
            users = seen.users(keep[asked], reader)
            for smooth, m in zip(SMOOTH, maps, strict=True):
                wanted = (users @ m).astype(np.float32)
                found[reader, smooth] = recall(wanted, rows, keep[asked], table.x[asked], held)
        return max(found, key=lambda each: found[each])

    def place(self, content: Floats) -> tuple[Floats, Floats]:
        """An item's vector, and what it adds to those who chose it.  (n, Dc) -> (n, D), (n, D)"""
        rows = one_more(content)
        return np.asarray(rows @ self.map, np.float32), np.asarray(rows @ self.own, np.float32)

    def grow(self, content: Floats) -> None:
        """Take items that came after it learned, by their content.  (n, Dc)"""
        items, profile = self.place(content)
        blank = np.zeros((len(content), self.fold.shape[1]), np.float32)
        self.items = np.concatenate([self.items, items])
        self.profile = np.concatenate([self.profile, profile])
        self.fold = np.concatenate([self.fold, blank])

    def embed(self, queries: Queries) -> Floats:
        """(B,) -> (B, D)"""
        last = queries.history[:, -self.config.length :]
        read = (last > 0).astype(np.float32)
        mean = np.einsum("bl,bld->bd", read, self.profile[last])
        mean /= np.maximum(read.sum(axis=1, keepdims=True), 1.0)
        place = unit(np.einsum("bl,blp->bp", read, self.fold[last]))
        return np.asarray(mean + place @ self.mix, np.float32)

    def catalogue(self) -> Floats:
        """(I, D)"""
        return self.items


def one_more(content: Floats) -> Array:
    """With a column of ones, for what all items have in common.  (I, Dc) -> (I, Dc + 1)"""
    return np.concatenate([content.astype(np.float64), np.ones((len(content), 1))], axis=1)


def unit(rows: Array) -> Array:
    """Rows of length one; a zero row stays."""
    norm = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(norm > 1e-12, norm, 1))


def fold(x: csr_array, d: int, rng: np.random.Generator) -> Array:
    """Leading right singular vectors over their values; zero without events.  -> (I, P)"""
    warm = np.flatnonzero(np.asarray(x.sum(axis=0)).ravel() > 0)
    active = np.flatnonzero(np.asarray(x.sum(axis=1)).ravel() > 0)
    y = x[active][:, warm]
    size = min(d, min(y.shape) - 1)
    out = np.zeros((x.shape[1], max(size, 1)))
    if size >= 1:
        _, values, right = svds(y, k=size, v0=rng.normal(size=min(y.shape)))
        good = values > 1e-6 * values.max()
        out[warm[:, None], np.flatnonzero(good)] = right[good].T / values[good]
    return out


def bilinear(table: Table, items: Array, reader: str, l2: float, rng: np.random.Generator) -> Fit:
    """Learned from `items` (I,), a mask; called with ridges over items it gives a map for each."""
    half = csr_array(table.x, copy=True)
    first = rng.random(half.nnz) < 0.5
    gram: Array | float = 0.0
    cross: Array | float = 0.0
    f = table.content[items]
    for side in (first, ~first):
        told, asked = csr_array(half, copy=True), csr_array(half, copy=True)
        told.data, asked.data = side.astype(np.float64), (~side).astype(np.float64)
        users = table.users(told, reader)
        gram = gram + users.T @ users
        cross = cross + users.T @ np.asarray(asked[:, np.flatnonzero(items)] @ f)
    return Fit(np.asarray(gram), np.asarray(cross), f.T @ f, l2)


@dataclass(frozen=True)
class Fit:
    """The sums a map is solved from."""

    gram: Array  # (Du, Du) of users
    cross: Array  # (Du, Dc)
    items: Array  # (Dc, Dc)
    l2: float

    def __call__(self, smooth: tuple[float, ...] | list[float]) -> list[Array]:
        """A map for each ridge over items.  -> (Du, Dc) each"""
        ridge = self.l2 * max(np.trace(self.gram) / len(self.gram), 1e-12)
        m = np.linalg.solve(self.gram + ridge * np.eye(len(self.gram)), self.cross)
        values, basis = np.linalg.eigh(self.items)
        turned, usual = m @ basis, max(float(values.mean()), 1e-12)
        return [(turned / (np.maximum(values, 0) + s * usual)) @ basis.T for s in smooth]


def recall(wanted: Floats, rows: Floats, seen: csr_array, chosen: csr_array, held: Ints) -> float:
    """Share of the held items a user chose that stand in the first `DEEP`, on average.

    wanted (n, Dc), rows (Dc, I), seen and chosen (n, I). Deep, since what few find says little.
    """
    is_held, out = np.zeros(rows.shape[1], bool), list[float]()
    is_held[held] = True
    depth = max(100, int(DEEP * rows.shape[1]))
    for start in range(0, len(wanted), BATCH):
        scores = wanted[start : start + BATCH] @ rows
        scores[seen[start : start + BATCH].nonzero()] = -np.inf
        scores[:, 0] = -np.inf
        for row, own in enumerate(scores, start):
            mine = chosen.indices[chosen.indptr[row] : chosen.indptr[row + 1]]
            mine = mine[is_held[mine]]
            out.append(float(np.isin(mine, strongest(own, depth)).mean()))
    return float(np.mean(out))
