"""From what a person types to what is asked for: entities, ranges, denials, and what is left.

What is understood is a list of constraints, each with its place in the text and its wording for the
person who typed it; hard ones become filters, soft ones only say what would be liked, and what is
left is searched for. Any text is read: at most `tokens.READ` characters of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from hermes.core.vocab import Vocabulary
from hermes.data.catalogue import Catalogue

from . import denial, wording
from .gazetteer import Gazetteer
from .lexicon import Lexicon
from .phrases import Hit, Phrases
from .ranges import Ranges
from .tokens import tokens
from .understood import Constraint, Kind, Span, Understood, merged

SOFT: dict[str, Kind] = {"colour": "colour", "language": "language", "tag": "tag"}
TAKEN = frozenset(("category", "pair", "mood", "creator", "title", "colour", "language", "tag",
                   "range"))  # fmt: skip


class Understanding:
    """Reads queries for one catalogue; made once: 0.2 ms and 3 kB an item."""

    def __init__(self, catalogue: Catalogue, lexicon: Lexicon | None = None) -> None:
        self.catalogue, self.gazetteer = catalogue, Gazetteer(catalogue, lexicon)
        self.ranges = Ranges(catalogue.published, catalogue.price)
        self.sets = self.gazetteer.lexicon.sets
        self.idle = self.sets["stops"] | self.sets["fillers"]

    def __call__(self, text: str, plain: Sequence[Span] = ()) -> Understood:
        """What a text asks for, the spans `plain` of it taken as plain words."""
        found = tokens(text)
        phrases = Phrases(found, self.gazetteer, self.ranges.find(found))
        absent = denial.deny(phrases, self.sets)
        free = self.free(phrases, absent)
        taken = [one for hit in phrases.hits for one in self.constraints(phrases, hit, free)]
        constraints = sorted((*self.grouped(phrases, taken), *absent), key=lambda c: c.span)
        words = tuple(phrases.words[k] for k in free)
        read = Understood(
            text=found.text,
            normal=" ".join(found.words),
            constraints=tuple(constraints),
            words=words,
            known=sum(self.gazetteer.knows(word) for word in words),
            runs=self.left(phrases, constraints, free),
            length=len(phrases.words),
        )
        return read.plain(plain) if plain else read

    def free(self, phrases: Phrases, absent: Sequence[Constraint]) -> list[int]:
        """Words that say something and name nothing."""
        out, spans = [], [one.span for one in absent]
        for k, word in enumerate(phrases.words):
            hit = phrases.cover[k]
            other = hit is not None and hit.kind == "kind" and not self.gazetteer.offers(hit.name)
            if other or (hit is None and word not in self.idle and not phrases.within(k, spans)):
                out.append(k)
        return out

    def constraints(self, phrases: Phrases, hit: Hit, free: Sequence[int]) -> Iterator[Constraint]:
        """What a hit asks for: nothing, one thing, or two."""
        made = Constraint(
            kind="tag",
            value=hit.name.value,
            negated=hit.negated,
            mended=hit.meant,
            span=phrases.span(hit),
        )
        if hit.range is not None:
            told = not hit.range.loose or hit.negated or self.used(phrases, hit, free)
            yield from wording.ranged(made, hit.range, told and self.ranges.known(hit.range))
        elif hit.kind in ("category", "pair"):
            hard = self.hard(phrases, hit, free)
            groups = [(c,) for c in hit.name.codes] if hit.kind == "pair" else [hit.name.codes]
            for codes in groups:
                names = named(self.catalogue.categories, codes)
                yield replace(made, kind="category", value=names[0], names=names, hard=hard)
        elif hit.kind == "mood":
            yield self.mood(made, hit)
        elif hit.kind == "creator":
            names = named(self.catalogue.creators, hit.name.codes)
            yield replace(made, kind="creator", names=names, hard=not phrases.alike(hit.start))
        elif hit.kind == "title" and phrases.alike(hit.start):
            yield replace(made, kind="like", items=hit.name.codes, hard=not hit.negated)
        elif hit.kind == "title":
            yield replace(made, kind="title", items=hit.name.codes, hard=False)
        elif hit.kind in SOFT:
            yield replace(made, kind=SOFT[hit.kind], hard=False)
        elif self.gazetteer.divides(hit.name) and self.used(phrases, hit, free):
            names = named(self.catalogue.domains, hit.name.codes)
            yield replace(made, kind="domain", names=names)

    def mood(self, made: Constraint, hit: Hit) -> Constraint:
        """What would be liked; a denied one that is as good as a category goes with it."""
        names = named(self.catalogue.categories, hit.name.codes)
        if hit.negated and names and hit.name.value in self.sets["denied"]:
            return replace(made, kind="category", value=names[0], names=names[:1])
        return replace(made, kind="mood", names=names, hard=False)

    def hard(self, phrases: Phrases, hit: Hit, free: Sequence[int]) -> bool:
        """Whether a category is what kind of thing is wanted, not a word of a story."""
        if hit.negated or not free:
            return True
        words = phrases.words[hit.start : hit.end]
        if words[0] == "for" or phrases.kind_at(hit.end) or phrases.kind_at(hit.start - 1):
            return True
        return " ".join(words) not in self.sets["loose"] and self.used(phrases, hit, free)

    def used(self, phrases: Phrases, hit: Hit, free: Sequence[int]) -> bool:
        """Whether it stands first or after a comma, and `about`, `with` or nothing comes after."""
        if not free:
            return True
        before = [k for k in free if k < hit.start]
        clause = any(
            "," in phrases.gap(k) for k in range(max(before, default=-1) + 1, hit.start + 1)
        )
        after = phrases.words[hit.end] if hit.end < len(phrases.words) else ""
        follows = not after or after in self.sets["prepositions"] or "," in phrases.gap(hit.end)
        neighbour = phrases.cover[hit.end] if after else None
        follows = follows or (neighbour is not None and neighbour.kind in TAKEN | {"kind"})
        return (not before or clause) and follows

    def grouped(self, phrases: Phrases, found: Sequence[Constraint]) -> list[Constraint]:
        """Alternatives of a kind get one number: those joined by `or`, or never together."""
        out = list[Constraint]()
        last: dict[str, Constraint] = {}
        for group, one in enumerate(found):
            before = last.get(one.kind)
            made = replace(one, group=group)
            if before is not None and one.hard and not one.negated:
                between = phrases.found.text[before.span[1] : one.span[0]].lower().split()
                if "or" in between or "/" in between or not self.together(before, one):
                    made = replace(one, group=before.group)
            if one.hard and not one.negated:
                last[one.kind] = made
            out.append(wording.worded(made) if not made.reading else made)
        return out

    def together(self, first: Constraint, second: Constraint) -> bool:
        """Whether any item is of both."""
        names = self.gazetteer
        if first.kind == "category":
            a, b = (self.catalogue.categories.encode(c.names) for c in (first, second))
            return bool(names.together[a][:, b].any())
        if first.kind == "creator":
            a, b = (self.catalogue.creators.encode(c.names) for c in (first, second))
            mine = {item for code in a.tolist() for item in names.made(code).tolist()}
            return any(not mine.isdisjoint(names.made(code).tolist()) for code in b.tolist())
        return True

    def left(
        self, phrases: Phrases, found: Sequence[Constraint], free: Sequence[int]
    ) -> tuple[Span, ...]:
        """Runs of words that are still to be searched for, without idle words at their ends."""
        gone = [one.span for one in found if one.hard or one.negated]
        kept = [one.span for one in found if not (one.hard or one.negated)]
        runs, run = list[Span](), list[int]()
        for k in (*range(len(phrases.words)), -1):
            start = phrases.starts[k] if phrases.words and k >= 0 else -1
            if k < 0 or any(low <= start < high for low, high in gone):
                says = [i for i in run if i in free or phrases.within(i, kept)]
                if says:
                    runs.append((phrases.starts[says[0]], phrases.ends[says[-1]]))
                run = []
            else:
                run.append(k)
        return merged(phrases.found.text, runs)


def named(names: Vocabulary, codes: Sequence[int]) -> tuple[str, ...]:
    """Names of codes."""
    return tuple(names.names[code] for code in codes)
