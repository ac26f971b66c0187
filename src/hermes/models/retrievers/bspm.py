"""BSPM: a history is blurred over the graph, then sharpened again, both as differential equations.

Choi, Hong, Park, Cho. Blurring-sharpening process models for collaborative filtering. SIGIR 2023.
With the linear filter P and the ideal low-pass filter F of `models/filters`, from a history x,

    blurring     dB/dt = (P - I) B    over `blur`,    B(0) = x, by Euler's method
                 dL/dt = (F - I) L    over 1,         L(0) = x, by one step of it, which is F x
    sharpening   dS/dt = -P S         over `sharpen`, S(0) = B + beta L, by Runge and Kutta's of
                                      the fourth order

and the score is S at the end: the variant of the early merge (BSPM-EM), the better one on gowalla,
with what its authors used there as defaults. One step of Euler's over one unit blurs to P x. Since
P does not change with time, every method of four stages and fourth order gives the same polynomial
of it, the classical one and the three-eighths rule that the authors' solver has. Nothing is
learned but N and V. `decay` and `length` are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

from hermes.core.types import Floats
from hermes.models.base import Retriever
from hermes.models.filters import Filters


@dataclass(frozen=True, kw_only=True)
class BSPMConfig:
    """The filters, how long each process runs and in how many steps, and how a history is read."""

    d: int = 448  # singular vectors that the ideal low-pass filter lets pass
    beta: float = 0.2  # weight of the ideal low-pass filter where the two merge
    blur: float = 1.0  # units of time
    blur_steps: int = 1
    sharpen: float = 2.5  # units of time; 0: no sharpening
    sharpen_steps: int = 1
    length: int = 1000  # last items of a history that are read
    decay: float = 0.0  # the j-th item from the end counts j^-decay; 0: all the same, as published


class BSPM(Filters, Retriever[BSPMConfig]):
    """Blur by both filters, merge, sharpen."""

    Config = BSPMConfig

    def respond(self, signal: Floats) -> Floats:
        """(I, ...) -> (I, ...)"""
        merged = self.blurred(signal) + self.config.beta * self.low_pass(signal)
        return self.sharpened(merged)

    def blurred(self, state: Floats) -> Floats:
        """Euler's method on dB/dt = (P - I) B.  (I, ...) -> (I, ...)"""
        step = self.config.blur / self.config.blur_steps
        for _ in range(self.config.blur_steps):
            state = state + step * (self.linear(state) - state)
        return state

    def sharpened(self, state: Floats) -> Floats:
        """The classical method of Runge and Kutta on dS/dt = -P S.  (I, ...) -> (I, ...)"""
        step = self.config.sharpen / self.config.sharpen_steps
        for _ in range(self.config.sharpen_steps if step else 0):
            first = -self.linear(state)
            second = -self.linear(state + step / 2 * first)
            third = -self.linear(state + step / 2 * second)
            fourth = -self.linear(state + step * third)
            state = state + step / 6 * (first + 2 * second + 2 * third + fourth)
        return state
