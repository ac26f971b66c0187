"""What an item is, as one row."""

from __future__ import annotations

import numpy as np
import pytest

from hermes.core.errors import ShapeError
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
