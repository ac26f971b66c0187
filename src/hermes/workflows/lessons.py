"""Questions that a catalogue's own items answer, to learn which of their modalities answers which.

A story is the longest passage of a text without words of the title, and the item's text is then
read without it. A look is what a picture's main colour is called, alone or with the category: many
items answer it. A sound is the category of what has a recording. What is learned is worth as much
as these questions are like those that people ask; nobody's own were at hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from hermes.core.types import Bools, Ints
from hermes.data.catalogue import Catalogue
from hermes.data.script import tokens
from hermes.encoders.base import Vectors
from hermes.encoders.colours import WORDS
from hermes.encoders.passages import passages
from hermes.pipeline.content import Card

from .looks import EACH, FINE, PLAIN

STORY, LOOK, SOUND, TITLE = "story", "look", "sound", "title"
LOOKS = (
    *PLAIN, "{} one", "something {}", "anything in {}", "a {} look", "{} coloured", "mostly {}",
    "bright {}", "dark {} tones", "a pale {}", "deep {}", "a photo of a {}", "{} cover",
    "picture of something {}", "{} all over", "with a lot of {} in it", "handsome {} design",
    "a good shade of {}", "it should look {}", "in {} please", "{} and pleasing to the eye",
    "cute {}", "shiny {}", "an artful {}", "{} for my wall", "delightful {} to look at",
)  # fmt: skip
SOUNDS = (
    "sounds like {}", "something that sounds like {}", "{} to listen to", "play some {}",
    "i want to hear {}", "{} music for tonight", "a recording of {}", "the sound of {}",
)  # fmt: skip
HEARD = "let me hear some {}"
ENOUGH = 5000  # looks that are learned from, where there are forms for them
RUN = 7  # words of a story, at most, where only some are asked
WORD = 4  # words of a passage that asks for something


@dataclass
class Lessons:
    """Questions as columns; grows while they are made."""

    kind: Ints  # (I, 3) colour with category, colour, category of a sound; 0 none
    texts: list[str] = field(default_factory=list)
    items: list[int] = field(default_factory=list)  # codes
    asks: list[int] = field(default_factory=list)  # the kind, 0: this very item
    sorts: list[str] = field(default_factory=list)

    def put(self, text: str, item: int, sort: str, asks: int = 0) -> None:
        """One more."""
        self.texts.append(text)
        self.items.append(item)
        self.asks.append(asks)
        self.sorts.append(sort)


@dataclass(frozen=True)
class Stock:
    """What can be asked of each item."""

    titles: tuple[str, ...]
    stories: Mapping[int, tuple[str, str]]  # item -> the question, and the rest of its text
    nouns: Sequence[str]  # (I,)
    colours: Sequence[str]  # (I,) empty without a picture
    heard: Bools  # (I,) whether it has a recording

    @classmethod
    def of(
        cls, catalogue: Catalogue, cards: Sequence[Card], hues: Vectors | None, heard: Bools
    ) -> Stock:
        """From cards, the colours of pictures, and who has a recording."""
        told = (
            story(t, card.text_content) for t, card in zip(catalogue.titles, cards, strict=True)
        )
        domains = [catalogue.domains.names[d] for d in catalogue.domain]
        nouns = [
            (card.categories[0] if card.categories else domain).lower()
            for card, domain in zip(cards, domains, strict=True)
        ]
        colours = [""] * len(cards)
        if hues is not None:
            for item in np.flatnonzero(hues.present):
                colours[item] = WORDS[int(hues.rows[item].argmax())]
        stories = {item: one for item, one in enumerate(told) if one}
        return cls(catalogue.titles, stories, nouns, colours, heard)

    def askable(self) -> Ints:
        """Items that anything can be asked of."""
        looked = [bool(c) for c in self.colours]
        told = np.isin(np.arange(len(looked)), list(self.stories))
        there = told | np.array(looked) | self.heard
        return np.flatnonzero(there[1:]) + 1

    def blank(self) -> Lessons:
        """No question yet, and the kinds that are asked for."""
        codes = dict[tuple[str, ...], int]()
        kind = np.zeros((len(self.nouns), 3), np.int64)
        for item in range(1, len(self.nouns)):
            colour, noun = self.colours[item], self.nouns[item]
            names = [(colour, noun), (colour,)] if colour else []
            for column, name in enumerate(names):
                kind[item, column] = codes.setdefault(name, len(codes) + 1)
            if self.heard[item]:
                kind[item, 2] = codes.setdefault(("", noun), len(codes) + 1)
        return Lessons(kind)

    def learned(self, items: Ints) -> Lessons:
        """What is learned from: titles, stories, and looks and sounds in several forms."""
        out, each = self.blank(), min(max(EACH, ENOUGH // max(len(items), 1)), len(LOOKS))
        for place, item in enumerate(items.tolist()):
            for turn in range(0, each, 2):  # half as often as looks, a title for two stories
                if turn % 3 == 0 or item not in self.stories:
                    out.put(self.titles[item], item, TITLE)
                else:
                    asked = self.stories[item][0]
                    out.put(asked if turn % 3 == 1 else some(asked, turn), item, STORY)
            kind = out.kind[item]
            for turn in range(each):
                way = place * each + turn
                if self.colours[item]:
                    alone = turn % 2  # what names a category may have been read as a filter before
                    look = self.colours[item] if alone else self.look(item)
                    out.put(LOOKS[way % len(LOOKS)].format(look), item, LOOK, int(kind[alone]))
                if self.heard[item]:
                    said = SOUNDS[way % len(SOUNDS)].format(self.nouns[item])
                    out.put(said, item, SOUND, int(kind[2]))
        return out

    def asked(self, items: Ints) -> Lessons:
        """What it is measured on: looks and sounds in words that nothing was learned in."""
        out = self.blank()
        for item in items.tolist():
            out.put(self.titles[item], item, TITLE)
            if item in self.stories:
                out.put(self.stories[item][0], item, STORY)
            if self.colours[item]:
                out.put(FINE.format(self.look(item)), item, LOOK, int(out.kind[item, 0]))
            if self.heard[item]:
                said = HEARD.format(self.nouns[item])
                out.put(said, item, SOUND, int(out.kind[item, 2]))
        return out

    def look(self, item: int) -> str:
        """Colour and category."""
        return f"{self.colours[item]} {self.nouns[item]}"

    def words(self) -> list[str]:
        """Every look and sound by its plain name, each once: what an encoder of texts must know.

        The words around them stay unknown to an encoder that is fitted here, as most of those will
        be that people put there: taught in all forms, it weighs only these as it should.
        """
        looks = {self.look(i) for i in range(1, len(self.nouns)) if self.colours[i]}
        return sorted(looks | {self.nouns[i] for i in np.flatnonzero(self.heard).tolist()})


def some(asked: str, turn: int) -> str:
    """A run of a story's words, as short as what people type: another run each turn.

    >>> some("a lonely keeper counts the ships that never come", 2)
    'counts the ships that never'
    """
    words = asked.split()
    wide = min(RUN - turn % 3, len(words))
    begin = (turn * 7919) % (len(words) - wide + 1)
    return " ".join(words[begin : begin + wide])


def story(title: str, text: str | None) -> tuple[str, str] | None:
    """A question from a text, and the text without it; None where there is not enough.

    >>> story("Rye", "A farmer and his rye lose a whole harvest. Nobody comes to help him now.")
    ('a farmer and his lose a whole harvest', 'Nobody comes to help him now.')
    """
    parts = passages(text or "")
    if len(parts) < 2:
        return None
    longest, known = max(parts, key=len), set(tokens(title))
    asked = [word for word in tokens(longest) if word not in known]
    rest = " ".join(part for part in parts if part is not longest)
    return (" ".join(asked), rest) if len(asked) >= WORD else None
