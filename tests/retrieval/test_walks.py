"""Pushed residues are PageRank to within what was promised, and a walk is its sum over paths."""

from __future__ import annotations

import numpy as np
import pytest

from hermes.core.types import Array
from hermes.retrieval.walks import Rows, fullest, pushed, spread


def rows(edges: list[tuple[int, int, int]], n: int) -> Rows:
    """Undirected edges (a, b, relation) as rows."""
    both = sorted([(a, b, r) for a, b, r in edges] + [(b, a, r) for a, b, r in edges])
    ends = np.array([a for a, *_ in both], np.int64)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(ends, minlength=n))]).astype(np.int64)
    targets = np.array([b for _, b, _ in both], np.int32)
    return indptr, targets, np.array([r for *_, r in both], np.int8)


def bipartite(seed: int, items: int = 12, others: int = 7) -> tuple[Rows, Array, Array]:
    """A random graph, a weight for each edge, and the matrix of those.  -> (N, N)"""
    rng = np.random.default_rng(seed)
    found = {(int(rng.integers(items)), items + int(rng.integers(others))) for _ in range(40)}
    graph = rows([(a, b, 0) for a, b in sorted(found)], items + others)
    matrix = np.zeros((items + others, items + others))
    for a, b in sorted(found):
        matrix[a, b] = matrix[b, a] = rng.uniform(0.2, 1)
    start = np.repeat(np.arange(items + others), np.diff(graph[0]))
    return graph, matrix[start, graph[1]], matrix


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("alpha", [0.15, 0.5])
def test_pushing_falls_short_of_pagerank_by_at_most_what_was_promised(
    seed: int, alpha: float
) -> None:
    graph, weight, matrix = bipartite(seed)
    strength = matrix.sum(axis=1)
    start = np.repeat(np.arange(len(strength)), np.diff(graph[0]))
    chances = matrix / np.maximum(strength, 1e-12)[:, None]
    weights = np.zeros(len(strength))
    weights[[0, 3]] = 0.25, 0.75
    truth = alpha * np.linalg.solve(np.eye(len(strength)) - (1 - alpha) * chances.T, weights)
    for epsilon in (1e-2, 1e-4):
        share = weight / strength[start]
        found, *_ = pushed(
            graph, share, share, strength, np.array([0, 3]), weights[[0, 3]], alpha, epsilon
        )
        short = truth - found
        assert np.all(short >= -1e-6)
        assert np.all(short <= epsilon * strength + 1e-6)


def test_a_path_of_pushed_residues_ends_at_a_seed_by_edges_that_are_there() -> None:
    graph, weight, matrix = bipartite(1)
    strength = matrix.sum(axis=1)
    start = np.repeat(np.arange(len(strength)), np.diff(graph[0]))
    rank, before, _ = pushed(
        graph, weight / strength[start], weight, strength, np.array([2]), np.ones(1), 0.2, 1e-6
    )
    for reached in np.flatnonzero(rank):
        node, steps = int(reached), 0
        while before[node] >= 0:
            assert matrix[node, before[node]] > 0
            node, steps = int(before[node]), steps + 1
        assert node == 2
        assert steps < len(rank)


def walked(graph: Rows, flow: Array, seeds: list[int], hops: int = 2, **given: int) -> Array:
    """Sums by node of a walk that gives back all."""
    n, items = len(graph[0]) - 1, given.get("items", 3)
    return np.asarray(
        spread(
            graph, flow.astype(np.float32), np.ones(len(flow), np.float32),
            np.ones(n, np.float32), items, np.array(seeds), np.ones(len(seeds), np.float32),
            np.full(hops, -1, np.int64), given.get("beam", 99), given.get("hub", 99),
        )[0]
    )  # fmt: skip


def test_two_hops_sum_the_products_along_every_path() -> None:
    graph, weight, matrix = bipartite(3)
    found = walked(graph, weight, [0, 1], items=12)
    both = (matrix[:12, 12:] @ matrix[12:, :12])[[0, 1]].sum(axis=0)
    np.testing.assert_allclose(found[2:12], both[2:], rtol=1e-5)


CHAIN = rows([(0, 3, 0), (1, 3, 1), (1, 4, 0), (2, 4, 0)], 5)  # 0 - 3 - 1 - 4 - 2


