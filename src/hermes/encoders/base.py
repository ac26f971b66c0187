"""What every encoder is, and vectors that know which one made them.

An encoder's `identity` names it together with all that its vectors depend on: what was fitted or
loaded, as a hash, and its settings. Vectors of two identities say nothing of each other, and
`Vectors` refuses to bring them together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from hermes.core.errors import ArtifactError, ShapeError
from hermes.core.types import Array, Bools, Floats

T_contra = TypeVar("T_contra", contravariant=True)  # str, a picture's bytes, a recording's bytes


class Encoder(Protocol[T_contra]):
    """Things to unit vectors, the same thing always to the same vector."""

    @property
    def identity(self) -> str:
        """`kind:name:hash`, for example `text:ngrams:3f9a01c2`."""

    @property
    def d(self) -> int:
        """Length of a vector."""

    def encode(self, things: Sequence[T_contra]) -> Floats:
        """Unit rows; a zero row where there is nothing to say of a thing.  n -> (n, D)

        Raises `DataError` for a thing that is not what it should be, a corrupt picture for
        example; `cache.encoded` catches it and counts the thing as missing.
        """


@dataclass(frozen=True, slots=True)
class Vectors:
    """One row a thing, which things have one, and the encoder that made them."""

    rows: Floats  # (I, D) zero where absent
    encoder: str  # its identity

    @property
    def present(self) -> Bools:
        """(I,) whether the encoder had something to say."""
        found: Bools = np.any(self.rows != 0, axis=1)
        return found

    def __post_init__(self) -> None:
        """Refuse what is no table."""
        if self.rows.ndim != 2:
            raise ShapeError(f"vectors of {self.encoder}: expected (I, D), got {self.rows.shape}")

    def likeness(self, other: Vectors) -> Floats:
        """Cosines of unit rows; `ShapeError` unless one encoder made both.  -> (I, J)"""
        self.expect(other.encoder)
        out: Floats = self.rows @ other.rows.T
        return out

    def expect(self, encoder: str) -> None:
        """Raise `ShapeError` unless `encoder` made these."""
        if self.encoder != encoder:
            raise ShapeError(
                f"vectors of {self.encoder} cannot be compared with those of {encoder}; "
                "encode both with one encoder"
            )

    def arrays(self) -> dict[str, Array]:
        """For a bundle."""
        return {"rows": self.rows, "encoder": np.frombuffer(self.encoder.encode(), np.uint8)}

    @classmethod
    def restore(cls, arrays: dict[str, Array]) -> Vectors:
        """The inverse of `arrays`; raises `ArtifactError`."""
        try:
            return cls(arrays["rows"], arrays["encoder"].tobytes().decode())
        except KeyError as error:
            raise ArtifactError(f"vectors: the bundle lacks array {error}") from error


def beside(*tables: Vectors) -> Vectors:
    """Vectors of the same things in one, each encoder's part as long as any other's; unit rows."""
    sizes = {len(table.rows) for table in tables}
    if len(sizes) != 1:
        raise ShapeError(f"vectors of {sorted(sizes)} things cannot lie side by side")
    whole = np.concatenate([table.rows for table in tables], axis=1)
    length = np.linalg.norm(whole, axis=1, keepdims=True)
    rows = np.divide(whole, length, out=np.zeros_like(whole), where=length > 0)
    return Vectors(rows.astype(np.float32), "+".join(table.encoder for table in tables))
