"""Parts against what defines them: all coalitions counted one by one, and autograd."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest
import torch

from hermes.artifacts.factors import Factors
from hermes.artifacts.trees import Trees
from hermes.core.errors import ConfigError
from hermes.core.types import Array, Shape
from hermes.evaluation.cascade import patient
from hermes.explain.attribution import Game, mixed, of_any, of_factors, of_trees
from hermes.explain.groups import BLEND, GROUPS, PLACE, channel_group, dense_groups
from hermes.models.rankers.deepfm import DeepFM, DeepFMConfig
from hermes.pipeline.answer import ask
from hermes.pipeline.assemble import Engine, assemble
from hermes.pipeline.trace import Slate

NOW = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=20_011)
NAMES = ("sequence", "popularity", "facts", "history")
COLUMNS = np.array([*(PLACE[n] for n in NAMES), PLACE["sequence"], BLEND, BLEND])


def game(n: int = 12, seed: int = 0, sparse: int = 0) -> Game:
    """Seven numbers, the last two of them the blend's, and as many codes as are asked for."""
    rng = np.random.default_rng(seed)
    dense = rng.normal(size=(n, 7)).astype(np.float32)
    usual = rng.normal(size=7).astype(np.float32)
    dense[rng.random((n, 7)) < 0.2] = np.nan
    usual[1] = np.nan
    terms = {"sequence": rng.normal(size=n), "popularity": rng.normal(size=n)}
    usual[5:] = rng.normal(size=2)
    dense[:, 5:] = usual[5:] + sum(terms.values())[:, None]
    codes = rng.integers(1, 9, (n, sparse))
    codes[:, 3:] = 3  # the user's
    zero = np.where(np.arange(sparse) < 3, 0, 3)
    groups = np.array([PLACE["collaborative"], PLACE["facts"], PLACE["facts"], PLACE["context"]])
    none = np.zeros(0, np.int64)
    return Game.of(terms, dense, usual, COLUMNS, codes, zero, groups[:sparse], none)


def booster(seed: int = 1) -> Trees:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(3000, 7))
    x[rng.random(x.shape) < 0.2] = np.nan
    known = np.nan_to_num(x)
    y = (
        known[:, 0] * known[:, 1]
        + np.sin(3 * known[:, 2])
        + known[:, 5] * known[:, 3]
        + known[:, 6]
    )
    settings = {"objective": "regression", "verbose": -1, "num_threads": 1, "num_leaves": 20}
    model = lightgbm.train(settings, lightgbm.Dataset(x, y), 30)
    return Trees.compile(model.model_to_string())


def by_orders(one: Game, learned: Any) -> Array:
    """Shapley values as they are defined: the mean over all orders of what a group adds."""
    players = len(one.names)
    out = np.zeros((len(one.dense), players))
    orders = list(permutations(range(players)))
    for order in orders:
        present = np.zeros(players, bool)
        before = one.values(learned, present[None])[0]
        for g in order:
            present[g] = True
            after = one.values(learned, present[None])[0]
            out[:, g] += (after - before) / len(orders)
            before = after
    return out


def test_parts_of_trees_are_their_shapley_values() -> None:
    trees, one = booster(), game()
    learned = lambda dense, sparse, history: trees.score(dense)
    parts, method = of_trees(trees)(one)
    np.testing.assert_allclose(parts, by_orders(one, learned), atol=1e-5)
    np.testing.assert_allclose(parts, of_any(learned)(one)[0], atol=1e-5)
    assert method == "exact Shapley values of trees"


def test_parts_of_trees_sum_to_what_they_score_more_than_at_the_baseline() -> None:
    trees, one = booster(), game(200, 3)
    parts, _ = of_trees(trees)(one)
    want = trees.score(one.dense) - trees.score(one.usual[None])
    np.testing.assert_allclose(
        parts.sum(axis=1), want, atol=2e-6
    )  # the scores are of single precision


def test_a_group_that_changes_nothing_has_no_part() -> None:
    one = game()
    facts = one.names.index("facts")
    same = replace(one, dense=np.where(one.columns == facts, one.usual, one.dense))
    parts, _ = of_trees(booster())(same)
    assert not parts[:, facts].any()
    assert of_trees(booster())(one)[0][:, facts].any()


