"""Every index answers alike: ours in memory, and Milvus by its own engine in a file."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hermes.core.errors import ArtifactError, DataError, ShapeError, Unavailable
from hermes.core.protocols import Query
from hermes.core.types import Floats
from hermes.encoders.base import Vectors
from hermes.retrieval.embedding import EmbeddingChannel, Index
from hermes.retrieval.index import VectorIndex, overlap
from hermes.retrieval.milvus import Milvus

ME = "text:test:1"
VECTORS = np.random.default_rng(1).normal(size=(601, 16)).astype(np.float32)
QUERIES = np.random.default_rng(2).normal(size=(9, 16)).astype(np.float32)
Make = Callable[[Floats], Index]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where files of milvus-lite may lie; its servers are stopped afterwards."""
    lite = pytest.importorskip("milvus_lite.server_manager", reason="extra milvus not installed")
    path = tmp_path_factory.mktemp("milvus")
    yield path
    for file in path.glob("*.db"):
        lite.server_manager_instance.release_server(str(file))


@pytest.fixture(scope="module")
def lite(folder: Path) -> Make:
    """Builds collections side by side in one file."""
    made: list[Milvus] = []

    def make(rows: Floats) -> Index:
        name = f"items{len(made)}"
        made.append(
            Milvus.build(str(folder / "all.db"), name, Vectors(rows, ME), batch=256, deadline=30)
        )
        return made[-1]

    return make


@pytest.fixture(params=["memory", "milvus"])
def build(request: pytest.FixtureRequest) -> Make:
    if request.param == "memory":
        return VectorIndex.build
    return request.getfixturevalue("lite")  # type: ignore[no-any-return]


def test_the_best_are_those_of_all(build: Make) -> None:
    scores, items = build(VECTORS).search(QUERIES, 50)
    truth = QUERIES @ VECTORS[1:].T
    assert overlap(items, np.argsort(-truth, axis=1)[:, :50] + 1) == 1
    np.testing.assert_allclose(scores, np.take_along_axis(truth, items - 1, 1), rtol=1e-4)
    assert np.all(np.diff(scores, axis=1) <= 0)


def test_the_unknown_is_never_found_even_when_its_vector_is_the_nearest(build: Make) -> None:
    rows = VECTORS[:40].copy()
    rows[0] = 1000 * QUERIES[0]
    assert not np.any(build(rows).search(QUERIES, 39)[1] == 0)


def test_what_is_missing_is_minus_one_with_a_score_that_sinks(build: Make) -> None:
    scores, items = build(VECTORS[:6]).search(QUERIES[:2], 8)
    assert np.all(items[:, 5:] == -1)
    assert np.all(np.isneginf(scores[:, 5:]))
    assert np.all(np.sort(items[:, :5], axis=1) == np.arange(1, 6))


def test_a_catalogue_of_nothing_answers_with_nothing(build: Make) -> None:
    scores, items = build(VECTORS[:1]).search(QUERIES[:1], 3)
    assert items.tolist() == [[-1, -1, -1]]
    assert np.all(np.isneginf(scores))


@pytest.mark.parametrize("wrong", [QUERIES[:, :5], QUERIES[0], QUERIES[None]])
def test_a_query_of_another_shape_is_refused(build: Make, wrong: Any) -> None:
    index = build(VECTORS[:6])
    with pytest.raises(ShapeError, match="16"):
        index.search(wrong, 3)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_vectors_that_are_no_numbers_are_refused(build: Make, wrong: float) -> None:
    rows = VECTORS[:6].copy()
    rows[3, 2] = wrong
    with pytest.raises(DataError, match="finite"):
        build(rows)


def test_a_channel_asks_any_index(build: Make) -> None:
    from datetime import UTC, datetime

    channel = EmbeddingChannel(
        "near", lambda queries: VECTORS[queries.history[:, -1]], build(VECTORS)
    )
    at = datetime(2024, 10, 4, tzinfo=UTC)
    query = Query(id="q", at=at, history=np.array([7]), ages=np.ones(1, np.float32))
    truth = VECTORS @ VECTORS[7]
    truth[[0, 7]] = -np.inf
    assert channel.retrieve(query, 5).items.tolist() == np.argsort(-truth)[:5].tolist()


def test_a_collection_is_found_again_with_its_encoder(folder: Path) -> None:
    uri = str(folder / "kept.db")
    made = Milvus.build(uri, "items", Vectors(VECTORS[:50], ME), deadline=30)
    again = Milvus.open(uri, "items", ME, deadline=30)
    for before, after in zip(made.search(QUERIES, 9), again.search(QUERIES, 9), strict=True):
        np.testing.assert_array_equal(before, after)
    with pytest.raises(ShapeError, match="text:test:1, not by vision:other:2"):
        Milvus.open(uri, "items", "vision:other:2", deadline=30)
    with pytest.raises(ArtifactError, match="no collection others"):
        Milvus.open(uri, "others", ME, deadline=30)
    with pytest.raises(ArtifactError, match="already"):
        Milvus.build(uri, "items", Vectors(VECTORS[:50], ME), deadline=30)


def test_items_without_a_vector_are_not_there(lite: Make) -> None:
    rows = VECTORS[:10].copy()
    rows[[2, 5]] = 0
    items = lite(rows).search(QUERIES[:1], 9)[1]
    assert set(items[0].tolist()) == {1, 3, 4, 6, 7, 8, 9, -1}


def test_no_queries_are_answered_with_no_rows(build: Make) -> None:
    scores, items = build(VECTORS[:6]).search(QUERIES[:0], 3)
    assert scores.shape == items.shape == (0, 3)


def test_a_search_that_takes_too_long_is_unavailable(
    lite: Make, caplog: pytest.LogCaptureFixture
) -> None:
    index: Any = lite(VECTORS)
    hasty = Milvus(index.client, index.name, index.d, index.encoder, deadline=1e-4)
    with caplog.at_level(logging.CRITICAL), pytest.raises(Unavailable, match="Milvus"):
        hasty.search(QUERIES, 9)


def test_without_a_server_it_is_unavailable() -> None:
    pytest.importorskip("pymilvus", reason="extra milvus not installed")
    with pytest.raises(Unavailable, match="Milvus"):
        Milvus.open("http://127.0.0.1:1", "items", ME, deadline=0.5)
