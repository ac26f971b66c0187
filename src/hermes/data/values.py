"""One value at a time: clean it, or refuse it with the reason's code."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from .rules import MANY, VECTOR, Field

NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
UNBOUND = r"(?i)^[+-]?(nan|inf|infinity)$"
CONTROL = r"[\x00-\x1f\x7f]"
DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
YEAR = r"^[0-9]{4}$"
HOUR = r"([01][0-9]|2[0-3])"
CLOCK = HOUR + r":[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
STAMP = DAY + "([T ]" + CLOCK + "(Z|[+-]" + HOUR + ":?[0-5][0-9])?)?$"
SCALES = ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (math.inf, 1e9))  # |epoch| below -> units a second
ZERO = datetime(1970, 1, 1, tzinfo=UTC)


class Refused(ValueError):
    """Carries the code of a reason of `rules.REASONS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def text(field: Field, value: Any) -> str | None:
    """A text; whole numbers are read as their digits."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Refused("not_text")
    value = str(value)
    if any(0xD800 <= ord(c) <= 0xDFFF for c in value) if not value.isascii() else False:
        raise Refused("not_text")
    if field.kind == "id" and re.search(CONTROL, value):
        raise Refused("control_character")
    if not value.strip():
        return None
    if len(value) > field.longest:
        raise Refused("too_long")
    return str(value)


def word(field: Field, value: Any) -> str | None:
    """One of the field's words, in any case."""
    if not isinstance(value, str):
        raise Refused("not_text")
    found = value.strip().lower()
    if found and found not in field.words:
        raise Refused("unknown_word")
    return found or None


def plain(value: Any, otherwise: str) -> float | None:
    """A float from a number or its digits."""
    if isinstance(value, str):
        digits = value.strip()
        if not digits:
            return None
        if re.match(UNBOUND, digits):
            raise Refused("not_finite")
        if not re.match(NUMBER, digits):
            raise Refused(otherwise)
        value = float(digits)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused(otherwise)
    try:
        found = float(value)
    except OverflowError as error:
        raise Refused("not_finite") from error
    if not math.isfinite(found):
        raise Refused("not_finite")
    return found


def number(field: Field, value: Any) -> float | None:
    """A finite number within the field's limits."""
    found = plain(value, "not_a_number")
    if found is not None and not field.low <= found <= field.high:
        raise Refused("out_of_range")
    return found


def count(field: Field, value: Any) -> int | None:
    """A whole number within the field's limits."""
    found = number(field, value)
    if found is not None and not found.is_integer():
        raise Refused("not_whole")
    return None if found is None else int(found)


def moment(field: Field, value: Any) -> datetime | None:
    """UTC, from a datetime (naive: UTC), a date, ISO 8601, or an epoch in s, ms, us or ns."""
    if isinstance(value, str):
        value = value.strip()
        if not value:
            return None
        if field.years and re.match(YEAR, value):
            value += "-01-01"
        value = stamp(value) if re.match(STAMP, value) else plain(value, "not_a_time")
    if isinstance(value, date):
        if not isinstance(value, datetime):
            value = datetime(value.year, value.month, value.day, tzinfo=UTC)
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        seconds = (aware - ZERO) / timedelta(seconds=1)
    else:
        raw = plain(value, "not_a_time")
        assert raw is not None
        if field.years and 1000 <= raw <= 2100:
            seconds = (datetime(int(raw), 1, 1, tzinfo=UTC) - ZERO) / timedelta(seconds=1)
        else:
            seconds = raw / next(scale for limit, scale in SCALES if abs(raw) < limit)
    if not field.low <= seconds <= field.high:
        raise Refused("out_of_range")
    return ZERO + timedelta(microseconds=round(seconds * 1e6))


def stamp(value: str) -> datetime:
    """ISO 8601 with a day, and a time or none."""
    try:
        return datetime.fromisoformat(value)
    except ValueError as error:
        raise Refused("not_a_time") from error


def texts(field: Field, value: Any) -> tuple[str, ...]:
    """Non-empty texts."""
    if not isinstance(value, list | tuple):
        raise Refused("not_a_list")
    if len(value) > MANY:
        raise Refused("too_long")
    cleaned = [text(field, v) if v is not None else None for v in value]
    if any(v is None for v in cleaned):
        raise Refused("missing")
    return tuple(v for v in cleaned if v)


def creators(field: Field, value: Any) -> tuple[dict[str, str], ...]:
    """Names with roles; a bare name has the role `creator`."""
    if not isinstance(value, list | tuple):
        raise Refused("not_a_list")
    if len(value) > MANY:
        raise Refused("too_long")
    return tuple(creator(field, v) for v in value)


def creator(field: Field, value: Any) -> dict[str, str]:
    """One of them."""
    row = {"name": value} if isinstance(value, str) else value
    if not isinstance(row, dict):
        raise Refused("not_a_map")
    if set(row) - {"name", "role"}:
        raise Refused("unknown_field")
    name = text(field, row["name"]) if row.get("name") is not None else None
    role = text(field, row["role"]) if row.get("role") is not None else None
    if name is None:
        raise Refused("missing")
    return {"name": name, "role": role or "creator"}


def mapping(field: Field, value: Any) -> str | None:
    """A JSON object, as text with sorted keys and without the keys that hold nothing."""
    if isinstance(value, str):
        if not value.strip():
            return None
        try:
            value = json.loads(value)
        except ValueError as error:
            raise Refused("not_a_map") from error
    if not isinstance(value, dict):
        raise Refused("not_a_map")
    known = {k: v for k, v in value.items() if v is not None}
    try:
        out = json.dumps(known, ensure_ascii=False, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise Refused("not_a_map") from error
    if len(out) > field.longest:
        raise Refused("too_long")
    return out if known else None


def vector(field: Field, value: Any) -> tuple[float, ...]:
    """`rules.VECTOR` finite numbers."""
    if not isinstance(value, list | tuple):
        raise Refused("not_a_list")
    if len(value) != VECTOR:
        raise Refused("wrong_size")
    if any(isinstance(v, bool) or not isinstance(v, int | float) for v in value):
        raise Refused("not_a_number")
    if not all(math.isfinite(v) for v in value):
        raise Refused("not_finite")
    return tuple(float(v) for v in value)


def flag(field: Field, value: Any) -> bool | None:
    """True or false, 1 or 0, in words or digits."""
    if isinstance(value, str) and not value.strip():
        return None
    known = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}
    found = known.get(str(value).strip().lower())
    if found is None:
        raise Refused("not_a_flag")
    return found


CHECKS: dict[str, Callable[[Field, Any], Any]] = {
    "id": text,
    "text": text,
    "word": word,
    "number": number,
    "count": count,
    "moment": moment,
    "texts": texts,
    "creators": creators,
    "map": mapping,
    "vector": vector,
    "flag": flag,
}


def check(field: Field, value: Any) -> Any:
    """The cleaned value, None where nothing was said; raises `Refused`."""
    found = None if value is None else CHECKS[field.kind](field, value)
    if found is None and field.required:
        raise Refused("missing")
    return found
