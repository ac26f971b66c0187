from __future__ import annotations

import pytest

from hermes.data.script import stems, tokens


def test_words_lose_case_accents_and_signs() -> None:
    assert tokens("L'Été: DÉJÀ-vu!") == ["l", "ete", "deja", "vu"]


def test_a_script_without_spaces_is_read_letter_by_letter() -> None:
    assert tokens("千と千尋") == ["千", "と", "千", "尋"]


def test_right_to_left_words_come_in_reading_order() -> None:
    assert tokens("مملكة السماء") == ["مملكة", "السماء"]


@pytest.mark.parametrize(("a", "b"), [("murders", "murdered"), ("cities", "city")])
def test_endings_do_not_matter(a: str, b: str) -> None:
    assert stems(a) == stems(b)


def test_a_word_of_a_thousand_letters_is_none() -> None:
    assert tokens("x" * 1000 + " end") == ["end"]
