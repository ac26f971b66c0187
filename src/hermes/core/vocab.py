"""Codes for names: 0 is unknown, known names count from 1."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from .errors import ArtifactError, DataError
from .types import Array, Ints


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A fixed list of distinct names; `names[0]` is the empty name of the unknown."""

    names: tuple[str, ...]  # (I,)
    codes: dict[str, int] = field(repr=False)

    @classmethod
    def of(cls, names: Iterable[str]) -> Vocabulary:
        """Codes in the order given; raises `DataError` on a name that comes twice."""
        listed = ("", *names)
        codes = {name: code for code, name in enumerate(listed)}
        if len(codes) != len(listed):
            raise DataError("a vocabulary needs distinct, non-empty names")
        return cls(listed, codes)

    def __len__(self) -> int:
        return len(self.names)

    def code(self, name: str) -> int:
        """0 when nobody knows the name."""
        return self.codes.get(name, 0)

    def encode(self, names: Iterable[str]) -> Ints:
        """Codes of many names.  -> (n,)"""
        return np.fromiter((self.codes.get(n, 0) for n in names), np.int64)

    def arrays(self) -> dict[str, Array]:
        """Two arrays for a bundle: the bytes of all names, and where each ends."""
        raw = [name.encode("utf-8", "surrogatepass") for name in self.names]
        ends = np.cumsum([len(r) for r in raw], dtype=np.int64)
        return {"bytes": np.frombuffer(b"".join(raw), np.uint8).copy(), "ends": ends}

    @classmethod
    def restore(cls, arrays: dict[str, Array]) -> Vocabulary:
        """The inverse of `arrays`."""
        blob, ends = arrays["bytes"].tobytes(), [0, *arrays["ends"].tolist()]
        if not len(arrays["ends"]) or ends[-1] != len(blob):
            raise ArtifactError("vocabulary: the bytes and their ends disagree")
        names = [blob[a:b].decode("utf-8", "surrogatepass") for a, b in pairwise(ends)]
        return cls.of(names[1:])
