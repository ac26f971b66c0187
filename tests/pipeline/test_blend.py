from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import check_grad

from hermes.core.errors import ConfigError
from hermes.core.types import Candidates
from hermes.pipeline.blend import Blend, Table, learn_weights, negative_likelihood, tabulate


def pool(**scores: float) -> Candidates:
    items = np.array([int(name[1:]) for name in scores])
    return Candidates(items, {"score": np.array(list(scores.values()), np.float32)})


POOLS = {"a": pool(i5=9.0, i2=5.0, i7=1.0), "b": pool(i7=0.4, i5=0.2)}


def blended(blend: Blend) -> dict[int, float]:
    out = blend(POOLS)
    return dict(zip(out.items.tolist(), out.columns["blend"].tolist(), strict=True))


def test_reciprocal_rank_by_hand() -> None:
    assert blended(Blend(scale="rank")) == pytest.approx(
        {2: 1 / 62, 5: 1 / 61 + 1 / 62, 7: 1 / 63 + 1 / 61}
    )


def test_minmax_by_hand() -> None:
    by_hand = {2: 0.5, 5: 1.0, 7: 2.0}
    assert blended(Blend(scale="minmax", weights={"b": 2.0})) == pytest.approx(by_hand)


def test_zscore_by_hand() -> None:
    a, b = np.sqrt(1.5), 1.0  # 9, 5, 1 are a, 0, -a apart in deviations, and 0.4, 0.2 are b, -b
    by_hand = {2: 0 - b, 5: a - b, 7: -a + b}
    assert blended(Blend(scale="zscore")) == pytest.approx(by_hand, abs=1e-5)


def test_raw_scores_are_added_as_they_are() -> None:
    by_hand = {2: 5 + 2.0, 5: 9 + 2.0, 7: 1 + 4.0}
    assert blended(Blend(scale="raw", weights={"b": 10.0})) == pytest.approx(by_hand)


def test_one_constant_score_scales_to_nothing_at_all() -> None:
    for scale in ("minmax", "zscore"):
        out = Blend(scale=scale)({"a": pool(i1=2.0, i3=2.0)})  # type: ignore[arg-type]
        assert out.columns["blend"].tolist() == [0, 0]


def test_an_unknown_scale_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'zscore'"):
        Blend(scale="zscor")  # type: ignore[arg-type]


def judged(n: int, seed: int = 0) -> tuple[list[Table], np.ndarray]:
    """Queries on which channel `good` scores the target high, and `noise` knows nothing."""
    rng, tables, targets = np.random.default_rng(seed), [], []
    for _ in range(n):
        items = rng.choice(np.arange(1, 200), 30, replace=False)
        good, noise = rng.normal(size=30), rng.normal(size=30)
        good[0] += 2
        targets.append(items[0])
        pools = {}
        for name, score in (("good", good), ("noise", noise)):
            order = np.argsort(-score)
            pools[name] = Candidates(items[order], {"score": score[order].astype(np.float32)})
        tables.append(tabulate(pools))
    return tables, np.array(targets)


def test_learned_weights_trust_the_channel_that_knows() -> None:
    weights = learn_weights(*judged(400), ["good", "noise"])
    assert weights["good"] > 1
    assert 0 <= weights["noise"] < 0.2 * weights["good"]


def test_the_gradient_of_the_likelihood_is_its_slope() -> None:
    rng = np.random.default_rng(1)
    rows, hits = [rng.normal(size=(9, 3)) for _ in range(5)], [0, 3, 8, 2, 2]
    error = check_grad(
        lambda w: negative_likelihood(w, rows, hits, 0.1)[0],
        lambda w: negative_likelihood(w, rows, hits, 0.1)[1],
        rng.normal(size=3),
    )
    assert error < 1e-5


def test_a_channel_that_brought_nothing_to_a_query_may_lack() -> None:
    tables, targets = judged(50)
    alone = tabulate({"good": Candidates(np.array([5, 6]), {"score": np.array([2.0, 1.0])})})
    weights = learn_weights([*tables, alone], np.append(targets, 5), ["good", "noise"])
    assert set(weights) == {"good", "noise"}


def test_weights_need_a_target_that_somebody_brought() -> None:
    tables, _ = judged(3)
    with pytest.raises(ConfigError, match="no channel brought any target"):
        learn_weights(tables, np.array([999, 999, 999]), ["good", "noise"])
