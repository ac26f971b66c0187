"""Small catalogues exactly, large ones nearly, and neither ever the unknown."""

from __future__ import annotations

import threading
from typing import Any

import faiss
import numpy as np
import pytest

from hermes.core.errors import ArtifactError, DataError, ShapeError
from hermes.retrieval.index import VectorIndex, overlap
from hermes.workflows.bench_ann import Law, measure

LAW = Law(d=32, topics=40, seed=5)
VECTORS = LAW.draw(20_001, np.random.default_rng(1))
QUERIES = LAW.draw(60, np.random.default_rng(2))


@pytest.fixture(scope="module")
def probed() -> VectorIndex:
    held_out = LAW.draw(100, np.random.default_rng(3))
    return VectorIndex.build(VECTORS, exact_below=1000, seed=0, queries=held_out)


def exact(queries: Any, k: int) -> Any:
    score = queries @ VECTORS[1:].T
    return np.argsort(-score, axis=1)[:, :k] + 1


def test_a_small_catalogue_is_searched_exactly() -> None:
    index = VectorIndex.build(VECTORS[:500])
    scores, items = index.search(QUERIES, 20)
    want = QUERIES @ VECTORS[1:500].T
    np.testing.assert_array_equal(items, np.argsort(-want, axis=1)[:, :20] + 1)
    np.testing.assert_allclose(scores, np.take_along_axis(want, items - 1, 1), rtol=1e-5)
    assert index.recall == 1.0


def test_the_unknown_is_never_found_even_when_its_vector_is_the_nearest() -> None:
    vectors = VECTORS.copy()
    vectors[0] = 1000 * QUERIES[0]
    for index in (
        VectorIndex.build(vectors[:500]),
        VectorIndex.build(vectors, exact_below=1000),
    ):
        assert not np.any(index.search(QUERIES, 100)[1] == 0)


def test_what_is_missing_is_minus_one_with_a_score_that_sinks() -> None:
    scores, items = VectorIndex.build(VECTORS[:6]).search(QUERIES[:2], 8)
    assert np.all(items[:, 5:] == -1)
    assert np.all(np.isneginf(scores[:, 5:]))
    assert np.all(np.sort(items[:, :5], axis=1) == np.arange(1, 6))


def test_a_catalogue_of_nothing_answers_with_nothing() -> None:
    scores, items = VectorIndex.build(VECTORS[:1]).search(QUERIES[:1], 3)
    assert items.tolist() == [[-1, -1, -1]]
    assert np.all(np.isneginf(scores))


def test_a_large_catalogue_reaches_the_recall_it_was_calibrated_for(probed: VectorIndex) -> None:
    assert probed.recall >= 0.96
    assert overlap(probed.search(QUERIES, 1000)[1], exact(QUERIES, 1000)) > 0.94


def test_scores_of_a_large_catalogue_are_inner_products_best_first(probed: VectorIndex) -> None:
    scores, items = probed.search(QUERIES, 100)
    want = np.einsum("bd,bkd->bk", QUERIES, VECTORS[items])
    np.testing.assert_allclose(scores, want, atol=2e-3 * np.abs(want).max())
    assert np.all(np.diff(scores, axis=1) <= 0)


def test_the_same_seed_builds_the_same_index(probed: VectorIndex) -> None:
    held_out = LAW.draw(100, np.random.default_rng(3))
    again = VectorIndex.build(VECTORS, exact_below=1000, seed=0, queries=held_out)
    np.testing.assert_array_equal(again.search(QUERIES, 200)[1], probed.search(QUERIES, 200)[1])


@pytest.mark.parametrize("rows", [500, 20_001])
def test_a_restored_index_answers_as_before(rows: int) -> None:
    index = VectorIndex.build(VECTORS[:rows], exact_below=1000)
    again = VectorIndex.restore(index.arrays())
    for before, after in zip(index.search(QUERIES, 50), again.search(QUERIES, 50), strict=True):
        np.testing.assert_array_equal(before, after)
    assert again.recall == index.recall


def test_an_odd_width_can_be_indexed() -> None:
    vectors = np.ascontiguousarray(VECTORS[:3000, :9])
    index = VectorIndex.build(vectors, exact_below=1000)
    _, items = index.search(vectors[1:50], 100)
    truth = np.argsort(-vectors[1:50] @ vectors[1:].T, axis=1)[:, :100] + 1
    assert overlap(items, truth) > 0.8


def test_threads_get_the_answers_a_single_one_gets(probed: VectorIndex) -> None:
    want = probed.search(QUERIES, 100)[1]
    wrong: list[int] = []

    def work() -> None:
        for _ in range(3):
            for row, query in enumerate(QUERIES):
                if not np.array_equal(probed.search(query[None], 100)[1][0], want[row]):
                    wrong.append(row)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_search_in_a_new_thread_uses_one_core(probed: VectorIndex) -> None:
    seen: list[int] = []

    def work() -> None:
        faiss.omp_set_num_threads(2)
        probed.search(QUERIES, 10)
        seen.append(faiss.omp_get_max_threads())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [1]


def test_wrong_input_is_refused() -> None:
    index = VectorIndex.build(VECTORS[:500])
    with pytest.raises(ShapeError, match=r"\(B, 32\)"):
        index.search(QUERIES[:, :5], 3)
    with pytest.raises(ShapeError, match="vectors"):
        VectorIndex.build(VECTORS[0])
    broken = VECTORS[:500].copy()
    broken[7, 3] = np.nan
    with pytest.raises(DataError, match="not finite"):
        VectorIndex.build(broken)


def test_a_damaged_index_is_refused() -> None:
    arrays = VectorIndex.build(VECTORS[:500]).arrays()
    with pytest.raises(ArtifactError, match="lacks array"):
        VectorIndex.restore({"index": arrays["index"]})
    with pytest.raises(ArtifactError, match="FAISS cannot read it"):
        VectorIndex.restore({**arrays, "index": np.zeros(64, np.uint8)})


def test_the_benchmark_prints_recall_and_time_beside_exact_search() -> None:
    measured = measure(items=20_000, d=32, k=100, queries=20)
    rows = {row["name"].removeprefix("index of 20,000 x 32: "): row for row in measured}
    assert {"recall of the 100 nearest", "median", "p99", "exact search"} <= rows.keys()
    assert rows["recall of the 100 nearest"]["value"] > 0.8
    assert rows["recall of the 100 nearest"]["floor"] is None
    assert {row["holds"] for row in measured} == {None}
