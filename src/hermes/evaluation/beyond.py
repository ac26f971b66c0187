"""What lists are like apart from being right: how wide, how new, how varied, how evenly spread.

`lists` (Q, k) holds item codes best first, padded with 0 where a list is shorter.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array, diags_array

from hermes.core.types import Array, Ints


def exposure(lists: Ints, n_items: int) -> Ints:
    """How many lists each item is on; row 0, the padding, counts nothing.  -> (I,)"""
    counts = np.bincount(lists.ravel(), minlength=n_items)
    counts[0] = 0
    return counts


def coverage(lists: Ints, n_items: int) -> float:
    """Share of the catalogue that is on any list.

    >>> coverage(np.array([[1, 2], [2, 0]]), 5)
    0.5
    """
    return float((exposure(lists, n_items) > 0).sum() / max(n_items - 1, 1))


def gini(amounts: Array) -> float:
    """G = sum (2i - n - 1) x_i / (n sum x), x ascending: 0 all equal, near 1 all on one item.

    >>> round(gini(np.array([1, 1, 1, 1])), 6), gini(np.array([0, 0, 0, 8]))
    (0.0, 0.75)
    """
    x = np.sort(np.asarray(amounts, np.float64))
    if not x.sum():
        return 0.0
    order = 2 * np.arange(1, len(x) + 1) - len(x) - 1
    return float((order @ x) / (len(x) * x.sum()))


def lorenz(amounts: Array, points: int = 101) -> tuple[Array, Array]:
    """Share of items, least exposed first, against the share of exposure they get.  -> 2 (points,)

    >>> lorenz(np.array([1, 3]), 3)[1].tolist()
    [0.0, 0.25, 1.0]
    """
    x = np.sort(np.asarray(amounts, np.float64))
    held = np.concatenate([[0.0], np.cumsum(x) / max(x.sum(), 1e-300)])
    share = np.linspace(0, 1, points)
    return share, np.interp(share, np.linspace(0, 1, len(held)), held)


def novelty(lists: Ints, counts: Ints, n_users: int) -> Array:
    """Mean self-information of a list, -log2((n_i + 1) / (users + 1)) bits an item.  -> (Q,)

    n_i of `n_users` users had item i; the one added keeps an item nobody had finite. Zhou et al.,
    PNAS 2010.

    >>> novelty(np.array([[1, 2], [2, 0]]), np.array([0, 3, 0]), 3)
    array([1., 2.])
    """
    bits = -np.log2((counts + 1) / (n_users + 1))
    present = lists > 0
    return np.asarray((bits[lists] * present).sum(1) / np.maximum(present.sum(1), 1))


def similarity(lists: Ints, attributes: csr_array) -> Array:
    """Mean cosine over the pairs of a list, from item attributes (I, A); 0 without a pair.  -> (Q,)

    The mean over pairs is (|sum of unit vectors|^2 - sum of their squared lengths) / (m (m - 1)).

    >>> genres = csr_array(np.array([[0, 0], [1, 0], [1, 0], [0, 1]]))
    >>> similarity(np.array([[1, 2], [1, 3], [1, 0]]), genres)
    array([1., 0., 0.])
    """
    attributes = attributes.astype(np.float64)
    squares = np.asarray(attributes.multiply(attributes).sum(1)).ravel()
    scale = np.where(squares > 0, 1 / np.sqrt(np.maximum(squares, 1e-300)), 0.0)
    unit = diags_array(scale) @ attributes
    present = lists > 0
    rows = np.repeat(np.arange(len(lists)), present.sum(1))
    picks = csr_array(
        (np.ones(len(rows)), (rows, lists[present])), (len(lists), attributes.shape[0])
    )
    total = picks @ unit
    lengths = picks @ (scale > 0).astype(np.float64)  # a unit vector, or none
    size = present.sum(1)
    pairs = np.maximum(size * (size - 1), 1)
    return np.asarray((np.asarray(total.multiply(total).sum(1)).ravel() - lengths) / pairs)
