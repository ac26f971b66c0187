"""The row door: `Asset`, `Event` and `User` as one row over HTTP brings them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from .rules import ASSET, EVENT, REASONS, USER, Field
from .values import Refused, check


class Row(BaseModel):
    """A frozen row whose every field passed `values.check` under the rules of its table."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    rules: ClassVar[dict[str, Field]] = {}

    @field_validator("*", mode="before")
    @classmethod
    def clean(cls, value: Any, info: ValidationInfo) -> Any:
        """The cleaned value, or an error whose type is the reason's code."""
        assert info.field_name is not None
        try:
            found = check(cls.rules[info.field_name], value)
        except Refused as refused:
            raise PydanticCustomError(refused.reason, REASONS[refused.reason]) from refused
        default = cls.model_fields[info.field_name].get_default()
        return default if found is None else found


class Creator(BaseModel):
    """Who made it, and as what: director, actor, author, artist, brand, publisher."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    role: str = "creator"


class Asset(Row):
    """One thing that can be recommended, of whatever domain."""

    rules: ClassVar[dict[str, Field]] = {f.name: f for f in ASSET}

    asset_id: str
    domain: str
    title: str
    text_content: str | None = None
    image_uri: str | None = None
    audio_uri: str | None = None
    creators: tuple[Creator, ...] = ()
    cohort: str | None = None  # mainstream or independent
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    price: float | None = None
    currency: str | None = None
    language: str | None = None
    published_at: datetime | None = None  # UTC
    created_at: datetime | None = None  # UTC
    available: bool = True
    attributes: str | None = None  # a JSON object
    dense_features: tuple[float, ...] | None = None  # (768,)


class Event(Row):
    """One thing that one user did with one asset."""

    rules: ClassVar[dict[str, Field]] = {f.name: f for f in EVENT}

    event_id: str | None = None  # None: made from the content, see `transforms.event_id`
    user_id: str
    asset_id: str
    kind: str  # one of `rules.WEIGHTS`
    value: float | None = None
    occurred_at: datetime  # UTC
    session_id: str | None = None
    request_id: str | None = None
    position: int | None = None  # from 0
    propensity: float | None = None  # (0, 1]
    policy_version: str | None = None
    context: str | None = None  # a JSON object: device, page, referrer
    split: str | None = None  # train, valid or test


class User(Row):
    """What is known of a person besides what they did."""

    rules: ClassVar[dict[str, Field]] = {f.name: f for f in USER}

    user_id: str
    gender: str | None = None
    age_band: str | None = None
    occupation: str | None = None
    country: str | None = None
    created_at: datetime | None = None  # UTC
    attributes: str | None = None  # a JSON object


ROWS: dict[str, type[Row]] = {"assets": Asset, "events": Event, "users": User}


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row is refused: the first field that breaks the contract."""

    reason: str
    field: str


def judge(table: str, row: Mapping[str, Any]) -> Row | Fault:
    """The row as its contract, or the first fault in the order of the fields."""
    try:
        return ROWS[table].model_validate(dict(row))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    reason = {"extra_forbidden": "unknown_field"}.get(first["type"], first["type"])
    return Fault(reason, str(first["loc"][0]))
