"""What it means to be a model: a config, a fit, and afterwards nothing but arrays.

Nothing here imports torch, so that a process which only serves closed forms starts without it;
networks live on `models/neural`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, Self, TypeVar

from hermes.core.errors import ArtifactError
from hermes.core.types import Array, Floats, Queries, Shape
from hermes.data.interactions import Interactions
from hermes.features.examples import Examples
from hermes.learn.run import Run

C = TypeVar("C")
D = TypeVar("D", Interactions, Examples)


class Model(ABC, Generic[C, D]):
    """A config, a fit, and the arrays it leaves behind."""

    Config: ClassVar[type]
    config: C
    shape: Shape

    def __init__(self, config: C | None = None) -> None:
        self.config = config if config is not None else self.Config()

    @abstractmethod
    def fit(self, data: D, run: Run = Run()) -> Self:
        """Learn from `data`; the same seed gives the same model."""

    @abstractmethod
    def arrays(self) -> dict[str, Array]:
        """All that was learned."""

    @abstractmethod
    def restore(self, shape: Shape, arrays: dict[str, Array]) -> Self:
        """The inverse of `arrays`; raises `ArtifactError` when one is missing."""


class Retriever(Model[C, Interactions]):
    """Scores the whole catalogue."""

    @abstractmethod
    def score(self, queries: Queries) -> Floats:
        """Higher is better; column 0, the unknown, means nothing.  (B,) -> (B, I)"""


class Embedder(Retriever[C]):
    """A retriever whose score is an inner product, so that an index can serve it."""

    @abstractmethod
    def embed(self, queries: Queries) -> Floats:
        """(B,) -> (B, D)"""

    @abstractmethod
    def catalogue(self) -> Floats:
        """(I, D)"""

    def score(self, queries: Queries) -> Floats:
        """(B,) -> (B, I)"""
        return self.embed(queries) @ self.catalogue().T


class Ranker(Model[C, Examples]):
    """Scores a table of features."""

    @abstractmethod
    def score(self, x: Examples) -> Floats:
        """Higher is better, comparable within a group.  (N,) -> (N,)"""


class Closed:
    """Mixin: all that was learned is the attributes named in `learned`."""

    learned: ClassVar[tuple[str, ...]]
    shape: Shape

    def arrays(self) -> dict[str, Array]:
        """The attributes named in `learned`."""
        return {name: getattr(self, name) for name in self.learned}

    def restore(self, shape: Shape, arrays: dict[str, Array]) -> Any:
        """Set them again."""
        self.shape = shape
        for name in self.learned:
            if name not in arrays:
                raise ArtifactError(f"{type(self).__name__}: the bundle lacks array {name!r}")
            setattr(self, name, arrays[name])
        return self
