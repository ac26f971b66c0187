"""What else a user took, as a history, where rows have no time and so no order.

A history that is read off the very rows whose labels are learned tells each row its own label: a
taken item would be missing from the user's history of no row but its own. So rows are put into
folds, and a row reads what its user took in the other folds, whatever its own label is. Rows that
are not learned read what the user took in all that are, and never each other.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hermes.core.errors import ConfigError
from hermes.core.types import Bools, Ints

from .examples import Examples


def with_pasts(
    learn: Examples, asked: Examples, user: int, length: int, folds: int, rng: np.random.Generator
) -> tuple[Examples, Examples]:
    """Lone rows, each with the items its user took in others' folds of `learn`, most often last.

    `user` is the sparse column that says whose a row is; column 0 is the item. The validation rows
    of `learn`, and `asked`, read all of `learn`. Raises `ConfigError` below two folds.
    """
    if folds < 2:
        raise ConfigError(f"folds {folds}: a row reads the other folds, so there must be two")
    fold = rng.integers(0, folds, len(learn))
    taken = learn.labels > 0
    history = np.zeros((len(learn), length), np.int64)
    for own in range(folds):
        table = pasts(learn, taken & (fold != own), user, length)
        history[fold == own] = table[learn.sparse[fold == own, user]]
    whole, shape = pasts(learn, taken, user, length), replace(learn.shape, history=length)
    valid = learn.valid
    if valid is not None:
        valid = replace(valid, history=whole[valid.sparse[:, user]], shape=shape)
    known = replace(asked, history=whole[asked.sparse[:, user]], shape=shape)
    return replace(learn, history=history, shape=shape, valid=valid), known


def pasts(x: Examples, rows: Bools, user: int, length: int) -> Ints:
    """Each user's most frequent items among the chosen rows, the most frequent last.

    -> (U, length) left-padded with 0; the unknown user, and the unknown item, have none
    """
    users, items = x.sparse[rows, user], x.sparse[rows, 0]
    known = (users > 0) & (items > 0)
    sizes = x.shape.sparse
    pairs, counts = np.unique(users[known] * sizes[0] + items[known], return_counts=True)
    of, item = pairs // sizes[0], pairs % sizes[0]
    order = np.lexsort((item, -counts, of))
    of, item = of[order], item[order]
    rank = np.arange(len(of)) - np.searchsorted(of, of)  # 0 is the user's most frequent
    out = np.zeros((sizes[user], length), np.int64)
    kept = rank < length
    out[of[kept], length - 1 - rank[kept]] = item[kept]
    return out
