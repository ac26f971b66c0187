"""Every model, found by walking the packages, keeps the same contract."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import hermes.models
from hermes.core.errors import ArtifactError
from hermes.core.types import Floats, Queries, Shape
from hermes.data.interactions import Holdout, Interactions
from hermes.data.shown import NEVER, Shown
from hermes.features.examples import Examples
from hermes.models.base import Embedder, Model, Ranker, Retriever


def found(kind: type) -> list[type]:
    """Every concrete class of `kind` in a module of its own below hermes.models."""
    out = []
    for module in pkgutil.walk_packages(hermes.models.__path__, "hermes.models."):
        loaded = importlib.import_module(module.name)
        for _, cls in inspect.getmembers(loaded, inspect.isclass):
            own = cls.__module__ == module.name and not inspect.isabstract(cls)
            if own and issubclass(cls, kind) and hasattr(cls, "Config"):
                out.append(cls)
    return out


RETRIEVERS, RANKERS = found(Retriever), found(Ranker)
BLIND = {"Popularity"}  # knows nothing of the person, and should not
named = {"ids": lambda cls: cls.__name__}


def blocks() -> Interactions:
    """A checkerboard: even users like even items, odd like odd; each user's order is their own."""
    rng, n_users, n_items = np.random.default_rng(7), 81, 41
    users, items, held = [], [], []
    for user in range(1, n_users):
        mine = np.arange(2 - user % 2, n_items, 2)
        held.append(mine[user // 2 % len(mine)])
        seen = rng.permutation(mine[mine != held[-1]])
        users += [user] * len(seen)
        items += seen.tolist()
    times = np.arange(len(users), dtype=np.float64)
    shape = Shape(n_users, n_items, item_fields=(3,), user_fields=(4,))
    log = Interactions.sort(
        np.array(users), np.array(items), times, np.ones(len(users), np.float32), shape
    )
    fields = (np.arange(n_items) % 2 + 1)[:, None]
    fields[0] = 0
    log = replace(log, item_fields=fields, user_fields=np.arange(n_users)[:, None] % 4)
    valid = Holdout(log.queries(np.arange(1, n_users), 30), np.array(held))
    pages = len(log)
    other = rng.integers(0, (n_items - 1) // 2, pages) * 2 + 1 + log.items % 2  # passed over
    shown = Shown(
        log.users, log.times, 2 * np.arange(pages + 1), np.stack([log.items, other], 1).ravel(),
        np.tile([0, 1], pages), np.stack([log.times, np.full(pages, NEVER)], 1).ravel(),
    )  # fmt: skip
    return replace(log, valid=valid, shown=shown)


def clicks(seed: int, groups: int = 600, size: int = 12) -> Examples:
    """Relevant is what has the parity of the history, nudged by one dense feature."""
    rng, n = np.random.default_rng(seed), groups * size
    query = np.repeat(np.arange(groups), size)
    parity = rng.integers(0, 2, groups)
    history = 2 * rng.integers(1, 10, (groups, 6)) - parity[:, None]
    history[:, :2] = 0
    item = rng.integers(1, 20, n)
    dense = rng.normal(size=(n, 3)).astype(np.float32)
    logit = 4.0 * ((item + parity[query]) % 2 == 0) - 4.0 + dense[:, 0]
    agree = ((item + parity[query]) % 2 == 0).astype(np.float32)
    dense[:, 1] = agree + rng.normal(0, 0.3, n)
    dense[rng.random(n) < 0.2, 1] = np.nan
    label = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(np.float32)
    sparse = np.stack([item, parity[query] + 1], axis=1)
    shape = Shape(n_items=20, n_dense=3, sparse=(20, 3), history=6)
    weights = np.ones(n, np.float32)
    return Examples(dense, sparse, query, history, label, weights, shape, ("a", "b", "c"))


@pytest.fixture(scope="module")
def log() -> Interactions:
    return blocks()


@pytest.fixture(scope="module")
def examples() -> Examples:
    return replace(clicks(3), valid=clicks(4, 60))


FITTED: dict[type, Any] = {}


def fitted(cls: type, data: Interactions | Examples) -> Any:
    """One fit a class, shared by the tests of this file."""
    if cls not in FITTED:
        FITTED[cls] = cls().fit(data)
    return FITTED[cls]


def everyone(log: Interactions) -> Queries:
    return log.queries(np.arange(1, log.shape.n_users), 30)


def same(a: Floats, b: Floats) -> None:
    np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_the_walk_finds_the_models_of_the_specification() -> None:
    assert {c.__name__ for c in RETRIEVERS} >= {
        "BPR", "BSPM", "EASE", "GFCF", "HSTU", "IALS", "ItemKNN", "LightGCN", "NeuralODE",
        "Popularity", "SASRec", "Session", "Transition", "TwoTower", "UltraGCN",
    }  # fmt: skip
    assert {c.__name__ for c in RANKERS} >= {
        *("BST", "DCN", "DIN", "DLRM", "DeepFM", "KAN", "LambdaMART", "Logistic", "XDeepFM")
    }


@pytest.mark.parametrize("cls", RETRIEVERS, **named)
def test_retriever_gives_finite_float32_for_every_item(cls: type, log: Interactions) -> None:
    score = fitted(cls, log).score(everyone(log))
    assert score.shape == (log.shape.n_users - 1, log.shape.n_items)
    assert score.dtype == np.float32
    assert np.isfinite(score).all()


@pytest.mark.parametrize("cls", RETRIEVERS, **named)
def test_retriever_learns_who_likes_what(cls: type, log: Interactions) -> None:
    queries = everyone(log)
    score = fitted(cls, log).score(queries)
    alike = (np.arange(log.shape.n_items)[None] - queries.users[:, None]) % 2 == 0
    alike[:, 0] = False
    best = np.argmax(score[:, 1:], axis=1) + 1
    share = alike[np.arange(len(best)), best].mean()
    assert share > 0.85 or (cls.__name__ in BLIND and share < 0.85)


@pytest.mark.parametrize("cls", RETRIEVERS, **named)
def test_retriever_answers_a_stranger_without_history(cls: type, log: Interactions) -> None:
    nobody = Queries(np.zeros(1, np.int64), np.zeros((1, 30), np.int64), np.zeros((1, 30), "f4"))
    assert np.isfinite(fitted(cls, log).score(nobody)).all()


@pytest.mark.parametrize("cls", RETRIEVERS + RANKERS, **named)
def test_model_comes_back_from_its_arrays(cls: type, log: Interactions, examples: Examples) -> None:
    data, asked = (log, everyone(log)) if issubclass(cls, Retriever) else (examples, examples)
    model = fitted(cls, data)
    arrays = model.arrays()
    assert all(isinstance(a, np.ndarray) and a.dtype != object for a in arrays.values())
    same(cls().restore(data.shape, arrays).score(asked), model.score(asked))


@pytest.mark.parametrize("cls", RETRIEVERS + RANKERS, **named)
def test_model_refuses_a_bundle_without_its_arrays(
    cls: type, log: Interactions, examples: Examples
) -> None:
    shape = log.shape if issubclass(cls, Retriever) else examples.shape
    with pytest.raises(ArtifactError, match=cls.__name__):
        cls().restore(shape, {})


@pytest.mark.parametrize("cls", RETRIEVERS + RANKERS, **named)
def test_same_seed_same_model(cls: type, log: Interactions, examples: Examples) -> None:
    data, asked = (log, everyone(log)) if issubclass(cls, Retriever) else (examples, examples)
    same(cls().fit(data).score(asked), fitted(cls, data).score(asked))


@pytest.mark.parametrize("cls", [c for c in RETRIEVERS if issubclass(c, Embedder)], **named)
def test_embedder_scores_are_inner_products(cls: type, log: Interactions) -> None:
    model, queries = fitted(cls, log), everyone(log)
    vectors, items = model.embed(queries), model.catalogue()
    assert vectors.dtype == items.dtype == np.float32
    assert items.shape == (log.shape.n_items, vectors.shape[1])
    same(model.score(queries), vectors @ items.T)


@pytest.mark.parametrize("cls", [c for c in RETRIEVERS if hasattr(c, "sparse_score")], **named)
def test_one_query_scores_as_many_do(cls: type, log: Interactions) -> None:
    model, queries = fitted(cls, log), everyone(log)
    for row in (0, 1, 17):
        alone = model.sparse_score(queries.history[row], queries.ages[row])
        same(alone, model.score(queries)[row])


@pytest.mark.parametrize("cls", RANKERS, **named)
def test_ranker_learns_what_is_relevant(cls: type, examples: Examples) -> None:
    score = fitted(cls, examples).score(examples.valid)
    assert score.shape == (len(examples.valid),)
    assert score.dtype == np.float32
    assert np.isfinite(score).all()
    assert ordered(examples.valid, score) > 0.75


@pytest.mark.parametrize("cls", RETRIEVERS + RANKERS, **named)
def test_config_is_frozen_and_keyword_only(cls: Any) -> None:
    parameters = cls.Config.__dataclass_params__
    assert parameters.frozen
    assert all(f.kw_only for f in cls.Config.__dataclass_fields__.values())
    assert issubclass(cls, Model)


def test_serving_closed_forms_never_imports_torch() -> None:
    closed = [c for c in RETRIEVERS + RANKERS if not hasattr(c, "build")]
    lines = [f"import {c.__module__}" for c in closed]
    check = "; ".join(["import sys", *lines, "sys.exit('torch' in sys.modules)"])
    assert len(closed) >= 6
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def ordered(x: Examples, score: Floats) -> float:
    """The share of (relevant, irrelevant) pairs of a group in the right order."""
    alike = x.queries[:, None] == x.queries[None, :]
    pairs = alike & (x.labels[:, None] > 0) & (x.labels[None, :] == 0)
    return float((score[:, None] > score[None, :])[pairs].mean())
