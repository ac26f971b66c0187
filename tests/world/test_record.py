from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from hermes.core.errors import ConfigError, DataError
from hermes.data.columns import admit
from hermes.world import write
from hermes.world.scale import SCALES, Scale

FILES = ("assets.parquet", "users.parquet", "events.parquet")


def digest(path: Path) -> str:
    """Of every file of a world, names and bytes."""
    total = hashlib.sha256()
    for file in sorted(p for p in path.rglob("*") if p.is_file()):
        total.update(str(file.relative_to(path)).encode() + file.read_bytes())
    return total.hexdigest()


@pytest.mark.parametrize("table", ["assets", "users", "events"])
def test_every_row_passes_the_contract(written: Any, table: str) -> None:
    frame: pl.DataFrame = getattr(written, table)
    judged = admit(frame.with_columns(line=pl.int_range(1, len(frame) + 1)), table)
    assert len(judged.bad) == 0
    assert len(judged.good) == len(frame) > 0


def test_another_process_writes_the_same_bytes(tmp_path: Path) -> None:
    write(tmp_path / "here", "tiny", 5, pictures=False)
    code = "import sys; from pathlib import Path; from hermes.world import write; "
    code += "write(Path(sys.argv[1]), 'tiny', 5, pictures=False)"
    there = tmp_path / "there"
    subprocess.run([sys.executable, "-c", code, str(there)], check=True)
    assert digest(tmp_path / "here") == digest(there)


def test_pictures_lie_where_the_assets_say(tmp_path: Path, monkeypatch: Any) -> None:
    few = Scale((8, 8, 8, 8, 8), 20, 10, 2)
    monkeypatch.setitem(SCALES, "few", few)
    summary = write(tmp_path, "few", 5, pictures=True)
    named = pl.read_parquet(tmp_path / "assets.parquet")["image_uri"].to_list()
    drawn = {str(p.relative_to(tmp_path)) for p in (tmp_path / "pictures").iterdir()}
    assert set(named) == drawn
    assert summary.pictures == len(drawn) == 40


def test_another_seed_writes_another_world(tmp_path: Path) -> None:
    write(tmp_path / "a", "tiny", 5, pictures=False)
    write(tmp_path / "b", "tiny", 6, pictures=False)
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() != (tmp_path / "b" / name).read_bytes()


def test_the_summary_counts_what_was_written(written: Any) -> None:
    summary = written.summary
    assert (summary.assets, summary.users) == (len(written.assets), len(written.users))
    assert summary.events == len(written.events) == sum(summary.kinds.values())
    counted = dict(written.events["kind"].value_counts().iter_rows())
    assert {k: n for k, n in summary.kinds.items() if n} == counted


def test_every_event_names_a_known_user_and_asset(written: Any) -> None:
    assert set(written.events["asset_id"]) <= set(written.assets["asset_id"])
    assert set(written.events["user_id"]) <= set(written.users["user_id"])
    assert written.events["event_id"].n_unique() == len(written.events)


def test_events_come_in_order_of_time(written: Any) -> None:
    assert written.events["occurred_at"].is_sorted()


def test_a_world_is_never_written_over_another(written: Any) -> None:
    with pytest.raises(DataError, match="exists"):
        write(written.path, "tiny", 1)


def test_an_unknown_scale_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="small"):
        write(tmp_path, "smal", 1)


def test_progress_is_told_to_the_end(tmp_path: Path) -> None:
    last: dict[str, tuple[int, int]] = {}
    write(
        tmp_path / "w",
        "tiny",
        1,
        report=lambda what, step, of, _: last.update({what: (step, of)}),
        pictures=False,
    )
    assert last == {"assets": (300, 300), "days": (30, 30)}