def test_of_a_sum_every_method_finds_the_terms() -> None:
    one, weights = game(), np.arange(1.0, 8.0)
    learned = lambda dense, sparse, history: np.nan_to_num(dense) @ weights
    dense, usual = np.nan_to_num(one.dense), np.nan_to_num(one.usual)
    want = np.zeros((len(dense), len(one.names)))
    for column, g in enumerate(one.columns.tolist()):
        if g >= 0:
            want[:, g] += weights[column] * (dense[:, column] - usual[column])
        else:
            want += weights[column] * one.terms
    np.testing.assert_allclose(of_any(learned)(one)[0], want, atol=1e-4)
    few, method = of_any(learned, rows=170)(one)
    assert method == "Shapley values of 2 orders"
    np.testing.assert_allclose(few, want, atol=1e-4)


def test_drawn_orders_sum_to_the_whole_and_come_near_the_exact_values() -> None:
    trees, one = booster(), game()
    learned = lambda dense, sparse, history: trees.score(dense)
    exact = of_any(learned)(one)[0]
    drawn = of_any(learned, rows=170)(one)[0]
    np.testing.assert_allclose(drawn.sum(axis=1), exact.sum(axis=1), atol=1e-5)
    assert np.corrcoef(drawn.ravel(), exact.ravel())[0, 1] > 0.95


def machine(hidden: tuple[int, ...] = (16, 8)) -> tuple[DeepFM, Factors]:
    """A factorisation machine that is as far from linear as it gets."""
    shape = Shape(n_dense=7, sparse=(9, 9, 9, 9))
    torch.manual_seed(0)
    model = DeepFM(DeepFMConfig(d=4, hidden=hidden, dropout=0.0))
    model.shape, model.net = shape, model.build(shape).eval()
    with torch.no_grad():
        for parameter in model.net.parameters():
            parameter.normal_(0, 0.4)
        model.net.numbers.mean.normal_(0, 0.3)
        model.net.numbers.scale.fill_(1.5)
    fields = np.random.default_rng(0).integers(0, 9, (9, 2))
    return model, Factors.of(model.arrays(), shape.sparse, fields)


