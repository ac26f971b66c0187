from __future__ import annotations

import numpy as np
import pytest

from hermes.retrieval.spelling import LONGEST, Spelling, apart

WORDS = ("hanks", "banks", "thrillers", "jurassic", "noir", "naïve", "war")
LETTERS = "abcde"


def slow(a: str, b: str) -> int:
    """Optimal string alignment by its definition."""
    if not a or not b:
        return len(a) + len(b)
    swap = slow(a[:-2], b[:-2]) + 1 if a[-2:] == b[-2:][::-1] and len(a) > 1 < len(b) else 99
    change = slow(a[:-1], b[:-1]) + (a[-1] != b[-1])
    return min(swap, change, slow(a[:-1], b) + 1, slow(a, b[:-1]) + 1)


def test_edits_are_those_of_the_definition() -> None:
    rng = np.random.default_rng(0)
    for _ in range(150):
        a, b = ("".join(rng.choice(list(LETTERS), int(rng.integers(1, 6)))) for _ in "ab")
        assert min(slow(a, b), 3) == min(apart(a, b, 5), 3)


@pytest.mark.parametrize(
    ("word", "meant"),
    [("hnaks", "hanks"), ("thrilers", "thrillers"), ("jurrasic", "jurassic"), ("naive", "naïve")],
)
def test_a_misspelt_word_finds_what_was_meant(word: str, meant: str) -> None:
    assert Spelling(WORDS).near(word)[0][1] == meant


def test_the_same_first_letter_comes_first() -> None:
    assert [word for _, word in Spelling(WORDS).near("hbnks")] == ["hanks"]
    assert [word for _, word in Spelling(("banks", "hanks")).near("hanko")] == ["hanks"]
    assert [word for _, word in Spelling(("bank", "tank")).near("tenk")] == ["tank"]


@pytest.mark.parametrize("word", ["waz", "", "1995", "x" * (LONGEST + 1), "unlike"])
def test_short_overlong_and_distant_words_find_nothing(word: str) -> None:
    assert Spelling(WORDS).near(word) == []


def test_no_words_are_no_fault() -> None:
    assert Spelling(()).near("hanks") == []


def test_every_word_one_edit_away_is_found() -> None:
    rng = np.random.default_rng(1)
    words = sorted({"".join(rng.choice(list(LETTERS), 6)) for _ in range(300)})
    spelling = Spelling(words)
    for word in words[:40]:
        typed = "z" + word[1:]
        near = {w for w in words if apart(typed, w, 1) <= 1}
        assert {w for edits, w in spelling.near(typed) if edits == 1} == near
