"""Loops that numpy would take many passes for, compiled to machine code; the one place with numba.

A compiled function takes numbers, arrays and tuples of them, and gives the same to the bit as its
Python: nothing is reordered, so what is learned and served does not depend on the machine's width.
It is compiled when it is first called with new types and kept on disk where that can be written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Compile `function`; it runs without the interpreter's lock."""
    try:
        return cast(F, numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:  # no folder to keep it in: compiled again in each process
        return cast(F, numba.njit(nogil=True)(function))
