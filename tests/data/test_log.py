"""The log: durable, idempotent, readable at once, honest when the disk is full."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from hermes.core.errors import DataError, Unavailable
from hermes.data.log import EVENT, Entry, Exposure, Log


def entry(number: int, user: str = "u", item: str = "i") -> Entry:
    body = json.dumps({"event_id": f"e{number}"})
    return Entry(f"e{number}", user, f"{item}{number}", "click", 1.0, 1e9 + number, body)


def slate(number: int, item: str = "🦊") -> Exposure:
    return Exposure(f"r{number}", 1.5 * number, "u", "home", "v1", 3, [item], [0.5], [2.0])


@pytest.fixture
def log(tmp_path: Path):
    log = Log(tmp_path / "log.db")
    yield log
    log.close()


def test_an_event_is_in_the_history_as_soon_as_its_future_resolves(log: Log) -> None:
    assert log.append([entry(1), entry(2)]).result(5) == 2
    assert [e.item for e in log.recent("u")] == ["i1", "i2"]


def test_the_same_event_id_counts_once(log: Log) -> None:
    log.append([entry(1)]).result(5)
    assert log.append([entry(1), entry(2), entry(2)]).result(5) == 1
    assert len(log.recent("u")) == 2


def test_recent_gives_the_last_events_of_one_user_oldest_first(log: Log) -> None:
    log.append([entry(n) for n in range(50)] + [entry(99, user="other")]).result(5)
    assert [e.item for e in log.recent("u", 3)] == ["i47", "i48", "i49"]


def test_ids_with_any_character_survive(log: Log) -> None:
    for number, name in enumerate(["a/b", "'; DROP TABLE events; --", '"', "🦊", "x" * 10_000]):
        log.append([entry(number, user=name)]).result(5)
        assert [e.item for e in log.recent(name)] == [f"i{number}"]


def test_another_reader_sees_what_was_committed(log: Log) -> None:
    other = Log(log.path)
    log.append([entry(1)]).result(5)
    assert [e.item for e in other.recent("u")] == ["i1"]
    other.close()


ELSEWHERE = """
import sys
from pathlib import Path
from hermes.data.log import Entry, Log
log = Log(Path(sys.argv[1]))
for line in sys.stdin:
    log.append([Entry(line, line.strip(), "i", "click", None, 1.0, "{}")]).result()
    print("done", flush=True)
"""


def test_an_event_of_another_process_is_seen_by_the_next_look(log: Log) -> None:
    command = [sys.executable, "-c", ELSEWHERE, str(log.path)]
    assert log.recent("u0") == []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as far:
        assert far.stdin is not None
        assert far.stdout is not None
        for n in range(50):
            print(f"u{n}", file=far.stdin, flush=True)
            assert far.stdout.readline() == "done\n"
            assert [e.item for e in log.recent(f"u{n}")] == ["i"]
            assert log.recent(f"u{n + 1}") == []
        far.stdin.close()


def test_an_event_whose_writer_died_before_it_rang_is_found_by_listening(log: Log) -> None:
    with contextlib.closing(sqlite3.connect(log.path, isolation_level=None)) as other:
        other.execute(EVENT, entry(1).row())
    assert log.recent("u") == []
    log.listen()
    assert [e.item for e in log.recent("u")] == ["i1"]


def test_a_log_that_is_opened_again_knows_who_has_events(log: Log) -> None:
    log.append([entry(1)]).result(5)
    again = Log(log.path)
    assert [e.item for e in again.recent("u")] == ["i1"]
    again.close()


def test_a_user_without_events_costs_no_look_into_the_file(log: Log) -> None:
    asked: list[str] = []
    log.recent("u")
    log._reader.set_trace_callback(asked.append)
    assert log.recent("u") == []
    assert asked == []


def test_no_room_for_the_bell_is_named(tmp_path: Path) -> None:
    (tmp_path / "log.db-bell").mkdir()
    with pytest.raises(DataError, match=r"log\.db-bell cannot be used beside the event log"):
        Log(tmp_path / "log.db")


def test_two_writers_lose_nothing(log: Log) -> None:
    other = Log(log.path)
    futures = [(log, other)[n % 2].append([entry(n)]) for n in range(200)]
    assert sum(f.result(10) for f in futures) == 200
    assert len(log.recent("u")) == 200
    other.close()


def test_exposures_are_written_in_groups_and_at_close(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.db")
    for n in range(300):
        log.expose(slate(n))
    log.close()
    rows = sqlite3.connect(tmp_path / "log.db")
    found = rows.execute("SELECT request_id, at, body FROM exposures ORDER BY id").fetchall()
    rows.close()
    assert [row[0] for row in found] == [f"r{n}" for n in range(300)]
    assert found[2][1] == 3.0
    assert msgspec.json.decode(found[7][2], type=Exposure) == slate(7)


def test_a_full_disk_is_said_and_keeps_what_was_accepted(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.db", limit=40 * 4096)
    kept = 0
    with pytest.raises(Unavailable, match=r"cannot be written: database or disk is full"):
        for n in range(200):
            kept += log.append([entry(n, user="x" * 4000)]).result(5)
    assert 0 < kept < 200
    assert len(log.recent("x" * 4000)) == kept
    assert "full" in log.failing
    log.close()


def test_exposures_wait_while_the_disk_is_full_and_the_overflow_is_counted(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.db", limit=20 * 4096, pending=10)
    for n in range(30):
        log.expose(slate(n, "x" * 20_000))
    log.close()
    written = sqlite3.connect(tmp_path / "log.db")
    count = written.execute("SELECT count(*) FROM exposures").fetchone()[0]
    written.close()
    assert count + log.lost == 30
    assert log.lost > 0


def test_text_that_sqlite_refuses_is_an_error_and_the_writer_goes_on(log: Log) -> None:
    with pytest.raises(Unavailable):
        log.append([entry(1, user="\ud800")]).result(5)
    assert log.append([entry(2)]).result(5) == 1


def test_what_is_put_online_is_listed_in_order(log: Log) -> None:
    log.put_asset("a", 1.0, '{"title":"A"}').result(5)
    log.put_asset("a", 2.0, None).result(5)
    assert log.assets(0) == [(1, "a", '{"title":"A"}', 1.0), (2, "a", None, 2.0)]
    assert log.assets(2) == []


def test_a_closed_log_refuses(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.db")
    log.close()
    with pytest.raises(Unavailable, match="closed"):
        log.append([entry(1)]).result(5)


def test_a_file_that_is_no_log_is_named(tmp_path: Path) -> None:
    (tmp_path / "log.db").write_bytes(b"not a database, but long enough to be read as one" * 50)
    with pytest.raises(DataError, match=r"log\.db cannot be used as the event log"):
        Log(tmp_path / "log.db")


KILLED = """
import os, signal, sys
from pathlib import Path
from hermes.data.log import Entry, Exposure, Log
log = Log(Path(sys.argv[1]))
for n in range(1000):
    log.append([Entry(f"e{n}", "u", f"i{n}", "click", None, 1.0, "{}")]).result()
    print(n, flush=True)
    if n == 20:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_writer_keeps_every_acknowledged_event(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path / "log.db")]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ, check=False)
    assert done.returncode == -signal.SIGKILL
    log = Log(tmp_path / "log.db")
    assert [e.item for e in log.recent("u")] == [f"i{n}" for n in range(21)]
    log.close()
