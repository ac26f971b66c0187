"""A folder already in the contract's columns, as `hermes.world` writes it.

`assets.parquet`, `events.parquet` and, if there is one, `users.parquet`; an `image_uri` that is a
path lies below the folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import polars as pl

from hermes.core.errors import DataError
from hermes.data.rules import WEIGHTS
from hermes.data.source import Part, Source
from hermes.data.tabular import table


class World:
    """Assets of several domains, each with its own name."""

    name = "world"
    weights: Mapping[str, float] = WEIGHTS

    def open(self, path: Path) -> Source:
        """Assets, users where there are any, events."""
        needed = ["assets.parquet", "events.parquet"]
        missing = [name for name in needed if not (path / name).is_file()]
        if missing:
            raise DataError(f"{path}: holds no {' and no '.join(missing)}; is it a world's folder?")
        names = [n for n in ("assets", "users", "events") if (path / f"{n}.parquet").is_file()]
        parts = [Part(name, path / f"{name}.parquet", partial(read, name, path)) for name in names]
        return Source(self.name, None, tuple(parts))


def read(name: str, path: Path, rows: int) -> Iterator[pl.DataFrame]:
    """Rows of one file, pictures with their whole path."""
    for frame in table(path / f"{name}.parquet", rows):
        if name != "assets" or "image_uri" not in frame.columns:
            yield frame
            continue
        uri = pl.col("image_uri")
        near = ~uri.str.contains("^([a-z]+:|/)")
        whole = pl.format("{}/{}", pl.lit(str(path.resolve())), uri)
        yield frame.with_columns(pl.when(near).then(whole).otherwise(uri).alias("image_uri"))


adapter = World()
