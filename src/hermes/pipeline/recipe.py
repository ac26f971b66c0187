"""A recipe: what data, which channels, how to blend and rank; a TOML file becomes frozen tables."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import hermes
from hermes.core.config import build, override
from hermes.core.errors import ConfigError, nearest
from hermes.data.spec import DataSpec

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")  # it becomes the name of a file
TAKEN = ("prerank", "rank", "gate", "cold_start", "text", "semantic", "graph")
LEAST = 20  # items that fusion is learned from and measured on
PLACES = "hermes.models.retrievers.content:Content"  # the model that knows items by content


@dataclass(frozen=True, kw_only=True)
class Labels:
    """Which events the rankers learn from; no retriever is fitted on them."""

    last: int = 1  # events at the end of each history that are labels, and held back
    days: float = 0.0  # hold back all events of the last days instead; 0: the labels alone
    users: int = 20_000  # at most so many, drawn at random
    valid: float = 0.15  # share of those users who only serve early stopping
    valid_users: int = 1000  # at most


@dataclass(frozen=True, kw_only=True)
class ChannelSpec:
    """A retriever and how long it may take."""

    name: str  # of its column and in the trace
    model: str  # module:Class
    config: dict[str, Any] = field(default_factory=dict)  # fields of the model's Config
    deadline: float = 0.05  # seconds
    tiers: tuple[int, ...] = (1, 2, 3)  # where it is served
    bits: Literal[32, 8] = 32  # of a network's weights on tier 2; 8 only where the order stays


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A learned ranker."""

    model: str  # module:Class
    config: dict[str, Any] = field(default_factory=dict)  # fields of the model's Config
    keep: int  # candidates that go on
    negatives: int = 200  # candidates drawn from the pool for each label; not with `shown`
    rich: bool = True  # with the history's features
    shown: bool = False  # learn from what pages showed and what was taken; needs data.shown


@dataclass(frozen=True, kw_only=True)
class Blend:
    """How the channels' lists become one."""

    method: Literal["rrf", "normalised", "learned"] = "learned"  # by ranks, scores, or weights
    keep: int = 1000  # candidates that go on


@dataclass(frozen=True, kw_only=True)
class GateSpec:
    """When a request is not left to the rankers, and who answers it then."""

    rate: float = 0.01  # share of ordinary queries on which it may open, at most 0.5
    to: str = ""  # channel that answers, best one of content; empty: the blend, without rankers
    queries: int = 600  # held-out queries, half to calibrate it by and half to measure it


@dataclass(frozen=True, kw_only=True)
class ContentSpec:
    """What is read of items besides their attributes, and by which encoders; empty: not read.

    text: `catalogue` is fitted on the texts themselves; `minilm`, a folder or a name loads weights.
    """

    text: str = ""  # titles and texts
    vision: str = ""  # pictures: `descriptors`, or the folder of a Florence-2
    audio: str = ""  # sound: `logmel`, or the folder of a CLAP
    root: str = ""  # folder below which the pictures and the sound lie
    d: int = 200  # width of an encoder that is fitted here


@dataclass(frozen=True, kw_only=True)
class FusionSpec:
    """How text, picture and sound are weighed by what is asked, learned on the items themselves."""

    d: int = 128  # width of the space they meet in, at most that of the texts' encoder
    epochs: int = 15  # over all questions
    items: int = 4000  # that are learned from and measured on, at most
    held: float = 0.2  # share of them that nothing is learned on


@dataclass(frozen=True, kw_only=True)
class ColdSpec:
    """How items that hardly anybody has touched come to be seen."""

    channel: str  # one that knows items by their content, and places them
    events: int = 5  # an item with fewer is new
    seats: int = 50  # of the pool that are kept for the new that fit best


@dataclass(frozen=True, kw_only=True)
class KnowledgeSpec:
    """A channel that walks the graph of makers, kinds, series and years from the history."""

    method: Literal["walk", "pagerank"] = "walk"  # hops, or a random walk with returns
    length: int = 10  # last events of a history that are walked from


@dataclass(frozen=True, kw_only=True)
class IntentSpec:
    """What the first events of somebody who has just come move."""

    strength: float = 3.0  # deviations of the scores by which a history of one category moves it


@dataclass(frozen=True, kw_only=True)
class Light:
    """What tier 3 spends, where nothing is ranked after the blend."""

    keep: int = 200  # candidates a channel brings, and that go on
    neighbours: int = 150  # of each item that are read
    length: int = 20  # last events of a history that are read


