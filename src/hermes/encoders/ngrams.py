"""Texts by the words of a catalogue: what they mean is what they stand beside in its own texts.

A word's vector comes from how much more often than by chance other words stand near it in the texts
the encoder was fitted on, by a truncated SVD; a word that is not there gets that of the known words
that share its letter n-grams, as in a typo. A text is the sum of its words by how rare they are,
without the directions that all texts share. It knows no language and nothing of the world but what
stands in those texts.
Levy, Goldberg. Neural word embedding as implicit matrix factorization. NIPS 2014.
Arora, Liang, Ma. A simple but tough-to-beat baseline for sentence embeddings. ICLR 2017.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from scipy.sparse import coo_array, csr_array

from hermes.core.errors import ArtifactError, DataError
from hermes.core.progress import progress
from hermes.core.types import Array, Floats
from hermes.data.catalogue import pack, unpack
from hermes.data.script import stems

READ = 2000  # words of a text that are read
CUT = 40 * READ  # characters
LETTERS = 24  # of a word whose n-grams are taken
SIZES = (3, 4)  # letters of an n-gram, of which the word's ends are one
SHARED = 4000  # texts from which it is learned what all have in common
SMOOTH = 0.75  # power of a neighbour's frequency: rare ones surprise less


@dataclass(frozen=True, kw_only=True)
class NGramsConfig:
    """What is learned."""

    d: int = 300
    words: int = 30_000  # the most frequent
    ngrams: int = 20_000
    near: int = 20  # words to each side that count as neighbours
    shared: int = 3  # directions that are taken out of all texts


class NGrams:
    """The encoder, as arrays; make it by `fit` or `restore`.

    names: words, then n-grams; table: a row for each; shared: directions (S, D) taken out.
    """

    def __init__(self, names: tuple[list[str], list[str]], table: Array, shared: Floats) -> None:
        self.names, self.table, self.shared = names, table, shared
        self.words = {name: i for i, name in enumerate(names[0])}
        self.ngrams = {name: i for i, name in enumerate(names[1], len(names[0]))}

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        rng: np.random.Generator,
        config: NGramsConfig = NGramsConfig(),
    ) -> Self:
        """Learn from a catalogue's texts; `DataError` where no two words stand together."""
        read = list(progressing(texts))
        often = Counter(word for words in read for word in set(words))
        least = 2 if len(texts) > 100 else 1
        kept = frequent(often, config.words, least)
        if len(kept) < 3:
            raise DataError("the encoder of a catalogue needs texts; there are hardly any words")
        codes = {word: i for i, word in enumerate(kept)}
        rows = directions(surprise(neighbours(read, codes, config.near)), config.d, rng)
        rarity = np.log((1 + len(texts)) / np.array([often[word] for word in kept]))
        pieces, below = spelled(kept, rows, config.ngrams)
        table = np.concatenate([rows * rarity[:, None], rarity.max() * below])
        made = cls(
            (kept, pieces), table.astype(np.float16), np.zeros((0, rows.shape[1]), np.float32)
        )
        places = rng.permutation(len(texts))[:SHARED]
        made.shared = common(made.encode([texts[i] for i in places]), config.shared)
        return made

    @property
    def d(self) -> int:
        """Length of a vector: what was asked for, or fewer where the texts have no more."""
        return int(self.table.shape[1])

    @cached_property
    def identity(self) -> str:
        """`text:ngrams:` and a hash of all arrays."""
        total = hashlib.sha256()
        for name, array in sorted(self.arrays().items()):
            total.update(f"{name} {array.dtype} {array.shape}".encode() + array.tobytes())
        return f"text:ngrams:{total.hexdigest()[:16]}"

    def encode(self, things: Sequence[str]) -> Floats:
        """Unit rows; zero where no word and no n-gram is known.  n -> (n, D)"""
        out = np.zeros((len(things), self.d), np.float32)
        for place, text in enumerate(things):
            known, unknown = list[int](), list[str]()
            for word in dict.fromkeys(stems(text[:CUT])[:READ]):
                code = self.words.get(word)
                unknown.append(word) if code is None else known.append(code)
            if known:
                out[place] = self.table.take(known, 0).sum(0, np.float32)
            for word in unknown:
                parts = [self.ngrams[n] for n in dict.fromkeys(ngrams(word)) if n in self.ngrams]
                if parts:
                    out[place] += self.table.take(parts, 0).mean(0, np.float32)
        out = unit(out)
        out -= (out @ self.shared.T) @ self.shared
        return unit(out)

    def arrays(self) -> dict[str, Array]:
        """All of it, for a bundle."""
        words, pieces = (pack(tuple(held)) for held in self.names)
        named = {f"words.{k}": v for k, v in words.items()}
        named |= {f"ngrams.{k}": v for k, v in pieces.items()}
        return named | {"table": self.table, "shared": self.shared.astype(np.float32)}

    @classmethod
    def restore(cls, arrays: dict[str, Array]) -> Self:
        """The inverse of `arrays`; raises `ArtifactError`."""
        try:
            words, pieces = (
                [
                    raw.decode("utf-8", "surrogatepass")
                    for raw in unpack({k: arrays[f"{kind}.{k}"] for k in ("bytes", "ends")})
                ]
                for kind in ("words", "ngrams")
            )
            table, shared = arrays["table"], arrays["shared"]
        except KeyError as error:
            raise ArtifactError(f"encoder ngrams: the bundle lacks array {error}") from error
        if len(table) != len(words) + len(pieces) or shared.shape[1:] != table.shape[1:]:
            raise ArtifactError("encoder ngrams: its arrays do not belong together; fit it again")
        return cls((words, pieces), table, shared)


