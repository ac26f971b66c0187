"""How the routes that read and write bytes themselves are described in OpenAPI."""

from __future__ import annotations

from typing import Any

import msgspec
from pydantic import BaseModel

from . import reports, schemas, turns, watch
from .problems import MEDIA, Problem

REF = "#/components/schemas/{name}"
OURS: tuple[type, ...] = (
    schemas.Ask,
    schemas.Answer,
    turns.Talk,
    turns.Told,
    schemas.Hits,
    schemas.Completions,
    schemas.Around,
    schemas.Alike,
    schemas.Accepted,
    schemas.Shelved,
    schemas.Person,
    schemas.Known,
    schemas.Status,
    reports.Stages,
    reports.Holding,
    reports.Training,
    reports.ModelCard,
    watch.Passage,
    reports.Arrival,
    Problem,
)


def components(models: tuple[type[BaseModel], ...]) -> dict[str, Any]:
    """The schemas of our structures and of the contract's rows."""
    _, out = msgspec.json.schema_components(OURS, ref_template=REF)
    for model in models:
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        out |= schema.pop("$defs", {})
        out[model.__name__] = schema
    return dict(out)


def ref(of: type) -> dict[str, Any]:
    """By name."""
    return {"$ref": REF.format(name=of.__name__)}


def body(of: type, lines: bool = False) -> dict[str, Any]:
    """A JSON body, or one object a line as well."""
    content: dict[str, Any] = {"application/json": {"schema": ref(of)}}
    if lines:
        content["application/x-ndjson"] = {"schema": ref(of)}
    return {"requestBody": {"required": True, "content": content}}


def found(
    of: type, missing: bool = False, status: int = 200, conflict: str = ""
) -> dict[int | str, dict[str, Any]]:
    """The answer and the problems of a route; `conflict` says what 409 means there."""
    problem = {"content": {MEDIA: {"schema": ref(Problem)}}}
    out: dict[int | str, dict[str, Any]] = {
        status: {"description": "Success", "content": {"application/json": {"schema": ref(of)}}},
        422: {"description": "The request breaks the contract", **problem},
        503: {"description": "A part that should answer does not", **problem},
    }
    if missing:
        out[404] = {"description": "Nobody knows this", **problem}
    if conflict:
        out[409] = {"description": conflict, **problem}
    return out


def found_list(of: type) -> dict[int | str, dict[str, Any]]:
    """The same for a route that answers with a list."""
    out = found(of)
    out[200]["content"]["application/json"]["schema"] = {"type": "array", "items": ref(of)}
    return out
