"""The column door: a whole frame judged at once, by the same rules as the row door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as late
from typing import Any

import numpy as np
import polars as pl
from polars import Expr

from .rules import Field, fields
from .values import CONTROL, SCALES, STAMP, YEAR, Refused, check

MOMENT = pl.Datetime("us", "UTC")
DTYPES: dict[str, Any] = {
    "id": pl.String(),
    "text": pl.String(),
    "word": pl.String(),
    "number": pl.Float64(),
    "count": pl.Int32(),
    "moment": MOMENT,
    "texts": pl.List(pl.String),
    "creators": pl.List(pl.Struct({"name": pl.String, "role": pl.String})),
    "map": pl.String(),
    "vector": pl.List(pl.Float32),
    "flag": pl.Boolean(),
}
EXTRAS = ("line", "malformed")  # columns that a reader adds: the source line; text it cannot split
Faults = list[tuple[str, Expr]]  # reason, where it holds; the first cause first


@dataclass(frozen=True, slots=True)
class Column:
    """How one field is read: `made` once, as a column `=NAME`, on which value and faults rest."""

    made: Expr
    value: Expr
    faults: Faults = late(default_factory=list)


@dataclass(frozen=True, slots=True)
class Admitted:
    """Every row of a frame, on one side or the other; both keep `line`."""

    good: pl.DataFrame  # the fields of the contract, typed, and line
    bad: pl.DataFrame  # line, reason, field, raw


def admit(frame: pl.DataFrame, table: str) -> Admitted:
    """Judge `frame`, whose columns are fields of `table` and `line`, in order of the fields."""
    columns = {f: read(f, frame) for f in fields(table)}
    faults = [(f.name, why, bad) for f, c in columns.items() for why, bad in c.faults]
    known = {f.name for f in columns} | set(EXTRAS)
    strange = [name for name in frame.columns if name not in known]
    faults += [(name, "unknown_field", pl.col(name).is_not_null()) for name in strange]
    if "malformed" in frame.columns:
        faults.insert(0, ("", "malformed", pl.col("malformed").is_not_null()))
    made = frame.with_columns(c.made.alias(f"={f.name}") for f, c in columns.items())
    wrong = pl.any_horizontal(pl.lit(False), *(bad.fill_null(False) for *_, bad in faults))
    refused = made.select(wrong.alias("refused")).to_series()
    values = [c.value.cast(DTYPES[f.kind]).alias(f.name) for f, c in columns.items()]
    if not refused.any():
        return Admitted(made.select(*values, "line"), nothing())
    bad = explain(made.filter(refused), frame.columns, faults)
    return Admitted(made.filter(~refused).select(*values, "line"), bad)


def nothing() -> pl.DataFrame:
    """No refused rows."""
    text = dict.fromkeys(("reason", "field", "raw"), pl.String())
    return pl.DataFrame(schema={"line": pl.Int64(), **text})


def explain(
    bad: pl.DataFrame, given: list[str], faults: list[tuple[str, str, Expr]]
) -> pl.DataFrame:
    """The first fault of each row, and the row itself, as it was given, as JSON."""
    causes: list[Any] = [
        pl.when(wrong.fill_null(False)).then(
            pl.struct(pl.lit(reason).alias("reason"), pl.lit(name).alias("field"))
        )
        for name, reason, wrong in faults
    ]
    cause = bad.select("line", pl.coalesce(causes).alias("cause")).unnest("cause")
    return cause.with_columns(raw(bad.select(given)))


def raw(frame: pl.DataFrame) -> pl.Series:
    """Each row as JSON; a float keeps its NaN by being written as text."""
    kept = [plain(frame, c) for c in frame.columns if c not in EXTRAS]
    whole = pl.struct(kept).struct.json_encode() if kept else pl.lit("{}")
    if "malformed" in frame.columns:
        whole = pl.coalesce("malformed", whole)
    return frame.select(whole.alias("raw")).to_series()


def plain(frame: pl.DataFrame, name: str) -> Expr:
    """A column that survives JSON."""
    if frame.schema[name].is_float():
        return pl.col(name).cast(pl.String)
    return pl.col(name).bin.encode("hex") if frame.schema[name] == pl.Binary else pl.col(name)


def read(rule: Field, frame: pl.DataFrame) -> Column:
    """The column of `rule` in `frame`, which may lack it."""
    absent = pl.lit(None, DTYPES[rule.kind])
    series = frame[rule.name] if rule.name in frame.columns else None
    if series is None or series.null_count() == len(series):
        return Column(absent, absent, [("missing", pl.lit(True))] if rule.required else [])
    found = READERS.get(rule.kind, singly)(rule, series, pl.col(rule.name))
    if rule.required:
        found.faults.append(("missing", found.value.is_null()))
    return found


def column(rule: Field, made: Expr, *faults: tuple[str, Expr]) -> Column:
    """What was made is the value."""
    return Column(made, pl.col(f"={rule.name}"), list(faults))


def text(rule: Field, series: pl.Series, source: Expr) -> Column:
    """A text; whole numbers are read as their digits."""
    dtype, value = series.dtype, pl.col(f"={rule.name}")
    if dtype.is_integer():
        return column(rule, source.cast(pl.String))
    if dtype.is_float():
        odd = (source != source.floor()) | source.is_nan() | (source.abs() >= 2**53)
        whole = source.cast(pl.Int64, strict=False).cast(pl.String)
        return column(rule, whole, ("not_text", odd))
    if dtype not in (pl.String, pl.Categorical, pl.Enum):
        return column(rule, pl.lit(None, pl.String), ("not_text", source.is_not_null()))
    long = ("too_long", value.str.len_chars() > rule.longest)
    source = source.cast(pl.String)
    if dtype == pl.String and tidy(series):
        return column(rule, source, long)
    made = pl.when(source.str.strip_chars() != "").then(source)
    if rule.kind == "text":
        return column(rule, made, long)
    return column(rule, made, ("control_character", source.str.contains(CONTROL)), long)


def tidy(series: pl.Series) -> bool:
    """Whether every text is visible ASCII without a space, as ids mostly are; no regex needed."""
    if series.str.len_bytes().min() == 0:
        return False
    arrow = series.to_arrow(compat_level=pl.CompatLevel.oldest())
    letters = np.frombuffer(arrow.buffers()[2] or b"", np.uint8)
    return not len(letters) or (int(letters.min()) > 32 and int(letters.max()) < 127)


def word(rule: Field, series: pl.Series, source: Expr) -> Column:
    """One of the field's words, in any case."""
    if series.dtype not in (pl.String, pl.Categorical, pl.Enum):
        return column(rule, pl.lit(None, pl.String), ("not_text", source.is_not_null()))
    source = source.cast(pl.String)
    written = set(series.unique().cast(pl.String).drop_nulls().to_list())
    if any(text.strip().lower() in rule.words for text in written - set(rule.words)):
        source = source.str.strip_chars().str.to_lowercase()
    value = pl.col(f"={rule.name}")
    odd = value.is_null() & (source.str.strip_chars() != "")
    if written <= set(rule.words):
        return column(rule, source)
    return column(rule, pl.when(source.is_in(rule.words)).then(source), ("unknown_word", odd))


