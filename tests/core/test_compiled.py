"""Compiled functions do what their Python does, with or without a place for the machine code."""

from __future__ import annotations

from typing import Any

import numpy as np

from hermes.core.compiled import compiled
from hermes.core.types import descending
from hermes.models.neighbours import added


def test_a_function_without_a_file_is_compiled_all_the_same() -> None:
    made: dict[str, Any] = {}
    exec("def twice(x):\n    return 2 * x\n", made)  # nothing on disk to keep machine code beside
    assert compiled(made["twice"])(21) == 42


def test_machine_code_says_what_python_says() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=500).astype(np.float32)
    scores[::7], scores[3], scores[4] = 0, np.nan, -np.inf
    python: Any = descending
    np.testing.assert_array_equal(descending(scores), python.py_func(scores))
    neighbour = rng.integers(0, 50, (50, 8)).astype(np.int32)
    similarity = rng.random((50, 8)).astype(np.float32)
    given = (neighbour, similarity, rng.integers(1, 50, 6), rng.random(6).astype(np.float32))
    python = added
    np.testing.assert_array_equal(added(*given), python.py_func(*given))
