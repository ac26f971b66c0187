from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import polars as pl

from hermes.data.lake import Lake
from hermes.data.refused import LONGEST, refused


def row(line: int, reason: str, field: str, raw: str = "{}") -> dict[str, object]:
    return {
        "table": "events", "reason": reason, "field": field, "raw": raw,
        "source": "log.csv", "batch": "b", "line": line,
    }  # fmt: skip


def filled(path: Path) -> Lake:
    rows = [row(7, "missing", "user_id", "x" * 999), row(3, "missing", "user_id", "first")]
    lake = Lake(path)
    lake.append("quarantine", pl.DataFrame([row(1, "too_long", "kind", "y" * 999), *rows]), "b", 1)
    return lake


def test_refused_rows_are_counted_with_the_first_of_each_kind(tmp_path: Path) -> None:
    commonest, other = refused(filled(tmp_path / "lake"))
    assert commonest == {
        "source": "log.csv", "field": "events.user_id", "code": "missing", "count": 2,
        "example": "first",
    }  # fmt: skip
    assert (other["code"], other["count"], len(other["example"])) == ("too_long", 1, LONGEST)


def test_a_lake_that_refused_nothing_says_so(tmp_path: Path) -> None:
    assert refused(Lake(tmp_path / "lake")) == []


def test_a_process_of_its_own_prints_the_same(tmp_path: Path) -> None:
    lake = filled(tmp_path / "lake")
    command = [sys.executable, "-m", "hermes.data.refused", str(lake.path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == refused(lake)
