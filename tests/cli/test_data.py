from __future__ import annotations

import http.server
import json
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hermes.cli import assemble
from hermes.core.errors import ConfigError, DataError, HermesError, Unavailable
from hermes.data.lake import Lake


def run(*words: object) -> Result:
    return CliRunner().invoke(assemble(str(words[0])), [str(w) for w in words])


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "log.csv"
    file.write_text("user,item,value\na,x,1\nb,y,-2\n")
    return file


def test_validate_reports_and_writes_nothing_but_the_report(log: Path, tmp_path: Path) -> None:
    words = ("--user", "user", "--item", "item", "--value", "value", "--json", tmp_path / "r.json")
    done = run("validate", "table", "--events", log, *words)
    assert done.exit_code == 0 and "out_of_range" in done.output
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["good"] == {"events": 1} and report["faults"][0]["where"] == ["log.csv:3"]
    assert {p.name for p in tmp_path.iterdir()} == {"log.csv", "r.json"}


def test_infer_then_ingest_by_the_draft(log: Path, tmp_path: Path) -> None:
    draft, lake = tmp_path / "m.toml", tmp_path / "lake"
    assert run("infer", log, "--out", draft).exit_code == 0
    assert "is there already" in str(run("infer", log, "--out", draft).exception)
    done = run("ingest", "table", "--mapping", draft, "--lake", lake, "--json")
    assert json.loads(done.output)["new"] == {"events": 1}
    again = run("ingest", "table", "--mapping", draft, "--lake", lake)
    assert "nothing changed" in again.output
    assert Lake(lake).scan("quarantine").collect()["field"].to_list() == ["value"]


def test_a_file_of_nothing_but_a_header_is_told_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("user,item\n")
    done = run("validate", "table", tmp_path / "e.csv", "--user", "user", "--item", "item")
    assert "table: no rows" in done.output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("movielns", "x"), "did you mean 'movielens'"),
        (("movielens",), "give the folder"),
        (("movielens", "x", "--user", "u"), "only for the domain `table`"),
        (("table", "--user", "u"), "give --events FILE"),
        (("table",), "give --events FILE"),
    ],
)
def test_wrong_use_says_what_is_right(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        raise run("ingest", *words).exception or AssertionError("no error")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The archive of a data set at an address of this machine."""
    folder = tmp_path / "served"
    folder.mkdir()
    with zipfile.ZipFile(folder / "ml.zip", "w") as packed:
        packed.writestr("ml/ratings.csv", "userId,movieId,rating,timestamp\n1,1,5,100\n")
        packed.writestr("ml/movies.csv", "movieId,title,genres\n1,Heat (1995),Crime\n")
    (folder / "bad.zip").write_bytes(b"no archive")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Quiet, directory=folder)
    ) as http_:
        threading.Thread(target=http_.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http_.server_port}"
        http_.shutdown()


def test_a_download_can_be_ingested(server: str, tmp_path: Path) -> None:
    to = tmp_path / "data" / "ml"
    done = run("data", "download", "movielens-100k", "--to", to, "--url", f"{server}/ml.zip")
    assert done.exit_code == 0, done.output
    assert run("ingest", "movielens", to, "--lake", tmp_path / "lake").exit_code == 0


@pytest.mark.parametrize(("name", "kind"), [("bad.zip", DataError), ("absent.zip", Unavailable)])
def test_a_failed_download_leaves_nothing(
    server: str, tmp_path: Path, name: str, kind: type[HermesError]
) -> None:
    to = tmp_path / "ml"
    done = run("data", "download", "movielens-1m", "--to", to, "--url", f"{server}/{name}")
    assert isinstance(done.exception, kind)
    assert not to.exists() and {p.name for p in tmp_path.iterdir()} == {"served"}