def digits(source: Expr) -> Expr:
    """A float from its digits, null where there are none."""
    return source.str.strip_chars().cast(pl.Float64, strict=False)


def unread(source: Expr, value: Expr) -> Expr:
    """Where something is written that gave no value."""
    return value.is_null() & (source.str.strip_chars() != "")


def number(rule: Field, series: pl.Series, source: Expr) -> Column:
    """A finite number within the field's limits."""
    value = pl.col(f"={rule.name}")
    limits: Faults = [
        ("not_finite", ~value.is_finite()),
        ("out_of_range", (value < rule.low) | (value > rule.high)),
    ]
    if series.dtype.is_numeric():
        return column(rule, source.cast(pl.Float64), *limits)
    if series.dtype == pl.String:
        return column(rule, digits(source), ("not_a_number", unread(source, value)), *limits)
    return column(rule, pl.lit(None, pl.Float64), ("not_a_number", source.is_not_null()))


def count(rule: Field, series: pl.Series, source: Expr) -> Column:
    """A whole number within the field's limits."""
    found = number(rule, series, source)
    odd = ("not_whole", found.value != found.value.floor())
    return Column(found.made, found.value, [*found.faults, odd])


def moment(rule: Field, series: pl.Series, source: Expr) -> Column:
    """UTC, from a datetime (naive: UTC), a date, ISO 8601, or an epoch in s, ms, us or ns."""
    dtype, micros = series.dtype, pl.col(f"={rule.name}")
    low, high = int(rule.low * 1e6), int(rule.high * 1e6)
    faults: Faults = []
    if dtype in (pl.Datetime, pl.Date):
        zone = dtype.time_zone if isinstance(dtype, pl.Datetime) else None
        made = source.cast(pl.Datetime("us", zone)).to_physical().cast(pl.Int64)
    elif dtype == pl.String:
        numeric = digits(source)
        if rule.years or series.to_frame().select(unread(source, numeric).any()).item():
            numeric = pl.coalesce(written(rule, source.str.strip_chars()), units(rule, numeric))
        else:
            numeric = units(rule, numeric)
        faults = [("not_finite", ~digits(source).is_finite())]
        faults.append(("not_a_time", unread(source, micros)))
        made = numeric
    elif dtype.is_numeric():
        made, faults = units(rule, source.cast(pl.Float64)), [("not_finite", ~source.is_finite())]
    else:
        made, faults = pl.lit(None, pl.Int64), [("not_a_time", source.is_not_null())]
    faults.append(("out_of_range", (micros < low) | (micros > high)))
    return Column(made, micros.cast(pl.Int64).cast(MOMENT), faults)


