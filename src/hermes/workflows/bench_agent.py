"""What a lying model gets past the verification, what a truthful one does, and what is understood.

A server of our own, spoken to over HTTP as any other, lies in as many ways as there are kinds of
lies and ways to send them, about slates of real films; it knows what it planted, and what reached
the reader is searched for that. Scripted conversations are held with the agent on the same films;
their half called `test` was not looked at while the rules were made.
"""

from __future__ import annotations

import asyncio
import json
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator

import hermes
from hermes.core.errors import DataError
from hermes.core.protocols import Query
from hermes.core.types import Candidates
from hermes.explain.evidence import Evidence, Item, item
from hermes.explain.guard import Guard
from hermes.explain.language import Deadlines, Endpoint
from hermes.explain.narrator import Narrator, Spoken, Step, Telling, Token
from hermes.explain.prompt import RULES
from hermes.explain.templates import LANGUAGES
from hermes.explain.verify import Verifier
from hermes.pipeline.agent import Agent, Kept
from hermes.pipeline.asked import Reader
from hermes.pipeline.blend import Blend
from hermes.pipeline.breaker import Breaker
from hermes.pipeline.recommender import Recommender
from hermes.pipeline.sources import Source, Sources
from hermes.policy.rules import Rules
from hermes.policy.slatewise import Slatewise
from hermes.retrieval.channels import TrendingChannel
from hermes.retrieval.query import Understanding
from hermes.retrieval.text_search import TextChannel, TextSearch

from . import films
from .bench import Place
from .ground import Ground
from .lies import CUTS, LIES, Lie, lie
from .speaker import Script, speaking, spoken
from .truths import SAYINGS, truths

SLATE, PAST = 5, 6  # items of a slate, titles of a history
OUTSIDE = 40  # other items that lies are taken from
ROUNDS = 4  # answers of each kind of lie and way to send it
SLATES = 12  # that truths are told of, by language
KEY = "sk-bench-7f3a91c2d4"
TALKS = Path(hermes.__file__).parents[2] / "tests" / "data" / "talks.jsonl"
Row = dict[str, Any]


def measure(place: Place) -> list[Row]:
    """Lies, truths and conversations."""
    wanted = place.named("agent", MEASUREMENTS)
    agent = told_by(reader(place))
    return [row for name in wanted for row in MEASUREMENTS[name](agent)]


def reader(place: Place) -> Reader:
    """Of the films of MovieLens-1M with the cast and plot of those that are known."""
    shelf = films.rated(place.folder())
    return Reader(Understanding(shelf), TextSearch(shelf))


def told_by(reading: Reader) -> Agent:
    """The agent whose cards are the catalogue's own."""
    shelf = reading.understand.catalogue
    return Agent(reading, lambda name: shelf.cards[shelf.items.code(name)], Guard.load().judge)


def slate(agent: Agent, rng: Generator) -> tuple[Evidence, list[Item]]:
    """Facts of a few told films, each with a reason from a history, and of others."""
    shelf = agent.catalogue
    codes = rng.permutation(np.arange(1, len(shelf)))
    every = (item(shelf.items.names[c], shelf.cards[c]) for c in codes.tolist())
    told = (o for o in every if len(o.makers()) > 2 and o.text and len(o.categories) > 1 and o.year)
    found, seen = list[Item](), set[str]()
    for one in told:
        if one.title.casefold() not in seen:
            seen.add(one.title.casefold())
            found.append(one)
        if len(found) == SLATE + PAST + OUTSIDE:
            break
    past = [one.title for one in found[SLATE : SLATE + PAST]]
    items = tuple(
        replace(one, reason=f"Because you watched {past[i]}", code="because", because=(past[i],))
        for i, one in enumerate(found[:SLATE])
    )
    sought = (items[0].categories[0],)
    evidence = Evidence(
        items=items,
        history=tuple((title, "watched") for title in past),
        wishes=(f"genre: {sought[0]}",),
        sought=sought,
    )
    return evidence, found[SLATE + PAST :]


