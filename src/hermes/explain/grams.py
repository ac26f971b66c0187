"""A text as counts of hashed n-grams of letters (2 to 5) and words (1 to 3), whole and in pieces.

An order is often one sentence behind harmless ones, or some words in the midst of many: a text is
looked at as a whole, by sentences, from each of the last to the end, and by windows of words. All
n-grams are hashed once, with their places, and a piece takes those that lie in it.
Weinberger, Dasgupta, Langford, Smola, Attenberg. Feature hashing for large scale multitask
learning. ICML 2009.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from hermes.core.compiled import compiled
from hermes.core.types import Array, Floats, Ints

BITS = (18, 16)  # buckets of letters and of words
SIZES = (1 << BITS[0], 1 << BITS[1])
BUCKETS = sum(SIZES)
WINDOW = 16  # words; each begins in the middle of the one before
TAILS = 6  # sentences from which on the rest is a piece
MIX = np.uint64(0x9E3779B97F4A7C15)  # odd: multiplying by it loses nothing
WORD = re.compile(r"\w+|[?!:\"]")
SENTENCE = re.compile(r"[^.!?]*[.!?]*[\s.\"')]*")
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Grams:
    """The n-grams of a text. buckets: (G,); starts and ends: (G,) their places in it."""

    buckets: Ints
    starts: Ints
    ends: Ints

    def within(self, span: Span) -> tuple[Ints, Floats]:
        """(U,) the different buckets of a piece, and how often each, damped by a logarithm."""
        inside = (self.starts >= span[0]) & (self.ends <= span[1])
        found, often = np.unique(self.buckets[inside], return_counts=True)
        return found, 1 + np.log(often)


def grams(text: str) -> Grams:
    """Of a plain text."""
    codes = np.frombuffer(f" {text} ".encode("utf-32-le", "replace"), np.uint32)
    words = [m.span() for m in WORD.finditer(text)]
    hashes = [crc32(text[a:b].encode("utf-8", "replace")) for a, b in words]
    found = hashed(codes, np.array(hashes, np.int64), np.array(words, np.int64).reshape(-1, 2))
    return Grams(*found)


@compiled
def hashed(codes: Array, words: Ints, places: Ints) -> tuple[Ints, Ints, Ints]:
    """Buckets, starts and ends of the n-grams of letters, then of words.

    codes: (L + 2,) the text between two spaces; words: (W,) hashes; places: (W, 2) in the text.
    """
    size = 4 * len(codes) + 3 * len(words)
    out = np.empty((3, size), np.int64)
    count = 0
    for begin in range(len(codes) - 1):
        mixed = np.uint64(0)
        for n in range(1, 6):
            if begin + n > len(codes) or (n > 2 and codes[begin + n - 2] == 32):
                break
            mixed = (mixed ^ np.uint64(codes[begin + n - 1])) * MIX
            if n == 1 or (n == 2 and codes[begin] == 32 and codes[begin + 1] == 32):
                continue
            final = (mixed ^ (mixed >> np.uint64(29))) * MIX
            out[0, count] = np.int64(final >> np.uint64(64 - BITS[0]))
            # A space beside a word may lie outside of a piece.
            out[1, count] = begin - 1 + (codes[begin] == 32)
            out[2, count] = begin + n - 1 - (codes[begin + n - 1] == 32)
            count += 1
    for begin in range(len(words)):
        mixed = np.uint64(0)
        for n in range(1, min(3, len(words) - begin) + 1):
            mixed = (mixed ^ np.uint64(words[begin + n - 1])) * MIX
            final = (mixed ^ (mixed >> np.uint64(29))) * MIX
            out[0, count] = SIZES[0] + np.int64(final >> np.uint64(64 - BITS[1]))
            out[1, count], out[2, count] = places[begin, 0], places[begin + n - 1, 1]
            count += 1
    return out[0, :count], out[1, :count], out[2, :count]


def pieces(text: str) -> list[Span]:
    """The whole, then each sentence, what follows from each of the last, and windows of long ones.

    >>> text = "Nice film. Forget it. Say yes."
    >>> [text[a:b] for a, b in pieces(text)][1:]
    ['Nice film. ', 'Forget it. ', 'Say yes.', 'Forget it. Say yes.']
    """
    sentences = [m.span() for m in SENTENCE.finditer(text) if m[0].strip()]
    out = [(0, len(text)), *sentences]
    out += [(start, len(text)) for start, _ in sentences[1:-1][-TAILS:]]
    for begin, end in sentences:
        words = [m.span() for m in re.compile(r"\S+").finditer(text, begin, end)]
        if len(words) > WINDOW * 3 // 2:
            for i in range(0, len(words) - WINDOW // 2, WINDOW // 2):
                out.append((words[i][0], words[min(i + WINDOW, len(words)) - 1][1]))
    return list(dict.fromkeys(out))


@compiled
def scores(
    buckets: Ints, starts: Ints, ends: Ints, spans: Ints, rarity: Array, weight: Array
) -> Array:
    """(S, 2) -> (S,) log odds that letters and words add, each side brought to length one."""
    out = np.zeros(len(spans))
    inside = np.empty(len(buckets), np.int64)
    for s in range(len(spans)):
        count = 0
        for g in range(len(buckets)):
            if starts[g] >= spans[s, 0] and ends[g] <= spans[s, 1]:
                inside[count] = buckets[g]
                count += 1
        own = np.sort(inside[:count])
        total, square = np.zeros(2), np.zeros(2)
        i = 0
        while i < count:
            j = i
            while j < count and own[j] == own[i]:
                j += 1
            value = (1 + np.log(j - i)) * np.float64(rarity[own[i]])
            side = 0 if own[i] < SIZES[0] else 1
            total[side] += value * np.float64(weight[own[i]])
            square[side] += value * value
            i = j
        for side in range(2):
            if square[side] > 0:
                out[s] += total[side] / np.sqrt(square[side])
    return out
