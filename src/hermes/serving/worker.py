"""One worker process: the bundle, the log, and the application that answers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

from hermes.core.errors import HermesError
from hermes.data.arrivals import Card
from hermes.data.log import Log
from hermes.pipeline.agent import Kept
from hermes.pipeline.answer import ask
from hermes.pipeline.assemble import Engine, assemble

from . import features, tiers
from . import settings as environment
from .app import Gateway
from .deps import Deps, wanted
from .growth import Growth
from .overlay import Shelf
from .settings import Settings
from .telemetry import Telemetry
from .voice import mind

SWITCH = 0.0005  # seconds after which the log's thread gives way to a request


def create() -> Gateway:
    """The application of one worker; an error of ours is one line and the end of the worker."""
    sys.setswitchinterval(SWITCH)
    try:
        return Gateway(house(environment.load()))
    except HermesError as error:
        print(f"hermes: {error}", file=sys.stderr, flush=True)
        sys.exit(1)


def house(settings: Settings) -> Deps:
    """Load everything a worker needs."""
    tier, reason = tiers.choose(tiers.memory(), bool(tiers.gpu()), settings.tier)
    written = Log(settings.event_log(), limit=settings.log_bytes)

    def grow(cards: Sequence[Card]) -> Engine:
        made = assemble(settings.bundle, tier, cards, settings.vectors())
        warm(made)
        return made

    growth, engine = Growth(grow, settings.arrivals), grow(())
    shelf = Shelf(engine.catalogue, written)
    shelf.follow()
    if growth.learn(shelf):  # put online since the bundle was trained, before this start
        engine = grow(tuple(growth.cards.values()))
        shelf = Shelf(engine.catalogue, written)
        shelf.follow()
    kept = features.opened(settings, written, engine)
    kept.refresh(datetime.now(UTC))
    deps = Deps(
        settings=settings,
        engine=engine,
        log=written,
        shelf=shelf,
        telemetry=Telemetry(settings.numbers),
        features=kept,
        started=datetime.now(UTC),
        pool=ThreadPoolExecutor(settings.threads, "slate") if settings.threads else None,
        reason=reason,
        pictures=settings.picture_folder(),
        wanted=wanted(engine.manifest),
        growth=growth,
    )
    mind(deps).agent.hear(Kept(), "what a guard compiles, it compiles now")
    return deps


def warm(engine: Engine) -> None:
    """Ask once, so that what compiles when it is first called has done so before we listen."""
    if len(engine.catalogue) > 1:
        usual = ask(engine, engine.users.names[-1], 20, datetime.now(UTC), "warm")
        engine.recommender(replace(usual, attribute=True))
