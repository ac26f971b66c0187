from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from hermes.core.protocols import Query, Reason
from hermes.core.types import Array, Candidates, Ints, Odds
from hermes.data.catalogue import Catalogue
from hermes.data.deeds import DEEDS
from hermes.explain.holdings import Makers
from hermes.explain.reasons import Limits, Reasons
from hermes.explain.wording import Claim, said_in, sentence, table

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


def test_a_popular_channel_speaks_where_the_history_hardly_does(shop: Catalogue) -> None:
    first, second, third = explain(shop, [11, 13, 15], [3], near=[101, 100, 101], hot=[1, 2, 101])
    assert first == Reason("popular", "Popular this week", (11,), ("hot",))
    assert second.code == "because"  # both hold, and a person's own reason says more
    assert third.code == "because"  # nothing else does


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


class Later:
    """Another channel, which knows one item of the history."""

    def evidence(self, query: Query, items: Ints) -> Ints:
        return np.full(len(items), query.history[-1] if len(query.history) else 0)


def told(
    shop: Catalogue,
    item: int,
    history: list[int],
    deeds: tuple[str, ...] = (),
    language: str = "en",
    parts: dict[str, float] | None = None,
    **ranks: float,
) -> Reason:
    query = Query(
        id="r", at=AT, history=np.array(history, np.int64), language=language,
        deeds=np.array([DEEDS.index(d) for d in deeds], np.int64),
    )  # fmt: skip
    columns: dict[str, Array] = {f"rank.{c}": np.array([r]) for c, r in ranks.items()}
    columns |= {f"part.{name}": np.array([value]) for name, value in (parts or {}).items()}
    channels = {**CHANNELS, "late": Later()}
    return Reasons(shop, channels).explain(query, Candidates(np.array([item]), columns))[0]


@pytest.fixture(scope="module")
def crewed(shop: Catalogue) -> Catalogue:
    """The shop, with a director each four films, an actor each six, and cards that name them."""

    def card(i: int) -> bytes:
        crew = [{"name": f"d{i % 4}", "role": "director"}, {"name": f"a{i % 6}", "role": "actor"}]
        return json.dumps({"creators": crew}).encode()

    return replace(shop, cards=tuple(card(i) for i in range(len(shop))))


@pytest.mark.parametrize(
    ("deeds", "words"),
    [
        (("click", "click"), "Because you looked at Title 3"),
        (("click", "play"), "Because you watched Title 3"),
        (("finish", "play"), "Because you finished Title 3"),
        (("like", "rating"), "Because you liked Title 3"),
        (("purchase", "like"), "Because you bought Title 3"),
        (("interaction", "interaction"), "Because you watched Title 3"),
        ((), "Because you watched Title 3"),
    ],
)
def test_the_verb_is_the_strongest_thing_that_was_done(
    shop: Catalogue, deeds: tuple[str, ...], words: str
) -> None:
    assert told(shop, 11, [3, 3], deeds, near=1).text == words


APART = {"sequence": 1.0}


def test_two_channels_name_two_items_where_the_same_was_done_with_both(shop: Catalogue) -> None:
    both = told(shop, 12, [2, 7], ("finish", "finish"), parts=APART, near=1, late=2)
    both = replace(both, more=())
    assert both == Reason(
        "because", "Because you finished Title 2 and Title 7", (2, 7), ("near", "late")
    )
    one = told(shop, 12, [2, 7], ("finish", "play"), parts=APART, near=1, late=2)
    assert one.text == "Because you finished Title 2"


def test_what_all_share_is_told_and_nothing_that_one_of_them_lacks(crewed: Catalogue) -> None:
    assert told(crewed, 11, [3], near=1).text == (
        "Because you watched Title 3, and it shares its director"
    )
    two = told(crewed, 11, [3, 12], ("finish", "finish"), parts=APART, near=1, late=2)
    assert two.text == "Because you finished Title 3 and Title 12"
    makers = Makers(crewed)
    assert makers.shared((3, 7), 11) == "director"
    assert makers.shared((3, 12), 11) == ""
    assert makers.shared((5,), 11) == "actor"


def test_what_a_reader_would_see_nothing_in_gives_way_to_what_is_nearer(shop: Catalogue) -> None:
    far = "Because you read Title 10"  # a comedy book for a film of war
    assert told(shop, 11, [10], late=1).text == far  # nothing else speaks for it
    assert told(shop, 11, [5, 10], late=1).text == "Because you watched Title 5"
    assert told(shop, 12, [4, 3], late=1).text == "Because you watched Title 3"  # both are dramas
    card = json.dumps({"creators": [{"name": "one", "role": "director"}]}).encode()
    one = replace(shop, cards=(card,) * len(shop))
    assert told(one, 11, [5, 10], late=1).text == f"{far}, and it shares its director"


