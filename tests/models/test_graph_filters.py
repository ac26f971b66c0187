"""GF-CF and BSPM against their formulas written out with whole matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm

from hermes.core.types import Array, Floats, Ints, Shape
from hermes.data.interactions import Interactions
from hermes.models import filters
from hermes.models.filters import smooth_vectors
from hermes.models.retrievers.bspm import BSPM, BSPMConfig
from hermes.models.retrievers.gfcf import GFCF, GFCFConfig
from hermes.models.retrievers.popularity import Popularity

MODELS = (GFCF, BSPM)


def random_log(seed: int = 0, users: int = 30, items: int = 14) -> Interactions:
    """Users who each chose 2 to 7 different items; item 13 and user 29 did nothing."""
    rng, rows = np.random.default_rng(seed), []
    for user in range(1, users - 1):
        rows += [(user, i) for i in rng.permutation(np.arange(1, items - 1))[: rng.integers(2, 8)]]
    return log(rows, users, items)


def log(rows: list[Any], users: int, items: int) -> Interactions:
    who, what = (np.array(c, np.int64) for c in zip(*rows, strict=True))
    ones = np.ones(len(rows), np.float32)
    return Interactions.sort(who, what, np.arange(len(rows)) / 1.0, ones, Shape(users, items))


def taste(seed: int = 0) -> tuple[Interactions, Ints, Ints]:
    """Four circles of users around their own popular items; two items of each user held out."""
    rng, rows, users, held = np.random.default_rng(seed), [], [], []
    for user in range(1, 161):
        own = 1 + 15 * (user % 4) + np.arange(15)
        share = 1.0 / np.arange(1, 16)
        mine = rng.choice(own, 8, replace=False, p=share / share.sum())
        rows += [(user, int(i)) for i in mine[:6]]
        rows.append((user, int(rng.integers(1, 61))))
        users += [user] * 2
        held += mine[6:].tolist()
    return log(rows, 161, 61), np.array(users), np.array(held)


def matrices(data: Interactions, d: int) -> tuple[Array, Array]:
    """P and F as they stand in the papers, for a history in a row.  -> (I, I), (I, I)"""
    r = (data.matrix().toarray() > 0).astype(np.float64)
    users, items = r.sum(1), r.sum(0)
    with np.errstate(divide="ignore"):
        left, right = users**-0.5, items**-0.5
    left[users == 0], right[items == 0] = 0, 0
    n = left[:, None] * r * right
    _, _, v = np.linalg.svd(n)
    v = v[: min(d, np.linalg.matrix_rank(n))]
    return n.T @ n, np.diag(right) @ v.T @ v @ np.diag(np.sqrt(items))


def ask(model: GFCF | BSPM, *items: int) -> Floats:
    return model.sparse_score(np.array(items, np.int64), np.zeros(len(items), np.float32))


def row(data: Interactions, *items: int) -> Array:
    return np.isin(np.arange(data.shape.n_items), items).astype(np.float64)


@pytest.mark.parametrize("d", [3, 99])
def test_gfcf_is_the_linear_filter_plus_the_ideal_low_pass_filter(d: int) -> None:
    data = random_log()
    p, f = matrices(data, d)
    model = GFCF(GFCFConfig(d=d, alpha=0.3)).fit(data)
    expected = row(data, 2, 5, 9) @ (p + 0.3 * f)
    np.testing.assert_allclose(ask(model, 2, 5, 9), expected, atol=1e-5)


@pytest.mark.parametrize("d", [3, 99])
def test_bspm_as_published_is_a_polynomial_of_the_linear_filter(d: int) -> None:
    data = random_log()
    p, f = matrices(data, d)
    model = BSPM(BSPMConfig(d=d)).fit(data)
    z = -2.5 * p
    series = np.eye(len(p)) + z + z @ z / 2 + z @ z @ z / 6 + z @ z @ z @ z / 24
    expected = row(data, 2, 5, 9) @ (p + 0.2 * f) @ series
    np.testing.assert_allclose(ask(model, 2, 5, 9), expected, atol=1e-5)


def test_bspm_in_many_steps_solves_its_equations() -> None:
    data = random_log()
    p, f = matrices(data, 4)
    config = BSPMConfig(d=4, blur=0.7, blur_steps=4000, sharpen=1.5, sharpen_steps=20)
    blurred = expm(0.7 * (p - np.eye(len(p))))
    expected = row(data, 1, 7) @ (blurred + 0.2 * f) @ expm(-1.5 * p)
    np.testing.assert_allclose(ask(BSPM(config).fit(data), 1, 7), expected, atol=3e-4)


def test_bspm_without_beta_and_sharpening_is_the_linear_filter() -> None:
    data = random_log()
    plain = BSPM(BSPMConfig(d=3, beta=0.0, sharpen=0.0)).fit(data)
    linear = GFCF(GFCFConfig(d=3, alpha=0.0)).fit(data)
    np.testing.assert_allclose(ask(plain, 3, 4), ask(linear, 3, 4), atol=1e-6)


def test_both_decompositions_span_the_same_space() -> None:
    baskets = GFCF(GFCFConfig(d=4)).fit(random_log(1)).baskets
    thin = smooth_vectors(baskets, 4, np.random.default_rng(0))  # by Lanczos
    whole = smooth_vectors(baskets, 99, np.random.default_rng(0))[:, :4]  # by LAPACK
    np.testing.assert_allclose(thin @ thin.T, whole @ whole.T, atol=1e-4)


@pytest.mark.parametrize("cls", MODELS)
def test_a_repeated_event_changes_nothing(cls: type[GFCF] | type[BSPM]) -> None:
    rows = [(1, 1), (1, 2), (2, 2), (2, 3), (3, 3), (3, 4)]
    once, twice = (cls().fit(log(r, 5, 6)) for r in (rows, [*rows, (1, 2), (3, 3)]))
    np.testing.assert_allclose(ask(once, 1, 2), ask(twice, 1, 2, 1, 2), atol=1e-6)


def test_with_decay_an_item_counts_by_its_newest_place() -> None:
    data = random_log()
    model = GFCF(GFCFConfig(d=3, decay=1.0, length=3)).fit(data)
    single = [ask(model, item) for item in (5, 2)]
    np.testing.assert_allclose(ask(model, 7, 2, 5, 2), single[0] / 2 + single[1], atol=1e-5)


@pytest.mark.parametrize("cls", MODELS)
def test_nobody_and_nothing_score_zero(cls: type[GFCF] | type[BSPM]) -> None:
    model = cls().fit(random_log())
    assert not ask(model).any()
    assert not ask(model, 0, 0).any()
    assert not ask(model, 13).any()  # nobody chose it
    assert ask(model, 2)[13] == 0


@pytest.mark.parametrize("cls", MODELS)
def test_one_event_and_none_are_learned_from(cls: type[GFCF] | type[BSPM]) -> None:
    none = np.zeros(0, np.int64)
    empty = Interactions(none, none, none * 1.0, none.astype(np.float32), Shape(3, 4))
    assert not ask(cls().fit(empty), 1, 2).any()
    assert np.isfinite(ask(cls().fit(log([(1, 1)], 2, 2)), 1)).all()


@pytest.mark.parametrize("cls", MODELS)
def test_evidence_is_the_item_that_shares_most_by_the_linear_filter(
    cls: type[GFCF] | type[BSPM],
) -> None:
    data = random_log()
    model, history, items = cls().fit(data), np.array([0, 4, 9, 2]), np.array([1, 6, 13])
    p, _ = matrices(data, 3)
    told = model.evidence(history, np.zeros(4, np.float32), items)
    assert told.tolist() == [*history[1:][p[1:][:, [4, 9, 2]].argmax(1)][[0, 5]], 0]
    assert model.evidence(none := history[:0], np.zeros(0, np.float32), items).tolist() == [0] * 3
    assert len(model.evidence(history, np.zeros(4, np.float32), none)) == 0


def recall(scores: Floats, data: Interactions, users: Ints, held: Ints, k: int = 10) -> float:
    """Share of the held-out items among each user's k best unseen ones."""
    scores = scores.copy()
    scores[data.users - 1, data.items] = -np.inf
    scores[:, 0] = -np.inf
    top = np.argsort(-scores, axis=1)[:, :k]
    hits = [item in top[user - 1] for user, item in zip(users, held, strict=True)]
    return float(np.mean(hits))


@pytest.mark.parametrize("cls", MODELS)
def test_tastes_are_told_apart_better_than_by_popularity(cls: type[GFCF] | type[BSPM]) -> None:
    data, users, held = taste()
    queries = data.queries(np.arange(1, 161), 20)
    popular = recall(Popularity().fit(data).score(queries), data, users, held)
    assert recall(cls().fit(data).score(queries), data, users, held) > 1.5 * popular


@pytest.mark.parametrize("cls", MODELS)
def test_histories_scored_together_score_as_one_by_one(
    cls: type[GFCF] | type[BSPM], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filters, "TOGETHER", 4)  # so that the last block is not full
    data = random_log()
    model, queries = cls().fit(data), data.queries(np.arange(30), 9)
    single = [model.sparse_score(h, a) for h, a in zip(queries.history, queries.ages, strict=True)]
    np.testing.assert_allclose(model.score(queries), single, atol=1e-6)
