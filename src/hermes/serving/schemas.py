"""What goes over the wire, as msgspec structures; OpenAPI describes these same classes."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from hermes.core.errors import DataError, HermesError
from hermes.retrieval.readings import reading
from hermes.retrieval.understood import Understood

from .problems import Malformed
from .traced import Effect, Passed, Policy

Id = Annotated[str, Meta(max_length=10_000)]
Share = Annotated[float, Meta(ge=0, le=1)]


class Ask(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What a page wants."""

    user: Id = ""  # empty: a stranger
    k: Annotated[int, Meta(ge=1, le=1000)] = 20
    domains: Annotated[list[str], Meta(max_length=64)] = []
    query: Annotated[str, Meta(max_length=1000)] = ""
    plain: Annotated[list[str], Meta(max_length=64)] = []  # ids of `understood`, taken back
    context: dict[str, str] = {}  # surface, page, device, referrer
    diversity: Share | None = None
    fairness: bool | None = None  # equal exposure of cohorts; null: as the recipe says
    filters: dict[str, Any] = {}  # see policy/constraints: price, categories, creators ...
    exclude: Annotated[list[Id], Meta(max_length=10_000)] = []
    explain: bool = True
    trace: bool = False  # how the slate came about, stage by stage
    attribute: bool = False  # take each score apart
    language: Annotated[str, Meta(max_length=35)] = "en"  # of the reasons: en, de, fr, es


class Part(msgspec.Struct, gc=False):
    """What one group of features adds to a score."""

    name: str  # history, sequence, collaborative, text, popularity ...
    value: float


class Attribution(msgspec.Struct, gc=False):
    """A score taken apart: `base` and all `parts` sum to `score`."""

    method: str  # how what a ranker has learned was shared out
    baseline: str  # what the parts are over, in words
    base: float  # its score
    score: float
    parts: list[Part]  # the largest first, by size


class Why(msgspec.Struct, gc=False):  # these make no cycle: nothing for the collector to follow
    """A reason, and the items and channels that can be checked."""

    code: str
    text: str
    evidence: tuple[str, ...]
    channels: tuple[str, ...]
    chance: float | UnsetType = UNSET  # that no other cause is larger; of a first one, if known


class Item(msgspec.Struct, gc=False, omit_defaults=True):
    """One item of a slate; what was not asked for is left out."""

    asset_id: str
    position: int  # from 0
    score: float
    propensity: float
    channels: dict[str, float]  # score by each channel that brought it
    reasons: tuple[Why, ...]
    asset: msgspec.Raw | dict[str, Any]  # the item's card
    places: dict[str, int] = {}  # from 0, at each stage that had it, when traced
    effects: list[Effect] = []  # what the policy did to it, when traced
    attribution: Attribution | None = None  # where it was asked for


class Degradation(msgspec.Struct, gc=False):
    """A stage that did not do its part."""

    stage: str
    cause: str


class Reading(msgspec.Struct, gc=False):
    """One thing that was understood of a text; its id in `plain` takes it back."""

    id: str
    kind: str  # category, creator, year, price, domain, title, like, mood ...
    text: str  # for people: `genre: Sci-Fi`, `after 1990`, `not Horror`
    negated: bool
    filters: bool  # else it only says what would be liked


class Answer(msgspec.Struct, gc=False):
    """A slate."""

    request_id: str
    user: str
    newcomer: bool  # nothing is known of this user
    bundle: str
    tier: int
    items: list[Item]
    milliseconds: dict[str, float]  # by stage
    degraded: list[Degradation]
    understood: list[Reading] = []  # of the query's text
    funnel: list[Passed] = []  # when traced, as the rest
    dropped: dict[str, int] = {}  # items by the rule that took them out
    policy: Policy | None = None


class Speaker(msgspec.Struct, frozen=True, gc=False):
    """What words the agent's answers."""

    by: str  # templates or model
    model: str  # empty where none is configured


