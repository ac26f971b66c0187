"""Times that features are told by: aware, UTC, in microseconds; and tables that must have them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import polars as pl

from hermes.core.errors import DataError
from hermes.core.types import Ints

MOMENT = pl.Datetime("us", "UTC")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def checked(
    frame: pl.DataFrame, what: str, filled: Sequence[str], at: str, facts: Sequence[str] = ()
) -> None:
    """Raise `DataError` unless all columns are there, some nowhere empty, and `at` is UTC.

    `facts` may be empty here and there, but must be numbers.
    """
    for name in (*filled, at, *facts):
        if name not in frame.columns:
            raise DataError(f"{what}: no column {name!r}; there is {frame.columns}")
    for name in (*filled, at):
        if frame[name].null_count():
            row = frame[name].is_null().arg_max()
            raise DataError(f"{what}: {name} is empty in row {row}; leave such rows out")
    if frame[at].dtype != MOMENT:
        raise DataError(f"{what}: {at} is {frame[at].dtype}; make it {MOMENT}")
    if wrong := [name for name in facts if not frame[name].dtype.is_numeric()]:
        raise DataError(f"{what}: {wrong[0]} is {frame[wrong[0]].dtype}, no number")


def micros(times: pl.Series) -> Ints:
    """Microseconds since the epoch."""
    values: Ints = times.to_physical().to_numpy()
    return values


def moment(at: datetime) -> int:
    """Microseconds since the epoch; `DataError` for a time that does not know its zone."""
    if at.tzinfo is None:
        raise DataError(f"{at} does not know its zone; pass UTC")
    return (at - EPOCH) // timedelta(microseconds=1)
