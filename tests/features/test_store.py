from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from hermes.core.errors import ArtifactError, ConfigError, DataError, NotFound
from hermes.features.rolling import ITEM
from hermes.features.store import Store

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def table(n: int = 5) -> pl.DataFrame:
    """Rows that became known a minute apart."""
    known = [NOW - timedelta(minutes=i) for i in range(n)]
    facts = {"asset_id": [f"i{i}" for i in range(n)], "known_at": known, "x": list(range(n))}
    return pl.DataFrame(facts, schema_overrides={"known_at": pl.Datetime("us", "UTC")})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "features")


def write(store: Store, version: str | None = None, n: int = 5) -> str:
    return store.write("items", table(n), ["asset_id"], NOW, version).version


def test_what_was_written_is_what_is_read(store: Store) -> None:
    store.write("items", table(), ["asset_id"], NOW, "v1", ITEM)
    read = store.read("items", "v1")
    assert read.frame().equals(table())
    assert read.frame(["x"]).columns == ["x"]
    assert read.keys == ("asset_id",)
    assert read.manifest["definition"]["sha256"] == ITEM.identity
    assert read.manifest["schema"]["x"] == "Int64"
    assert read.manifest["created"] == NOW.isoformat()


def test_the_newest_is_read_where_none_is_named(store: Store) -> None:
    assert [write(store), write(store, "z"), write(store, "a"), write(store)] == [
        "000001", "z", "a", "000002",
    ]  # fmt: skip
    assert store.versions("items") == ["000001", "z", "a", "000002"]
    assert store.read("items").version == "000002"
    assert store.tables() == ["items"]


def test_a_version_is_written_once(store: Store) -> None:
    write(store, "v1")
    with pytest.raises(DataError, match="'items' was written before and is never overwritten"):
        write(store, "v1", n=3)
    assert len(store.read("items", "v1").frame()) == 5
    assert left_over(store) == []


def test_of_many_who_write_one_version_one_succeeds(store: Store) -> None:
    def attempt(n: int) -> int | None:
        try:
            write(Store(store.root), "v1", n)
        except DataError:
            return None
        return n

    with ThreadPoolExecutor(8) as pool:
        made = [n for n in pool.map(attempt, range(1, 17)) if n]
    assert len(made) == 1
    assert len(store.read("items", "v1").frame()) == made[0]


CHILD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import test_store as t
try:
    print("made", t.write(t.Store(Path(sys.argv[2])), sys.argv[3] or None, int(sys.argv[4])))
except t.DataError:
    print("refused")
"""


def child(store: Store, version: str, n: int, code: str = CHILD) -> subprocess.Popen[str]:
    here = str(Path(__file__).parent)
    command = [sys.executable, "-c", code, here, str(store.root), version, str(n)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_of_two_processes_that_race_one_is_refused(store: Store) -> None:
    racing = [child(store, "v1", n) for n in (2, 3)]
    said = sorted(process.communicate()[0].split()[0] for process in racing)
    assert said == ["made", "refused"]
    assert len(store.read("items", "v1").frame()) in (2, 3)


def test_two_processes_get_numbers_of_their_own(store: Store) -> None:
    racing = [child(store, "", n) for n in (2, 3)]
    said = sorted(process.communicate()[0].strip() for process in racing)
    assert said == ["made 000001", "made 000002"]


@pytest.mark.parametrize("name", ["table.parquet", "manifest.json"])
def test_a_byte_that_changed_is_noticed_wherever_it_is(store: Store, name: str) -> None:
    write(store, "v1")
    file = store.root / "items" / "v1" / name
    whole = bytearray(file.read_bytes())
    file.chmod(0o644)
    for place in range(0, len(whole), 37):
        whole[place] ^= 1
        file.write_bytes(whole)
        with pytest.raises(ArtifactError, match="v1"):
            store.read("items", "v1").frame()
        whole[place] ^= 1
    file.write_bytes(whole)
    assert len(store.read("items", "v1").frame()) == 5


def test_a_version_that_lost_a_file_or_its_place_is_damaged(store: Store) -> None:
    write(store, "v1")
    folder = store.root / "items"
    (folder / "v1").rename(folder / "v2")
    with pytest.raises(ArtifactError, match="holds version v1"):
        store.read("items", "v2")
    (folder / "v2").rename(folder / "v1")
    (folder / "v1" / "table.parquet").unlink()
    with pytest.raises(ArtifactError, match="is missing"):
        store.read("items", "v1").frame()


def test_one_damaged_version_does_not_hide_the_others(store: Store) -> None:
    write(store, "v1")
    write(store, "v2")
    (store.root / "items" / "v1" / "manifest.json").unlink()
    assert store.versions("items") == ["v1", "v2"]
    assert len(store.read("items").frame()) == 5


def left_over(store: Store) -> list[str]:
    folder = store.root / "items"
    return [p.name for p in folder.iterdir() if p.name.startswith(".") and p.is_dir()]


MORTAL = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import test_store as t
from hermes.features import store as s
step, seen = int(sys.argv[4]), 0
def mortal(function):
    def call(*given, **named):
        global seen
        seen += 1
        if seen == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*given, **named)
    return call
s.described, s.synced, s.flush = mortal(s.described), mortal(s.synced), mortal(s.flush)
Path.rename = mortal(Path.rename)
t.write(t.Store(Path(sys.argv[2])), sys.argv[3])
print(seen)
"""


