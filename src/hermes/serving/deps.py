"""What every route needs: the engine, the log, the numbers; made once a process."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import numpy as np
from fastapi import Depends, Request

from hermes.core.types import Array, Ints
from hermes.data.deeds import deed, wished
from hermes.data.log import Log, Recent
from hermes.data.rules import WEIGHTS
from hermes.explain.guard import Guard
from hermes.explain.language import Language

from . import voice
from .features import Features
from .growth import Growth
from .overlay import Shelf
from .quarantine import Quarantine
from .settings import Settings
from .talks import Talks
from .telemetry import Telemetry
from .voice import Mind

if TYPE_CHECKING:
    from hermes.pipeline.assemble import Engine

DAY = 86400.0  # seconds
RECENT = 1000  # events of the log that join a history
NONE: Ints = np.zeros(0, np.int64)
NONE.flags.writeable = False  # it is every request's


@dataclass(frozen=True, slots=True)
class Past:
    """What one user did, from the bundle and from the log, as far as models read it."""

    user: int  # code
    items: Ints  # (H,) oldest first
    times: Array  # (H,) float64 days since the epoch
    disliked: Ints  # (D,) items whose last word was no
    deeds: Ints  # (H,) what was done, see data/deeds; (0,): unknown

    def kept(self) -> Past:
        """Without what was done with an item before it was turned down."""
        if not len(self.disliked):
            return self
        rows = wished(self.items, self.disliked)
        return replace(self, items=self.items[rows], times=self.times[rows], deeds=self.deeds[rows])


@dataclass
class Deps:
    """One process' house."""

    settings: Settings
    engine: Engine
    log: Log
    shelf: Shelf
    telemetry: Telemetry
    features: Features
    started: datetime  # UTC
    pool: ThreadPoolExecutor | None = None
    reason: str = ""  # why this tier
    pictures: Path | None = None
    wanted: tuple[frozenset[str], float | None] = field(default=(frozenset(), None))
    growth: Growth | None = None  # of the engine, by what is put online
    quarantine: Quarantine = field(default_factory=Quarantine)  # of the lake
    talks: Talks = field(init=False)
    language: Language | None = field(init=False)
    guard: Guard = field(init=False)
    mind: Mind | None = None  # of the engine, made when it is first spoken to

    def __post_init__(self) -> None:
        beside = self.settings.event_log()
        path = beside.with_name(f"{beside.stem}-conversations.db")
        self.talks = Talks(path, self.settings.conversations)
        self.language, self.guard = voice.language(self.settings), Guard.load()

    def past(self, user_id: str) -> Past:
        """The bundle's history of a user and what the log has added since."""
        engine = self.engine
        code = engine.users.code(user_id)
        rows = slice(int(engine.offsets[code]), int(engine.offsets[code + 1])) if code else slice(0)
        items, times = engine.items[rows], engine.times[rows]
        deeds = engine.deeds[rows] if len(engine.deeds) else np.zeros(len(items), np.int64)
        refused = engine.refused(code)
        recent = self.log.recent(user_id, RECENT) if user_id else []
        if not recent:
            return Past(code, items, times, refused, deeds).kept()
        known = set(zip(items.tolist(), np.round(times * DAY).tolist(), strict=True))
        added, disliked = self.sift(recent, known)
        again = np.array([item for item, _, _ in added], np.int64)
        disliked = np.union1d(np.setdiff1d(refused, again), disliked)
        if added:
            late = sorted(added, key=lambda one: one[1])
            items = np.concatenate([items, np.array([item for item, _, _ in late], np.int64)])
            times = np.concatenate([times, np.array([at for _, at, _ in late])])
            deeds = np.concatenate([deeds, np.array([done for _, _, done in late], np.int64)])
        return Past(code, items, times, disliked, deeds).kept()

    def sift(
        self, recent: list[Recent], known: set[tuple[int, float]]
    ) -> tuple[list[tuple[int, float, int]], Ints]:
        """(item, days, deed) that models should read, and what the user turned down.

        An event that is in the bundle already, same item and same second, is not taken twice.
        """
        kinds, least = self.wanted
        added, no = [], set()
        for event in recent:
            item = self.engine.catalogue.items.code(event.item)
            weight = WEIGHTS.get(event.kind, 0.0)
            if not item or weight == 0:
                continue
            if weight < 0:
                no.add(item)
                continue
            if kinds and event.kind not in kinds:
                continue
            if least is not None and event.value is not None and event.value < least:
                continue
            no.discard(item)
            if (item, float(round(event.at))) not in known:
                added.append((item, event.at / DAY, deed(event.kind, event.value)))
        return added, np.array(sorted(no), np.int64)

    def tick(self) -> None:
        """Once or twice a second: what other workers did and put online, and this one's numbers."""
        self.log.listen()
        self.shelf.follow()
        if self.growth is not None:
            self.growth.look(self)
        self.telemetry.numbers.lost = self.log.lost
        self.telemetry.leave()

    def close(self) -> None:
        """Write what waits."""
        self.talks.close()
        if self.growth is not None:
            self.growth.close()
        if self.pool is not None:
            self.pool.shutdown()
        self.features.close()
        self.log.close()
        self.telemetry.numbers.lost = self.log.lost
        self.telemetry.leave()


def wanted(manifest: Mapping[str, Any]) -> tuple[frozenset[str], float | None]:
    """The kinds of events and the least value that the bundle's recipe learned from."""
    data = manifest.get("recipe", {}).get("data", {})
    return frozenset(data.get("kinds", ())), data.get("min_value")


def now() -> float:
    """Seconds since the epoch."""
    return time.time()


def moment(at: float) -> datetime:
    """UTC."""
    return datetime.fromtimestamp(at, UTC)


def of(request: Request) -> Deps:
    """The house a request is answered in."""
    return cast(Deps, request.app.state.deps)


House = Annotated[Deps, Depends(of)]