@dataclass(frozen=True, slots=True)
class Reached:
    """What became of one answer."""

    lie: Lie
    text: str  # all that was shown
    by: str
    verify: float  # milliseconds
    language: str

    @property
    def fooled(self) -> bool:
        """Whether what was planted was shown."""
        return squeezed(self.lie.planted) in squeezed(self.text)


def squeezed(text: str) -> str:
    """As it is compared: one form of each letter, no case, no spaces."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def lies(agent: Agent) -> list[Row]:
    """How many of the planted falsehoods reach a reader."""
    reached = asyncio.run(told(agent, np.random.default_rng(0)))
    n, fooled = len(reached), [one for one in reached if one.fooled]
    by_kind = Counter(one.lie.kind for one in fooled)
    bound = 3 / n
    note = f"{len(LIES)} kinds sent in {len(CUTS)} ways, in {len(LANGUAGES)} languages; "
    note += f"none of n: below {100 * bound:.2f} % with 95 % confidence" if not fooled else ""
    note += ", ".join(f"{kind} {count}" for kind, count in by_kind.items())
    spoke = sum(one.by == "model" for one in reached)
    sent = sum(squeezed(o.lie.planted) in squeezed("".join(o.lie.pieces)) for o in reached)
    took = float(np.median([one.verify for one in reached]))
    return [
        {"name": "lying answers", "value": n, "floor": 500, "holds": n >= 500,
         "note": f"in {sent} of them what was planted is sent"},
        {"name": "lies that reach the reader", "value": len(fooled), "floor": 0,
         "holds": not fooled, "note": note},
        {"name": "lying answers whose true sentences were told", "value": spoke / n,
         "note": "the others are answered by templates"},
        {"name": "verification of an answer", "value": took, "unit": "ms", "note": "median"},
    ]  # fmt: skip


async def told(agent: Agent, rng: Generator) -> list[Reached]:
    """Every kind of lie in every way, `ROUNDS` times."""
    current: list[Lie] = []
    breaker, guard = Breaker(1 << 30), Guard.load()

    def answer(_: dict[str, Any]) -> Script:
        return spoken(current[-1].pieces, current[-1].ends)

    out = []
    with speaking(answer) as speaker:
        model = Endpoint(speaker.url, "liar", breaker, KEY, Deadlines(whole=30.0, first=20.0))
        narrator = Narrator(model, guard, agent.titles.__contains__, (KEY,))
        for number, (kind, how) in enumerate((k, h) for k in LIES for h in CUTS * ROUNDS):
            language = LANGUAGES[number % len(LANGUAGES)]
            evidence, outside = slate(agent, rng)
            rules = RULES.format(language="English")
            current.append(lie(kind, how, Ground(evidence, outside, language, rng, rules, KEY)))
            telling = Telling(
                question="What shall I watch?", evidence=evidence, template="-", language=language
            )
            out.append(await heard(narrator, telling, current[-1]))
    return out


async def heard(narrator: Narrator, telling: Telling, planted: Lie) -> Reached:
    """All that a reader of one answer is shown."""
    shown, by, took = "", "", 0.0
    async for part in narrator.narrate(telling):
        if isinstance(part, Token):
            shown += part.text
        elif isinstance(part, Spoken):
            shown, by = f"{shown}\n{part.text}", part.by
        elif isinstance(part, Step) and part.state == "Verify":
            took = part.milliseconds
    return Reached(planted, shown, by, took, telling.language)


def honest(agent: Agent) -> list[Row]:
    """What share of true sentences may be told, and how long a sentence takes."""
    rng, rows = np.random.default_rng(1), list[Row]()
    took, refused = list[float](), Counter[str]()
    for language in LANGUAGES:
        right = every = 0
        for _ in range(SLATES):
            evidence, _ = slate(agent, rng)
            for saying, sentence in truths(evidence, language):
                verifier = Verifier(evidence, language, agent.titles.__contains__)
                verifier.subject = tuple(o for o in evidence.items if o.title in sentence) or (
                    evidence.items[SAYINGS[language].index(saying) % len(evidence.items)],
                )
                began = datetime.now(UTC)
                held = bool(verifier.rule(sentence).told)
                took.append((datetime.now(UTC) - began).total_seconds() * 1e3)
                right, every = right + held, every + 1
                refused[saying] += not held
        name = f"true sentences told, {language}"
        rows.append({"name": name, "value": right / every, "note": f"{every} sentences"})
    rows.append({"name": "verification of a sentence", "value": float(np.mean(took)), "unit": "ms"})
    worst = "; ".join(s for s, n in refused.most_common(4) if n)
    rows[0]["note"] += f"; most refused: {worst}" if worst else ""
    return rows


def talks(agent: Agent) -> list[Row]:
    """The share of turns after which the chips are those that were expected."""
    if not TALKS.is_file():
        raise DataError(f"{TALKS}: the conversations are part of the checkout; run `hermes` there")
    scripts = [json.loads(line) for line in TALKS.read_text("utf-8").splitlines()]
    recommender, rows = small(agent), list[Row]()
    for split in ("tune", "test"):
        chosen = [one for one in scripts if one["split"] == split]
        wrong = [
            turn["say"] for one in chosen for turn, ok in held(agent, recommender, one) if not ok
        ]
        turns = sum(len(one["turns"]) for one in chosen)
        note = f"{len(chosen)} conversations, {turns} turns"
        rows.append(
            {
                "name": f"turns understood, {split}",
                "value": 1 - len(wrong) / turns,
                "note": note + (f"; wrong: {' | '.join(wrong[:6])}" if wrong else ""),
            }
        )
    return rows


def small(agent: Agent) -> Recommender:
    """The catalogue in its own order, narrowed by wishes."""
    shelf = agent.catalogue
    scores = np.arange(len(shelf), 0, -1).astype(np.float32) * shelf.available
    channel = TrendingChannel("popularity", scores)
    text = Source(channel=TextChannel("text", agent.reader.search), when="text")
    return Recommender(
        sources=Sources([Source(channel=channel), text], channel),
        blend=Blend(),
        rules=Rules.of(shelf),
        policy=Slatewise(),
        reader=agent.reader,
    )


def held(
    agent: Agent, recommender: Callable[[Query], Any], script: dict[str, Any]
) -> list[tuple[dict[str, Any], bool]]:
    """Each turn of a conversation, and whether it came out as expected."""
    kept, out = Kept(), list[tuple[dict[str, Any], bool]]()
    for turn in script["turns"]:
        plan = agent.hear(kept, turn["say"])
        if plan.slate:
            query = Query(id="bench", at=datetime(2024, 1, 1, tzinfo=UTC), size=5)
            items: Candidates = recommender(agent.query(plan, query)).items
            names = [agent.catalogue.items.names[c] for c in items.items.tolist()]
            plan = agent.seen(plan, names, (), "en")
        kept = plan.kept
        right = fits(kept, turn["chips"]) and turn.get("slate", plan.slate) == plan.slate
        out.append((turn, right and turn.get("says", "") in " ".join(plan.said)))
    return out


def fits(kept: Kept, expected: Sequence[str]) -> bool:
    """Whether the chips are those expected, whatever their order; `?` stands for any value."""
    has = [
        f"{'not-' * w.negated}{w.kind}={w.text.partition(': ')[2] or w.text}" for w in kept.wishes
    ]
    left = list(has)
    for one in expected:
        kind, _, value = one.partition("=")
        match = next(
            (h for h in left if h.startswith(f"{kind}=") and (value == "?" or h == one)), None
        )
        if match is None:
            return False
        left.remove(match)
    return not left


MEASUREMENTS: dict[str, Callable[[Agent], list[Row]]] = {
    "lies": lies,
    "truths": honest,
    "talks": talks,
}
