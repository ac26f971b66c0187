"""What a message says of a word that is not known."""

from __future__ import annotations

from time import perf_counter

import numpy as np
import pytest

from hermes.core.errors import LISTED, MANY, nearest

NAMES = [f"{first}na {last:05}" for first in ("A", "Be", "Ce") for last in range(17_000)]


def test_a_few_names_are_listed_and_more_are_not() -> None:
    few = [f"part {n:02}" for n in range(LISTED)]
    assert nearest("zzz", few) == "; valid: " + ", ".join(few)
    assert nearest("zzz", [*few, "another"]) == ""


@pytest.mark.parametrize("count", [LISTED + 1, MANY, MANY + 1, len(NAMES)])
def test_one_that_is_near_is_named_among_however_many(count: int) -> None:
    assert nearest("aNa 00007x", NAMES[:count]) == "; did you mean 'Ana 00007'?"


@pytest.mark.parametrize("word", ["", "Quentin", "\0", "A" * 1000, "zq"])
def test_what_is_near_to_none_of_very_many_is_told_nothing(word: str) -> None:
    assert nearest(word, NAMES) == ""


@pytest.mark.parametrize("first", ["", "The "])
def test_to_look_among_very_many_takes_no_time(first: str) -> None:
    rng = np.random.default_rng(0)
    letters = rng.integers(97, 123, (50_000, 14), np.uint8)
    names = [first + bytes(row).decode() for row in letters]
    took = []
    for _ in range(5):
        begin = perf_counter()
        nearest(first + "quentin tarantino", names)
        took.append(perf_counter() - begin)
    assert min(took) < 0.06
