"""LambdaMART: what the contract of all models does not say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hermes.core.errors import ArtifactError, DataError
from hermes.core.types import Shape
from hermes.features.examples import Examples
from hermes.learn.run import Run
from hermes.models.neural import likelihood
from hermes.models.rankers.lambdamart import LambdaMART, LambdaMARTConfig


def graded(seed: int, groups: int = 80, size: int = 20) -> Examples:
    """Grades rise with the first feature, which is missing for a third: those are the best."""
    rng, n = np.random.default_rng(seed), groups * size
    dense = rng.normal(size=(n, 2)).astype(np.float32)
    missing = rng.random(n) < 0.3
    labels = np.where(missing, 3, np.clip(np.floor(dense[:, 0] + 1), 0, 2)).astype(np.float32)
    dense[missing, 0] = np.nan
    sparse = rng.integers(1, 5, (n, 2))
    queries, history = np.repeat(np.arange(groups), size), np.zeros((groups, 4), np.int64)
    shape = Shape(n_dense=2, sparse=(5, 5), history=4)
    return Examples(dense, sparse, queries, history, labels, np.ones(n, np.float32), shape)


def test_a_missing_value_goes_its_own_way() -> None:
    data = graded(0)
    score = LambdaMART().fit(data).score(data)
    missing = np.isnan(data.dense[:, 0])
    assert score[missing].min() > score[~missing].max()


def test_learning_stops_early_on_the_validation_examples() -> None:
    config = LambdaMARTConfig(trees=500, patience=5)
    model = LambdaMART(config).fit(replace(graded(0), valid=graded(1)))
    assert model.booster.num_trees() < 100


def test_a_sparse_column_named_as_category_is_split_on() -> None:
    data = graded(0)
    data = replace(data, labels=(data.sparse[:, 1] == 2).astype(np.float32))
    plain, named = LambdaMART(), LambdaMART(LambdaMARTConfig(categorical=(1,)))
    hit = data.labels > 0
    assert named.fit(data).score(data)[hit].min() > named.score(data)[~hit].max()
    assert plain.fit(data).score(data)[hit].min() < plain.score(data)[~hit].max()


@pytest.mark.parametrize("label", [0.5, -1.0, 31.0])
def test_labels_that_are_no_grades_are_refused(label: float) -> None:
    data = graded(0)
    labels = data.labels.copy()
    labels[3] = label
    with pytest.raises(DataError, match="whole grades"):
        LambdaMART().fit(replace(data, labels=labels))


def lone(seed: int, n: int = 2000) -> Examples:
    """Rows of which none has a rival; the odds follow the first feature."""
    x = graded(seed, groups=n, size=1)
    odds = np.exp(2 * np.nan_to_num(x.dense[:, 0]))
    labels = (np.random.default_rng(seed).random(n) < odds / (1 + odds)).astype(np.float32)
    return replace(x, labels=labels)


def test_lone_rows_are_learned_as_log_odds() -> None:
    x, asked = replace(lone(0), valid=lone(1)), lone(2)
    score = LambdaMART(LambdaMARTConfig(loss="bce", lr=0.1)).fit(x).score(asked)
    assert likelihood(asked, score) > likelihood(asked, np.zeros(len(asked), np.float32)) + 0.1
    odds = 2 * np.nan_to_num(asked.dense[:, 0])
    assert np.abs(score - odds)[np.abs(odds) < 2].mean() < 0.5


def test_a_loss_of_groups_refuses_lone_rows() -> None:
    with pytest.raises(DataError, match="no group has two rows"):
        LambdaMART().fit(lone(0))


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_lone_rows_of_one_label_break_nothing(label: float) -> None:
    x = replace(lone(0), labels=np.full(2000, label, np.float32))
    assert np.isfinite(LambdaMART(LambdaMARTConfig(loss="bce", trees=5)).fit(x).score(x)).all()


@pytest.mark.parametrize("keep", [0, 10, 2000])
def test_a_booster_cut_short_is_refused(keep: int) -> None:
    arrays = LambdaMART(LambdaMARTConfig(trees=20)).fit(graded(0)).arrays()
    with pytest.raises(ArtifactError, match="booster"):
        LambdaMART().restore(Shape(), {"booster": arrays["booster"][:keep]})


def test_progress_is_told_every_tenth_tree() -> None:
    steps: list[int] = []
    run = Run(report=lambda name, step, of, figures: steps.append(step))
    LambdaMART(LambdaMARTConfig(trees=25)).fit(graded(0), run)
    assert steps == [10, 20]
