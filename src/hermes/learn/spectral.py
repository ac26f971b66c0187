"""Item vectors to start from: a factorisation of how often items follow each other.

Levy, Goldberg. Neural word embedding as implicit matrix factorization. NeurIPS 2014: the leading
eigenvectors of the positive pointwise mutual information, each times the root of its eigenvalue,
the context distribution smoothed by the power 0.75. A sequence model that starts here knows in its
first epoch what takes a random start ten.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.linalg import eigsh

from hermes.core.types import Floats
from hermes.data.interactions import Interactions

SMOOTHING = 0.75


def transition_vectors(log: Interactions, d: int, window: int = 3) -> Floats | None:
    """(I, d) with standard deviation d^-0.5 and row 0 zero; None when the log says too little.

    Two events of a user at a distance g <= window count 1 / g.
    """
    counts = follow_counts(log, window)
    if log.shape.n_items <= d + 1 or counts.nnz == 0:
        return None
    total = np.asarray(counts.sum(axis=1)).ravel()
    context = total**SMOOTHING
    cells = counts.tocoo()
    row, column = cells.coords
    ratio = cells.data * context.sum() / (total[row] * context[column])
    information = csr_array((np.maximum(np.log(ratio), 0), (row, column)), counts.shape)
    if not information.sum() > 0:  # nothing follows anything more often than chance
        return None
    start = np.random.default_rng(0).normal(size=log.shape.n_items)
    values, vectors = eigsh((information + information.T) / 2, k=d, v0=start)
    table = vectors * np.sqrt(np.maximum(values, 0))
    table *= d**-0.5 / max(float(table[1:].std()), 1e-9)
    table[0] = 0
    return table.astype(np.float32)


def follow_counts(log: Interactions, window: int) -> csr_array:
    """How often two items stand near each other in a history, symmetric.  -> (I, I)"""
    size = (log.shape.n_items, log.shape.n_items)
    total = csr_array(size, dtype=np.float64)
    for gap in range(1, window + 1):
        same = log.users[gap:] == log.users[:-gap]
        pair = (log.items[:-gap][same], log.items[gap:][same])
        total = total + coo_array((np.full(len(pair[0]), 1 / gap), pair), size).tocsr()
    return total + total.T