def test_more_hops_go_further_and_no_node_is_left_twice() -> None:
    half = np.full(8, 0.5)
    assert walked(CHAIN, half, [0], hops=2)[:3].tolist() == [0.25, 0.25, 0.0]
    assert walked(CHAIN, half, [0], hops=4)[:3].tolist() == [0.25, 0.25 + 0.0625, 0.0625]


def test_a_hop_follows_only_the_relations_it_may() -> None:
    half, ones = np.full(8, 0.5, np.float32), np.ones(5, np.float32)
    seed, one = np.array([0]), np.ones(1, np.float32)
    first = np.array([1, 1], np.int64)  # bit 0 alone: the edge 1 - 3 is of relation 1
    total, before, _ = spread(CHAIN, half, half, ones, 3, seed, one, first, 99, 99)
    assert total[1] == 0
    assert before[1] == -1
    total, _, by = spread(CHAIN, half, half, ones, 3, seed, one, np.array([1, 2]), 99, 99)
    assert total[1] == 0.25
    assert by[1] == 1


def test_a_hub_brings_nothing_but_speaks_for_what_others_found() -> None:
    # 3 hangs on all items, 4 on 0 and 1 alone
    graph = rows([(0, 3, 0), (1, 3, 0), (2, 3, 0), (0, 4, 0), (1, 4, 0)], 5)
    half = np.full(10, 0.5)
    assert walked(graph, half, [0], hub=2)[:3].tolist() == [0.5, 0.5, 0.0]
    assert walked(graph, half, [0], hub=3)[:3].tolist() == [0.5, 0.5, 0.25]


def test_a_hub_that_is_asked_for_brings_what_it_has() -> None:
    graph = rows([(0, 3, 0), (1, 3, 0), (2, 3, 0)], 4)
    assert np.all(walked(graph, np.full(6, 0.5), [3], hops=1, hub=1)[:3] == 0.5)


def test_the_best_path_is_the_one_of_the_largest_product() -> None:
    graph = rows([(0, 3, 0), (1, 3, 0), (0, 4, 0), (1, 4, 0), (2, 4, 0)], 5)
    flow = np.array([0.9, 0.5, 0.9, 0.5, 0.5, 0.9, 0.9, 0.5, 0.5, 0.5], np.float32)
    _, before, _ = spread(
        graph, flow, np.ones(10, np.float32), np.ones(5, np.float32), 3, np.array([0]),
        np.ones(1, np.float32), np.full(2, -1, np.int64), 99, 99,
    )  # fmt: skip
    assert before.tolist() == [-1, 3, 4, 0, 0]


def test_of_equal_paths_the_clearer_is_told() -> None:
    graph, half = rows([(0, 2, 0), (1, 2, 0), (0, 3, 1), (1, 3, 1)], 4), np.full(8, 0.5, np.float32)
    seed, one, every = np.array([0]), np.ones(1, np.float32), np.full(2, -1, np.int64)
    for clear, by in ((0, 3), (1, 2)):
        each = np.where(graph[2] == clear, 0.1, 1).astype(np.float32)
        told = spread(graph, half, each, half, 2, seed, one, every, 99, 99)
        assert told[1][1] == by
        pages = pushed(graph, half, each, np.full(4, 2.0), seed, one, 0.2, 1e-4)
        assert pages[1][1] == by


def test_only_the_fullest_go_on_ties_in_their_order() -> None:
    here = np.array([4, 2, 0, 3], np.int32)
    mass = np.array([1.0, 9.0, 2.0, 1.0, 1.0], np.float32)
    assert here[: fullest(here, 4, mass, 3)].tolist() == [4, 2, 0]
    assert fullest(np.array([1, 2], np.int32), 2, mass, 3) == 2


def test_a_seed_without_edges_reaches_nothing_and_ends() -> None:
    graph = rows([(0, 2, 0)], 4)
    assert walked(graph, np.ones(2), [3], items=2).tolist() == [0, 0, 0, 0]
    share, strength = np.ones(2), np.array([1.0, 0, 1, 0])
    rank, *_ = pushed(graph, share, share, strength, np.array([3]), np.ones(1), 0.5, 1e-3)
    assert rank.tolist() == [0, 0, 0, 0.5]