@dataclass(frozen=True, kw_only=True)
class Slate:
    """The policy."""

    diversity: float | None = None  # MMR's 1 - lambda; None: only when a query asks for it
    threshold: float | None = None  # it starts above this mean pairwise cosine; None: always
    epsilon: float = 0.0  # exploration
    quota: float = 1.0  # largest share of one category
    fairness: bool = False  # exposure parity across cohorts, where a query does not say
    tolerance: float = 0.1  # by which exposure for merit may differ between cohorts, of its mean

    def starts(self) -> float:
        """The mean pairwise cosine above which diversity starts by itself; 1: never."""
        if self.threshold is not None:
            return self.threshold
        return 1.0 if self.diversity is None else -1.0


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything `hermes train` needs besides the data."""

    name: str  # in the manifest and in answers
    channels: tuple[ChannelSpec, ...]  # at least one
    data: DataSpec = DataSpec()  # which events count
    labels: Labels = Labels()  # which of them the rankers learn from
    blend: Blend = Blend()  # how lists become one
    prerank: Stage | None = None  # after the blend
    rank: Stage | None = None  # after the pre-ranker
    content: ContentSpec | None = None  # what is read of items; None: their attributes only
    fusion: FusionSpec | None = None  # of text, picture and sound; None: each by itself
    cold: ColdSpec | None = None  # a channel of new items
    knowledge: KnowledgeSpec | None = None  # a channel of the knowledge graph
    gate: GateSpec | None = None  # before the rankers; without it every request is theirs
    intent: IntentSpec | None = None  # a short history that is plain counts more than models say
    slate: Slate = Slate()  # the policy
    light: Light = Light()  # what tier 3 spends
    length: int = 200  # events of a history that retrievers read

    @property
    def stages(self) -> dict[str, Stage]:
        """The rankers that are wished for, in their order."""
        both = {"prerank": self.prerank, "rank": self.rank}
        return {name: stage for name, stage in both.items() if stage is not None}


def folder() -> Path:
    """Where the recipes that come with hermes lie."""
    packaged = Path(hermes.__file__).parent / "recipes"
    return packaged if packaged.is_dir() else Path(hermes.__file__).parents[2] / "recipes"


def load(name: str, settings: Sequence[str] = ()) -> tuple[Recipe, dict[str, Any]]:
    """A recipe by path or by name, with `key=value` settings laid over it, and its table.

    Raises `ConfigError` that names the nearest recipe or key.
    """
    path = Path(name)
    if path.suffix != ".toml":
        known = {p.stem: p for p in folder().glob("*.toml")}
        if name not in known:
            raise ConfigError(f"no recipe {name!r}, nor a .toml file{nearest(name, known)}")
        path = known[name]
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"recipe {path}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"recipe {path}: {error}") from error
    for setting in settings:
        table = override(table, setting)
    return parse(table), table


def parse(table: dict[str, Any]) -> Recipe:
    """A recipe from its table; every key is checked."""
    recipe: Recipe = build(Recipe, table, "")
    names = [channel.name for channel in recipe.channels]
    if not names or len(set(names)) != len(names):
        raise ConfigError(f"recipe {recipe.name!r}: channels need distinct names, found {names}")
    if wrong := [name for name in names if not NAME.fullmatch(name) or name in TAKEN]:
        raise ConfigError(
            f"recipe {recipe.name!r}: a channel cannot be called {wrong[0]!r}; use letters, digits,"
            f" - and _, and none of {', '.join(TAKEN)}"
        )
    if recipe.gate is not None:
        check_gate(recipe.gate, names)
    if recipe.fusion is not None:
        check_fusion(recipe.fusion, recipe.content)
    if recipe.cold is not None:
        check_cold(recipe.cold, recipe)
    if not 0 <= recipe.labels.days < math.inf:
        raise ConfigError(f"labels.days: {recipe.labels.days} must be a number of days, or 0")
    for name, stage in recipe.stages.items():
        if stage.shown:
            check_shown(name, stage, recipe.data)
    return recipe


def check_shown(name: str, stage: Stage, data: DataSpec) -> None:
    """Raise `ConfigError` where nobody reads pages, and for what is weighed beside the blend."""
    if not data.shown:
        raise ConfigError(f"{name}.shown: it learns from pages; set data.shown = true as well")
    if stage.model.endswith(":Ensemble"):
        raise ConfigError(
            f"{name}.shown: an ensemble's weights are chosen for what it adds to the blend, and a"
            " stage that pages taught adds to nothing; give it one ranker"
        )


def check_fusion(fusion: FusionSpec, content: ContentSpec | None) -> None:
    """Raise `ConfigError` where there are no two modalities to weigh, and for too small sizes."""
    if content is None or not content.text or not (content.vision or content.audio):
        raise ConfigError("fusion: needs content.text and content.vision or content.audio")
    if fusion.epochs < 1:
        raise ConfigError(f"fusion.epochs: {fusion.epochs} must be above 0")
    if fusion.items < LEAST:
        raise ConfigError(f"fusion.items: {fusion.items} must be at least {LEAST}")
    modalities = sum(bool(name) for name in (content.text, content.vision, content.audio))
    if fusion.d <= modalities:
        raise ConfigError(f"fusion.d: {fusion.d} must be above the {modalities} modalities")
    if not 0 < fusion.held < 1:
        raise ConfigError(f"fusion.held: {fusion.held} must be above 0 and below 1")


def check_cold(cold: ColdSpec, recipe: Recipe) -> None:
    """Raise `ConfigError` for a channel that is not there or cannot place a new item."""
    known = {c.name: c.model for c in recipe.channels}
    if cold.channel not in known:
        raise ConfigError(
            f"cold.channel: no channel {cold.channel!r}{nearest(cold.channel, known)}"
        )
    if known[cold.channel] != PLACES:
        raise ConfigError(f"cold.channel: {cold.channel!r} cannot place what is new; use {PLACES}")
    if not 1 <= cold.seats <= recipe.blend.keep:
        raise ConfigError(f"cold.seats: {cold.seats} must be from 1 to blend.keep")


def check_gate(gate: GateSpec, channels: Sequence[str]) -> None:
    """Raise `ConfigError` for a channel that is not there and a share that is none."""
    if gate.to and gate.to not in channels:
        raise ConfigError(f"gate.to: no channel {gate.to!r}{nearest(gate.to, channels)}")
    if not 0 < gate.rate <= 0.5:
        raise ConfigError(f"gate.rate: {gate.rate} must be above 0 and at most 0.5")
