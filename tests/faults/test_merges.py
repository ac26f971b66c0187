"""Recording merges killed at each step: all are there or none, and a second run makes it whole."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hermes.data import merges
from hermes.data.build import dataset
from hermes.data.ingest import ingest
from hermes.data.lake import Lake
from hermes.data.mapping import Mapping, Source
from hermes.data.spec import DataSpec
from hermes.domains.table import Table

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CHILD = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import test_merges
from hermes.data.lake import Lake, DeltaTable
class Mortal(DeltaTable):
    def create_write_transaction(self, *given, **named):
        os.kill(os.getpid(), signal.SIGKILL)
step, plain = sys.argv[3], Lake.commit
def killed(self, *given):
    if step == "after":
        plain(self, *given)
    os.kill(os.getpid(), signal.SIGKILL)
if step == "within":
    sys.modules["hermes.data.lake"].DeltaTable = Mortal
else:
    Lake.commit = killed
test_merges.join(Lake(Path(sys.argv[2])))
"""


def join(lake: Lake) -> None:
    """What is killed."""
    merges.record(lake, merges.proposed(lake, "a", "b"), NOW)


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of two domains that hold the same three films, each seen once."""
    home = tmp_path_factory.mktemp("apart")
    for domain in "ab":
        rows = [f"{domain}{n},{title}" for n, title in enumerate(("Alien", "Solaris", "Stalker"))]
        (home / f"{domain}.csv").write_text("\n".join(["item_id,title", *rows]) + "\n")
        log = "".join(f"{domain},{domain}{n}\n" for n in range(3))
        (home / f"{domain}-log.csv").write_text(f"u,i\n{log}")
        made = Mapping(
            domain=domain,
            assets=(Source(file=home / f"{domain}.csv",
                           columns={"asset_id": "item_id", "title": "title"}),),
            events=(Source(file=home / f"{domain}-log.csv",
                           columns={"user_id": "u", "asset_id": "i"}, kind="view"),),
        )  # fmt: skip
        ingest(Lake(home / "lake"), Table(made), home, NOW)
    return home / "lake"


@pytest.mark.parametrize(("step", "recorded"), [("before", 0), ("within", 0), ("after", 3)])
def test_a_killed_merge_is_whole_or_not_there_and_can_be_run_again(
    step: str, recorded: int, apart: Path, tmp_path: Path
) -> None:
    lake = Lake(shutil.copytree(apart, tmp_path / "lake"))
    before = dataset(lake, DataSpec()).hash
    command = [sys.executable, "-c", CHILD, Path(__file__).parent, lake.path, step]
    done = subprocess.run([*map(str, command)], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert len(merges.standing(lake)) == recorded
    assert (dataset(lake, DataSpec()).hash == before) is not bool(recorded)
    join(lake)
    assert merges.standing(lake)["other"].to_list() == ["b0", "b1", "b2"]
    assert len(dataset(lake, DataSpec()).catalogue) == 1 + 3
    merges.undo(lake, None, NOW)
    assert dataset(lake, DataSpec()).hash == before
