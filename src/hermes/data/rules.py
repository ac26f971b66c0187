"""What a row must satisfy: one table of fields, which the row door and the column door both read.

Kinds of value: `id` and `text` are strings (whole numbers are read as such), `word` is one of
`words`, `number` is finite, `count` is whole, `moment` is a date, a time or an epoch, `texts`,
`creators`, `map`, `vector` and `flag` are what they say; `map` is kept as a JSON object.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from hermes.core.errors import ConfigError, nearest

Kind = Literal[
    "id", "text", "word", "number", "count", "moment", "texts", "creators", "map", "vector", "flag"
]

VECTOR = 768  # values of `dense_features`
MANY = 256  # most entries of a list

WEIGHTS = {
    "impression": 0.0,
    "skip": 0.0,
    "click": 1.0,
    "view": 1.0,
    "play": 1.0,
    "listen": 1.0,
    "read": 1.0,
    "rating": 1.0,
    "interaction": 1.0,
    "like": 2.0,
    "save": 2.0,
    "share": 2.0,
    "add_to_cart": 2.0,
    "purchase": 3.0,
    "dislike": -1.0,
    "dismiss": -1.0,
}  # what an event of each kind is worth where a domain says nothing else

REASONS = {
    "missing": "is missing or empty",
    "too_long": "is longer than the contract allows",
    "not_text": "is not a text",
    "control_character": "holds a control character",
    "not_a_number": "is not a number",
    "not_whole": "is not a whole number",
    "not_finite": "is NaN or infinite",
    "out_of_range": "lies outside what the contract allows",
    "not_a_time": "is not a date, a time or an epoch",
    "unknown_word": "is not one of the words of the contract",
    "not_a_list": "is not a list",
    "not_a_map": "is not a JSON object",
    "not_a_flag": "is not true or false",
    "wrong_size": f"does not hold {VECTOR} values",
    "unknown_field": "is not a field of the contract",
    "malformed": "the line can not be split into fields",
    "unknown_item": "names an item that no asset describes",
    "id_taken": "names an item that another domain brought",
}


def epoch(year: int) -> float:
    """Seconds from 1970 to the start of a year."""
    return datetime(year, 1, 1, tzinfo=UTC).timestamp()


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a contract, and its limits."""

    name: str
    kind: Kind
    required: bool = False
    longest: int = 512  # characters
    low: float = -float("inf")  # of a number; of a moment in seconds since 1970
    high: float = float("inf")
    words: tuple[str, ...] = ()
    years: bool = False  # a moment may be a bare year


def moment(name: str, required: bool = False, since: int = 1970, years: bool = False) -> Field:
    """A moment from the year `since` to 2100."""
    return Field(name, "moment", required, low=epoch(since), high=epoch(2100), years=years)


ASSET = (
    Field("asset_id", "id", required=True),
    Field("domain", "id", required=True, longest=64),
    Field("title", "text", required=True, longest=1000),
    Field("text_content", "text", longest=100_000),
    Field("image_uri", "text", longest=2000),
    Field("audio_uri", "text", longest=2000),
    Field("creators", "creators"),
    Field("cohort", "word", words=("mainstream", "independent")),
    Field("categories", "texts"),
    Field("tags", "texts"),
    Field("price", "number", low=0, high=1e9),
    Field("currency", "id", longest=3),
    Field("language", "id", longest=35),
    moment("published_at", since=1000, years=True),
    moment("created_at"),
    Field("available", "flag"),
    Field("attributes", "map", longest=20_000),
    Field("dense_features", "vector"),
)
EVENT = (
    Field("event_id", "id"),
    Field("user_id", "id", required=True),
    Field("asset_id", "id", required=True),
    Field("kind", "word", required=True, words=tuple(WEIGHTS)),
    Field("value", "number", low=0, high=1e12),
    moment("occurred_at", required=True),
    Field("session_id", "id"),
    Field("request_id", "id"),
    Field("position", "count", low=0, high=1e6),
    Field("propensity", "number", low=1e-9, high=1),
    Field("policy_version", "id"),
    Field("context", "map", longest=20_000),
    Field("split", "word", words=("train", "valid", "test")),
)
USER = (
    Field("user_id", "id", required=True),
    Field("gender", "id", longest=32),
    Field("age_band", "id", longest=32),
    Field("occupation", "id", longest=64),
    Field("country", "id", longest=64),
    moment("created_at"),
    Field("attributes", "map", longest=20_000),
)

Name = Literal["assets", "users", "events"]
TABLES: dict[str, tuple[Field, ...]] = {"assets": ASSET, "users": USER, "events": EVENT}
KEYS: dict[str, str] = {"assets": "asset_id", "users": "user_id", "events": "event_id"}


def fields(table: str) -> tuple[Field, ...]:
    """Of one table of the contract; `ConfigError` when there is none of that name."""
    if table not in TABLES:
        raise ConfigError(f"no table {table!r} in the contract{nearest(table, TABLES)}")
    return TABLES[table]


def names(of: Iterable[Field]) -> list[str]:
    """Their names, in order."""
    return [field.name for field in of]
