"""The commands of the README, run as they stand there, one after the other, by somebody new."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
HERMES = Path(sys.executable).parent / "hermes"


def commands() -> list[list[str]]:
    """The words of each line below "Your own data"."""
    text = (ROOT / "README.md").read_text("utf-8")
    found = re.search(r"## Your own data\n```\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return [shlex.split(line, comments=True) for line in found[1].splitlines()]


def run(folder: Path, words: list[str]) -> subprocess.CompletedProcess[str]:
    command = [str(HERMES), *words[1:]]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of events in which people keep to one of four tastes."""
    here, rng = tmp_path_factory.mktemp("own"), np.random.default_rng(0)
    lines = ["user_id,item_id,ts"]
    for user in range(1, 161):
        liked = 25 * (user % 4) + rng.permutation(25)[:12]
        lines += [f"{user},item-{item},{1.7e9 + 3600 * n:.0f}" for n, item in enumerate(liked)]
    (here / "events.csv").write_text("\n".join(lines) + "\n")
    return here


@pytest.fixture(scope="module")
def outcomes(folder: Path) -> dict[str, subprocess.CompletedProcess[str]]:
    """What became of each command but `serve`, which does not end."""
    return {words[1]: run(folder, words) for words in commands() if words[1] != "serve"}


@pytest.mark.parametrize("name", [words[1] for words in commands() if words[1] != "serve"])
def test_a_command_of_the_readme_succeeds(
    name: str, outcomes: dict[str, subprocess.CompletedProcess[str]]
) -> None:
    assert outcomes[name].returncode == 0, outcomes[name].stderr


def test_the_slate_of_the_readme_is_personal(
    folder: Path, outcomes: dict[str, subprocess.CompletedProcess[str]]
) -> None:
    assert outcomes["train"].returncode == 0
    done = run(folder, ["hermes", "recommend", "bundle", "--user", "42", "-k", "5", "--json"])
    slate = json.loads(done.stdout)
    taste = {f"item-{item}" for item in range(25 * (42 % 4), 25 * (42 % 4) + 25)}
    shown = re.findall(r"item-\d+", json.dumps(slate))
    assert len(set(shown) & taste) >= 4


def test_the_server_of_the_readme_answers(
    folder: Path, outcomes: dict[str, subprocess.CompletedProcess[str]]
) -> None:
    assert outcomes["train"].returncode == 0
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = next(words for words in commands() if words[1] == "serve")
    process = subprocess.Popen(
        [HERMES, *words[1:]], cwd=folder, env={**os.environ, "HERMES_PORT": str(port)}
    )
    try:
        answer = patient(f"http://127.0.0.1:{port}/v1/recommendations/users/42?k=5", process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    assert len(answer["items"]) == 5


def patient(url: str, process: subprocess.Popen[bytes], seconds: float = 60) -> dict[str, list]:
    """The answer of a server that may still be starting."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return dict(json.loads(answer.read()))
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"no answer from {url} in {seconds} s; exit status {process.poll()}")
