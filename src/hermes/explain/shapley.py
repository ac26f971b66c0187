"""Exact Shapley values over groups of features, from the value of each coalition.

Shapley. A value for n-person games. 1953; Lundberg et al. From local explanations to global
understanding with explainable AI for trees. Nature Machine Intelligence 2, 2020, whose
interventional TreeSHAP this is, with groups of features as players: a group that takes part has the
item's values, one that does not has the baseline's. Of each tree only the groups that change where
a row falls are players, so that a tree of a few splits costs a few coalitions.
"""

from __future__ import annotations

from collections.abc import Callable
from math import factorial

import numpy as np

from hermes.artifacts.trees import DE_BRUIJN, PLACES, Trees
from hermes.core.compiled import compiled
from hermes.core.types import Array, Bools, Floats, Ints

MOST = 12  # players whose coalitions are still counted one by one
WEIGHTS = np.zeros((MOST + 1, MOST + 1))  # [players, size of the coalition that is joined]
for _n in range(1, MOST + 1):
    for _s in range(_n):
        WEIGHTS[_n, _s] = factorial(_s) * factorial(_n - _s - 1) / factorial(_n)


@compiled
def shares(values: Array, weights: Array) -> Array:
    """Shapley values of players from the values of coalitions.  (2^G, n) -> (n, G)

    Coalition s holds player g where bit g of s is set; weights as `WEIGHTS`.
    """
    count, n = values.shape
    players = 0
    while (1 << players) < count:
        players += 1
    out = np.zeros((n, players))
    for s in range(count):
        size = 0
        for g in range(players):
            size += (s >> g) & 1
        for g in range(players):
            here = (s >> g) & 1
            w = weights[players, size - 1] if here else -weights[players, size]
            for i in range(n):
                out[i, g] += w * values[s, i]
    return out


def sampled(value: Callable[[Bools], Array], players: int, rounds: int) -> Array:
    """Shapley values by `rounds` random orders and their reverses; they still sum to the whole.

    value: (players,) who takes part -> (n,). Castro, Gómez, Tejada. Polynomial calculation of the
    Shapley value based on sampling. Computers & OR 36, 2009. -> (n, players)
    """
    rng, known = np.random.default_rng(0), dict[bytes, Array]()

    def asked(present: Bools) -> Array:
        key = present.tobytes()
        if key not in known:
            known[key] = np.asarray(value(present.copy()), np.float64)
        return known[key]

    orders = [rng.permutation(players) for _ in range(rounds)]
    orders += [order[::-1] for order in orders]
    out = np.zeros((len(asked(np.zeros(players, bool))), players))
    for order in orders:
        present = np.zeros(players, bool)
        before = asked(present)
        for g in order.tolist():
            present[g] = True
            after = asked(present)
            out[:, g] += after - before
            before = after
    return out / len(orders)


def tree_shares(
    trees: Trees, x: Floats, base: Floats, groups: Ints, bits: Ints, blend: Array
) -> Array:
    """Shapley values of groups for what trees score more than at the baseline.  -> (n, G)

    x (n, F) and base (F,); groups (F,) the player of each column, or -1 for the columns that
    several players change: those of blend (n, 2^K, B), the values of the B such columns, in their
    order, for each coalition of these K. bits (G,): the bit of each player among them, 0 of others.
    """
    full = trees.masks.dtype.type(np.iinfo(trees.masks.dtype).max)
    whole = np.flatnonzero(groups < 0)
    n, coalitions, count = blend.shape
    wide = np.tile(base, (n * coalitions, 1))
    wide[:, whole] = blend.reshape(n * coalitions, count)
    mixed = np.isin(trees.features, whole).nonzero()[0]
    return joined(
        trees.masks,
        trees.leaves,
        trees.rows(np.ascontiguousarray(x, np.float32)),
        trees.rows(np.ascontiguousarray(base[None], np.float32))[0],
        np.ascontiguousarray(trees.rows(wide)[:, mixed].reshape(n, coalitions, len(mixed))),
        groups[trees.features],
        bits,
        full,
        WEIGHTS,
    )


@compiled
def joined(
    masks: Array, leaves: Array, rows: Ints, base: Ints, mixed: Ints, groups: Ints, bits: Ints,
    full: Array, weights: Array,
) -> Array:  # fmt: skip
    """The loop of `tree_shares`: rows (n, Q), base (Q,) of `masks`; mixed (n, 2^K, M); groups (Q,).

    For each item and tree: the leaves each group leaves over with the item's values and with the
    baseline's, who of them differ, and the leaf of each coalition of those.
    """
    n, t, players = len(rows), len(leaves), len(bits)
    out = np.zeros((n, players))
    ours = np.empty((players, t), masks.dtype)
    theirs = np.empty((players, t), masks.dtype)
    both = np.empty((mixed.shape[1], t), masks.dtype)
    theirs[:] = full
    for q in range(len(base)):
        if groups[q] >= 0:
            theirs[groups[q]] &= masks[base[q]]
    for i in range(n):
        ours[:] = full
        for q in range(len(base)):
            if groups[q] >= 0:
                ours[groups[q]] &= masks[rows[i, q]]
        both[:] = full
        for m in range(mixed.shape[2]):
            for s in range(len(both)):
                both[s] &= masks[mixed[i, s, m]]
        for j in range(t):
            one_tree(leaves[j], ours[:, j], theirs[:, j], both[:, j], bits, full, weights, out[i])
    return out


@compiled
def differing(ours: Array, theirs: Array, both: Array, bits: Ints) -> Bools:
    """Which groups change, in any coalition, which leaves of a tree are left over.  -> (G,)"""
    out: Bools = ours != theirs
    mixed = False
    for s in range(len(both)):
        mixed |= both[s] != both[0]
    for s in range(len(both) if mixed else 0):
        for g in range(len(bits)):
            if both[s] != both[s & ~bits[g]]:
                out[g] = True
    return out


@compiled
def one_tree(
    leaves: Array, ours: Array, theirs: Array, both: Array, bits: Ints, full: Array, weights: Array,
    out: Array,
) -> None:  # fmt: skip
    """Add one tree's Shapley values of one item to `out` (G,)."""
    players, differs = len(ours), differing(ours, theirs, both, bits)
    active = differs.nonzero()[0]
    m = len(active)
    if not m:
        return
    fixed = full
    for g in range(players):
        if not differs[g]:
            fixed &= theirs[g]
    for c in range(1 << m):
        left, whole, size = fixed, 0, 0
        for k in range(m):
            if (c >> k) & 1:
                left &= ours[active[k]]
                whole |= bits[active[k]]
                size += 1
            else:
                left &= theirs[active[k]]
        held = np.uint64(left & both[whole])
        lowest = held & (~held + np.uint64(1))
        value = leaves[PLACES[(lowest * DE_BRUIJN) >> np.uint64(58)]]
        for k in range(m):
            if (c >> k) & 1:
                out[active[k]] += weights[m, size - 1] * value
            else:
                out[active[k]] -= weights[m, size] * value
