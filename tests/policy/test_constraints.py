from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from hermes.core.errors import ConfigError
from hermes.core.protocols import Query
from hermes.core.vocab import Vocabulary
from hermes.data.catalogue import Catalogue
from hermes.policy.constraints import parse

AT = datetime(2024, 10, 4, tzinfo=UTC)


def fits(shop: Catalogue, **filters: object) -> list[int]:
    mask = parse(Query(id="r", at=AT, filters=filters), shop).mask(shop)
    return [i for i in np.flatnonzero(mask).tolist() if i]


def test_all_categories_keep_items_of_each(shop: Catalogue) -> None:
    wars = [i for i in range(1, 41) if i % 4 == 3]
    assert fits(shop, all_categories=["drama", "war"]) == wars
    assert fits(shop, all_categories=[["drama", "comedy"], "war"]) == wars
    assert fits(shop, all_categories=["horror", "comedy"]) == []


def test_not_creators_drop_their_items(shop: Catalogue) -> None:
    assert fits(shop, not_creators=["ada", "bo"]) == [i for i in range(1, 41) if i % 3 == 2]


def test_all_creators_keep_items_by_each(shop: Catalogue) -> None:
    assert fits(shop, all_creators=[["ada", "bo"], ["bo", "cy"]]) == fits(shop, creators="bo")


def test_the_last_second_of_a_year_is_not_the_next_year(shop: Catalogue) -> None:
    day = np.float32(np.datetime64("1990-01-01").astype(int))  # float32 steps by 84 seconds there
    dated = replace(shop, published=np.full(41, day, np.float32))
    assert fits(dated, published_before="1989-12-31T23:59:59+00:00") == []
    assert len(fits(dated, published_after="1990-01-01T00:00:00+00:00")) == 40
    assert len(fits(dated, not_published=[["1980-01-01", "1989-12-31T23:59:59+00:00"]])) == 40


def test_ranges_that_are_not_wanted_are_dropped(shop: Catalogue) -> None:
    left = fits(shop, not_published=[[19965, 19999], [None, 19961]])
    assert left == [4, 36, 37, 38]  # 4 has no date
    assert fits(shop, not_price=[[6, None]]) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("filters", "says"),
    [
        ({"all_categories": "drama"}, "not a list of names"),
        ({"all_categories": ["drma"]}, "did you mean 'drama'"),
        ({"not_published": 3}, "not a list of pairs"),
        ({"not_published": [[1, 2, 3]]}, "not a pair"),
        ({"not_price": [["a", 2]]}, "'a' is not a number"),
    ],
)
def test_a_wrong_filter_says_what_is_wrong(
    shop: Catalogue, filters: dict[str, object], says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        fits(shop, **filters)


def test_a_creator_nobody_knows_is_not_answered_with_all_there_are(shop: Catalogue) -> None:
    crowd = replace(shop, creators=Vocabulary.of(f"Somebody {n}" for n in range(50_000)))
    with pytest.raises(ConfigError, match="unknown name 'xyzzy'") as caught:
        fits(crowd, creators="xyzzy")
    assert len(str(caught.value)) < 100
