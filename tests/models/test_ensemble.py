from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hermes.core.config import build
from hermes.core.errors import ConfigError
from hermes.core.types import Shape
from hermes.features.examples import Examples
from hermes.models.ensemble import Ensemble, EnsembleConfig, Member, shares, spreads
from hermes.models.rankers.lambdamart import LambdaMART, LambdaMARTConfig

TREES = "hermes.models.rankers.lambdamart:LambdaMART"
SMALL = {"trees": 4, "leaves": 4, "rows": 5}


def rows(groups: int = 60, size: int = 8, seed: int = 0) -> Examples:
    """Relevant is what the first number says, on top of a blend that knows half of it."""
    rng, n = np.random.default_rng(seed), groups * size
    dense = rng.normal(size=(n, 3)).astype(np.float32)
    label = (dense[:, 0] + rng.normal(0, 0.5, n) > 1).astype(np.float32)
    offset = (0.5 * dense[:, 0] + rng.normal(0, 0.5, n)).astype(np.float32)
    return Examples(
        dense, np.zeros((n, 1), np.int64), np.repeat(np.arange(groups), size),
        np.zeros((groups, 4), np.int64), label, np.ones(n, np.float32),
        Shape(n_items=2, n_dense=3, sparse=(2,), history=4), ("a", "b", "c"), offset=offset,
    )  # fmt: skip


def two() -> Ensemble:
    members = tuple(Member(name=f"t{n}", model=TREES, config=SMALL | {"trees": n}) for n in (2, 5))
    return Ensemble(EnsembleConfig(members=members))


@pytest.fixture(scope="module")
def fitted() -> Ensemble:
    return two().fit(rows())


def test_the_score_is_the_blend_and_what_the_members_add_by_their_shares(fitted: Ensemble) -> None:
    x = rows(seed=1)
    parts, share = fitted.parts(x), np.array(list(fitted.shares.values()))
    assert share.sum() == pytest.approx(1)
    np.testing.assert_allclose(fitted.score(x), x.offset + parts @ share, rtol=1e-5, atol=1e-6)


def test_the_order_is_that_of_weighed_standardised_scores(fitted: Ensemble) -> None:
    x = rows(seed=1)
    scores = fitted.parts(x) + x.offset[:, None]  # type: ignore[index]
    plain = (scores / fitted.scales) @ fitted.weights
    for group in range(len(x.history)):
        mine = x.queries == group
        ours = np.argsort(-fitted.score(x)[mine], kind="stable")
        assert ours.tolist() == np.argsort(-plain[mine].round(6), kind="stable").tolist()


def test_an_ensemble_of_one_is_that_one() -> None:
    data, x = rows(), rows(seed=1)
    alone = LambdaMART(LambdaMARTConfig(**SMALL)).fit(data)
    ensemble = Ensemble(EnsembleConfig(members=(Member(name="t", model=TREES, config=SMALL),)))
    np.testing.assert_allclose(ensemble.fit(data).score(x), alone.score(x), atol=1e-6)


def test_a_member_of_weight_zero_is_not_asked(fitted: Ensemble) -> None:
    class Silent(LambdaMART):
        def score(self, x: Examples) -> Any:
            raise AssertionError("asked")

    arrays = fitted.arrays()
    copy = two().restore(fitted.shape, arrays)
    copy.members["t2"] = Silent()
    copy.weigh(np.array([0.0, 1.0]), copy.scales)
    x = rows(seed=1)
    np.testing.assert_allclose(copy.score(x), fitted.members["t5"].score(x), atol=1e-6)


def test_a_louder_member_of_the_same_weight_is_added_less() -> None:
    assert shares(np.array([0.5, 0.5]), np.array([1.0, 4.0])).tolist() == [0.8, 0.2]


def test_the_spread_is_of_the_whole_score_within_its_group() -> None:
    x = rows(groups=2, size=2)
    x = replace(x, offset=np.array([0, 2, 100, 104], np.float32))
    still = np.zeros((4, 1))
    assert spreads(x, still)[0] == pytest.approx(np.sqrt((1 + 1 + 4 + 4) / 4))
    assert spreads(replace(x, offset=None), still)[0] == 1.0


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([], "there must be one"),
        ([{"name": "a", "model": TREES}, {"name": "a", "model": TREES}], "distinct names"),
        ([{"name": "a", "model": TREES, "config": {"treez": 1}}], "members.a.config.treez"),
        ([{"name": "a", "model": "hermes.models.retrievers.ease:EASE"}], "is no Ranker"),
        ([{"name": "a", "model": "os:system"}], "is not module:Class"),
        ([{"name": "a", "model": "hermes.models.ensemble:Ensemble"}], "no member of an ensemble"),
        ([{"name": "a", "mode": TREES}], "did you mean 'model'"),
        ([{"name": "../a", "model": TREES}], "letters, digits"),
    ],
)
def test_wrong_members_are_refused_before_anything_is_learned(
    members: list[dict[str, Any]], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        Ensemble(build(EnsembleConfig, {"members": members}))


@pytest.mark.parametrize("folds", [1, -1])
def test_one_fold_is_none(folds: int) -> None:
    with pytest.raises(ConfigError, match="folds must be 0, or 2"):
        Ensemble(EnsembleConfig(folds=folds))
