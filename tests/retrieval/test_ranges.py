from __future__ import annotations

import subprocess
import sys
from math import inf

import numpy as np
import pytest

from hermes.retrieval.ranges import Ranges
from hermes.retrieval.tokens import tokens


@pytest.fixture(scope="module")
def ranges() -> Ranges:
    return Ranges(np.array([np.nan, -20000.0], np.float32), np.array([np.nan, 5.0], np.float32))


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("after 1990", 1991, inf),
        ("since 1990", 1990, inf),
        ("from 1990 on", 1990, inf),
        ("1990 or later", 1990, inf),
        ("newer than the 90s", 2000, inf),
        ("before 2000", -inf, 1999),
        ("older than 1980", -inf, 1979),
        ("until the seventies", -inf, 1979),
        ("pre-1960", -inf, 1959),
        ("between 1990 and 1999", 1990, 1999),
        ("from 1950 to the 70s", 1950, 1979),
        ("1995-1999", 1995, 1999),
        ("1999-1995", 1995, 1999),
        ("from the 90s", 1990, 1999),
        ("'90s", 1990, 1999),
        ("in the eighties", 1980, 1989),
        ("the early 80s", 1980, 1983),
        ("mid-90s", 1993, 1996),
        ("late 1970s", 1976, 1979),
        ("the 00s", 2000, 2009),
        ("the 20s", 1920, 1929),
        ("in 1994", 1994, 1994),
    ],
)
def test_years_are_read(ranges: Ranges, text: str, low: float, high: float) -> None:
    (found,) = ranges.find(tokens(f"dramas {text}, please"))
    assert (found.kind, found.low, found.high) == ("year", low, high)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("under $50", 0, 50),
        ("less than 19,99 €", 0, 19.99),
        ("up to 1,200.50 dollars", 0, 1200.5),
        ("no more than £7", 0, 7),
        ("over 20 bucks", 20, inf),
        ("at least 30", 30, inf),
        ("between 20 and 30 euros", 20, 30),
        ("$20-$30", 20, 30),
        ("around $10", 8, 12),
        ("under $2000", 0, 2000),
    ],
)
def test_prices_are_read(ranges: Ranges, text: str, low: float, high: float) -> None:
    (found,) = ranges.find(tokens(f"shoes {text}"))
    assert (found.kind, found.low, found.high) == ("price", low, high)


@pytest.mark.parametrize(
    "text", ["under 90 minutes", "12 people", "at least 3 stars", "two men", "may 5", "for 2"]
)
def test_other_numbers_are_no_ranges(ranges: Ranges, text: str) -> None:
    assert ranges.find(tokens(text)) == []


def test_several_ranges_stand_in_one_text(ranges: Ranges) -> None:
    found = ranges.find(tokens("shoes under $50 after 1990 before 2000"))
    assert [(r.kind, r.low, r.high) for r in found] == [
        ("price", 0, 50), ("year", 1991, inf), ("year", -inf, 1999)
    ]  # fmt: skip


def test_the_matcher_does_not_bring_torch_with_it() -> None:
    code = (
        "import sys, numpy as np\nfrom hermes.retrieval.ranges import Ranges\n"
        "Ranges(np.zeros(1), np.zeros(1))\n"
        "print([n for n in sys.modules if n.partition('.')[0] == 'torch'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
