from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from hermes.core.protocols import Query, Reason
from hermes.core.types import Array, Candidates, Ints
from hermes.data.catalogue import Catalogue
from hermes.explain.reasons import Limits, Reasons

AT = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=20000)
NAN = np.nan


class Neighbours:
    """Each item is there because of the history's event of the same parity."""

    def evidence(self, query: Query, items: Ints) -> Ints:
        pasts = [[h for h in query.history.tolist() if h % 2 == i % 2] for i in items.tolist()]
        return np.array([past[-1] if past else 0 for past in pasts])


class Weekly:
    phrase = "Popular this week"


CHANNELS = {"near": Neighbours(), "hot": Weekly(), "net": object()}


def explain(
    shop: Catalogue, items: list[int], history: list[int], limits: Limits = Limits(), **ranks: Array
) -> list[Reason]:
    query = Query(id="r", at=AT, history=np.array(history, np.int64))
    columns = {f"rank.{name}": np.array(rank, np.float32) for name, rank in ranks.items()}
    slate = Candidates(np.array(items, np.int64), columns)
    return Reasons(shop, CHANNELS, limits).explain(query, slate)


def test_because_names_the_event_in_the_words_of_its_domain(shop: Catalogue) -> None:
    film, book = explain(shop, [11, 12], [3, 6], near=[1, 2])
    assert film == Reason("because", "Because you watched Title 3", (3,), ("near",))
    assert book == Reason("because", "Because you read Title 6", (6,), ("near",))


def test_an_item_without_a_title_is_named_by_its_id(shop: Catalogue) -> None:
    from dataclasses import replace

    bare = replace(shop, titles=tuple("" for _ in shop.titles))
    assert explain(bare, [11], [3], near=[1])[0].text == "Because you watched i3"


def test_on_an_items_page_an_item_is_like_the_anchor(shop: Catalogue) -> None:
    class Like:
        def evidence(self, query: Query, items: Ints) -> Ints:
            return np.full(len(items), query.anchor)

    slate = Candidates(np.array([11]), {"rank.near": np.array([1.0])})
    query = Query(id="r", at=AT, anchor=5)
    assert Reasons(shop, {"near": Like()}).explain(query, slate) == [
        Reason("like", "Like Title 5", (5,), ("near",))
    ]


def test_a_popular_channel_speaks_where_it_ranked_the_item_higher(shop: Catalogue) -> None:
    first, second = explain(shop, [11, 13], [3], near=[2, 1], hot=[1, 2])
    assert first == Reason("popular", "Popular this week", (11,), ("hot",))
    assert second.code == "because"


def test_what_is_not_among_the_first_is_not_called_popular(shop: Catalogue) -> None:
    (reason,) = explain(shop, [39], [], hot=[101])
    assert reason.code == "catalogue"


def test_a_channel_that_did_not_bring_the_item_does_not_speak(shop: Catalogue) -> None:
    (reason,) = explain(shop, [39], [2], near=[NAN], hot=[NAN], net=[4])
    assert reason == Reason("chosen", "Chosen for you", (), ("net",))


def test_a_taste_is_a_category_commoner_in_the_history_than_elsewhere(shop: Catalogue) -> None:
    history = [1, 5, 9, 2]  # three of horror, one of comedy; each a quarter of the catalogue
    horror, comedy = explain(shop, [33, 34], history, net=[1, 2])
    assert horror == Reason("taste", "Matches your taste for horror")
    assert comedy.code == "chosen"


def test_a_taste_that_everybody_has_is_none(shop: Catalogue) -> None:
    (reason,) = explain(shop, [38], list(range(1, 17)), net=[1])
    assert reason.code == "chosen"


def test_new_is_what_was_published_lately_and_not_later(shop: Catalogue) -> None:
    reasons = explain(shop, [2, 4, 35], [], net=[1, 2, 3])
    assert [r.code for r in reasons] == ["new", "catalogue", "catalogue"]
    past = Query(id="r", at=AT - timedelta(days=10))
    slate = Candidates(np.array([2]), {"rank.net": np.array([1.0])})
    assert Reasons(shop, CHANNELS).explain(past, slate)[0].code == "catalogue"


