"""Who would choose an item, read off what it is: a softmax over content.

A user is described by the mean content of what they chose, an item by its content alone, and
`learn/choice` learns both maps from halves of histories that predict each other. Every item is
scored by its content, also those that have events: a new item competes with old ones on equal
terms.

Gantner, Drumond, Freudenthaler, Rendle, Schmidt-Thieme. Learning attribute-to-feature mappings for
cold-start recommendations. ICDM 2010, for what is asked; Yi et al. Sampling-bias-corrected neural
modeling for large corpus item recommendations. RecSys 2019, for two towers under a softmax; here
both are linear, and what a step leaves out of the catalogue is drawn evenly, which needs no
correction.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
from scipy.sparse import csr_array

from hermes.core.errors import DataError
from hermes.core.types import Floats, Ints, Queries
from hermes.data.interactions import Interactions
from hermes.features.content import coded
from hermes.learn.choice import Schedule, Weights, learn
from hermes.learn.run import Run
from hermes.models.base import Closed, Embedder


@dataclass(frozen=True, kw_only=True)
class ContentConfig:
    """Sizes, how it learns, and how much of a history is read."""

    d: int = 48  # of the vectors that are served
    rest: float = 5.0  # events that say nothing yet: a short history counts for less
    length: int = 200  # last events of a history that are read
    epochs: int = 6
    lr: float = 0.02
    l2: float = 2e-4
    batch: int = 256  # users
    among: int = 20_000  # items of a step, at most


class Content(Closed, Embedder[ContentConfig]):
    """Two maps; new content gets its vectors by `place`."""

    Config = ContentConfig
    learned = ("map", "own", "start", "items", "profile")
    map: Floats  # (Dc, D) content to an item's vector
    own: Floats  # (Dc, D) content to what it adds to the users who chose it
    start: Floats  # (D,) a stranger's vector
    items: Floats  # (I, D)
    profile: Floats  # (I, D)

    def fit(self, data: Interactions, run: Run = Run()) -> Self:
        """Needs what items are, else their attribute codes; raises `DataError` without either."""
        self.shape = data.shape
        known = data.content if len(data.content) else coded(data.item_fields)
        if not known.any():
            raise DataError("Content: nothing is known of any item; give categories, texts, years")
        x, config = data.matrix(), self.config
        x.data = np.ones(x.nnz, np.float32)
        rng = np.random.default_rng(run.seed)
        weights = Weights.random(known.shape[1], config.d, rng)
        warm = np.flatnonzero(np.asarray(x.sum(axis=0)).ravel() > 0)
        content = np.ascontiguousarray(known[warm])
        read = partial(shrunken, content=content, rest=config.rest)

        def tell(epoch: int, of: int, loss: float) -> None:
            if run.report:
                run.report("Content", epoch, of, {"loss": loss})

        learn(csr_array(x[:, warm]), content, read, weights, self.schedule(), rng, tell)
        self.own, self.map, self.start = weights.arrays()
        self.items, self.profile = self.place(known)
        return self

    def schedule(self) -> Schedule:
        """How it learns."""
        c = self.config
        return Schedule(epochs=c.epochs, lr=c.lr, l2=c.l2, batch=c.batch, among=c.among)

    def place(self, content: Floats) -> tuple[Floats, Floats]:
        """An item's vector, and what it adds to those who chose it.  (n, Dc) -> (n, D), (n, D)"""
        return content @ self.map, content @ self.own

    def grow(self, content: Floats) -> None:
        """Take items that came after it learned, by their content.  (n, Dc)"""
        items, profile = self.place(content)
        self.items = np.concatenate([self.items, items])
        self.profile = np.concatenate([self.profile, profile])

    def embed(self, queries: Queries) -> Floats:
        """(B,) -> (B, D)"""
        x = distinct(queries.history[:, -self.config.length :], len(self.items))
        return shrunken(x, self.profile, self.config.rest) + self.start

    def catalogue(self) -> Floats:
        """(I, D)"""
        return self.items


def shrunken(x: csr_array, content: Floats, rest: float) -> Floats:
    """Mean content of each history, nearer to nothing the shorter it is.  (B, n) -> (B, D)

    >>> shrunken(csr_array([[1, 1, 0], [0, 0, 0]]), np.array([[2.0], [4.0], [9.0]]), 1.0).tolist()
    [[2.0], [0.0]]
    """
    many = np.diff(x.indptr)[:, None]
    return np.asarray(x @ content / (many + rest), np.float32)


def distinct(history: Ints, n_items: int) -> csr_array:
    """1 where a history has an item, however often.  (B, L) -> (B, I)"""
    rows, places = np.nonzero(history)
    codes = np.unique(rows * n_items + history[rows, places])
    cells = np.divmod(codes, n_items)
    return csr_array((np.ones(len(codes), np.float32), cells), (len(history), n_items))
