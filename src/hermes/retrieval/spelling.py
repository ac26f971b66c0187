"""Words that are an edit or two away: Damerau and Levenshtein's distance, compiled.

A word is compared with those of nearly its length whose set of letters is nearly its own, since one
edit adds a letter to the set, takes one from it, or does both.
Damerau. A technique for computer detection and correction of spelling errors. CACM 1964.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from hermes.core.compiled import compiled
from hermes.core.types import Array

LONGEST = 24  # letters of a word that can be mended
SHORTEST = 4


class Spelling:
    """The words that there are, 0.1 kB each."""

    def __init__(self, words: Iterable[str], longest: int = LONGEST) -> None:
        self.longest = longest
        known = {word for word in words if SHORTEST - 1 <= len(word) <= longest}
        self.words = sorted(known, key=lambda word: (len(word), word))
        lengths = np.array([len(word) for word in self.words], np.int64)
        self.bounds = np.searchsorted(lengths, np.arange(longest + 4))
        self.letters = np.zeros((len(self.words), longest), np.uint16)
        for row, word in zip(self.letters, self.words, strict=True):
            row[: len(word)] = codes(word)
        self.sets = sets(self.letters)

    def near(self, word: str) -> list[tuple[int, str]]:
        """The nearest words within `allowed` edits, those of the same first letter before others.

        None for a short word, one with a digit, or an overlong one.
        """
        most = allowed(word)
        if not most or len(word) > self.longest or word.isdigit():
            return []
        own = codes(word)
        for edits in range(1, most + 1):
            first, last = self.bounds[len(word) - edits], self.bounds[len(word) + edits + 1]
            rows = near(self.letters, self.sets, own, edits, int(first), int(last))
            if rows:
                found = [(int(away), self.words[row]) for row, away in rows]
                return sorted(found, key=lambda pair: (pair[0], pair[1][0] != word[0], pair[1]))
        return []


def allowed(word: str) -> int:
    """Edits that a word of its length may be away from what was meant.

    >>> [allowed(word) for word in ("war", "hnaks", "jurrasic")]
    [0, 1, 2]
    """
    return 0 if len(word) < SHORTEST else 1 if len(word) < 8 else 2


def apart(first: str, second: str, most: int) -> int:
    """Edits between two words, or `most` + 1 when there are more.

    >>> apart("hnaks", "hanks", 2), apart("cat", "dogs", 2)
    (1, 3)
    """
    if abs(len(first) - len(second)) > most or max(len(first), len(second)) > LONGEST:
        return most + 1
    room = np.zeros((3, LONGEST + 1), np.int64)
    return int(min(distance(codes(first), codes(second), most, room), most + 1))


def codes(word: str) -> Array:
    """Letters as numbers, those beyond the first plane as one.  -> (n,)"""
    if word.isascii():
        return np.frombuffer(word.encode(), np.uint8).astype(np.uint16)
    return np.array([min(ord(c), 0xFFFF) for c in word], np.uint16)


@compiled
def sets(letters: Array) -> Array:
    """One bit a letter of the alphabet, others folded onto them.  (W, L) -> (W,)"""
    out = np.zeros(len(letters), np.uint32)
    for w in range(len(letters)):
        for letter in letters[w]:
            if letter:
                out[w] |= np.uint32(1) << np.uint32(letter & 31)
    return out


@compiled
def near(
    letters: Array, sets: Array, word: Array, most: int, first: int, last: int
) -> list[tuple[int, int]]:
    """Rows from `first` to `last` at most `most` edits from a word, and the edits."""
    own = np.uint32(0)
    for letter in word:
        own |= np.uint32(1) << np.uint32(letter & 31)
    out = [(0, 0) for _ in range(0)]
    room = np.zeros((3, letters.shape[1] + 1), np.int64)
    for w in range(first, last):
        other, differing = sets[w] ^ own, 0
        while other and differing <= 2 * most:
            other &= other - np.uint32(1)
            differing += 1
        if differing > 2 * most:
            continue
        m = len(word) - most
        while m < letters.shape[1] and letters[w, m]:
            m += 1
        edits = distance(word, letters[w, :m], most, room)
        if edits <= most:
            out.append((w, edits))
    return out


@compiled
def distance(a: Array, b: Array, most: int, room: Array) -> int:
    """Insertions, deletions, changes and swaps of neighbours that make one word the other.

    More than `most` when it is more; room (3, >= len(b) + 1) is written over.
    """
    two, one, row = room[0], room[1], room[2]
    for j in range(len(b) + 1):
        one[j] = j
    for i in range(1, len(a) + 1):
        row[0] = i
        least = i
        for j in range(1, len(b) + 1):
            edits = min(one[j - 1] + (a[i - 1] != b[j - 1]), one[j] + 1, row[j - 1] + 1)
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                edits = min(edits, two[j - 2] + 1)
            row[j] = edits
            least = min(least, edits)
        if least > most + 1:  # a swap reaches back over one row
            return least
        two, one, row = one, row, two
    return int(one[len(b)])