def test_one_event_is_not_named_for_ever_when_more_can_be_said(shop: Catalogue) -> None:
    items = [11, 13, 15, 17, 19]
    codes = [r.code for r in explain(shop, items, [3], near=[1, 2, 3, 4, 5], hot=[9] * 5)]
    assert codes == ["because"] * 3 + ["popular"] * 2
    codes = [r.code for r in explain(shop, items, [2, 6, 3], near=[1, 2, 3, 4, 5])]
    assert codes[:3] == ["because"] * 3


def test_a_stranger_is_not_told_of_a_past(shop: Catalogue) -> None:
    reasons = explain(shop, [11, 12, 33], [], near=[1, 2, 3], net=[1, 2, 3])
    assert {r.code for r in reasons} <= {"new", "popular", "catalogue"}


def test_an_empty_slate_has_no_reasons(shop: Catalogue) -> None:
    assert explain(shop, [], [3], near=[], hot=[]) == []


@pytest.mark.parametrize("seed", range(5))
def test_every_claim_holds(shop: Catalogue, seed: int) -> None:
    rng = np.random.default_rng(seed)
    history = rng.choice(np.arange(1, 40), 12, replace=False).tolist()
    items = [i for i in rng.permutation(np.arange(1, 40)).tolist() if i not in history][:20]
    ranks = {n: np.where(rng.random(20) < 0.3, NAN, rng.permutation(20) * 8.0) for n in CHANNELS}
    limits = Limits(popular=40, new=10)
    reasons = explain(shop, items, history, limits, **ranks)
    assert len(reasons) == len(items)
    genre = shop.category.toarray() > 0  # (I, categories)
    for place, (item, reason) in enumerate(zip(items, reasons, strict=True)):
        assert all(ranks[c][place] >= 0 for c in reason.channels)
        if reason.code == "because":
            (past,) = reason.evidence
            assert past in history
            assert past % 2 == item % 2
            assert shop.titles[past] in reason.text
        elif reason.code == "popular":
            assert ranks["hot"][place] <= limits.popular
        elif reason.code == "taste":
            code = shop.categories.code(reason.text.removeprefix("Matches your taste for "))
            share = genre[history, code].mean()
            assert genre[item, code]
            assert share >= max(limits.share, limits.often / len(history))
            assert share >= limits.lift * genre[1:, code].mean() - 1e-9
        elif reason.code == "new":
            assert 0 <= 20000 - shop.published[item] <= limits.new
        else:
            assert reason.code in {"chosen", "catalogue"}
    assert len({r.code for r in reasons}) >= 3


class Ties:
    """Each odd item shares a maker with the first of the history."""

    def traced(self, query: Query, items: Ints) -> list[tuple[str, tuple[int, ...]]]:
        first = int(query.history[0]) if len(query.history) else 0
        tied = [i % 2 and first for i in items.tolist()]
        return [
            (f"shares the director of Title {first}", (first, i)) if yes else ("", ())
            for i, yes in zip(items.tolist(), tied, strict=True)
        ]


def related(shop: Catalogue, history: list[int], **ranks: Array) -> list[Reason]:
    query = Query(id="r", at=AT, history=np.array(history, np.int64))
    columns = {f"rank.{name}": np.array(rank, np.float32) for name, rank in ranks.items()}
    channels = {"near": Neighbours(), "hot": Weekly(), "graph": Ties()}
    slate = Candidates(np.array([11, 12], np.int64), columns)
    return Reasons(shop, channels).explain(query, slate)


def test_how_an_item_hangs_together_with_the_past_is_told(shop: Catalogue) -> None:
    tied, other = related(shop, [3], graph=[1, 2])
    assert tied == Reason("related", "Shares the director of Title 3", (3, 11), ("graph",))
    assert other.code == "new"


def test_who_ranked_an_item_higher_speaks_of_it(shop: Catalogue) -> None:
    assert related(shop, [3], graph=[2, 9], near=[1, 1])[0].code == "because"
    assert related(shop, [3], graph=[1, 9], near=[2, 1])[0].code == "related"
    assert related(shop, [3], graph=[2, 9], hot=[1, 1])[0].code == "popular"
    assert related(shop, [3], graph=[NAN, 9], near=[5, 1])[0].code == "because"


def test_of_a_stranger_nothing_is_related(shop: Catalogue) -> None:
    assert {r.code for r in related(shop, [], graph=[1, 2])} <= {"new", "catalogue"}
