"""Long texts in pieces that a vector can hold: sentences, put together where they are short."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from hermes.core.types import Ints

ENDS = re.compile(
    r"(?<=[.!?\u061f\u06d4])\s+|(?<=[.!?][\"'\u201d\u2019)])\s+|(?<=[\u0964\u3002\uff01\uff1f])|\n+"
)
TITLES = "mr|mrs|ms|dr|st|jr|sr|lt|col|gen|sgt|capt|vs|no|vol|inc|prof|etc"
SHORT = re.compile(rf"\b(?:[^\W\d_]|{TITLES})\.$", re.IGNORECASE)  # a point that ends no sentence
TAIL = 12  # characters in which such a point is looked for
LEAST = 6  # words of a passage; less is put to what stands before
MOST = 80  # words of one
WIDE = 20  # words of a window, the half of which the next one has too
PIECES = 64  # passages of one text; the rest is not read


def passages(text: str) -> list[str]:
    """The sentences of a text in order, none of few words where that can be helped.

    >>> passages("Dr. Ray finds a map in an attic. He leaves. Nobody knows where he has gone.")
    ['Dr. Ray finds a map in an attic. He leaves.', 'Nobody knows where he has gone.']
    """
    out = list[str]()
    for sentence in sentences(text):
        if out and len(sentence.split()) < LEAST and len(out[-1].split()) < MOST:
            out[-1] = f"{out[-1]} {sentence}"
            continue
        words = sentence.split()
        out += [" ".join(words[i : i + MOST]) for i in range(0, len(words), MOST)]
        if len(out) >= PIECES:
            break
    return out[:PIECES]


def sentences(text: str) -> Iterator[str]:
    """Cut at points that end a sentence, at lines, and at the signs of other scripts."""
    begun = ""
    for part in ENDS.split(text):
        begun = f"{begun} {part.strip()}".strip()
        if begun and not SHORT.search(begun[-TAIL:]):
            yield begun
            begun = ""
    if begun:
        yield begun


def spread(texts: Sequence[Sequence[str]]) -> tuple[list[str], Ints]:
    """All passages in one list, and of which text each is.  n -> P, (P,)

    >>> spread([["a", "b"], [], ["c"]])
    (['a', 'b', 'c'], array([0, 0, 2]))
    """
    flat = [piece for one in texts for piece in one]
    return flat, np.repeat(np.arange(len(texts)), [len(one) for one in texts])


def windows(text: str) -> list[str]:
    """Overlapping runs of words, for encoders that do not know what a sentence is.

    >>> [len(one.split()) for one in windows("word " * 35)]
    [20, 20, 15]
    """
    words = text.split()
    last = max(len(words) - WIDE // 2, 1)
    runs = [" ".join(words[i : i + WIDE]) for i in range(0, last, WIDE // 2)] if words else []
    return runs[:PIECES]
