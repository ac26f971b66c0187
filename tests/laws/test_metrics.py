"""What must hold of every metric, whatever the ranks."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hermes.evaluation.metrics import METRICS, list_ranks, score_ranks

Users = list[list[int]]


@st.composite
def users(draw: st.DrawFn) -> Users:
    """A few users, each with the ranks of one or more targets: distinct, or 0 for not found."""
    rank = st.integers(1, 30)
    found = st.lists(rank, unique=True, max_size=6)
    each = st.tuples(found, st.integers(0, 3)).map(lambda p: p[0] + [0] * p[1]).filter(len)
    return draw(st.lists(each, min_size=1, max_size=5))


def flat(rows: Users) -> tuple[np.ndarray, np.ndarray]:
    return np.array(list(chain.from_iterable(rows))), np.cumsum([0, *map(len, rows)])


@pytest.mark.parametrize("name", METRICS)
@given(rows=users(), k=st.integers(1, 30))
def test_a_metric_lies_between_0_and_1(name: str, rows: Users, k: int) -> None:
    values = METRICS[name](*flat(rows), k)
    assert len(values) == len(rows)
    assert np.all((values >= 0) & (values <= 1 + 1e-12))


@pytest.mark.parametrize("name", METRICS)
@given(rows=users(), k=st.integers(1, 30), seed=st.integers(0, 99))
def test_the_order_of_targets_does_not_matter(name: str, rows: Users, k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    mixed = [list(rng.permutation(r)) for r in rows]
    assert np.allclose(METRICS[name](*flat(rows), k), METRICS[name](*flat(mixed), k))


@pytest.mark.parametrize("name", METRICS)
@given(rows=users(), k=st.integers(1, 30))
def test_a_user_is_measured_alone(name: str, rows: Users, k: int) -> None:
    together = METRICS[name](*flat(rows), k)
    alone = [METRICS[name](*flat([r]), k)[0] for r in rows]
    assert np.allclose(together, alone)


@pytest.mark.parametrize("name", ["hr", "recall", "mrr"])
@given(rows=users(), k=st.integers(1, 29))
def test_a_longer_list_never_finds_less(name: str, rows: Users, k: int) -> None:
    ranks, offsets = flat(rows)
    assert np.all(METRICS[name](ranks, offsets, k + 1) >= METRICS[name](ranks, offsets, k))


@pytest.mark.parametrize("name", METRICS)
@given(rows=users(), k=st.integers(1, 30))
def test_a_target_that_moves_up_never_costs(name: str, rows: Users, k: int) -> None:
    ranks, offsets = flat(rows)
    better = [
        [r - 1 if r > 1 and r - 1 not in row else r for r in row[:1]] + row[1:] for row in rows
    ]
    after = METRICS[name](*flat(better), k)
    assert np.all(after >= METRICS[name](ranks, offsets, k) - 1e-12)


@pytest.mark.parametrize("name", ["ndcg", "map", "hr", "mrr"])
@given(n=st.integers(1, 8), k=st.integers(1, 20))
def test_the_best_possible_list_scores_1(name: str, n: int, k: int) -> None:
    assert METRICS[name](np.arange(1, n + 1), np.array([0, n]), k)[0] == pytest.approx(1)


@given(
    scores=st.lists(st.integers(0, 5), min_size=3, max_size=12),
    seen=st.sets(st.integers(1, 11)),
    target=st.integers(1, 11),
)
def test_a_list_and_the_whole_catalogue_agree_on_a_rank(
    scores: list[int], seen: set[int], target: int
) -> None:
    table = np.array([scores], np.float32)
    gone = np.array(sorted(s for s in seen if s < len(scores)), np.int64)
    wanted = np.array([min(target, len(scores) - 1)])
    whole = score_ranks(table, wanted, np.array([0, 1]), gone, np.zeros(len(gone), np.int64))
    left = np.setdiff1d(np.arange(1, len(scores)), gone)
    listed = left[np.argsort(-table[0][left], kind="stable")]
    assert list_ranks(listed, wanted, table[0][listed]).tolist() == whole.tolist()
