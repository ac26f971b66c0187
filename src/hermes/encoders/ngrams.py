"""Texts by the words, pairs of words and pieces of words they share: fitted on a catalogue itself.

It knows no language but that of the texts it was fitted on: what stands together there lies near,
and pieces of words bear with typos and endings. A word, a pair of neighbours and the 3 to 5 letter
pieces of a word weigh by their logarithm times how rare they are; words and pieces are two halves
of a row, each of length one, and a truncated SVD keeps the directions in which most texts differ.
Deerwester, Dumais, Furnas, Landauer, Harshman. Indexing by latent semantic analysis. JASIS 1990.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Self

import numpy as np
from scipy.sparse import csr_array

from hermes.core.errors import ArtifactError, DataError
from hermes.core.progress import progress
from hermes.core.types import Array, Floats, Ints
from hermes.data.catalogue import pack, unpack
from hermes.data.script import tokens

READ = 2000  # words of a text that are read
LETTERS = 24  # of a word whose pieces are taken
SIZES = (3, 4, 5)  # letters of a piece, of which the word's ends are one
SEEN = 2  # texts that must have a feature
KINDS = ("words", "pieces")
Counts = tuple[Counter[str], Counter[str]]  # of words with pairs, and of pieces


@dataclass(frozen=True, kw_only=True)
class NGramsConfig:
    """What is kept."""

    d: int = 256
    words: int = 60_000  # words and pairs, the most frequent
    pieces: int = 40_000
    share: float = 0.6  # of words in the length of a row; the rest is of pieces
    flat: float = 0.25  # directions are divided by their singular value to this power


class NGrams:
    """The encoder, as arrays; make it by `fit` or `restore`."""

    def __init__(
        self, features: tuple[list[str], list[str]], rarity: Floats, basis: Array, share: float
    ) -> None:
        self.features, self.rarity, self.basis, self.share = features, rarity, basis, share
        self.places = tuple({name: i for i, name in enumerate(names)} for names in features)

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        rng: np.random.Generator,
        config: NGramsConfig = NGramsConfig(),
    ) -> Self:
        """Learn from a catalogue's texts; `DataError` where none holds a word."""
        if not any(tokens(text) for text in texts):
            raise DataError("the encoder of a catalogue needs texts; there is no word in any")
        counted = [counts(text) for text in progressing(texts)]
        features = tuple(
            frequent((one[kind] for one in counted), most, len(texts))
            for kind, most in enumerate((config.words, config.pieces))
        )
        made = cls(
            (list(features[0]), list(features[1])),
            np.concatenate([np.log(len(texts) / np.array([*f.values()])) + 1 for f in features]),
            np.zeros((sum(map(len, features)), 1), np.float16),
            config.share,
        )
        table = made.rows(counted)
        made.basis = directions(table, config.d, config.flat, rng)
        return made

    @property
    def d(self) -> int:
        """Length of a vector: what was asked for, or fewer where the texts have no more."""
        return int(self.basis.shape[1])

    @cached_property
    def identity(self) -> str:
        """`text:ngrams:` and a hash of all arrays."""
        total = hashlib.sha256()
        for name, array in sorted(self.arrays().items()):
            total.update(name.encode() + str(array.dtype).encode() + array.tobytes())
        return f"text:ngrams:{total.hexdigest()[:16]}"

    def encode(self, things: Sequence[str]) -> Floats:
        """Unit rows; zero where no word or piece is known.  n -> (n, D)"""
        out = np.zeros((len(things), self.d), np.float32)
        for place, text in enumerate(things):
            index, values = self.row(counts(text))
            out[place] = values @ self.basis.take(index, 0).astype(np.float32)
        length = np.linalg.norm(out, axis=1, keepdims=True)
        return np.divide(out, length, out=out, where=length > 1e-9)

    def row(self, found: Counts) -> tuple[Ints, Floats]:
        """Which features a text has and what they weigh.  -> (F,), (F,)"""
        index, values, start = list[Ints](), list[Floats](), 0
        for kind, (places, share) in enumerate(
            zip(self.places, (self.share, 1 - self.share), strict=True)
        ):
            known = [(places[name], n) for name, n in found[kind].items() if name in places]
            at = np.array([place for place, _ in known], np.int64) + start
            weights = np.array([1 + math.log(n) for _, n in known]) * self.rarity[at]
            length = math.sqrt(float(weights @ weights)) or 1.0
            index.append(at)
            values.append((share / length * weights).astype(np.float32))
            start += len(places)
        return np.concatenate(index), np.concatenate(values)

    def rows(self, counted: Sequence[Counts]) -> csr_array:
        """Of many texts.  -> (n, features)"""
        each = [self.row(found) for found in counted]
        ends = np.cumsum([0, *(len(index) for index, _ in each)])
        values = np.concatenate([values for _, values in each])
        index = np.concatenate([index for index, _ in each])
        return csr_array((values, index, ends), (len(counted), len(self.rarity)))

    def arrays(self) -> dict[str, Array]:
        """All of it, for a bundle."""
        names = {
            f"{kind}.{k}": v
            for kind, held in zip(KINDS, self.features, strict=True)
            for k, v in pack(tuple(held)).items()
        }
        return names | {
            "rarity": self.rarity.astype(np.float32),
            "basis": self.basis,
            "share": np.array([self.share], np.float32),
        }

    @classmethod
    def restore(cls, arrays: dict[str, Array]) -> Self:
        """The inverse of `arrays`; raises `ArtifactError`."""
        try:
            words, pieces = (
                [raw.decode("utf-8", "surrogatepass") for raw in unpack(part)]
                for part in (
                    {k: arrays[f"{kind}.{k}"] for k in ("bytes", "ends")} for kind in KINDS
                )
            )
            rarity, basis, share = arrays["rarity"], arrays["basis"], float(arrays["share"][0])
        except KeyError as error:
            raise ArtifactError(f"encoder ngrams: the bundle lacks array {error}") from error
        if len(basis) != len(words) + len(pieces) or len(rarity) != len(basis):
            raise ArtifactError("encoder ngrams: its arrays are of different lengths")
        return cls((words, pieces), rarity, basis, share)


