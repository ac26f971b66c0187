"""From evidence to words: the states that an answer passes through, whoever words it.

FetchAttribution → ConstructPrompt → HeuristicCheck → SemanticCheck → Generate → Verify → Answer,
and Fallback from any of them, which is the templates' answer. A word is shown only after its
sentence was verified, and nothing that was shown is taken back.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import Protocol

from hermes.core.errors import Unavailable

from .evidence import Evidence
from .language import Language, Message
from .marks import Known
from .prompt import cleared, messages
from .verify import Leaks, Sentences, Verifier, nobody

REFUSED = 3  # sentences that did not hold, after which no more are read
KEPT = 12  # sentences of an answer
AT_ONCE = 64  # answers that are worded by a model at once


class Verdict(Protocol):
    """What a guard thinks of a text."""

    @property
    def attack(self) -> bool:
        """Whether it tells the answerer what to do."""

    @property
    def rule(self) -> str:
        """The pattern that it met; `classifier` where that alone says so."""


class Judge(Protocol):
    """A guard: see `hermes.explain.guard`."""

    def judge_many(self, texts: Sequence[str]) -> Sequence[Verdict]:
        """One verdict a text."""


@dataclass(frozen=True, slots=True)
class Step:
    """A state that was passed."""

    state: str
    milliseconds: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """Words that may be shown now."""

    text: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """The whole answer."""

    text: str
    by: str  # templates or model
    model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What is to be worded."""

    question: str
    evidence: Evidence
    template: str  # the answer where no model gives one
    language: str = "en"


@dataclass
class Draft:
    """What has been verified so far."""

    shown: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)  # until a sentence says something
    refused: list[str] = field(default_factory=list)  # why
    ended: str = ""  # why no more was read

    def take(self, told: str, substance: bool) -> str:
        """What may be shown now that a sentence holds."""
        self.waiting.append(told)
        if not (substance or self.shown):
            return ""
        out = " " * bool(self.shown) + " ".join(self.waiting)
        self.shown, self.waiting = [*self.shown, *self.waiting], []
        return out


