from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from hermes.core.errors import ConfigError
from hermes.core.protocols import Query
from hermes.core.types import Candidates
from hermes.policy.exploration import PlackettLuce
from hermes.policy.quota import Quota
from hermes.policy.slatewise import Slatewise

ASK = Query(id="r", at=datetime(2026, 1, 1, tzinfo=UTC))
KINDS = np.array([0, *[1] * 6, *[2] * 3, *[0] * 3])  # items 1-6, 7-9, and 10-12 of no kind


def order(quota: Quota, size: int, n: int = 12) -> list[int]:
    score = np.linspace(1, 0, n, dtype=np.float32)
    policy = Slatewise(quotas=(quota,))
    return policy.choose(
        ASK, Candidates(np.arange(1, n + 1), {"score": score}), size
    ).order.tolist()


def test_a_count_lets_the_best_of_each_kind_through() -> None:
    assert order(Quota(KINDS, count=2), 6) == [0, 1, 6, 7, 9, 10]


def test_a_share_is_of_the_slate() -> None:
    assert order(Quota(KINDS, share=0.5), 6) == [0, 1, 2, 6, 7, 8]


def test_a_share_leaves_at_least_one_of_each_kind() -> None:
    assert order(Quota(KINDS, share=0.01), 3) == [0, 6, 9]


def test_items_of_no_kind_are_not_limited() -> None:
    assert order(Quota(KINDS, count=1), 5) == [0, 6, 9, 10, 11]


def test_a_quota_gives_way_where_the_slate_would_stay_short() -> None:
    assert order(Quota(KINDS, count=1), 9) == [0, 6, 9, 10, 11, 1, 2, 3, 4]


def test_a_quota_that_does_not_bind_leaves_the_ranking_alone() -> None:
    assert order(Quota(KINDS, count=6), 9) == list(range(9))


def test_exploration_keeps_to_the_quota() -> None:
    policy = Slatewise(quotas=(Quota(KINDS, count=2),), draw=PlackettLuce(temperature=10.0))
    pool = Candidates(np.arange(1, 13), {"score": np.linspace(1, 0, 12)})
    for i in range(50):
        query = Query(id=f"r{i}", at=ASK.at)
        kinds = KINDS[pool.items[policy.choose(query, pool, 7).order]]
        assert np.bincount(kinds, minlength=3)[1:].max() <= 2


@pytest.mark.parametrize("wrong", [{"share": 0.0}, {"share": 1.5}, {"count": 0}])
def test_a_quota_that_leaves_nothing_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="nothing would be left"):
        Quota(KINDS, **wrong)  # type: ignore[arg-type]
