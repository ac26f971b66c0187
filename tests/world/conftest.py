"""One tiny world for every test that reads files, and one law to hold them against."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest

from hermes.world import Summary, Truth, write

SEED = 3


class Written(NamedTuple):
    path: Path
    summary: Summary
    assets: pl.DataFrame
    users: pl.DataFrame
    events: pl.DataFrame


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A small world without pictures."""
    path = tmp_path_factory.mktemp("world") / "small"
    summary = write(path, "small", SEED, pictures=False)
    frames = (pl.read_parquet(path / f"{name}.parquet") for name in ("assets", "users", "events"))
    return Written(path, summary, *frames)


@pytest.fixture(scope="session")
def truth() -> Truth:
    """The law of that world."""
    return Truth.of("small", SEED)
