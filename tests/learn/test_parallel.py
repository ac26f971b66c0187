from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from hermes.learn.parallel import LOST

WORKER = Path(__file__).with_name("two_processes.py")
TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")
NAMES = ("sasrec", "kan", "towers", "sharded")


def started(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Two processes of one thread."""
    command = [*TORCHRUN, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)


@pytest.fixture(scope="module")
def worker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("two_processes", WORKER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def alone(worker: ModuleType) -> dict[str, Any]:
    """Each case learned by this process."""
    return {name: model.fit(data) for name, (model, data) in worker.cases().items()}


@pytest.fixture(scope="module")
def folder(worker: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two processes left: every case, and two runs that one process had begun."""
    folder = tmp_path_factory.mktemp("two")
    for sharded in (False, True):
        with pytest.raises(KeyboardInterrupt):
            worker.resumable(folder, sharded, 3, "break")
    done = started(WORKER, "learn", folder)
    assert done.returncode == 0, done.stderr
    return folder


def said(folder: Path, name: str) -> Any:
    return json.loads((folder / f"{name}.json").read_text())


@pytest.mark.parametrize("name", NAMES)
def test_two_processes_follow_the_loss_of_one(
    folder: Path, alone: dict[str, Any], name: str
) -> None:
    rough = 2e-3 if name == "sasrec" else 1e-4  # bfloat16 rounds a half batch another way
    for rank in (0, 1):
        losses = said(folder, f"{name}.{rank}")["losses"]
        assert losses == pytest.approx(alone[name].losses, rel=rough)


@pytest.mark.parametrize("name", NAMES)
def test_both_processes_end_with_the_same_weights(folder: Path, name: str) -> None:
    one, other = (np.load(folder / f"{name}.{rank}.npz") for rank in (0, 1))
    assert all(np.array_equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("name", ["sasrec", "towers", "sharded"])
def test_only_the_first_process_validates(folder: Path, name: str) -> None:
    assert (folder / f"{name}.0.judged").exists()
    assert not (folder / f"{name}.1.judged").exists()


def test_a_table_in_shards_ends_as_the_whole_one(folder: Path) -> None:
    whole, shards = np.load(folder / "towers.0.npz"), np.load(folder / "sharded.0.npz")
    assert set(whole) == set(shards)
    for key in whole:
        np.testing.assert_allclose(shards[key], whole[key], atol=2e-3)


def test_of_a_table_in_shards_each_process_holds_half(folder: Path) -> None:
    for rank, rows in ((0, 21), (1, 20)):
        whole, shards = (said(folder, f"{n}.{rank}")["held"] for n in ("towers", "sharded"))
        assert whole - shards == (41 - rows) * 8


def test_one_process_out_of_memory_halves_the_batch_of_both(
    folder: Path, alone: dict[str, Any]
) -> None:
    lines, losses = said(folder, "short.0")
    assert len(lines) == 1
    assert "the batch is halved" in lines[0]
    assert said(folder, "short.1") == [[], losses]
    assert losses == pytest.approx(alone["sasrec"].losses, rel=2e-3)


@pytest.mark.parametrize("name", ["sasrec", "towers"])
def test_a_run_of_one_process_goes_on_in_two(
    folder: Path, alone: dict[str, Any], name: str
) -> None:
    epochs, losses = said(folder, f"{name}.resumed")
    assert epochs == [3, 4]
    assert losses == pytest.approx(alone[name].losses, rel=2e-3)


def test_a_graph_network_learns_on_in_two_processes_as_in_one(
    worker: ModuleType, folder: Path
) -> None:
    found = np.load(folder / "refreshed.npz")
    for name, values in worker.refreshed().arrays().items():
        np.testing.assert_allclose(found[name], values, atol=2e-3, err_msg=name)


def test_a_killed_run_of_two_processes_says_so_and_goes_on_in_one(
    worker: ModuleType, alone: dict[str, Any], tmp_path: Path
) -> None:
    done = started(WORKER, "kill", tmp_path)
    assert done.returncode == 1
    assert done.stderr.count(LOST) == 1
    assert worker.resumable(tmp_path, False) == [3, 4]
    losses = said(tmp_path, "sasrec.resumed")[1]
    assert losses == pytest.approx(alone["sasrec"].losses, rel=2e-3)
