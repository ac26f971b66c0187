"""Point-in-time reads: an example at time t sees what was known before t, and nothing of t itself.

A row of a feature table says when it became known (`known_at`, no earlier than anything it was made
of) and may say from when it holds (`valid_from`: a price known today that holds from Monday). An
example takes, of its key, the row that came into force last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from hermes.core.errors import DataError

from .rolling import DAY
from .times import MOMENT, checked

KNOWN, VALID = "known_at", "valid_from"
FORCE = "in_force"  # when a row came into force, as one time


def join(
    examples: pl.DataFrame,
    table: pl.DataFrame,
    keys: Sequence[str],
    at: str = "at",
    days: float | None = None,
    blank: Mapping[str, float] | None = None,
) -> pl.DataFrame:
    """The examples in their order, with the columns of the table as they were known at each.

    A row counts from just after `known_at`, and not before `valid_from`, until the next of its key
    or for `days`; an example without one has nulls, or what `blank` says by column.
    Columns that end in `last_at` become days before the example, `since`. Raises `DataError` for a
    table without times, with rows that cannot be told apart, or all of which became known when the
    last example was over.
    """
    checked_table(table, keys, "the feature table")
    checked(examples, "the examples", keys, at)
    facts = [name for name in table.columns if name not in (*keys, KNOWN, VALID)]
    if taken := set(facts) & set(examples.columns):
        raise DataError(f"examples and features both have columns {sorted(taken)}; rename them")
    refuse_afterthoughts(examples, table, at)
    force = pl.col(KNOWN) + pl.duration(microseconds=1)
    if VALID in table.columns:
        force = pl.max_horizontal(force, VALID)
    rows = table.with_columns(force.alias(FORCE)).sort(FORCE, KNOWN)
    asked = examples.with_row_index("row").sort(at)
    found = asked.join_asof(
        rows.drop(KNOWN, VALID, strict=False),
        left_on=at,
        right_on=FORCE,
        by=list(keys),
        strategy="backward",
        check_sortedness=False,
        coalesce=False,
    ).sort("row")
    if days is not None:
        old = pl.col(at) - pl.col(FORCE) > pl.duration(microseconds=int(days * DAY))
        found = found.with_columns(pl.when(~old).then(pl.col(n)).alias(n) for n in facts)
    made = found.select(*examples.columns, *(shown(name, table, at) for name in facts))
    return made.with_columns(pl.col(name).fill_null(v) for name, v in (blank or {}).items())


def shown(name: str, table: pl.DataFrame, at: str) -> pl.Expr:
    """A column as a feature: a moment that something last happened as days before the example."""
    if not name.endswith("last_at") or table[name].dtype != MOMENT:
        return pl.col(name)
    ago = (pl.col(at) - pl.col(name)).dt.total_microseconds().cast(pl.Float64) / DAY
    return (
        ago.cast(pl.Float32).fill_null(float("nan")).alias(name.removesuffix("last_at") + "since")
    )


def refuse_afterthoughts(examples: pl.DataFrame, table: pl.DataFrame, at: str) -> None:
    """Raise `DataError` when all of the table became known after the examples."""
    if not len(examples) or not len(table):
        return
    first, last = table[KNOWN].to_physical().min(), examples[at].to_physical().max()
    assert isinstance(first, int)
    assert isinstance(last, int)
    if first > last or (first == last and examples[at].n_unique() > 1):
        facts = [name for name in table.columns if name not in (KNOWN, VALID)]
        raise DataError(
            f"the table of {facts} became known from {table[KNOWN].min()!s}, and no example is"
            f" later than {examples[at].max()!s}. Computed over the whole log? Compute it as of"
            " each time"
        )


def refuse_leaks(table: pl.DataFrame, at: str, known: str, features: Sequence[str]) -> None:
    """Raise `DataError` for examples that were joined elsewhere to features from their future.

    `known` is the column that says when a row's features became known.
    """
    for name in (at, known, *features):
        if name not in table.columns:
            raise DataError(
                f"examples lack the column {name!r}; features without a time when they became known"
                " cannot be told from the future"
            )
    for name in (at, known):
        checked(table, "the examples", (), name)
    late = table.with_row_index("row").filter(pl.col(known) >= pl.col(at))
    if len(late):
        raise DataError(
            f"features {list(features)} come from the future in {len(late)} of {len(table)} rows:"
            f" row {late['row'][0]} is of {late[at][0]} and its features became known at"
            f" {late[known][0]}; take the last row known before it"
        )


def checked_table(table: pl.DataFrame, keys: Sequence[str], what: str) -> None:
    """Raise `DataError` unless every row has its key and a time when it became known, each once."""
    if KNOWN not in table.columns:
        raise DataError(
            f"{what} has no column {KNOWN!r}: without the time when a row became known nobody can"
            f" tell it from the future; there is {table.columns}"
        )
    times = [name for name in (KNOWN, VALID) if name in table.columns]
    for name in times:
        checked(table, what, keys, name)
    twice = table.select(*keys, *times).is_duplicated()
    if twice.any():
        row = table.row(int(twice.arg_max() or 0), named=True)
        raise DataError(
            f"{what} has {int(twice.sum())} rows that cannot be told apart, such as"
            f" { {name: str(row[name]) for name in (*keys, *times)} }; keep one of each"
        )