def test_the_larger_part_speaks_first_and_another_cause_second(shop: Catalogue) -> None:
    own = {"sequence": 2.0, "popularity": 0.5}
    first = told(shop, 35, [3], parts=own, near=2, hot=1)
    assert [first.code, *(r.code for r in first.more)] == ["because", "popular"]
    crowd = {"sequence": 0.1, "popularity": 0.5}
    first = told(shop, 35, [3], parts=crowd, near=1, hot=2)
    assert [first.code, *(r.code for r in first.more)] == ["popular", "because"]
    assert told(shop, 35, [3], near=1, hot=2).more == ()  # nobody asked


def test_what_can_not_be_said_of_an_item_is_not_said_second(shop: Catalogue) -> None:
    parts = {"sequence": 0.1, "popularity": 9.0, "freshness": 9.0}
    reason = told(shop, 39, [3], parts=parts, near=1, hot=101)
    assert (reason.code, reason.more) == ("because", ())


def test_something_of_the_same_kind_is_named_where_nothing_else_can_be_said(
    shop: Catalogue,
) -> None:
    parts = {"sequence": 1.0}
    assert told(shop, 35, [2, 31], parts=parts, net=1) == Reason(
        "kin", "drama, like Title 31", (31,)
    )
    assert told(shop, 35, [2], parts=parts, net=1).code == "chosen"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", "Weil du Title 2 und Title 7 gesehen hast"),
        ("fr-CA", "Parce que vous avez regardé Title 2 et Title 7"),
        ("es", "Porque has visto Title 2 y Title 7"),
        ("nl", "Because you watched Title 2 and Title 7"),
        ("../de", "Because you watched Title 2 and Title 7"),
    ],
)
def test_reasons_are_in_the_language_asked_for(shop: Catalogue, language: str, words: str) -> None:
    deeds = ("play", "play")
    films = replace(shop, domain=np.where(shop.domain > 0, 2, 0))
    assert told(films, 12, [2, 7], deeds, language, APART, near=1, late=2).text == words


def test_a_word_that_is_missing_makes_the_whole_sentence_english() -> None:
    words = {"because": {"watched": "Weil du {items} gesehen hast"}}
    assert said_in(words, Claim("because", "watched", ("A",))) == "Weil du A gesehen hast"
    assert said_in(words, Claim("because", "watched", ("A",), shared="director")) is None
    assert sentence(Claim("popular", "Popular in May"), "de") == "Popular in May"


def test_the_tables_have_the_same_keys_and_places() -> None:
    def shape(language: str) -> dict[tuple[str, str], list[str]]:
        found = table(language)
        assert found is not None
        return {
            (part, key): sorted(re.findall(r"{(\w+)}", text))
            for part, rows in found.items()
            for key, text in rows.items()
        }

    for language in ("de", "fr", "es"):
        assert shape(language) == shape("en")


def test_a_title_with_braces_is_a_title(shop: Catalogue) -> None:
    odd = replace(shop, titles=tuple("{name} {0}" for _ in shop.titles))
    assert told(odd, 11, [3], near=1).text == "Because you watched {name} {0}"


@pytest.mark.parametrize("seed", range(4))
def test_every_claim_of_a_slate_taken_apart_holds(crewed: Catalogue, seed: int) -> None:
    """Each sentence is read back and checked against the shop, by no code of the reasons'."""
    rng = np.random.default_rng(seed)
    history = rng.choice(np.arange(1, 40), 12, replace=False)
    kinds = rng.choice(["click", "play", "finish", "purchase", "like"], 12)
    items = np.array([i for i in rng.permutation(np.arange(1, 40)) if i not in history][:20])
    channels = {**CHANNELS, "late": Later()}
    columns: dict[str, Array] = {
        f"rank.{c}": np.where(rng.random(20) < 0.3, NAN, rng.permutation(20) * 8.0 + 1)
        for c in channels
    }
    columns |= {f"part.{g}": rng.normal(size=20) for g in ("sequence", "popularity", "freshness")}
    query = Query(
        id="r", at=AT, history=history,
        deeds=np.array([DEEDS.index(kind) for kind in kinds], np.int64),
    )  # fmt: skip
    reasons = Reasons(crewed, channels).explain(query, Candidates(items, columns))
    done = {
        "looked at": {"click"}, "watched": {"play"}, "played": {"play"}, "finished": {"finish"},
        "bought": {"purchase"}, "liked": {"like"},
    }  # fmt: skip
    spoken = 0
    for item, first in zip(items.tolist(), reasons, strict=True):
        codes = [first.code, *(r.code for r in first.more)]
        assert len(set(codes)) == len(codes)
        for reason in (first, *first.more):
            assert not re.search(r"\d", re.sub(r"Title \d+", "", reason.text))
            named = [int(n) for n in re.findall(r"Title (\d+)", reason.text)]
            if reason.code == "because":
                spoken += 1
                verb = re.match(r"Because you ([a-z]+(?: at)?) ", reason.text)
                assert verb is not None
                assert set(named) <= set(history.tolist())
                assert {kinds[history.tolist().index(n)] for n in named} <= done[verb[1]]
                if "director" in reason.text:
                    assert {n % 4 for n in named} == {item % 4}
                if "actor" in reason.text:
                    assert {n % 6 for n in named} == {item % 6}
            elif reason.code == "new":
                assert 0 <= 20000 - crewed.published[item] <= 30
            elif reason.code == "kin":
                kind = crewed.categories.code(reason.text.partition(",")[0])
                genre = crewed.category.toarray()
                assert genre[named[0], kind] and genre[item, kind]
                assert named[0] in history
    assert spoken > 3


