"""What words the agent's answers in one process: the agent of the engine, and the narrator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hermes.explain.guard import Guard
from hermes.explain.language import Deadlines, Endpoint, Language
from hermes.explain.narrator import Narrator
from hermes.pipeline.agent import Agent
from hermes.pipeline.breaker import Breaker

from .settings import Settings

if TYPE_CHECKING:
    from .deps import Deps

COOLDOWN = 20.0  # seconds a model that keeps failing is left alone
FIRST, BETWEEN = 0.5, 0.3  # of the longest wait: for the first word, and between two
FAILURES = 3  # in a row


@dataclass(frozen=True, slots=True)
class Mind:
    """The agent and what words its answers."""

    agent: Agent
    narrator: Narrator


def language(settings: Settings) -> Language | None:
    """The model that is configured, None where none is; raises `ConfigError`."""
    if not settings.language_url:
        return None
    whole = settings.language_seconds
    return Endpoint(
        settings.language_url,
        settings.language_model,
        Breaker(FAILURES, COOLDOWN),
        settings.language_key.get_secret_value(),
        Deadlines(first=FIRST * whole, between=BETWEEN * whole, whole=whole),
    )


def mind(deps: Deps) -> Mind:
    """The one of the engine that serves now."""
    reader, held = deps.engine.finder.reader, deps.mind
    if held is not None and held.agent.reader is reader:
        return held
    guard: Guard = deps.guard
    agent = Agent(reader, deps.shelf.card, guard.judge)
    titles = agent.titles if deps.language is not None else frozenset[tuple[str, ...]]()
    secret = deps.settings.language_key.get_secret_value()
    narrator = Narrator(deps.language, guard, titles.__contains__, (secret,) if secret else ())
    deps.mind = Mind(agent, narrator)
    return deps.mind
