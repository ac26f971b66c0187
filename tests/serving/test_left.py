"""What workers leave for each other, while they live and afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter, sleep, time

import msgspec
import numpy as np
import pytest

from hermes.serving.left import ENDED, Left
from hermes.serving.telemetry import Numbers, Telemetry
from hermes.serving.watch import Watch

WORKER = """
import sys, time
from pathlib import Path
from hermes.serving.telemetry import Telemetry

mine = Telemetry(Path(sys.argv[1]))
for _ in range(10):
    mine.request("a", 200)
    mine.slate({"rank": 1.0}, ["rank"], new=True)
    mine.leave()
    time.sleep(0.01)
"""


def workers(folder: Path, count: int) -> None:
    """So many at once, each with ten requests, that have ended when this returns."""
    command = [sys.executable, "-c", WORKER, str(folder)]
    started = [subprocess.Popen(command) for _ in range(count)]
    assert [one.wait(60) for one in started] == [0] * count


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_of_workers_that_ended_no_count_is_lost_and_no_file_stays(tmp_path: Path) -> None:
    one = Telemetry(tmp_path)
    one.request("a", 200)
    for ended in (3, 6):
        workers(tmp_path, 3)
        one.leave()
        assert names(tmp_path) == [f"{os.getpid()}.json", f"{ENDED}.json"]
        whole = one.everybody()
        assert whole.requests == {"a 200": 10 * ended + 1}
        assert (whole.slates, whole.degraded) == (10 * ended, {"rank": 10 * ended})
        assert sum(whole.stages["rank"].counts) == sum(whole.lately.values()) == 10 * ended


def test_a_new_worker_keeps_what_one_of_its_number_has_left(tmp_path: Path) -> None:
    body = msgspec.json.encode(Numbers(slates=5, started=7.0))
    (tmp_path / f"{os.getpid()}.json").write_bytes(body)
    new = Telemetry(tmp_path)
    for _ in range(2):
        new.slate({}, [], new=False)
        new.leave()
    assert (new.everybody().slates, new.everybody().started) == (7, 7.0)


def test_who_lives_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / f"{os.getppid()}.json").write_bytes(msgspec.json.encode(Numbers(slates=5)))
    Telemetry(tmp_path).leave()
    assert names(tmp_path) == sorted([f"{os.getppid()}.json", f"{os.getpid()}.json"])


def test_seconds_of_long_ago_are_not_kept_of_those_that_ended(tmp_path: Path) -> None:
    now = int(time())
    gone = Numbers(slates=2, lately={now - 1000: 1, now: 1})
    (tmp_path / "999999.json").write_bytes(msgspec.json.encode(gone))
    Telemetry(tmp_path).leave()
    kept = msgspec.json.decode((tmp_path / f"{ENDED}.json").read_bytes(), type=Numbers)
    assert (kept.slates, kept.lately) == (2, {now: 1})


@pytest.mark.parametrize("sizes", [(3, 9, 20), (20, 9, 3)])
def test_items_shown_by_workers_that_ended_stay_shown(tmp_path: Path, sizes: list[int]) -> None:
    for worker, size in enumerate(sizes, 999_990):
        seen = np.zeros(size, bool)
        seen[-1] = True
        (tmp_path / f"{worker}.seen").write_bytes(np.packbits(seen).tobytes())
        (tmp_path / f"{worker}.recent").write_bytes(b"[]")
    one = Watch(tmp_path)
    one.leave()
    assert names(tmp_path) == [f"{ENDED}.recent", f"{ENDED}.seen"]
    assert np.flatnonzero(one.shown(30)).tolist() == sorted(size - 1 for size in sizes)


WRITER = """
import os, sys
from pathlib import Path
from hermes.serving.left import Left

mine = Left(Path(sys.argv[1]), {"json": b"".join})
while os.getppid() == int(sys.argv[2]):
    mine.leave("json", b"whole" * 20_000)
"""


def test_who_reads_beside_a_writer_sees_its_file_once_and_whole(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path), str(os.getpid())]
    with subprocess.Popen(command) as writer:
        try:
            begin = perf_counter()
            while not names(tmp_path) and perf_counter() - begin < 60:
                sleep(0.01)
            one = Left(tmp_path, {"json": b"".join})
            seen, begin = [], perf_counter()
            while len(seen) < 1000 or perf_counter() - begin < 1.5:
                seen.append([len(body) for body in one.others("json")])
        finally:
            writer.kill()
    assert [found for found in seen if found != [100_000]] == []


def test_a_part_left_by_who_was_killed_is_not_read(tmp_path: Path) -> None:
    one = Left(tmp_path, {"json": b"".join})
    for name in (".999999.json", ".999999.json.part", "b.json", "999999.json", f"{ENDED}.json"):
        (tmp_path / name).write_bytes(name.encode())
    assert one.others("json") == [b"999999.json", f"{ENDED}.json".encode()]


def test_to_look_for_the_dead_takes_no_time(tmp_path: Path) -> None:
    one = Left(tmp_path, {"json": b"".join})
    (tmp_path / f"{os.getppid()}.json").write_bytes(b"")
    one.leave("json", b"1")
    began = perf_counter()
    for _ in range(200):
        one.fold("json")
    assert (perf_counter() - began) / 200 < 1e-3