class Wishes:
    """A channel that knows what speaks for each item: own, main, and both variances."""

    name = "effects"

    def __init__(self, own: float, main: float, doubt: float = 1.0, appeal: float = 0.7) -> None:
        self.told = own, main, doubt, appeal

    def odds(self, query: Query, items: Ints) -> Odds:
        own, main, doubt, appeal = (np.full(len(items), value, np.float32) for value in self.told)
        return Odds(own, main, doubt, doubt, appeal)


def weighed(shop: Catalogue, wishes: Wishes, history: list[int], **ranks: float) -> Reason:
    query = Query(id="r", at=AT, history=np.array(history, np.int64))
    columns = {f"rank.{name}": np.array([rank], np.float32) for name, rank in ranks.items()}
    reasons = Reasons(shop, CHANNELS, weigher=wishes)
    return reasons.explain(query, Candidates(np.array([11]), columns))[0]


def codes(reason: Reason) -> list[str]:
    return [reason.code, *(more.code for more in reason.more)]


def test_the_larger_wish_speaks_first_and_says_how_sure_that_is(shop: Catalogue) -> None:
    own = weighed(shop, Wishes(1.0, 0.5), [3], near=9, hot=1)
    assert codes(own) == ["because", "popular"] and own.chance == pytest.approx(0.638, abs=1e-3)
    many = weighed(shop, Wishes(0.5, 1.0), [3], near=1, hot=9)
    assert codes(many) == ["popular", "because"] and many.chance == own.chance


def test_a_wish_that_is_surely_the_larger_is_named_alone(shop: Catalogue) -> None:
    assert codes(weighed(shop, Wishes(3.0, 0.5, 0.1), [3], near=9, hot=1)) == ["because"]
    assert codes(weighed(shop, Wishes(0.5, 3.0, 0.1), [3], near=1, hot=9)) == ["popular"]


def test_what_can_not_be_said_first_is_not_said_and_the_chance_is_the_others(
    shop: Catalogue,
) -> None:
    mine = weighed(shop, Wishes(0.5, 0.6), [3], near=1)  # that many choose it nobody knows
    assert codes(mine) == ["because", "new"]
    assert mine.chance is not None and mine.chance < 0.5


def test_what_is_taken_when_it_is_shown_is_popular_without_a_place(shop: Catalogue) -> None:
    reason = weighed(shop, Wishes(0.0, 3.0, 0.5), [3], near=1)
    assert reason.code == "popular" and reason.channels == ("effects",)
    assert reason.text == "Often chosen when it is shown"
    assert weighed(shop, Wishes(0.0, 0.1, 0.5), [3], near=1).code == "because"


def test_what_no_page_says_is_not_called_often_chosen(shop: Catalogue) -> None:
    never = Wishes(0.0, 3.0, 0.5, appeal=0.0)  # never shown: like others that everybody wants
    rarely = Wishes(0.0, 3.0, 0.5, appeal=-0.1)
    assert weighed(shop, never, [3], near=1).code == "because"
    assert weighed(shop, rarely, [3], near=1).code == "because"


def test_how_surely_newness_is_the_cause_nobody_can_say(shop: Catalogue) -> None:
    query = Query(id="r", at=AT, history=np.array([4]))
    slate = Candidates(np.array([2]), {"rank.net": np.array([1.0])})
    bare = replace(shop, category=shop.category * 0)
    (reason,) = Reasons(bare, CHANNELS, weigher=Wishes(0.0, 2.0, 0.1, 0.0)).explain(query, slate)
    assert reason.code == "new" and reason.chance is None


def test_a_newcomer_has_no_wishes_to_weigh(shop: Catalogue) -> None:
    assert weighed(shop, Wishes(9.0, 1.0), [], hot=1) == Reason(
        "popular", "Popular this week", (11,), ("hot",)
    )


def test_parts_of_a_score_give_no_chance(shop: Catalogue) -> None:
    first = told(shop, 35, [3], parts={"sequence": 2.0, "popularity": 0.5}, near=2, hot=1)
    assert first.chance is None
