"""What somebody may be about to type."""

from __future__ import annotations

import numpy as np
import pytest

from hermes.data.catalogue import Catalogue
from hermes.retrieval.suggest import Suggestions


@pytest.fixture
def names(shop: Catalogue) -> Suggestions:
    return Suggestions(shop, np.arange(len(shop), dtype=np.float32))


def test_a_title_is_found_by_how_it_begins_the_best_known_first(
    names: Suggestions, shop: Catalogue
) -> None:
    title = shop.titles[7]
    found = names.find(title[:4].upper(), 50)
    assert title in [one.text for one in found]
    titles = [one.item for one in found if one.kind == "title"]
    assert titles == sorted(titles, reverse=True)


def test_a_name_is_found_by_a_word_within_it(names: Suggestions, shop: Catalogue) -> None:
    last = shop.titles[7].split()[-1]
    assert shop.titles[7] in [one.text for one in names.find(last, 50)]


def test_a_category_says_how_many_items_on_offer_it_has(
    names: Suggestions, shop: Catalogue
) -> None:
    name = shop.categories.names[1]
    found = next(one for one in names.find(name, 50) if one.kind == "category")
    rows = shop.category.tocsc()[:, [1]].nonzero()[0]
    assert found.items == int(shop.available[rows].sum()) > 0


def test_what_is_not_on_offer_is_not_suggested(names: Suggestions, shop: Catalogue) -> None:
    gone = np.flatnonzero(~shop.available)[1:]
    assert all(shop.titles[g] not in [o.text for o in names.find(shop.titles[g], 9)] for g in gone)


@pytest.mark.parametrize("text", ["", "   ", "\x00", "zzzz zzz", "\ud800", "🦊" * 300, '"" OR *'])
def test_odd_text_suggests_nothing_and_never_fails(names: Suggestions, text: str) -> None:
    assert names.find(text, 5) == []
