"""How what was found falls into kinds, and what is of the kinds somebody chose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from hermes.core.errors import ConfigError
from hermes.core.vocab import Vocabulary
from hermes.data.catalogue import Catalogue
from hermes.retrieval.facets import chosen, facets


def test_facets_count_what_they_name(shop: Catalogue) -> None:
    items = np.arange(1, 21)
    found = facets(shop, items)
    assert sum(found["domain"].values()) == 20
    first = next(iter(found["category"]))
    code = shop.categories.code(first)
    assert found["category"][first] == int(shop.category[items][:, [code]].sum())


def test_facets_of_nothing_are_none(shop: Catalogue) -> None:
    assert facets(shop, np.zeros(0, np.int64)) == {}


def test_the_first_day_of_a_decade_is_of_it(films: Callable[..., Catalogue]) -> None:
    found = facets(films(), np.arange(1, 10))  # 1990 is the first of January
    assert found["decade"] == {"1970s": 3, "1980s": 2, "1990s": 2, "2000s": 2}


@pytest.mark.parametrize("facet", ["domain", "category", "creator", "decade"])
def test_choosing_a_value_finds_as_many_as_its_facet_counted(
    films: Callable[..., Catalogue], facet: str
) -> None:
    shelf = films()
    for value, count in facets(shelf, np.arange(1, len(shelf)))[facet].items():
        assert chosen(shelf, {facet: [value]})[1:].sum() == count, value


def test_an_item_is_by_all_who_are_chosen_and_of_any_decade(
    films: Callable[..., Catalogue],
) -> None:
    shelf = films()
    both = chosen(shelf, {"creator": ["Rada", "Vale"]})
    assert [shelf.titles[i] for i in np.flatnonzero(both)] == ["Comet"]
    ages = chosen(shelf, {"decade": ["1970s", "2000s"], "category": ["drama"]})
    assert [shelf.titles[i] for i in np.flatnonzero(ages)] == ["The Orchard", "Salt", "Ember"]


def test_nothing_chosen_is_everything(films: Callable[..., Catalogue]) -> None:
    assert chosen(films(), {"category": [], "decade": []}).all()


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"categry": ["drama"]}, "category"),
        ({"category": ["drma"]}, "drama"),
        ({"decade": ["1995s"]}, "1990s"),
        ({"decade": [""]}, "1990s"),
    ],
)
def test_what_is_no_facet_or_no_value_is_named(
    films: Callable[..., Catalogue], wanted: dict[str, list[str]], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        chosen(films(), wanted)


def test_a_creator_nobody_knows_is_not_answered_with_all_there_are(shop: Catalogue) -> None:
    crowd = replace(shop, creators=Vocabulary.of(f"Somebody {n}" for n in range(50_000)))
    with pytest.raises(ConfigError, match="unknown name 'xyzzy'") as caught:
        chosen(crowd, {"creator": ["xyzzy"]})
    assert len(str(caught.value)) < 100