def progressing(texts: Sequence[str]) -> Iterator[str]:
    """The texts, while it is shown how many were read."""
    with progress("read texts", len(texts), "texts") as tell:
        for text in texts:
            yield text
            tell(1)


def counts(text: str) -> Counts:
    """Words with pairs of neighbours, and pieces of words."""
    found = tokens(text[: 40 * READ])[:READ]
    words = Counter(found)
    pieces = Counter[str]()
    for word, n in words.items():
        for piece in pieces_of(word):
            pieces[piece] += n
    words.update(f"{a} {b}" for a, b in pairwise(found))
    return words, pieces


@lru_cache(maxsize=100_000)
def pieces_of(word: str) -> tuple[str, ...]:
    """Runs of letters, a word's ends marked.

    >>> pieces_of("cat")
    (' ca', 'cat', 'at ', ' cat', 'cat ', ' cat ')
    """
    marked = f" {word[:LETTERS]} "
    return tuple(marked[i : i + n] for n in SIZES for i in range(len(marked) - n + 1))


def frequent(found: Iterator[Counter[str]], most: int, texts: int) -> dict[str, int]:
    """Features of several texts, those of most texts first, and how many have each."""
    often = Counter(name for one in found for name in one)
    least = SEEN if texts > 2 * SEEN else 1
    kept = sorted((-n, name) for name, n in often.items() if n >= least)[:most]
    return {name: -n for n, name in kept}


def directions(table: csr_array, d: int, flat: float, rng: np.random.Generator) -> Array:
    """What a row is multiplied by: the first right singular vectors, scaled.  -> (features, d)"""
    from sklearn.utils.extmath import randomized_svd

    size = min(d, min(table.shape) - 1)
    if size < 1:  # one text, or one feature
        return np.ones((table.shape[1], 1), np.float16)
    state = int(rng.integers(1 << 31))
    _, strength, right = randomized_svd(table, size, n_iter=4, random_state=state)
    kept = strength > 1e-6 * strength[0]
    scaled = right[kept] / strength[kept, None] ** flat
    return np.ascontiguousarray(scaled.T).astype(np.float16)
