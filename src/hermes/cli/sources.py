"""Which adapter a command means, from DOMAIN, PATH and the options of `table`."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import Annotated

import typer

from hermes import domains
from hermes.core.errors import ConfigError, DataError, nearest
from hermes.data import mapping
from hermes.data.source import Adapter
from hermes.domains import table

Domain = Annotated[
    str,
    typer.Argument(
        help="amazon, books, crossing, gowalla, lastfm, movielens, news, sequences, tmdb, world, "
        "or table."
    ),
]
Where = Annotated[Path | None, typer.Argument(help="Its folder or file; `table` can do without.")]
Events = Annotated[Path | None, typer.Option(help="table: the file of events.")]
User = Annotated[str | None, typer.Option(help="table: the column of users.")]
Item = Annotated[str | None, typer.Option(help="table: the column of items.")]
Time = Annotated[
    str | None, typer.Option(help="table: the column of times; without it the rows are in order.")
]
Value = Annotated[str | None, typer.Option(help="table: the column of values, such as ratings.")]
Kind = Annotated[str | None, typer.Option(help="table: a column of kinds, or the kind of all.")]
Split = Annotated[str | None, typer.Option(help="table: a column of train, valid and test.")]
Assets = Annotated[list[Path] | None, typer.Option(help="table: files that describe items.")]
Users = Annotated[list[Path] | None, typer.Option(help="table: files that describe users.")]
Named = Annotated[str, typer.Option("--domain", help="table: the domain of its items.")]
Separator = Annotated[str | None, typer.Option(help="table: between columns; else found out.")]
Encoding = Annotated[str, typer.Option(help="table: of text files, such as latin-1.")]
Draft = Annotated[
    Path | None, typer.Option("--mapping", help="table: a file that `hermes infer` drafted.")
]


def adapter(
    domain: str, path: Path | None, draft: Path | None, events: Path | None, user: str | None,
    item: str | None, time: str | None, value: str | None, kind: str | None, split: str | None,
    assets: list[Path] | None, users: list[Path] | None, named: str, separator: str | None,
    encoding: str,
) -> tuple[Adapter, Path]:  # fmt: skip
    """The adapter, and where it shall look; `ConfigError` with the nearest right word."""
    known = [m.name for m in pkgutil.iter_modules(domains.__path__)]
    if domain not in known:
        raise ConfigError(f"no domain {domain!r}{nearest(domain, known)}")
    mine: dict[str, object] = {
        "--mapping": draft,
        "--events": events,
        "--user": user,
        "--item": item,
    }
    mine |= {"--time": time, "--value": value, "--kind": kind, "--split": split}
    mine |= {"--assets": assets, "--users": users, "--separator": separator}
    given = [name for name, option in mine.items() if option]
    if domain != "table":
        if given:
            raise ConfigError(f"{', '.join(given)}: only for the domain `table`, not {domain!r}")
        if path is None:
            raise ConfigError(f"{domain}: give the folder that holds its files")
        found: Adapter = importlib.import_module(f"hermes.domains.{domain}").adapter
        return found, path
    if draft is not None:
        if len(given) > 1:
            raise ConfigError(f"--mapping says it all; leave out {', '.join(given[1:])}")
        return table.Table(mapping.load(draft)), draft.parent
    if path is not None and not path.exists():
        raise DataError(f"{path}: no such file or folder")
    if events is None and user and path is not None and path.is_file():
        path, events = path.parent, Path(path.name)  # `table FILE --user COL --item COL`
    base = path or Path()
    shelf, people = tuple(base / a for a in assets or ()), tuple(base / u for u in users or ())
    if events is None:
        return undated(base, path, given, shelf, people, item, user, named, separator, encoding)
    if user is None or item is None:
        raise ConfigError("table: --events needs --user COL and --item COL")
    made = table.of_options(
        base / events, user, item, time, value, kind, split, shelf, people, named, separator,
        encoding,
    )  # fmt: skip
    return table.Table(made), base


def undated(
    base: Path, path: Path | None, given: list[str], assets: tuple[Path, ...],
    users: tuple[Path, ...], item: str | None, user: str | None, named: str,
    separator: str | None, encoding: str,
) -> tuple[Adapter, Path]:  # fmt: skip
    """The adapter of a table without --events: files that describe things, or a path to look at."""
    of_events = [one for one in given if one in ("--time", "--value", "--kind", "--split")]
    if (assets or users) and not of_events:
        made = table.of_assets(assets, item, users, user, named, separator, encoding)
        return table.Table(made), base
    if given:
        raise ConfigError(f"{', '.join(of_events or given)}: give --events FILE as well")
    if path is None:
        raise ConfigError("table: give --events FILE --user COL --item COL, or a path")
    return table.adapter, path
