from __future__ import annotations

from pathlib import Path

import pytest

from hermes.core.config import build
from hermes.core.errors import ConfigError
from hermes.features import leaks
from hermes.workflows import bench, bench_features
from hermes.workflows.bench_features import measure, shop_log


def found(place: bench.Place) -> dict[str, bench.Row]:
    rows = measure(place, rows=20_000, keys=500, events=20_000)
    return {row["name"]: build(bench.Row, row) for row in rows}


def test_every_promise_has_its_row(tmp_path: Path, redis_server: str) -> None:
    rows = found(bench.Place(None, tmp_path))
    assert redis_server
    assert [name for name, row in rows.items() if row.floor is not None] == [
        "7-day count and sum, over pandas",
        "online, memory: p99",
        "online, Redis: p99",
        "training and serving, equal bits",
        "a planted leak is refused",
    ]
    assert "results equal" in rows["7-day count and sum, over pandas"].note
    assert rows["training and serving, equal bits"].value == 1
    assert rows["a planted leak is refused"].holds


def test_only_what_was_named_is_measured(tmp_path: Path) -> None:
    assert list(found(bench.Place(None, tmp_path, only=("leak",)))) == ["a planted leak is refused"]
    with pytest.raises(ConfigError, match="did you mean 'asof'"):
        measure(bench.Place(None, tmp_path, only=("asoff",)))


def test_a_leak_that_nobody_finds_fails_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_features, "leaks", lambda *_: list[leaks.Leak]())
    assert not bench_features.leak(shop_log(200))[0]["holds"]


def test_without_a_server_the_row_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_features.shutil, "which", lambda _: None)
    monkeypatch.setattr(bench_features, "READS", 10)
    last = bench_features.online(shop_log(500))[-1]
    assert last["value"] is None
    assert "apt-get install redis-server" in last["note"]
