from __future__ import annotations

import numpy as np
import pytest

from hermes.core.types import Shape
from hermes.data.catalogue import Catalogue
from hermes.data.interactions import Interactions
from hermes.evaluation.kin import NEAR, Kin

DRAMA, HORROR, COMEDY, WAR = range(1, 5)
FILMS = 2


def log(*chosen: list[int]) -> Interactions:
    users = np.repeat(np.arange(1, len(chosen) + 1), [len(c) for c in chosen])
    items = np.concatenate([np.array(c) for c in chosen])
    ones = np.ones(len(items), np.float32)
    return Interactions.sort(users, items, ones.astype(float), ones, Shape(len(chosen) + 1, 41))


@pytest.fixture(scope="module")
def kin(shop: Catalogue) -> Kin:
    """Films are odd: horror 1, 5, 9 ..., war (which is drama too) 3, 7, 11 ..."""
    return Kin.read(shop, log([1, 3, 5, 7], [2, 4, 6], [1, 9, 11], [4, 8, 10]))


def genre(kin: Kin, domain: int, category: int) -> int:
    return int(np.flatnonzero((kin.domain == domain) & (kin.category == category))[0])


def test_a_genre_is_a_category_within_a_domain(kin: Kin) -> None:
    assert len(kin.domain) == 5  # drama of books and of films, horror, war; comedy is of books
    assert int(kin.of[:, [genre(kin, FILMS, HORROR)]].sum()) == 10


def test_lift_is_what_it_says_by_hand(shop: Catalogue) -> None:
    kin = Kin.read(shop, log([1, 3], [1, 5], [2, 6]))
    horror, war = genre(kin, FILMS, HORROR), genre(kin, FILMS, WAR)
    # ordered pairs of distinct items: horror with war and with drama, and back, make 4; two of
    # horror 2, two of comedy 2: 8 in all, of which horror begins 4 and war 1
    assert kin.lift[horror, war] == pytest.approx((1 / 8) / ((4 / 8) * (1 / 8)))
    assert kin.lift[horror, horror] == pytest.approx((2 / 8) / ((4 / 8) ** 2))


def test_neighbours_are_the_nearest_others_of_the_domain(kin: Kin) -> None:
    horror = genre(kin, FILMS, HORROR)
    near = kin.near(horror, FILMS)
    assert 0 < len(near) <= NEAR
    assert horror not in near
    assert set(kin.category[near]) <= {DRAMA, WAR}
    assert not len(kin.near(horror, 1))  # nobody chose books and films


def test_a_family_is_the_genre_and_its_neighbours(kin: Kin) -> None:
    family = kin.family(genre(kin, FILMS, HORROR))
    assert family[[1, 5, 3, 7]].all()
    assert not family[[2, 4, 6, 0]].any()
