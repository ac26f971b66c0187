from __future__ import annotations

import time
import unicodedata

import pytest

from hermes.data.script import folded, stems, tokens


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


def test_marks_upon_marks_are_dropped_in_a_moment() -> None:
    before = time.thread_time()
    assert folded("h" + "\u0301\u0323" * 50_000 + "é") == "he"
    assert time.thread_time() - before < 0.5


def test_cut_into_parts_a_text_is_what_it_is_whole() -> None:
    text = "é" * 127 + "e\u0301" + "ﷺ" * 300 + "각 Straße" * 50
    whole = unicodedata.normalize("NFKD", text).casefold()
    assert folded(text) == "".join(c for c in whole if not unicodedata.combining(c))
