"""Walks over a graph in rows: how much arrives where, and by which path most of it.

`spread` goes hop by hop and multiplies what each edge lets through; `pushed` approximates
personalised PageRank by pushing residues forward (Andersen, Chung, Lang. Local graph partitioning
using PageRank vectors. FOCS 2006), on a graph whose edges have weights.
"""

from __future__ import annotations

import numpy as np

from hermes.core.compiled import compiled
from hermes.core.types import Array, Floats, Ints

Rows = tuple[Ints, Array, Array]  # indptr (N + 1,), targets (E,) int32, relations (E,) int8


@compiled
def spread(
    rows: Rows, flow: Floats, clear: Floats, damp: Floats, items: int, seeds: Ints,
    strengths: Floats, allowed: Ints, beam: int, hub: int,
) -> tuple[Floats, Array, Array]:  # fmt: skip
    """What reaches each node over as many hops as `allowed` has.  -> (N,), (N,), (N,)

    flow: (E,) the share an edge lets through; clear: (E,) of that, how much of it counts when a
    path is chosen to be told; damp: (N,) what a node gives back; items: the first so many nodes;
    allowed: (H,) bits of the relations a hop may follow; beam: nodes that go on after a hop, the
    fullest; hub: the degree above which a node brings nothing new but still speaks for items that
    others found. Each node is left once. Also the node before each on its best path, -1 where
    none, and by which relation.
    """
    indptr, targets, relations = rows
    n = len(indptr) - 1
    total, best = np.zeros(n, np.float32), np.zeros(n, np.float32)
    mass, coming, hubs = np.zeros(n, np.float32), np.zeros(n, np.float32), np.zeros(n, np.float32)
    before, by = np.full(n, -1, np.int32), np.full(n, -1, np.int8)
    left, crowded = np.zeros(n, np.bool_), False
    here, there = np.empty(n, np.int32), np.empty(n, np.int32)
    count = planted(seeds, strengths, mass, best, left, here)
    for hop in range(len(allowed)):
        count = fullest(here, count, mass, beam)
        reached = 0
        for i in range(count):
            u = here[i]
            if hop and left[u]:
                continue
            left[u] = True
            if hop and u >= items and indptr[u + 1] - indptr[u] > hub:
                hubs[u], crowded = mass[u], True
                continue
            for e in range(indptr[u], indptr[u + 1]):
                if not (allowed[hop] >> np.int64(relations[e])) & 1 or flow[e] == 0:
                    continue
                v = targets[e]
                if coming[v] == 0:
                    there[reached] = v
                    reached += 1
                coming[v] += mass[u] * flow[e]
                told = best[u] * flow[e] * clear[e]
                if told > best[v] and (before[v] >= 0 or not left[v]):
                    best[v], before[v], by[v] = told, u, relations[e]
        for i in range(reached):
            v = there[i]
            mass[v], coming[v] = coming[v], 0.0
            total[v] += mass[v]
        here, there, count = there, here, reached
    if crowded:
        supported(rows, flow, damp, items, hubs, total)
    return total, before, by


@compiled
def planted(
    seeds: Ints, strengths: Floats, mass: Floats, best: Floats, left: Array, here: Array
) -> int:
    """Put the strengths where a walk starts; how many nodes that are."""
    count = 0
    for i in range(len(seeds)):
        if mass[seeds[i]] == 0:
            here[count] = seeds[i]
            count += 1
        mass[seeds[i]] += strengths[i]
        best[seeds[i]], left[seeds[i]] = mass[seeds[i]], True
    return count


@compiled
def fullest(here: Array, count: int, mass: Floats, beam: int) -> int:
    """Move the `beam` fullest of the first `count` to the front, in their order; how many."""
    if count <= beam:
        return count
    held = mass[here[:count]]
    least = np.partition(held, count - beam)[count - beam]
    ties = beam - int((held > least).sum())
    kept = 0
    for i in range(count):
        if held[i] > least or (held[i] == least and ties > 0):
            ties -= held[i] == least
            here[kept] = here[i]
            kept += 1
    return kept


@compiled
def supported(
    rows: Rows, flow: Floats, damp: Floats, items: int, hubs: Floats, total: Floats
) -> None:
    """Add to each item that was found what the hubs it hangs on would have given it."""
    indptr, targets, _ = rows
    for item in range(items):
        if total[item] > 0:
            for e in range(indptr[item], indptr[item + 1]):
                total[item] += hubs[targets[e]] * flow[e] * damp[targets[e]]


@compiled
def pushed(
    rows: Rows, share: Array, clear: Floats, strength: Array, seeds: Ints, weights: Array,
    alpha: float, epsilon: float,
) -> tuple[Floats, Array, Array]:  # fmt: skip
    """Personalised PageRank, no node's short by more than epsilon times its strength.

    share: (E,) the probability of each edge from where it starts; clear: (E,) as for `spread`;
    strength: (N,) the sum of a node's weights; alpha: of going back to the seeds. -> (N,), and the
    node before each on its path and by which relation; of paths the shortest are told, and of
    those the clearest. The weights should sum to 1.
    """
    indptr, targets, relations = rows
    n = len(indptr) - 1
    rank, residue, most = np.zeros(n), np.zeros(n), np.zeros(n)
    before, by = np.full(n, -1, np.int32), np.full(n, -1, np.int8)
    hops, queue = np.full(n, -1, np.int32), np.empty(n, np.int32)
    queued, head, waiting = np.zeros(n, np.bool_), 0, 0
    for i in range(len(seeds)):
        residue[seeds[i]] += weights[i]
        hops[seeds[i]] = 0
    for i in range(len(seeds)):
        if not queued[seeds[i]]:
            queue[waiting], queued[seeds[i]] = seeds[i], True
            waiting += 1
    while waiting:
        u = queue[head]
        head, waiting = (head + 1) % n, waiting - 1
        queued[u] = False
        held = residue[u]
        if held <= epsilon * strength[u]:
            continue
        rank[u] += alpha * held
        residue[u] = 0.0
        for e in range(indptr[u], indptr[u + 1]):
            v, given = targets[e], (1 - alpha) * held * share[e]
            residue[v] += given
            if hops[v] < 0:
                hops[v] = hops[u] + 1
            if hops[v] == hops[u] + 1 and given * clear[e] > most[v]:
                most[v], before[v], by[v] = given * clear[e], u, relations[e]
            if not queued[v] and residue[v] > epsilon * strength[v]:
                queue[(head + waiting) % n], queued[v] = v, True
                waiting += 1
    return rank.astype(np.float32), before, by
