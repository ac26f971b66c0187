"""What an item is, as one row."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hermes.core.errors import ShapeError
from hermes.core.vocab import Vocabulary
from hermes.data.catalogue import Catalogue
from hermes.features.content import Content


def test_the_same_facts_give_the_same_row_after_a_bundle(shop: Catalogue) -> None:
    known = Content.of(shop, [2], least=1)
    vectors = np.random.default_rng(0).normal(size=(len(shop), 2)).astype(np.float32)
    rows = known.table(shop, vectors)
    assert rows.shape == (len(shop), known.d)
    assert not rows[0].any()
    again = Content.restore(known.arrays())
    np.testing.assert_array_equal(again.table(shop, vectors), rows)


def test_items_of_one_category_share_its_column(shop: Catalogue) -> None:
    known = Content.of(shop)
    rows = known.table(shop)
    start = len(known.domains) - 1
    column = start + known.categories.code(shop.categories.names[1]) - 1
    has = np.asarray(shop.category[:, [1]].toarray()).ravel() > 0
    np.testing.assert_array_equal(rows[:, column] > 0, has)


def test_vectors_of_another_width_are_refused(shop: Catalogue) -> None:
    with pytest.raises(ShapeError, match="widths"):
        Content.of(shop, [3]).table(shop, np.zeros((len(shop), 2), np.float32))


def told(shop: Catalogue) -> Catalogue:
    """The shop, whose cards have tags: every third item is dark, the rest tender."""
    tags = ("dark", "tender", "tender")
    cards = tuple(b'{"tags":["%s"]}' % tags[i % 3].encode() for i in range(1, len(shop)))
    return replace(shop, cards=(b"{}", *cards))


def test_tags_cohorts_and_prices_tell_items_of_one_kind_apart(shop: Catalogue) -> None:
    plain, rows = Content.of(shop).table(shop), Content.of(told(shop)).table(told(shop))
    assert rows.shape[1] == plain.shape[1] + 2
    assert not np.array_equal(rows[12] > 0, rows[14] > 0)
    blank = replace(shop, price=np.full_like(shop.price, np.nan))
    less = replace(blank, cohort=np.zeros_like(shop.cohort))
    counts = [np.count_nonzero(Content.of(s).table(s)[8] > 1e-3) for s in (shop, blank, less)]
    assert counts[0] > counts[1] > counts[2]


def test_what_is_dear_is_learned_once_and_by_domain(shop: Catalogue) -> None:
    known = Content.of(shop)
    again = Content.restore(known.arrays())
    twice = replace(shop, price=shop.price * 2)
    means = known.dear(shop)[4:].mean(0), again.dear(twice)[4:].mean(0)
    assert np.average(np.arange(9), weights=means[1]) > np.average(np.arange(9), weights=means[0])
    elsewhere = replace(shop, domains=Vocabulary.of(["games", "records"]))
    assert not known.dear(elsewhere).any()
    assert not known.dear(shop)[:4].any()
