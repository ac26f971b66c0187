from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from hermes.core.errors import ConfigError
from hermes.core.protocols import Query
from hermes.core.types import Candidates
from hermes.data.catalogue import Catalogue
from hermes.policy.rules import Available, Excluded, Fresh, Matching, Rules, Seen

EVERYTHING = Candidates(np.arange(1, 41))
AT = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=20000)


def ask(**given: object) -> Query:
    return Query(id="r", at=AT, **given)  # type: ignore[arg-type]


def kept(shop: Catalogue, **given: object) -> list[int]:
    """Items a query's filters or domains leave."""
    mask = Matching(shop).keep(ask(**given), EVERYTHING)
    return EVERYTHING.items[mask].tolist()


def test_seen_drops_the_history() -> None:
    mask = Seen(41).keep(ask(history=np.array([2, 3, 2])), EVERYTHING)
    assert EVERYTHING.items[~mask].tolist() == [2, 3]


def test_seen_lets_the_history_return_on_an_items_page() -> None:
    assert Seen(41).keep(ask(history=np.array([2, 3]), anchor=5), EVERYTHING).all()


def test_excluded_drops_the_list_and_the_anchor() -> None:
    mask = Excluded(41).keep(ask(exclude=np.array([7]), anchor=5), EVERYTHING)
    assert EVERYTHING.items[~mask].tolist() == [5, 7]


def test_available_drops_what_is_not_on_offer(shop: Catalogue) -> None:
    mask = Available(shop).keep(ask(), EVERYTHING)
    assert EVERYTHING.items[~mask].tolist() == [40]


def test_fresh_drops_the_old_and_the_undated(shop: Catalogue) -> None:
    mask = Fresh(catalogue=shop, max_age=6).keep(ask(), EVERYTHING)
    assert EVERYTHING.items[mask].tolist() == [1, 2, 3, 5, 6]


def test_fresh_may_ask_it_of_one_domain_only(shop: Catalogue) -> None:
    mask = Fresh(catalogue=shop, max_age=6, domains=("films",)).keep(ask(), EVERYTHING)
    assert EVERYTHING.items[~mask].tolist() == list(range(7, 41, 2))


def test_fresh_refuses_an_unknown_domain(shop: Catalogue) -> None:
    with pytest.raises(ConfigError, match="'music'"):
        Fresh(catalogue=shop, max_age=6, domains=("music",))


def test_a_query_without_filters_keeps_everything(shop: Catalogue) -> None:
    assert kept(shop) == list(range(1, 41))


def test_domains_keep_their_items(shop: Catalogue) -> None:
    assert kept(shop, domains=("films",)) == list(range(1, 41, 2))


def test_categories_keep_items_of_any_of_them(shop: Catalogue) -> None:
    expected = [i for i in range(1, 41) if i % 4 in (1, 2)]
    assert kept(shop, filters={"categories": ["horror", "comedy"]}) == expected
    assert kept(shop, filters={"categories": "horror"}) == [i for i in range(1, 41) if i % 4 == 1]


def test_not_categories_drop_items_of_any_of_them(shop: Catalogue) -> None:
    expected = [i for i in range(1, 41) if i % 4 in (1, 2)]  # war is drama too
    assert kept(shop, filters={"not_categories": ["drama"]}) == expected


def test_creators_keep_their_items(shop: Catalogue) -> None:
    assert kept(shop, filters={"creators": ["ada"]}) == list(range(3, 41, 3))


def test_a_price_bound_drops_what_has_no_price(shop: Catalogue) -> None:
    assert kept(shop, filters={"price_max": 6}) == [4, 5, 6]
    assert kept(shop, filters={"price_min": 38, "price_max": 39.5}) == [38, 39]


@pytest.mark.parametrize(
    "day", [19995, "2024-09-29", "2024-09-29T00:00:00+00:00", date(2024, 9, 29)]
)
def test_dates_are_read_in_every_form(shop: Catalogue, day: object) -> None:
    assert kept(shop, filters={"published_after": day}) == [1, 2, 3, 5]


def test_published_before_and_after_are_a_range(shop: Catalogue) -> None:
    days = {"published_after": 19990, "published_before": 19992}
    assert kept(shop, filters=days) == [8, 9, 10]


@pytest.mark.parametrize("order", [1, -1])
def test_of_max_age_and_published_after_the_stricter_holds(shop: Catalogue, order: int) -> None:
    both = [("max_age", 2), ("published_after", 19000)]
    assert kept(shop, filters=dict(both[::order])) == [1, 2]


@pytest.mark.parametrize(
    ("filters", "says"),
    [
        ({"price_mx": 3}, "unknown key 'price_mx'; did you mean 'price_max'"),
        ({"categories": ["horor"]}, "unknown name 'horor'; did you mean 'horror'"),
        ({"categories": 3}, "not a name or a list of names"),
        ({"categories": [3]}, "unknown name 3"),
        ({"categories": [""]}, "unknown name ''"),
        ({"price_min": "cheap"}, "'cheap' is not a number"),
        ({"price_min": float("nan")}, "nan is not a number"),
        ({"price_min": True}, "True is not a number"),
        ({"max_age": [1]}, "is not a number"),
        ({"published_after": "yesterday"}, "not an ISO 8601 date"),
    ],
)
def test_a_wrong_filter_names_what_is_right(
    shop: Catalogue, filters: dict[str, object], says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        kept(shop, filters=filters)


def test_an_unknown_domain_names_the_nearest(shop: Catalogue) -> None:
    with pytest.raises(ConfigError, match="did you mean 'films'"):
        kept(shop, domains=("film",))


def test_a_mask_is_remembered_for_equal_filters_only(shop: Catalogue) -> None:
    rule = Matching(shop, most=2)
    for most in (5, 6, 5, 7, 8, 5):
        mask = rule.keep(ask(filters={"price_max": most}), EVERYTHING)
        assert EVERYTHING.items[mask].tolist() == list(range(4, most + 1))
    assert len(rule.masks) <= 2


def test_channels_are_asked_for_more_where_little_fits(shop: Catalogue) -> None:
    rules = Rules.of(shop)
    assert rules.widened(ask(), 100) == 100
    assert rules.widened(ask(filters={"categories": "horror"}), 100) == 410  # 10 of 41 fit
    assert rules.widened(ask(filters={"price_min": 1000}), 100) == 4100


def test_a_recipe_whose_items_come_back_does_without_seen(shop: Catalogue) -> None:
    names = [rule.name for rule in Rules.of(shop, repeats=True).filters]
    assert names == ["excluded", "available", "matching"]
    assert [rule.name for rule in Rules.of(shop).filters] == ["seen", *names]
