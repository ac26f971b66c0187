"""A process that dies without a word at each step between files and a bundle loses nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hermes.artifacts.bundle import Bundle

WORK = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from hermes.data import lake as lakes
from hermes.artifacts import bundle as bundles
from hermes.learn.run import Run
from hermes.workflows import demo, train

source, folder, step = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
count = 0

def mortal(function):
    def call(*args, **kwargs):
        global count
        count += 1
        if count == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **kwargs)
    return call

lakes.Lake.commit = mortal(lakes.Lake.commit)
train.save_file = mortal(train.save_file)
bundles.save_file = mortal(bundles.save_file)
bundles.Draft.publish = mortal(bundles.Draft.publish)
wanted = demo.Demo(work=folder, source="movielens:" + source)
lake = demo.fill(wanted, datetime(2026, 1, 1, tzinfo=UTC), print)
bundle, data = demo.learn(wanted, lake, "first", Run(), print)
print("STEPS", count)
print("VERSION", bundle.manifest["version"])
"""


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty films and sixty people in MovieLens's layout."""
    folder, rng = tmp_path_factory.mktemp("films"), np.random.default_rng(0)
    rows = [f"{f},Film {f} (19{50 + f}),Drama" for f in range(1, 31)]
    (folder / "movies.csv").write_text("movieId,title,genres\n" + "\n".join(rows) + "\n")
    lines = ["userId,movieId,rating,timestamp"]
    for user in range(1, 61):
        seen = rng.permutation(30)[: rng.integers(4, 9)] + 1
        lines += [f"{user},{film},4.0,{1_000_000_000 + 86_400 * n}" for n, film in enumerate(seen)]
    (folder / "ratings.csv").write_text("\n".join(lines) + "\n")
    return folder


def work(films: Path, folder: Path, step: int) -> subprocess.CompletedProcess[str]:
    """Fill and learn; the process kills itself just before its `step`-th write (0: never)."""
    command = [sys.executable, "-W", "ignore", "-c", WORK, str(films), str(folder), str(step)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)


@pytest.fixture(scope="module")
def whole(films: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str]:
    """How many writes an undisturbed run makes, and the version of its bundle."""
    done = work(films, tmp_path_factory.mktemp("whole"), 0)
    assert int(told(done, "STEPS")) >= 8
    return int(told(done, "STEPS")), told(done, "VERSION")


def told(done: subprocess.CompletedProcess[str], word: str) -> str:
    """What an undisturbed run says behind `word`."""
    assert done.returncode == 0, done.stderr
    return next(line.split()[1] for line in done.stdout.splitlines() if line.startswith(word))


@pytest.mark.parametrize("part", [0.1, 0.5, 1.0])
def test_a_run_killed_at_any_write_can_be_run_again_to_the_same_bundle(
    part: float, whole: tuple[int, str], films: Path, tmp_path: Path
) -> None:
    steps, version = whole
    assert work(films, tmp_path, max(1, round(part * steps))).returncode == -9
    home = next(tmp_path.glob("movielens*"), tmp_path)
    assert not (home / "first").exists()
    assert told(work(films, tmp_path, 0), "VERSION") == version
    assert sorted(p.name for p in home.glob("[!.]*")) == ["first", "lake"]
    Bundle.load(home / "first")
