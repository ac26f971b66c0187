"""Verification: a sentence reaches the reader when everything in it is covered by the evidence.

A model speaks with a small vocabulary that claims nothing, with the names and numbers of the
evidence, and with words whose claims are looked up; any other word, sign or number is a claim that
nobody can check. What is not certain is not told.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .claims import judged
from .evidence import Evidence, Item
from .marks import Doubt, Known, Mark, names, parts, scanned
from .vocabulary import key, vocabulary

LONGEST = 600  # characters of a sentence
ENDS = re.compile(r"([.!?\u2026]+[\"\u201d\u00bb\u201c)]*)(?=\s)|\n")
ASIDE = re.compile(r"\(([^()]*)\)")
OPEN, CLOSE = "\u201c\u201e\u00ab", "\u201d\u00bb"
SHINGLE = 6  # words in a row of the instructions that are a leak
SECRET = 6  # letters and figures of the shortest secret that is looked for


@dataclass(frozen=True, slots=True)
class Ruling:
    """What became of a sentence."""

    told: str  # as it may be shown; empty where it may not
    why: str = ""  # it may not
    substance: bool = False  # it says something of an item


def nobody(_: tuple[str, ...]) -> bool:
    """No name is known."""
    return False


@dataclass
class Verifier:
    """Judges the sentences of one answer, in their order."""

    evidence: Evidence
    language: str = "en"
    known: Known = nobody  # whether words, as `key` has them, are a title of the catalogue
    subject: tuple[Item, ...] | None = field(init=False)  # named last; None: nobody knows

    def __post_init__(self) -> None:
        self.words, self.names = vocabulary(self.language), names(self.evidence)
        self.subject = tuple(one for one in self.evidence.items if one.id in self.evidence.about)

    def rule(self, sentence: str) -> Ruling:
        """Whether it may be shown, and why not."""
        said = unicodedata.normalize("NFC", " ".join(sentence.split()))
        if len(said) > LONGEST:
            self.subject = None
            return Ruling("", "a sentence without an end")
        try:
            if next((c for c in said if c.isalnum()), "").islower():
                raise Doubt("no beginning of a sentence")
            whole = self.asides(said)
            found = judged(self.marks(whole), self.evidence, self.words, self.subject or ())
        except Doubt as doubt:
            self.subject = None
            return Ruling("", str(doubt))
        self.subject = found.items or self.subject
        return Ruling(said, substance=found.substance)

    def asides(self, text: str) -> str:
        """The sentence without what stands in brackets behind a title, which is of that title."""
        out, last = "", 0
        for found in ASIDE.finditer(text):
            before = text[last : found.start()]
            if self.titled(text[: found.end()], found[0]):
                continue
            marks = self.marks(out + before)
            if not marks or marks[-1].kind not in ("title", "past"):
                continue
            if marks[-1].kind == "title":
                inner = self.marks(found[1], False)
                if any(m.kind in ("title", "past") for m in inner):
                    raise Doubt("a title in brackets behind a title")
                judged(inner, self.evidence, self.words, marks[-1].items[:1])
            else:
                raise Doubt("brackets behind a title of the past")
            out, last = out + before.rstrip(), found.end()
        return out + text[last:]

    def titled(self, text: str, aside: str) -> bool:
        """Whether the brackets at the end of a text are those of a title."""
        for one in self.evidence.items:
            place = one.title.find(aside)
            if place >= 0 and text.endswith(one.title[: place + len(aside)]):
                return True
        return False

    def marks(self, text: str, starts: bool = True) -> list[Mark]:
        """All marks, quotations and prices among them; raises `Doubt`."""
        out = list[Mark]()
        for kind, said in parts(text):
            if kind == "text":
                first = starts and not out
                out += scanned(said, self.names, self.words, self.known, first)
            elif kind == "money":
                out.append(Mark("money", said, (), said))
            else:
                title = self.names.get(key(said))
                exact = title is not None and title.kind in ("title", "past")
                out.append(title if exact and title else Mark("quote", said, (), said))
        return out


@dataclass
class Sentences:
    """Cuts a stream into sentences; a name that holds a full stop, or a quotation, is not cut."""

    names: Sequence[str] = ()
    held: str = ""

    @classmethod
    def of(cls, evidence: Evidence) -> Sentences:
        """For the names of the evidence."""
        every = [one.title for one in evidence.items] + [title for title, _ in evidence.history]
        every += [name for one in evidence.items for name in one.makers()]
        return cls([name for name in every if re.search(r"[.!?\u2026](?:\s|$)", name)])

    def feed(self, piece: str) -> list[str]:
        """The sentences that are whole now."""
        self.held += piece
        out, start = list[str](), 0
        for found in ENDS.finditer(self.held):
            text = self.held[start : found.end()]
            if found[0] != "\n" and (self.within(found.end()) or quoting(text)):
                continue
            out.append(text.strip())
            start = found.end()
        self.held = self.held[start:]
        if len(self.held) > 2 * LONGEST:
            out.append(self.held)
            self.held = ""
        return [text for text in out if text]

    def rest(self) -> list[str]:
        """What is left at the end, a sentence or not."""
        last, self.held = self.held.strip(), ""
        return [last] if last else []

    def within(self, end: int) -> bool:
        """Whether a name goes on over this place, as far as can be seen."""
        text = self.held.casefold()
        for name in map(str.casefold, self.names):
            if text[:end].endswith(name):
                return True  # `Airplane!` ends no sentence
            for cut in (m.end() for m in re.finditer(r"[.!?\u2026]+(?=\s)", name)):
                if text[:end].endswith(name[:cut]):
                    after, more = text[end:], name[cut:]
                    if after.startswith(more) or more.startswith(after):
                        return True
        return False


def quoting(text: str) -> bool:
    """Whether a quotation is open at the end of a text."""
    curly = sum(text.count(c) for c in OPEN) > sum(text.count(c) for c in CLOSE)
    return text.count('"') % 2 == 1 or (curly and "\u201e" not in text)


@dataclass
class Leaks:
    """Looks for what must not be told in all that was said so far, whatever its case and signs."""

    secrets: Iterable[str] = ()
    instructions: str = ""
    said: str = ""

    def __post_init__(self) -> None:
        squeezed = ("".join(key(secret)) for secret in self.secrets)
        self.keys = [secret for secret in squeezed if len(secret) >= SECRET]
        words = key(self.instructions)
        self.shingles = {words[i : i + SHINGLE] for i in range(len(words) - SHINGLE + 1)}

    def found(self, sentence: str) -> str:
        """What leaks with this sentence, empty where nothing does."""
        self.said += f" {sentence}"
        words = key(self.said)
        run = "".join(words)
        if any(secret in run or secret[::-1] in run for secret in self.keys):
            return "a secret"
        spans = (words[i : i + SHINGLE] for i in range(len(words) - SHINGLE + 1))
        return "its instructions" if any(span in self.shingles for span in spans) else ""
