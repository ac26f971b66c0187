"""GF-CF: a history seen through two graph filters, in closed form.

Shen, Wu, Zhang, Shan, Zhang, Letaief, Li. How powerful is graph convolution for recommendation?
CIKM 2021. With the linear filter P and the ideal low-pass filter F of `models/filters`, for a
history x of zeros and ones,

    s = P x + alpha F x.

Ours: nothing unless told; `decay` lets recent items count more where histories have an order, and
`length` bounds what is read.
"""

from __future__ import annotations

from dataclasses import dataclass

from hermes.core.types import Floats
from hermes.models.base import Retriever
from hermes.models.filters import Filters


@dataclass(frozen=True, kw_only=True)
class GFCFConfig:
    """The two filters, and how a history is read."""

    d: int = 256  # singular vectors that the ideal low-pass filter lets pass
    alpha: float = 0.3  # weight of the ideal low-pass filter; 0: the linear filter alone
    length: int = 1000  # last items of a history that are read
    decay: float = 0.0  # the j-th item from the end counts j^-decay; 0: all the same, as published


class GFCF(Filters, Retriever[GFCFConfig]):
    """The linear filter plus the ideal low-pass filter."""

    Config = GFCFConfig

    def respond(self, signal: Floats) -> Floats:
        """(I, ...) -> (I, ...)"""
        return self.linear(signal) + self.config.alpha * self.low_pass(signal)
