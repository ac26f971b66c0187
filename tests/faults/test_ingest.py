"""Ingestion killed at each step, and on a full disk: the lake stays readable, nothing is lost."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hermes.data.ingest import ingest
from hermes.data.lake import Lake
from hermes.domains.table import Table, of_options

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TABLES = ("silver/events", "silver/assets", "quarantine")
CHILD = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, str(Path(sys.argv[1])))
from test_ingest import bring
from hermes.data.lake import Lake
step, seen = int(sys.argv[4]), 0
def counted(function, before):
    def wrapped(*given, **named):
        global seen
        seen += 1
        if before and seen == step:
            os.kill(os.getpid(), signal.SIGKILL)
        out = function(*given, **named)
        if not before and seen == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return out
    return wrapped
for name, before in (("add", False), ("commit", True)):
    if name == sys.argv[5]:
        setattr(Lake, name, counted(getattr(Lake, name), before))
bring(Path(sys.argv[2]), Path(sys.argv[3]))
"""


def source(folder: Path) -> Path:
    """Six good events and two bad ones, of three items that a second file describes."""
    folder.mkdir()
    rows = ["a,x,1", "a,y,2", "b,x,3", "b,z,nan", "c,y,4", "c,,5", "c,z,6", "c,x,7"]
    (folder / "log.csv").write_text("\n".join(["u,i,v", *rows]) + "\n")
    (folder / "items.csv").write_text("i,title\nx,Ex\ny,Why\nz,Zed\n")
    return folder


def bring(raw: Path, lake: Path) -> None:
    """Six commits: two of assets, three of events, and the note that the batch is whole."""
    made = of_options(raw / "log.csv", "u", "i", value="v", assets=(raw / "items.csv",))
    ingest(Lake(lake), Table(made), raw, NOW)


def contents(lake: Lake) -> dict[str, list[dict[str, Any]]]:
    return {t: lake.scan(t).collect().sort("line", "source").to_dicts() for t in TABLES}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("whole")
    bring(source(folder / "raw"), folder / "lake")
    return contents(Lake(folder / "lake"))


@pytest.mark.parametrize(("before", "steps"), [("add", (2, 4)), ("commit", (5, 6))])
def test_a_killed_run_leaves_a_readable_lake_and_is_finished_by_the_next(
    tmp_path: Path, whole: dict[str, list[dict[str, Any]]], before: str, steps: tuple[int, ...]
) -> None:
    raw = source(tmp_path / "raw")
    for step in steps:
        home = tmp_path / f"lake-{step}"
        command = [sys.executable, "-c", CHILD, str(Path(__file__).parent), raw, home, str(step)]
        done = subprocess.run([*map(str, command), before], capture_output=True, check=False)
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()
        held = contents(Lake(home))
        assert all(row in whole["silver/events"] for row in held["silver/events"])
        bring(raw, home)
        assert contents(Lake(home)) == whole


def test_a_full_disk_is_one_clear_error_and_loses_nothing(
    tmp_path: Path, whole: dict[str, list[dict[str, Any]]]
) -> None:
    raw, home = source(tmp_path / "raw"), tmp_path / "lake"
    script = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]);"
        "from test_ingest import bring; from hermes.core.errors import DataError\n"
        "try: bring(Path(sys.argv[2]), Path(sys.argv[3]))\n"
        "except DataError as error: print(error); sys.exit(3)"
    )
    for limit in (100, 3_000):
        done = subprocess.run(
            [sys.executable, "-c", script, str(Path(__file__).parent), str(raw), str(home)],
            capture_output=True, text=True, check=False,
            preexec_fn=lambda limit=limit: resource.setrlimit(resource.RLIMIT_FSIZE, (limit,) * 2),
        )  # fmt: skip
        assert done.returncode == 3, done.stderr
        assert str(home) in done.stdout and "run the same command again" in done.stdout
        contents(Lake(home))
    bring(raw, home)
    assert contents(Lake(home)) == whole