@dataclass
class Narrator:
    """Words answers: by a model where there is one and all it says holds, else by templates."""

    language: Language | None = None
    guard: Judge | None = None
    known: Known = nobody
    secrets: Sequence[str] = ()
    speaking: int = field(default=0, init=False)  # answers that a model words now

    async def narrate(self, telling: Telling) -> AsyncGenerator[Step | Token | Spoken, None]:
        """Each state as it ends, each sentence as it is verified, and at last the whole."""
        began = perf_counter()
        evidence, language = telling.evidence, self.language
        reasons = sum(bool(one.reason) for one in evidence.items)
        yield passed("FetchAttribution", began, f"{len(evidence.items)} items, {reasons} reasons")
        cause = "no language model is configured" if language is None else ""
        cause = cause or ("there is no item to speak of" if not evidence.items else "")
        cause = cause or ("too many answers are being worded" if self.speaking >= AT_ONCE else "")
        draft = Draft()
        if language is not None and not cause:
            began = perf_counter()
            prompt = messages(telling.question, evidence, telling.language)
            size = sum(len(one.content) for one in prompt)
            yield passed("ConstructPrompt", began, f"{size} characters")
            cause, steps, clean = await asyncio.to_thread(self.checked, telling)
            for step in steps:
                yield step
            if not cause:
                if clean is not evidence:
                    prompt = messages(telling.question, clean, telling.language)
                async with aclosing(self.generated(language, prompt, clean, telling, draft)) as out:
                    async for one in out:
                        yield one
                cause = "" if draft.shown else draft.ended or "nothing it said could be verified"
        for last in ended(telling, draft, cause, language.name if language else ""):
            yield last

    def checked(self, telling: Telling) -> tuple[str, list[Step], Evidence]:
        """Why no model is asked, the two checks, and the evidence without what attacks."""
        began, evidence = perf_counter(), telling.evidence
        if self.guard is None:
            return "no guard is loaded", [passed("HeuristicCheck", began, "no guard")], evidence
        found = dict[str, Verdict]()

        def attacks(texts: Sequence[str], rules: bool) -> set[int]:
            assert self.guard is not None
            fresh = [text for text in dict.fromkeys(texts) if text and text not in found]
            found.update(zip(fresh, self.guard.judge_many(fresh), strict=True))
            return {
                i for i, text in enumerate(texts)
                if text and found[text].attack and patterned(found[text]) == rules
            }  # fmt: skip

        steps = list[Step]()
        for state, rules in (("HeuristicCheck", True), ("SemanticCheck", False)):
            if attacks([telling.question], rules):
                steps.append(passed(state, began, "the text tells the answerer what to do"))
                return "the text is taken for an attack", steps, evidence
            evidence, left = cleared(evidence, partial(attacks, rules=rules))
            steps.append(passed(state, began, f"{left} texts left out" if left else "passed"))
            began = perf_counter()
        if not evidence.items:
            return "no item is left to speak of", steps, evidence
        return "", steps, evidence

    async def generated(
        self,
        language: Language,
        prompt: Sequence[Message],
        evidence: Evidence,
        telling: Telling,
        draft: Draft,
    ) -> AsyncGenerator[Step | Token, None]:
        """Sentences as they are verified; what became of them stands in the draft."""
        verifier = Verifier(evidence, telling.language, self.known)
        leaks = Leaks(self.secrets, "\n".join(m.content for m in prompt if m.role == "system"))
        cut, began, spent = Sentences.of(evidence), perf_counter(), 0.0
        self.speaking += 1
        try:
            async with aclosing(language.stream(prompt)) as said:
                async for piece in said:
                    for sentence in cut.feed(piece):
                        mark = perf_counter()
                        shown = rule(sentence, verifier, leaks, draft)
                        spent += perf_counter() - mark
                        if shown:
                            yield Token(shown)
                    if draft.ended:
                        break
                else:
                    for sentence in cut.rest():
                        if shown := rule(sentence, verifier, leaks, draft):
                            yield Token(shown)
        except Unavailable as error:
            draft.ended = str(error)
        finally:
            self.speaking -= 1
        whole = (perf_counter() - began) * 1e3
        yield Step("Generate", whole - spent * 1e3, draft.ended or "to its end")
        yield Step("Verify", spent * 1e3, verified(draft))


def patterned(verdict: Verdict) -> bool:
    """Whether a pattern speaks against a text, not the classifier alone."""
    return bool(verdict.rule) and not verdict.rule.startswith("classifier")


def rule(sentence: str, verifier: Verifier, leaks: Leaks, draft: Draft) -> str:
    """What may be shown with this sentence; a leak, or too much that does not hold, ends all."""
    if draft.ended:
        return ""
    leak = leaks.found(sentence)
    if leak:
        draft.ended = f"it told {leak}"
        draft.waiting.clear()
        return ""
    ruling = verifier.rule(sentence)
    if not ruling.told:
        draft.refused.append(ruling.why)
        if len(draft.refused) >= REFUSED:
            draft.ended = "too much of it could not be verified"
        return ""
    if len(draft.shown) >= KEPT:
        draft.ended = "it said enough"
        return ""
    return draft.take(ruling.told, ruling.substance)


def verified(draft: Draft) -> str:
    """How many sentences held, and the first cause why one did not."""
    note = f"{len(draft.shown)} sentences hold"
    if draft.refused:
        note += f", {len(draft.refused)} refused; first: {draft.refused[0]}"
    return note


def ended(telling: Telling, draft: Draft, cause: str, model: str) -> list[Step | Token | Spoken]:
    """The last state, and the answer."""
    now = perf_counter()
    if cause:
        spoken = Spoken(telling.template, "templates")
        return [passed("Fallback", now, cause), Token(telling.template), spoken]
    note = f"as far as it went: {draft.ended}" if draft.ended else ""
    return [passed("Answer", now, note), Spoken(" ".join(draft.shown), "model", model)]


def passed(state: str, began: float, note: str = "") -> Step:
    """A state that ends now."""
    return Step(state, (perf_counter() - began) * 1e3, note)
