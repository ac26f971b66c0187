"""LambdaMART: what the contract of all models does not say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hermes.core.errors import ArtifactError, DataError
from hermes.core.types import Shape
from hermes.features.examples import Examples
from hermes.learn.run import Run
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
