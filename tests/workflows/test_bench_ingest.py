from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hermes.core.errors import DataError
from hermes.data.ingest import Counts
from hermes.workflows.bench_ingest import check, generate, measure


def test_both_ways_are_measured_and_every_row_is_accounted_for() -> None:
    rows = measure(rows=20_000)
    assert [row["name"] for row in rows] == [
        "ingest, events with ids", "ingest, ids made from content",
    ]  # fmt: skip
    assert all(row["value"] > 0 and row["unit"] == "events/s" for row in rows)


def test_a_lost_row_is_an_error(tmp_path: Path) -> None:
    written = generate(tmp_path / "raw", 1000, True, np.random.default_rng(0))
    counts = Counts(
        "", False, {"events": 999}, {}, {"events": written["twice"]}, {"events.a b": 10}
    )
    with pytest.raises(DataError, match="lost count"):
        check(counts, written)
