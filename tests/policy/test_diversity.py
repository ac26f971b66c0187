from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from hermes.core.errors import ConfigError
from hermes.core.protocols import Query
from hermes.core.types import Candidates, Floats
from hermes.policy.diversity import MMR, likeness, unit
from hermes.policy.slatewise import Slatewise, spread

AT = datetime(2026, 1, 1, tzinfo=UTC)


def ask(diversity: float | None = None) -> Query:
    return Query(id="r", at=AT, diversity=diversity)


def pool(n: int) -> Candidates:
    return Candidates(np.arange(1, n + 1), {"score": np.linspace(1, 0, n, dtype=np.float32)})


def cluster(n: int, seed: int = 0) -> Floats:
    """n + 1 rows around one direction, each n-th row elsewhere."""
    rng = np.random.default_rng(seed)
    rows = np.array([1.0, 0, 0, 0]) + 0.1 * rng.normal(size=(n + 1, 4))
    rows[::5] = rng.normal(size=rows[::5].shape)
    return unit(rows)


def by_hand(relevance: Floats, cosines: Floats, weight: float, size: int) -> list[int]:
    """The formula, word for word."""
    chosen: list[int] = []
    for _ in range(size):
        left = [i for i in range(len(relevance)) if i not in chosen]
        worth = {
            i: (1 - weight) * relevance[i]
            - weight * max((cosines[i, j] for j in chosen), default=0.0)
            for i in left
        }
        chosen.append(max(left, key=worth.__getitem__))
    return chosen


@pytest.mark.parametrize("weight", [0.1, 0.5, 0.9, 1.0])
def test_mmr_is_the_formula(weight: float) -> None:
    vectors, candidates = cluster(50), pool(50)
    choice = Slatewise(diversity=MMR(vectors=vectors)).choose(ask(weight), candidates, 20)
    rows = vectors[candidates.items].astype(np.float64)
    expected = by_hand(spread(candidates.columns["score"]), rows @ rows.T, weight, 20)
    assert choice.order.tolist() == expected
    assert np.all(choice.propensity == 1)


def test_more_diversity_makes_a_slate_less_alike() -> None:
    policy, vectors = Slatewise(diversity=MMR(vectors=cluster(50))), cluster(50)
    alike = [
        likeness(vectors[policy.choose(ask(d), pool(50), 10).order + 1]) for d in (0.0, 0.4, 0.9)
    ]
    assert alike[0] > alike[1] > alike[2]


def test_a_slate_below_the_threshold_keeps_its_ranking() -> None:
    policy = Slatewise(diversity=MMR(vectors=unit(np.eye(51)), threshold=0.5))
    assert policy.choose(ask(), pool(50), 20).order.tolist() == list(range(20))


def test_a_slate_above_the_threshold_is_diversified() -> None:
    policy = Slatewise(diversity=MMR(vectors=cluster(50), threshold=0.3))
    assert policy.choose(ask(), pool(50), 20).order.tolist() != list(range(20))


def test_a_query_may_forbid_diversity() -> None:
    policy = Slatewise(diversity=MMR(vectors=cluster(50), threshold=0.3))
    assert policy.choose(ask(0.0), pool(50), 20).order.tolist() == list(range(20))


def test_diversity_alone_shows_no_item_twice() -> None:
    order = Slatewise(diversity=MMR(vectors=cluster(50))).choose(ask(1.0), pool(50), 20).order
    assert len(set(order.tolist())) == 20


def test_likeness_is_the_mean_over_all_pairs() -> None:
    rows = cluster(12)
    cosines = rows @ rows.T
    assert likeness(rows) == pytest.approx(cosines[np.triu_indices(13, 1)].mean(), abs=1e-6)


def test_an_item_without_a_vector_is_like_nothing() -> None:
    assert likeness(unit(np.array([[0.0, 0.0], [3.0, 4.0]]))) == 0


@pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan")])
def test_diversity_beyond_0_to_1_is_refused(wrong: float) -> None:
    with pytest.raises(ConfigError, match="not between 0 and 1"):
        Slatewise(diversity=MMR(vectors=cluster(9))).choose(ask(wrong), pool(9), 5)
    with pytest.raises(ConfigError, match="not between 0 and 1"):
        MMR(vectors=cluster(9), weight=wrong)
