"""The agent: a conversation that turns wishes into the next query and answers from the catalogue.

It never chooses items: wishes become filters and words, the recommender answers them, and what is
said of an item is what the catalogue says. A text that is neither is declined.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

import msgspec
import numpy as np

from hermes.core.protocols import Query, Reason
from hermes.core.types import Array
from hermes.data.catalogue import Catalogue
from hermes.explain.evidence import Evidence, Item, item
from hermes.explain.holdings import verb
from hermes.explain.marks import spelt
from hermes.explain.templates import listed, told
from hermes.explain.vocabulary import key
from hermes.retrieval.readings import reading

from . import answers, compare
from .abroad import english
from .asked import Reader, held
from .lengths import stated
from .turns import Turn, place, turns
from .wishes import Wish, joined, put, sized, wishes

TOLD = 3  # titles that a template names
HISTORY = 40  # titles of the history that may be spoken of


class Verdict(Protocol):
    """What a guard thinks of a text."""

    @property
    def attack(self) -> bool:
        """Whether it is to be declined."""


class Kept(msgspec.Struct, kw_only=True):
    """What a conversation remembers."""

    user: str = ""
    turn: int = 0
    wishes: list[Wish] = []
    shown: list[str] = []  # asset ids of the last slate
    reasons: list[str] = []  # and why each was there
    about: list[str] = []  # asset ids that were spoken of last


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one turn comes to."""

    kept: Kept
    slate: bool  # whether a slate is to be asked for
    said: tuple[str, ...] = ()  # sentences of the templates, before those about the slate
    about: tuple[int, ...] = ()  # codes of items that are spoken of
    kind: str = "wish"  # of the turn, see `turns`


