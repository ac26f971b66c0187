"""What is asked of a catalogue's own items."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hermes.data.catalogue import Catalogue
from hermes.encoders.base import Vectors
from hermes.encoders.colours import WORDS
from hermes.pipeline.content import Card
from hermes.workflows.lessons import LOOK, LOOKS, SOUND, STORY, TITLE, Stock, story

TALE = "A lonely keeper counts the ships that never come. His lamp goes out one winter night."


@pytest.fixture
def stock(shop: Catalogue) -> Stock:
    """Items 1 to 9 have a red picture, 10 to 19 a blue one, 20 to 29 a tale, 30 to 40 a sound."""
    titles = ("", *(f"Lamp {i}" for i in range(1, 41)))
    cards = [Card(text_content=TALE if 20 <= i < 30 else "Short.") for i in range(41)]
    for card in cards[1:15]:
        card.categories = ["Shoes", "Other"]
    hues = np.zeros((41, len(WORDS)), np.float32)
    hues[1:10, WORDS.index("red")] = hues[10:20, WORDS.index("blue")] = 1
    heard = np.arange(41) >= 30
    return Stock.of(replace(shop, titles=titles), cards, Vectors(hues, "vision:words:1"), heard)


def test_a_story_is_asked_without_the_title_and_read_without_the_question() -> None:
    asked = story("Keeper", TALE)
    assert asked == (
        "a lonely counts the ships that never come",
        "His lamp goes out one winter night.",
    )


@pytest.mark.parametrize("text", [None, "", "One sentence of a few words only.", "A b. C d. E f."])
def test_too_short_a_text_asks_nothing(text: str | None) -> None:
    assert story("Keeper", text) is None


def test_only_what_an_item_has_is_asked_of_it(stock: Stock) -> None:
    lessons = stock.learned(np.array([1, 20, 30]))
    sorts = {item: set() for item in (1, 20, 30)}
    for item, sort in zip(lessons.items, lessons.sorts, strict=True):
        sorts[item].add(sort)
    assert sorts == {1: {TITLE, LOOK}, 20: {TITLE, STORY}, 30: {TITLE, SOUND}}


def test_a_look_names_the_colour_and_mostly_the_category_and_asks_for_that_kind(
    stock: Stock,
) -> None:
    lessons = stock.learned(np.array([1]))
    looks = [i for i, sort in enumerate(lessons.sorts) if sort == LOOK]
    assert len(looks) == len(LOOKS)
    for i in looks:
        column = 0 if "red shoes" in lessons.texts[i] else 1
        assert "red" in lessons.texts[i]
        assert lessons.asks[i] == lessons.kind[1, column] > 0


def test_items_of_one_colour_and_category_are_one_kind_and_of_another_are_not(stock: Stock) -> None:
    kind = stock.blank().kind
    assert len(set(kind[1:10, 0])) == 1
    assert kind[1, 0] != kind[10, 0]
    assert kind[10, 0] != kind[16, 0]  # blue shoes, and blue things of a domain
    assert kind[10, 1] == kind[16, 1]
    assert not kind[20:, :2].any()
    assert not kind[:30, 2].any()


def test_what_is_measured_is_asked_in_words_that_nothing_was_learned_in(stock: Stock) -> None:
    every = np.arange(1, 41)
    learned, asked = stock.learned(every), stock.asked(every)
    for sort in (LOOK, SOUND):
        known = {t for t, s in zip(learned.texts, learned.sorts, strict=True) if s == sort}
        new = {t for t, s in zip(asked.texts, asked.sorts, strict=True) if s == sort}
        assert new
        assert not known & new


def test_nothing_is_asked_of_the_unknown(stock: Stock) -> None:
    assert 0 not in stock.askable()
    assert len(stock.askable()) == 40


def test_an_encoder_is_told_plain_names_only(stock: Stock) -> None:
    assert set(stock.words()) >= {"red shoes", "blue shoes"}
    assert not any("stylish" in text for text in stock.words())
