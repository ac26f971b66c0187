from __future__ import annotations

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from scipy.sparse import csr_array

from hermes.evaluation import bundle_plots
from hermes.evaluation.cascade import patient
from hermes.evaluation.intervals import Comparison, Interval
from hermes.evaluation.metrics import list_ranks, ndcg
from hermes.evaluation.offline import queries
from hermes.evaluation.splits import Split
from hermes.evaluation.tradeoff import Point, Tradeoff, tradeoff
from hermes.pipeline.recommender import Recommender
from hermes.policy.diversity import MMR, unit
from hermes.policy.slatewise import Slatewise

ITEMS = 61


@pytest.fixture(scope="module")
def kinds() -> csr_array:
    return csr_array(np.eye(3)[np.arange(ITEMS) // 21])


@pytest.fixture(scope="module")
def varied(make: Any, kinds: csr_array) -> Recommender:
    policy = Slatewise(diversity=MMR(vectors=unit(kinds.toarray()), threshold=1.0))
    return replace(make(), policy=policy)


@pytest.fixture(scope="module")
def found(varied: Recommender, split: Split, kinds: csr_array) -> Tradeoff:
    return tradeoff(varied, split.test, unit(kinds.toarray()), kinds, (1.0, 0.5, 0.0))


def test_at_lambda_one_it_is_the_recommender_as_it_is(
    found: Tradeoff, varied: Recommender, split: Split
) -> None:
    cases, ask = split.test, patient(varied)
    ranks = [
        list_ranks(ask(replace(q, size=10)).items.items, cases.targets[a:b])
        for q, a, b in zip(queries(cases), cases.offsets, cases.offsets[1:], strict=False)
    ]
    expected = ndcg(np.concatenate(ranks), cases.offsets, 10).mean()
    assert found.points[0].ndcg.mean == pytest.approx(expected)
    assert found.points[0].cost.mean == 0


def test_the_smaller_lambda_the_less_alike_a_slate_is(found: Tradeoff) -> None:
    by_vectors = [p.alike.mean for p in found.points]
    assert by_vectors[0] > by_vectors[1] >= by_vectors[2]
    assert by_vectors == pytest.approx([p.kinds.mean for p in found.points])  # the same kinds here
    assert by_vectors[2] <= 28 / 45  # one of each of three kinds at least, and no item twice


def point(trust: float, high: float) -> Point:
    none = Interval(0.5, 0.4, 0.6)
    return Point(trust, none, none, none, Comparison(high - 0.01, high - 0.02, high, 0.5))


def test_what_is_free_ends_where_a_loss_is_sure() -> None:
    whole = Tradeoff(9, (point(1, 0.1), point(0.9, 0.01), point(0.7, -0.001), point(0.5, 0.2)))
    assert whole.free().trust == 0.9
    assert "down to λ = 0.9" in bundle_plots.paid(whole)
    sure = Tradeoff(9, (point(1, 0.1), point(0.9, -0.01)))
    assert "costs surely" in bundle_plots.paid(sure)


def test_its_picture_is_well_formed(found: Tradeoff) -> None:
    ElementTree.fromstring(bundle_plots.price(found))
