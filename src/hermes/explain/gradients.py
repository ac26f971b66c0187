"""Integrated gradients of a factorisation machine with a deep part, by groups of its features.

Sundararajan, Taly, Yan. Axiomatic attribution for deep networks. ICML 2017: from a baseline to the
item in a straight line, each input gets the integral of its slope. All inputs of a group move
together, so a group needs only what it moves in the sum of vectors and in the first hidden layer.
First order and pairs are integrated exactly; the layers above by midpoints, four times as many
until the parts sum to the difference.
"""

from __future__ import annotations

import numpy as np

from hermes.artifacts.factors import Factors, standardised, together
from hermes.core.types import Array, Floats, Ints

STEPS, MORE = 16, 4  # midpoints of the first try, and times as many in the next
TRIES = 5
CLOSE = 7e-3  # of the whole difference, that its parts may miss
LEAST = 1e-2  # of the largest difference, that every one counts as


def factor_parts(
    factors: Factors, dense: Floats, usual: Floats, columns: Ints, sparse: Ints, unknown: Ints,
    codes: Ints, terms: Array,
) -> Array:  # fmt: skip
    """Integrated gradients of n items by group.  -> (n, G)

    dense (n, Fd) and usual (Fd,), sparse (n, Fs) and unknown (Fs,): item and baseline; columns
    (Fd,) and codes (Fs,) the group of each; columns of -1 move by the terms (n, G).
    """
    d = factors.d
    moved, squares = steps(factors, dense, usual, columns, sparse, unknown, codes, terms)
    start = beginning(factors, usual, sparse, unknown)  # (K - 1,)
    whole = moved.sum(axis=1)  # (n, K - 1)
    middle = start[:d] + whole[:, :d] / 2
    pairs = np.einsum("ngd,nd->ng", moved[:, :, :d], middle) - squares / 2
    above = moved[:, :, d + 1 :]
    shallow = moved[:, :, d] + pairs
    slope = mean_slope(factors, start[d + 1 :], whole[:, d + 1 :], shallow.sum(axis=1))
    return np.asarray(shallow + np.einsum("ngh,nh->ng", above, slope))


def beginning(factors: Factors, usual: Floats, sparse: Ints, unknown: Ints) -> Array:
    """Sums of vectors, first order and first hidden layer at the baseline.  -> (K - 1,)"""
    own, tables = factors.own, (factors.codes, factors.of_codes, factors.starts)
    user = together(sparse[:1, own:], own, *tables).sum(axis=0)
    item = together(unknown[None, :own], 0, *tables)[0]
    x = standardised(usual[None], factors.mean, factors.scale)
    return np.asarray((x @ factors.numbers)[0] + item + user + factors.bias, np.float64)[:-1]


def steps(
    factors: Factors, dense: Floats, usual: Floats, columns: Ints, sparse: Ints, unknown: Ints,
    codes: Ints, terms: Array,
) -> tuple[Array, Array]:  # fmt: skip
    """What each group moves on the whole way: sums (n, G, K - 1), and squares of vectors (n, G)."""
    n, groups, count = len(dense), terms.shape[1], len(factors.mean)
    x1 = standardised(np.ascontiguousarray(dense, np.float32), factors.mean, factors.scale)
    x0 = standardised(np.ascontiguousarray(usual[None], np.float32), factors.mean, factors.scale)
    dx, dx2 = (x1 - x0).astype(np.float64), (x1**2 - x0**2).astype(np.float64)
    own = np.concatenate([factors.squares, factors.numbers[count:, -1]])  # of each vector
    numbers, owner = factors.numbers[:, :-1].astype(np.float64), np.concatenate([columns, columns])
    moved, squares = np.zeros((n, groups, numbers.shape[1])), np.zeros((n, groups))
    part = divided(terms)
    for g in range(groups):
        mine = owner == g
        moved[:, g] = dx[:, mine] @ numbers[mine]
        squares[:, g] = dx2[:, mine] @ own[mine]
    shared = owner < 0
    moved += part[:, :, None] * (dx[:, shared] @ numbers[shared])[:, None]
    squares += part * (dx2[:, shared] @ own[shared])[:, None]
    wide = factors.d + 1
    for f, g in enumerate(codes.tolist()):
        one = factors.codes[sparse[:, f] + factors.starts[f]].astype(np.float64)
        zero = factors.codes[unknown[f] + factors.starts[f]].astype(np.float64)
        layer = factors.of_codes[f * wide : (f + 1) * wide]
        moved[:, g] += np.concatenate([one - zero, (one - zero) @ layer], axis=1)
        squares[:, g] += (one[:, :-1] ** 2).sum(axis=1) - (zero[:-1] ** 2).sum()
    return moved, squares


def divided(terms: Array) -> Array:
    """The share of each group in what all of them move; nothing where they cancel. -> (n, G)"""
    total = terms.sum(axis=1, keepdims=True)
    size = np.abs(terms).sum(axis=1, keepdims=True)
    small = np.abs(total) <= 1e-6 * size
    return np.where(small, 0.0, terms / np.where(small, 1.0, total))


def mean_slope(factors: Factors, start: Array, way: Array, beside: Array) -> Array:
    """The mean slope of the deep part in its first hidden layer, on the way.

    start (H,), way (n, H), beside (n,) what the rest changes -> (n, H)

    Rows whose parts do not sum to the whole difference are walked again in smaller steps.
    """
    n, count = len(way), STEPS
    start, way = start.astype(np.float32), way.astype(np.float32)  # as the network reads them
    want = depth(factors, start + way) - depth(factors, start[None])
    whole = np.abs(want + beside)
    allowed = CLOSE * np.maximum(whole, LEAST * whole.max(initial=0.0)) + 1e-9
    out, left = np.zeros(way.shape), np.arange(n)
    for _ in range(TRIES):
        at = ((np.arange(count) + 0.5) / count).astype(np.float32)
        rows = start + at[:, None, None] * way[left]  # (S, n, H)
        slopes = slope(factors, rows.reshape(-1, way.shape[1])).reshape(rows.shape)
        out[left] = slopes.mean(axis=0)
        gap = np.abs((out[left] * way[left]).sum(axis=1) - want[left])
        left = left[gap > allowed[left]]
        count *= MORE
        if not len(left):
            break
    return out


def depth(factors: Factors, rows: Array) -> Array:
    """The deep part from the sums of its first hidden layer.  (N, H) -> (N,)"""
    for weights, biases in factors.layers:
        rows = np.maximum(rows, 0) @ weights + biases
    return np.asarray(rows[:, 0])


def slope(factors: Factors, rows: Array) -> Array:
    """Its gradient in them.  (N, H) -> (N, H)"""
    sums = [rows]
    for weights, biases in factors.layers[:-1]:
        sums.append(np.maximum(sums[-1], 0) @ weights + biases)
    back = np.broadcast_to(factors.layers[-1][0][:, 0], sums[-1].shape)
    for number in range(len(sums) - 1, -1, -1):
        back = back * (sums[number] > 0)
        if number:
            back = back @ factors.layers[number - 1][0].T
    return np.asarray(back)