def test_a_writer_that_is_killed_leaves_a_whole_version_or_none(store: Store) -> None:
    steps, found = 5, list[int]()
    for step in range(1, steps + 1):
        process = child(store, f"v{step}", step, MORTAL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        there = f"v{step}" in store.versions("items")
        found.append(there)
        if there:
            assert len(store.read("items", f"v{step}").frame()) == 5
        else:
            assert left_over(store)
            assert write(store, f"v{step}") == f"v{step}"
        assert left_over(store) == []
    assert found == [False] * 4 + [True]
    assert int(child(store, "last", 99, MORTAL).communicate()[0]) == steps


def test_a_disk_that_is_full_leaves_nothing(store: Store) -> None:
    write(store, "v1")
    code = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
sys.path.insert(0, sys.argv[1])
import test_store as t
from pathlib import Path
try:
    t.write(t.Store(Path(sys.argv[2])), sys.argv[3], int(sys.argv[4]))
except t.DataError as error:
    print(error)
"""
    said = child(store, "v2", 200_000, code).communicate()[0]
    assert "nothing was written: free space" in said
    assert store.versions("items") == ["v1"]
    assert left_over(store) == []


def test_rows_without_a_time_or_known_tomorrow_are_refused(store: Store) -> None:
    with pytest.raises(DataError, match="known_at"):
        store.write("items", table().drop("known_at"), ["asset_id"], NOW)
    late = table().with_columns(pl.col("known_at") + pl.duration(seconds=61))
    with pytest.raises(DataError, match=r"2 of 5 rows became known after .* row 0"):
        store.write("items", late, ["asset_id"], NOW)
    with pytest.raises(DataError, match="zone"):
        store.write("items", table(), ["asset_id"], NOW.replace(tzinfo=None))
    assert store.tables() == []


def test_old_versions_go_and_their_names_stay_taken(tmp_path: Path) -> None:
    store = Store(tmp_path, keep=2)
    for _ in range(4):
        write(store)
    assert store.versions("items") == ["000003", "000004"]
    assert sorted(p.name for p in (tmp_path / "items").iterdir()) == [
        ".lock", "000003", "000004", "ledger",
    ]  # fmt: skip
    with pytest.raises(DataError, match="written before"):
        write(store, "000001")
    assert store.let_go("items", 1) == ["000003"]
    assert write(store) == "000005"


def test_a_table_that_is_being_read_may_be_let_go(store: Store) -> None:
    write(store, "v1")
    read = store.read("items", "v1")
    write(store, "v2")
    store.let_go("items", 1)
    with pytest.raises(ArtifactError, match="read another version"):
        read.frame()


def test_what_is_not_there_is_said(store: Store) -> None:
    with pytest.raises(NotFound, match="write one first"):
        store.read("items")
    write(store, "v1")
    with pytest.raises(NotFound, match=r"no version v9 of features 'items'.*there is v1"):
        store.read("items", "v9")
    with pytest.raises(DataError, match="nothing"):
        store.read("items", "v1").frame(["nothing"])


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "a b", "x" * 101])
def test_a_name_that_is_no_folder_is_refused(store: Store, name: str) -> None:
    with pytest.raises(ConfigError, match="no name"):
        store.write(name, table(), ["asset_id"], NOW)
    with pytest.raises(ConfigError, match="no name"):
        write(store, name or "/")


def test_a_store_that_keeps_nothing_is_refused(store: Store) -> None:
    with pytest.raises(ConfigError, match="at least the newest"):
        Store(store.root, keep=0)
    with pytest.raises(ConfigError, match="at least the newest"):
        store.let_go("items", 0)