def units(rule: Field, raw: Expr) -> Expr:
    """Microseconds from an epoch whose size tells its unit, or from a bare year."""
    out = raw / SCALES[-1][1] * 1e6
    for limit, scale in reversed(SCALES[:-1]):
        out = pl.when(raw.abs() < limit).then(raw * (1e6 / scale)).otherwise(out)
    out = pl.when(raw.is_finite()).then(out.clip(-9e18, 9e18).round()).cast(pl.Int64)
    if not rule.years:
        return out
    year = pl.when((raw >= 1000) & (raw <= 2100)).then(raw.cast(pl.Int32, strict=False))
    start = pl.datetime(year, 1, 1, time_unit="us").to_physical()
    return pl.when(year.is_not_null()).then(start).otherwise(out)


def written(rule: Field, source: Expr) -> Expr:
    """Microseconds from what a person or a program wrote, null where it is no ISO 8601."""
    if rule.years:
        source = pl.when(source.str.contains(YEAR)).then(source + "-01-01").otherwise(source)
    stamps = pl.when(source.str.contains(STAMP)).then(source)
    full = stamps.str.extract(r"^([0-9-]+[T ]?[0-9:.]*)").str.replace("T", " ")
    full = pl.when(full.str.len_chars() == 10).then(full + " 00:00:00").otherwise(full)
    full = pl.when(full.str.len_chars() == 16).then(full + ":00").otherwise(full)
    local = full.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)
    zone = stamps.str.extract_groups(r":[0-9.]+([+-])([0-9]{2}):?([0-9]{2})$").struct
    minutes = zone["2"].cast(pl.Int64) * 60 + zone["3"].cast(pl.Int64)
    signed = pl.when(zone["1"] == "-").then(-minutes).otherwise(minutes).fill_null(0)
    return local.to_physical() - signed * 60_000_000


def singly(rule: Field, series: pl.Series, source: Expr) -> Column:
    """Value by value through the row door's own check: nested kinds, which few events need."""
    shape = pl.Struct({"value": DTYPES[rule.kind], "reason": pl.String()})

    def judged(values: pl.Series) -> pl.Series:
        rows = [verdict(rule, value) for value in values.to_list()]
        return pl.Series(values.name, rows, dtype=shape)

    made = pl.col(f"={rule.name}").struct
    reason = made.field("reason")
    faults = [(code, reason == code) for code in NESTED]
    return Column(source.map_batches(judged, return_dtype=shape), made.field("value"), faults)


def verdict(rule: Field, value: Any) -> dict[str, Any]:
    """What `values.check` says of one value; that a required one is missing is said elsewhere."""
    try:
        found = check(rule, value)
    except Refused as refused:
        return {"value": None, "reason": refused.reason}
    return {"value": list(found) if isinstance(found, tuple) else found, "reason": None}


NESTED = (
    "not_a_list", "too_long", "missing", "not_a_map", "unknown_field", "not_text",
    "wrong_size", "not_a_number", "not_finite", "not_a_flag",
)  # fmt: skip
READERS: dict[str, Callable[[Field, pl.Series, Expr], Column]] = {
    "id": text,
    "text": text,
    "word": word,
    "number": number,
    "count": count,
    "moment": moment,
}