def progressing(texts: Sequence[str]) -> Iterator[list[str]]:
    """The words of each text, while it is shown how many were read."""
    with progress("read texts", len(texts), "texts") as tell:
        for text in texts:
            yield stems(text[:CUT])[:READ]
            tell(1)


def neighbours(read: Iterable[Sequence[str]], codes: dict[str, int], near: int) -> csr_array:
    """How often two words stand together, less the further apart.  -> (W, W) symmetric"""
    gap = np.full(near, -1)  # no word is near one of another text
    flat = np.concatenate(
        [part for text in read for part in (np.array([codes.get(w, -1) for w in text], int), gap)]
    )
    total = csr_array((len(codes), len(codes)), dtype=np.float32)
    for apart in range(1, near + 1):
        left, right = flat[:-apart], flat[apart:]
        both = (left >= 0) & (right >= 0)
        weight = np.full(int(both.sum()), apart**-0.5, np.float32)
        total = total + coo_array((weight, (left[both], right[both])), total.shape).tocsr()
    return csr_array(total + total.T)


def surprise(counts: csr_array) -> csr_array:
    """Positive pointwise mutual information.  (W, W) -> (W, W)"""
    table = counts.tocoo()
    rows, columns = (np.asarray(counts.sum(axis), np.float64) for axis in (1, 0))
    smooth = columns**SMOOTH
    expected = rows[table.row] * smooth[table.col] / max(smooth.sum(), 1e-12)
    value = np.log(table.data / expected)
    more = value > 0
    places = (table.row[more], table.col[more])
    return csr_array((value[more].astype(np.float32), places), counts.shape)


def directions(table: csr_array, d: int, rng: np.random.Generator) -> Floats:
    """A unit row for each word, by the strongest singular vectors.  (W, W) -> (W, d)"""
    from sklearn.utils.extmath import randomized_svd

    if not table.nnz:
        raise DataError("the encoder of a catalogue needs texts of several words")
    size = min(d, table.shape[0] - 1)
    left, strength, _ = randomized_svd(
        table, size, n_iter=3, random_state=int(rng.integers(1 << 31))
    )
    kept = strength > 1e-6 * strength[0]
    return unit((left[:, kept] * np.sqrt(strength[kept])).astype(np.float32))


def spelled(words: Sequence[str], rows: Floats, most: int) -> tuple[list[str], Floats]:
    """The n-grams of most words, and the direction their words have in common.  -> n, (n, D)"""
    held = [list(dict.fromkeys(ngrams(word))) for word in words]
    often = Counter(name for names in held for name in names)
    kept = frequent(often, most)
    codes = {name: i for i, name in enumerate(kept)}
    pairs = [(codes[name], i) for i, names in enumerate(held) for name in names if name in codes]
    if not pairs:
        return [], np.zeros((0, rows.shape[1]), np.float32)
    piece, word = np.array(pairs).T
    table = csr_array((np.ones(len(pairs), np.float32), (piece, word)), (len(kept), len(words)))
    sizes = np.array([often[name] for name in kept], np.float32)
    return kept, np.asarray((table @ rows) / sizes[:, None], np.float32)


def frequent(often: Counter[str], most: int, least: int = 1) -> list[str]:
    """Names by falling number, ties by the name.

    >>> frequent(Counter("abbcc"), 2)
    ['b', 'c']
    """
    ordered = sorted((-n, name) for name, n in often.items() if n >= least)
    return [name for _, name in ordered[:most]]


def ngrams(word: str) -> tuple[str, ...]:
    """Runs of letters, a word's ends marked.

    >>> ngrams("cat")
    (' ca', 'cat', 'at ', ' cat', 'cat ')
    """
    marked = f" {word[:LETTERS]} "
    return tuple(marked[i : i + n] for n in SIZES for i in range(len(marked) - n + 1))


def common(rows: Floats, size: int) -> Floats:
    """The first directions of many texts.  (n, D) -> (S, D)"""
    size = min(size, *(n - 1 for n in rows.shape))
    if size < 1:
        return np.zeros((0, rows.shape[1]), np.float32)
    found: Floats = np.linalg.svd(rows, full_matrices=False)[2][:size]
    return found.astype(np.float32)


def unit(rows: Floats) -> Floats:
    """Rows of length one; zero stays zero."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, length, out=np.zeros_like(rows), where=length > 1e-9)