class Hit(msgspec.Struct):
    """One item that a text matches."""

    asset_id: str
    position: int  # from 0
    score: float  # by BM25, by cosine, or added, as the mode has it
    matched: str  # the words it holds
    asset: msgspec.Raw | dict[str, Any]  # the item's card
    weights: dict[str, float] | None = None  # what each of its modalities counted, where fused


class Hits(msgspec.Struct):
    """What a text matches, best first."""

    query: str
    mode: str  # lexical, semantic, hybrid or fused
    items: list[Hit]
    milliseconds: float
    understood: list[Reading] = []
    facets: dict[str, dict[str, int]] = {}  # of all that was found, by facet and value
    found: int = 0  # counted up to 200, or k where that is more
    weights: dict[str, float] | None = None  # of each modality for this text, where fused


class Completion(msgspec.Struct):
    """A way in which what is being typed could go on."""

    text: str
    kind: str  # title, creator or category
    asset_id: str  # of a title, else empty
    items: int  # on offer under that name


class Completions(msgspec.Struct):
    """The best known first."""

    query: str
    suggestions: list[Completion]


class Named(msgspec.Struct):
    """An item, by id and title."""

    asset_id: str
    title: str


class Relation(msgspec.Struct):
    """What an item shares with others."""

    kind: str  # creator, category, series, era ...
    relation: str  # director, actor, is of ...
    name: str
    items: int  # that share it
    examples: list[Named]


class Around(msgspec.Struct):
    """An item's place in the knowledge graph, the most telling relations first."""

    asset_id: str
    relations: list[Relation]
    path: str = ""  # what joins it with `to`, in words


class Alike(msgspec.Struct):
    """Items whose pictures look alike, by cosine."""

    asset_id: str
    encoder: str  # what made the vectors
    items: list[Hit]


class Accepted(msgspec.Struct):
    """Events that are durable."""

    accepted: int  # new ones
    duplicates: int  # whose event_id was known
    rejected: list[dict[str, str | int]]  # line, field, code and reason of each bad row


class Shelved(msgspec.Struct):
    """An asset that was put online or taken off."""

    asset_id: str
    known: bool  # it has a code, so that it can be recommended now
    available: bool
    note: str


class Deed(msgspec.Struct):
    """One event of a user."""

    asset_id: str
    title: str  # empty when the catalogue does not have it
    kind: str  # `history` for one that came with the bundle
    at: str  # UTC


class Person(msgspec.Struct):
    """What is known of a user."""

    user_id: str
    known: bool  # the models learned from this user
    events: int
    history: list[Deed]  # newest first
    disliked: list[str]


class Known(msgspec.Struct):
    """Features of a user; `values` are in the order of `names`, null where there is none."""

    user_id: str
    at: str  # UTC; every event before it counts
    names: tuple[str, ...]
    values: list[float | None]
    store: str  # memory or redis
    definition: str  # its identity, 64 hexadecimal digits, as in the manifest of a feature table


class Status(msgspec.Struct):
    """What serves, and how."""

    bundle: dict[str, Any]
    tier: int
    reason: str
    domains: list[str]
    items: int
    users: int
    log: dict[str, Any]
    seconds: float  # since the start
    language: Speaker = Speaker("templates", "")
    visual: str = ""  # what read the pictures; empty: nobody did, and nothing looks like anything


def readings(read: Understood | None, language: str = "en") -> list[Reading]:
    """What was understood, in the order of the text."""
    every = () if read is None else read.constraints
    said = [reading(one.reading, language, one.names) for one in every]
    return [Reading(c.id, c.kind, s, c.negated, c.hard) for c, s in zip(every, said, strict=True)]


ANSWER = msgspec.json.Encoder()
ASK = msgspec.json.Decoder(Ask)


def ask(body: bytes) -> Ask:
    """Raises `Malformed` on what is not JSON, `DataError` on what breaks the contract."""
    try:
        return ASK.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise wrong(error) from error


def wrong(error: Exception) -> HermesError:
    """A validation error names the field; anything else is not JSON."""
    if isinstance(error, msgspec.ValidationError):
        return DataError(f"{error}; see /docs for what is accepted")
    return Malformed(f"the body is not JSON: {error}")