@dataclass
class Agent:
    """Hears, plans and tells, for one catalogue; a conversation's state goes in and comes out."""

    reader: Reader
    card: Callable[[str], bytes | None]  # by asset id, as it is offered now
    judge: Callable[[str], Verdict] | None = None
    catalogue: Catalogue = field(init=False)

    def __post_init__(self) -> None:
        self.catalogue = self.reader.understand.catalogue

    @property
    def sizes(self) -> dict[str, Array]:
        """Lengths by field."""
        return self.reader.sizes

    @cached_property
    def titles(self) -> frozenset[tuple[str, ...]]:
        """Every title as a sentence is looked through for it."""
        return frozenset(key(name) for title in self.catalogue.titles[1:] for name in spelt(title))

    def hear(self, kept: Kept, text: str, remove: Sequence[str] = (), language: str = "en") -> Plan:
        """What a text and the chips taken back come to; `kept` is left as it was."""
        left = [one for one in kept.wishes if one.id not in set(remove)]
        now = msgspec.structs.replace(kept, turn=kept.turn + 1, wishes=left)
        if not text.strip():
            return Plan(kept=now, slate=True, kind="remove")
        first, *more = self.heard(text)
        if first.kind == "reset":  # `forget everything` is meant for the wishes
            now = Kept(user=now.user, turn=now.turn)
            return Plan(kept=now, slate=False, said=(told(language, "reset"),), kind="reset")
        if first.kind in ("decline", "talk"):
            said = (told(language, first.what),)
            return Plan(kept=now, slate=False, said=said, kind=first.kind)
        if self.judge is not None and self.judge(text).attack:
            return Plan(kept=now, slate=False, said=(told(language, "attack"),), kind="attack")
        if first.kind == "ask":
            return self.asked(now, first, language)
        if first.kind == "forget":
            return self.forgotten(now, english(first.target, language, self.named), language)
        return self.wished(now, [first, *more], language)

    def heard(self, text: str) -> list[Turn]:
        """The turns of a text; one that is a title of several words is a wish for it."""
        read = self.reader.understand(text)
        titled = bool(read.named) and not read.words and read.length > 1
        whole = titled and max(one.span[1] - one.span[0] for one in read.named) > 0.8 * len(text)
        return [Turn("wish", target=text)] if whole else turns(text)

    def named(self, text: str) -> bool:
        """Whether a text is one name of the catalogue."""
        read = self.reader.understand(text)
        return len(read.constraints) == 1 and not read.words

    def asked(self, now: Kept, turn: Turn, language: str) -> Plan:
        """A question about an item."""
        code = self.meant(now, turn.target)
        if code is None:
            said = (told(language, self.missing(now, turn.target)),)
            return Plan(kept=now, slate=False, said=said, kind="ask")
        name = self.catalogue.items.names[code]
        now.about = [name]
        one = self.item(name, self.reason(now, name))
        said = (answers.answer(one, turn.what, language),)
        return Plan(kept=now, slate=False, said=said, about=(code,), kind="ask")

    def missing(self, now: Kept, target: str) -> str:
        """What to say where no item is meant: that none is called so, or that none was shown."""
        if target and not answers.pointing(target):
            return "unknown"
        return "beyond" if now.shown else "which"

    def reason(self, now: Kept, name: str) -> str:
        """Why an item was on the last slate."""
        known = dict(zip(now.shown, now.reasons, strict=False))
        return known.get(name, "")

    def meant(self, now: Kept, target: str) -> int | None:
        """The item that words mean: by its place, by what was spoken of, or by its title."""
        codes = self.catalogue.items
        where = place(target) if len(target) < 60 else None
        if where is not None and answers.pointing(target):
            inside = -len(now.shown) <= where < len(now.shown)
            return codes.code(now.shown[where]) or None if inside else None
        if not target or answers.pointing(target):
            return next((c for name in [*now.about, *now.shown] if (c := codes.code(name))), None)
        named = [c for one in self.reader.understand(target).named for c in one.items]
        shown = set(codes.encode(now.shown).tolist())
        return next((c for c in named if c in shown), next(iter(named), None))

    def forgotten(self, now: Kept, target: str, language: str) -> Plan:
        """Wishes that the words name go."""
        gone = compare.named(now.wishes, target, self.reader.understand)
        if not gone:
            return Plan(kept=now, slate=False, said=(told(language, "unheld"),), kind="forget")
        now.wishes = [one for one in now.wishes if one not in gone]
        said = told(language, "forgot", wishes=wished(language, gone))
        return Plan(kept=now, slate=True, said=(said,), kind="forget")

    def wished(self, now: Kept, heard: Sequence[Turn], language: str) -> Plan:
        """Wishes join those before; the ones they contradict go."""
        new, said, search = list[Wish](), list[str](), self.reader.search
        instead = False
        for one in heard:
            if one.kind == "compare":
                found = compare.compared(self.catalogue, self.sizes, now.shown, one.what, now.turn)
                new += found if isinstance(found, list) else []
                said += [] if isinstance(found, list) else [told(language, found)]
            elif one.kind in ("same", "like"):
                said += self.alike(now, one, new, language)
            else:
                plain, instead = compare.cue(one.target)
                plain = english(self.sized(plain, now, new, said, language), language, self.named)
                new += wishes(self.reader.understand(plain), self.catalogue, now.turn)
        if not new:
            said = said or [told(language, "unread")]
            return Plan(kept=now, slate=False, said=tuple(said), kind=heard[0].kind)
        lost = [one.words for one in new if one.kind == "words" and not held(search, one.words)]
        said += [told(language, "unheard", wishes=listed(language, lost))] if lost else []
        now.wishes, gone = joined(now.wishes, new, self.catalogue, instead)
        if gone:
            names = wished(language, gone)
            said.append(told(language, "replaced", wishes=names))
        return Plan(kept=now, slate=True, said=tuple(said), kind=heard[0].kind)

    def sized(self, plain: str, now: Kept, new: list[Wish], said: list[str], language: str) -> str:
        """Adds the lengths that a text states, which count more than a comparison; -> the rest."""
        rest, found = stated(plain)
        known = [sized(one, now.turn) for one in found if np.isfinite(self.sizes[one.kind]).any()]
        said += [told(language, "field_length")] if len(known) < len(found) else []
        new[:] = [one for one in new if all(one.kind != other.kind for other in known)] + known
        return " ".join(rest.split()) if found else plain

    def alike(self, now: Kept, turn: Turn, new: list[Wish], language: str) -> list[str]:
        """Adds what is like an item, or by those who made it; -> what cannot be done."""
        code = self.meant(now, turn.target)
        if code is None:
            return [told(language, self.missing(now, turn.target))]
        name, title = self.catalogue.items.names[code], self.catalogue.titles[code]
        if turn.kind == "like":
            text = f"like: {title}"
            new.append(
                Wish(id=f"{now.turn}-like-s", kind="like", text=text, value=title, assets=(name,))
            )
            return []
        role = answers.ROLES.get(turn.role.rstrip("s"), "")
        makers = self.item(name).makers(role)
        if not makers:
            return [told(language, "field_maker", title=title)]
        text = f"by: {' or '.join(makers)}"
        new.append(
            Wish(
                id=f"{now.turn}-creator-s", kind="creator", text=text, value=makers[0], names=makers
            )
        )
        return []

    def query(self, plan: Plan, query: Query) -> Query:
        """The query with all wishes of the conversation."""
        return put(plan.kept.wishes, query, self.reader, self.sizes)

    def seen(
        self, plan: Plan, items: Sequence[str], reasons: Sequence[Reason], language: str
    ) -> Plan:
        """The plan after its slate: what was shown is remembered, and the templates speak of it."""
        now, names = plan.kept, wished(language, plan.kept.wishes)
        now.shown, now.about = list(items), list(items[:1])
        now.reasons = [one.text for one in reasons]
        titles = [self.catalogue.titles[c] for c in self.catalogue.items.encode(items[:TOLD])]
        if not titles:
            said = told(language, "empty", wishes=names) if names else told(language, "bare")
        else:
            key = "wished" if names else "slate"
            said = told(language, key, wishes=names, titles=listed(language, titles))
        return replace(plan, said=(*plan.said, said))

    def item(
        self, asset_id: str, reason: str = "", code: str = "", because: tuple[str, ...] = ()
    ) -> Item:
        """The facts of an item as it is offered now."""
        card = self.card(asset_id) or b"{}"
        return item(asset_id, card, reason=reason, code=code, because=because)

    def evidence(self, plan: Plan, reasons: Sequence[Reason], history: Array) -> Evidence:
        """What may be said in answer to this turn."""
        titles, names = self.catalogue.titles, self.catalogue.items.names
        now = plan.kept
        if plan.slate:
            told_ = list(zip(now.shown, [*reasons, *[None] * len(now.shown)], strict=False))
            items = tuple(
                self.item(name, one.text, one.code, tuple(titles[c] for c in one.evidence))
                if one is not None
                else self.item(name)
                for name, one in told_
            )
        else:
            items = tuple(self.item(names[c], self.reason(now, names[c])) for c in plan.about)
        domains = self.catalogue.domains.names
        done = [(titles[c], verb(domains[self.catalogue.domain[c]])) for c in recent(history)]
        hard = [one for one in now.wishes if one.kind in ("category", "creator", "like", "title")]
        return Evidence(
            items=items,
            about=tuple(one.id for one in items[:1]) if not plan.slate else (),
            history=tuple(dict.fromkeys(done)),
            wishes=tuple(one.text for one in now.wishes),
            sought=tuple(n for o in hard if not o.negated for n in (o.names or (o.value,))),
            denied=tuple(n for o in hard if o.negated for n in (o.names or (o.value,))),
            years=years(now.wishes),
        )


def recent(history: Array) -> list[int]:
    """The last of it, newest first, each once."""
    return list(dict.fromkeys(history[::-1].tolist()))[:HISTORY]


def years(held: Sequence[Wish]) -> tuple[int, ...]:
    """Every year that the wishes name, as they read."""
    out = list[int]()
    for one in held:
        if one.kind == "year":
            out += [int(word) for word in one.text.split() if word.isdigit()]
    return tuple(dict.fromkeys(out))


def wished(language: str, wishes: Sequence[Wish]) -> str:
    """Wishes as one says them."""
    return listed(language, [reading(one.text, language, one.names) for one in wishes])
