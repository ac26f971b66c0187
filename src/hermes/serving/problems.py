"""Errors as RFC 9457 problem details; one table says which error is which HTTP status."""

from __future__ import annotations

import uuid

import msgspec
import structlog

from hermes.core.errors import (
    ArtifactError,
    ConfigError,
    Conflict,
    DataError,
    HermesError,
    NotFound,
    ShapeError,
    Unavailable,
)

MEDIA = "application/problem+json"
log = structlog.get_logger()
BASE = "https://hermes-recommender.dev/problems/"  # a name, not an address that is fetched


class Malformed(DataError):
    """A body that cannot be read at all."""


class TooLarge(DataError):
    """A body, or a list in it, beyond what the server accepts."""


class WrongMedia(DataError):
    """A body of a media type that the route does not read."""


class TooSlow(DataError):
    """A body that did not arrive in time."""


# The first class that fits counts, so that a child stands before its parent.
TABLE: tuple[tuple[type[HermesError], int, str, str], ...] = (
    (Malformed, 400, "malformed", "The body is not JSON"),
    (TooSlow, 408, "too_slow", "The body did not arrive in time"),
    (TooLarge, 413, "too_large", "The body is too large"),
    (WrongMedia, 415, "wrong_media_type", "This media type is not read here"),
    (DataError, 422, "invalid", "The request breaks the contract"),
    (ConfigError, 422, "invalid", "The request breaks the contract"),
    (NotFound, 404, "not_found", "Nobody knows this"),
    (Conflict, 409, "conflict", "Another request was faster"),
    (Unavailable, 503, "unavailable", "A part that should answer does not"),
    (ArtifactError, 503, "bundle", "The bundle cannot answer"),
    (ShapeError, 500, "internal", "An error inside the server"),
    (HermesError, 500, "internal", "An error inside the server"),
)


class Problem(msgspec.Struct, omit_defaults=True):
    """One problem; `code` never changes for one kind of error."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    trace_id: str
    errors: list[dict[str, str | int]] = []  # one a faulty row: line, field, reason


class Rejected(DataError):
    """Rows that break the contract, each with its line, field and reason."""

    def __init__(self, message: str, errors: list[dict[str, str | int]]) -> None:
        super().__init__(message)
        self.errors = errors


def problem(error: HermesError, trace: str) -> Problem:
    """The problem an error is."""
    _, status, code, title = next(row for row in TABLE if isinstance(error, row[0]))
    rows = error.errors if isinstance(error, Rejected) else []
    return Problem(BASE + code, title, status, code, str(error), trace, rows)


def bare(status: int, code: str, title: str, detail: str, trace: str) -> Problem:
    """A problem that no error of hermes stands for: no such route, or an error nobody foresaw."""
    return Problem(BASE + code, title, status, code, detail, trace)


def defect(path: str, error: Exception) -> Problem:
    """What nobody foresaw: logged with the id that the answer carries."""
    trace = uuid.uuid4().hex
    log.error("unforeseen", trace_id=trace, path=path, exc_info=error)
    detail = "the server's log has the cause under this trace id"
    return bare(500, "internal", "An error inside the server", detail, trace)
