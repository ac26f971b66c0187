"""What operators are shown, as msgspec structures."""

from __future__ import annotations

from typing import Any

import msgspec

from .schemas import Named


class Pace(msgspec.Struct):
    """How long one stage takes, in milliseconds."""

    stage: str
    p50: float
    p99: float
    mean: float
    count: int


class Stages(msgspec.Struct):
    """What all workers did since the server started."""

    seconds: float  # since then
    requests: int  # slates answered
    per_second: float  # over the last minute
    lately: list[int]  # slates of each of the last 60 seconds, oldest first
    stages: list[Pace]
    degraded: dict[str, int]  # by stage
    newcomers: int  # slates for users of whom nothing is known
    answers: dict[str, int]  # by "route status"


class Stock(msgspec.Struct):
    """What one domain offers."""

    domain: str
    items: int
    available: int
    pictured: int  # with a picture
    shown: int  # on any slate since the server started


class Coverage(msgspec.Struct):
    """How much of what is on offer was shown to anybody since the server started."""

    items: int  # on offer
    shown: int
    share: float


class Refusal(msgspec.Struct):
    """Rows that the contract refused for one reason."""

    source: str
    field: str  # table.field
    code: str
    count: int
    example: str  # the first such row


class Holding(msgspec.Struct):
    """The catalogue, how much of it is seen, and what never came into it."""

    domains: list[Stock]
    coverage: Coverage
    quarantine: list[Refusal]
    note: str  # why there is no word on the quarantine, or nothing


class Lesson(msgspec.Struct):
    """One model of the bundle, as it was learned."""

    name: str
    class_: str = msgspec.field(name="class")
    seconds: float
    losses: list[float]  # by epoch; empty for a closed form


class Version(msgspec.Struct):
    """One bundle that stood at this place."""

    version: str
    created: str = ""  # UTC
    seconds: float = 0.0
    name: str = ""  # of the recipe
    events: int = 0
    items: int = 0
    metrics: dict[str, dict[str, float]] = {}  # by system, on held-out users


class Epochs(msgspec.Struct):
    """How far one model has come."""

    name: str
    step: int = 0
    of: int = 0
    seconds: float = 0.0
    done: bool = False
    losses: list[float] = []
    figures: dict[str, float] = {}  # of the last step


class Progress(msgspec.Struct):
    """A training that runs now, as it writes it beside the bundle."""

    recipe: str
    process: int  # its id
    started: str  # UTC
    at: str  # UTC, when it last said so
    planned: list[str]  # models, in order
    models: list[Epochs]


class Training(msgspec.Struct):
    """What is being learned, and what was."""

    running: Progress | None
    history: list[Version]  # newest first; the one that serves is the first
    models: list[Lesson]


class ModelCard(msgspec.Struct):
    """What a model is, learned from, achieved, cost and cannot do."""

    name: str
    text: str  # Markdown


class Arrival(msgspec.Struct):
    """An item put online while the server ran, and how it was placed."""

    asset: msgspec.Raw | dict[str, Any]  # its card
    at: str  # UTC
    known: bool  # it has a code, so that it can be recommended
    neighbours: list[Named]  # items that are like it
    channels: list[str]  # that can bring it
    note: str