def by_autograd(model: DeepFM, one: Game, steps: int) -> Array:
    """Integrated gradients of the network itself, by torch, between its read numbers and codes."""
    net = model.net
    dense, usual = torch.from_numpy(one.dense), torch.from_numpy(one.usual[None])
    x1, x0 = net.numbers(dense), net.numbers(usual)
    v1 = net.codes(torch.from_numpy(one.sparse))
    v0 = net.codes(torch.from_numpy(one.unknown[None]))
    slope_x, slope_v = torch.zeros_like(x1), torch.zeros_like(v1)

    def score(x: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        total = v @ net.fold + x @ net.vectors
        squares = (v * v) @ net.fold + (x * x) @ (net.vectors * net.vectors)
        pairs = 0.5 * (total * total - squares)[:, : net.d].sum(1)
        out: torch.Tensor = total[:, net.d] + pairs + net.deep(torch.cat([v, x], 1)).squeeze(1)
        return out

    for k in range(steps):
        at = (k + 0.5) / steps
        x = (x0 + at * (x1 - x0)).detach().requires_grad_()
        v = (v0 + at * (v1 - v0)).detach().requires_grad_()
        gx, gv = torch.autograd.grad(score(x, v).sum(), (x, v))
        slope_x, slope_v = slope_x + gx / steps, slope_v + gv / steps
    of_x = (slope_x * (x1 - x0)).detach().numpy().astype(np.float64)
    of_v = (slope_v * (v1 - v0)).detach().numpy().reshape(len(dense), len(one.codes), -1).sum(2)
    out = np.zeros((len(dense), len(one.names)))
    share = one.terms / one.terms.sum(axis=1, keepdims=True)
    for column, g in enumerate([*one.columns.tolist(), *one.columns.tolist()]):
        if g >= 0:
            out[:, g] += of_x[:, column]
        else:
            out += share * of_x[:, column, None]
    for column, g in enumerate(one.codes.tolist()):
        out[:, g] += of_v[:, column]
    return out


def test_integrated_gradients_are_autograds() -> None:
    (model, factors), one = machine(), game(12, 5, sparse=4)
    parts, method = of_factors(factors)(one)
    assert method == "integrated gradients"
    np.testing.assert_allclose(parts, by_autograd(model, one, 2000), rtol=0.02, atol=0.02)


@pytest.mark.parametrize("hidden", [(16, 8), (32,), (16, 8, 8)])
def test_integrated_gradients_sum_to_the_difference_within_a_hundredth(
    hidden: tuple[int, ...],
) -> None:
    (_, factors), one = machine(hidden), game(60, 6, sparse=4)
    fields = np.random.default_rng(0).integers(0, 9, (9, 2))
    row = one.sparse.copy()
    row[:, 1:3] = fields[row[:, 0]]  # an item's attributes are the catalogue's
    one = replace(one, sparse=row, unknown=np.array([0, *fields[0], 3]))
    zero = np.tile(one.unknown, (len(row), 1))
    parts, _ = of_factors(factors)(one)
    usual = np.tile(one.usual, (len(row), 1))
    want = factors.score(one.dense, row) - factors.score(usual, zero)
    size = np.maximum(np.abs(want), 0.01 * np.abs(want).max())
    gap = np.abs(parts.sum(axis=1) - want) / size
    assert gap.max() < 0.01


def test_parts_of_an_ensemble_are_its_members_by_their_shares() -> None:
    one, first, second = game(), of_trees(booster(1)), of_trees(booster(2))
    parts, method = mixed([(0.25, first), (0.75, second)])(one)
    np.testing.assert_allclose(parts, 0.25 * first(one)[0] + 0.75 * second(one)[0])
    assert method == "exact Shapley values of trees"


def test_every_retriever_and_every_feature_has_a_part() -> None:
    from hermes.features.columns import HISTORY, ITEM

    models = Path(__file__).parents[2] / "src/hermes/models/retrievers"
    for file in models.glob("*.py"):
        for line in file.read_text("utf-8").splitlines():
            name = line.removeprefix("class ").split("(")[0]
            if line.startswith("class ") and ("Embedder[" in line or "Retriever[" in line):
                assert channel_group(file.stem, f"m:{name}", ()) in GROUPS
    names = ("score.a", "gap.a", "rank.a", "blend", "blend.gap", *ITEM, *HISTORY)
    assert len(dense_groups(names, {"a": "sequence"})) == len(names)
    with pytest.raises(ConfigError, match=r"no part for the feature 'shoe\.size'"):
        dense_groups(["shoe.size"], {})
    with pytest.raises(ConfigError, match="no part for the model 'm:EASY'; did you mean 'EASE'"):
        channel_group("near", "m:EASY", ())


@pytest.fixture(scope="module")
def engines(tiny: Path) -> dict[int, Engine]:
    return {tier: assemble(tiny, tier) for tier in (1, 2, 3)}


def answer(engine: Engine, user: str, **more: Any) -> Slate:
    query = replace(ask(engine, user, 8, NOW, "r"), attribute=True, **more)
    return patient(engine.recommender)(query)


@pytest.mark.parametrize("tier", [1, 2, 3])
@pytest.mark.parametrize("user", ["u7", "u30", "nobody"])
def test_base_and_parts_of_a_slate_sum_to_its_scores(
    engines: dict[int, Engine], tier: int, user: str
) -> None:
    slate = answer(engines[tier], user)
    found = slate.attribution
    assert found is not None and not slate.trace.degraded
    total = found.base + sum(found.parts.values())
    np.testing.assert_allclose(total, slate.items.columns["score"], atol=2e-6, rtol=0)
    assert set(found.parts) <= set(GROUPS)
    assert ("trees" in found.method) == (tier < 3)


def test_nobody_pays_for_what_was_not_asked(engines: dict[int, Engine]) -> None:
    slate = answer(engines[2], "u7")
    plain = engines[2].recommender(replace(slate.query, attribute=False))
    assert plain.attribution is None
    assert "attribution" not in plain.trace.milliseconds
    assert not [name for name in plain.items.columns if name.startswith("part.")]
    np.testing.assert_array_equal(plain.items.items, slate.items.items)


def test_where_the_last_ranker_fails_the_parts_are_of_the_one_before(
    engines: dict[int, Engine],
) -> None:
    def broken(*_: Any) -> Any:
        raise ValueError("broken")

    made = engines[2].recommender
    first, last = made.stages
    lame = replace(last, scorer=replace(last.scorer, scoring=broken))  # type: ignore[type-var]
    engine = replace(engines[2], recommender=replace(made, stages=(first, lame)))
    slate = answer(engine, "u7")
    found = slate.attribution
    assert found is not None
    assert found.method == "integrated gradients"
    assert "prerank" in found.baseline
    total = found.base + sum(found.parts.values())
    want = slate.items.columns["score"]
    assert np.all(np.abs(total - want) <= 0.01 * np.abs(want - found.base) + 1e-5)


def test_a_text_that_leads_has_the_parts_of_the_blend(engines: dict[int, Engine]) -> None:
    slate = answer(engines[2], "u7", text="Title 12")
    found = slate.attribution
    assert found is not None
    assert found.method.startswith("sums")
    total = found.base + sum(found.parts.values())
    np.testing.assert_allclose(total, slate.items.columns["score"], atol=2e-6, rtol=0)
