"""An explicit text leads, and only where it can."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from hermes.core.protocols import Query
from hermes.core.types import Candidates
from hermes.data.catalogue import Catalogue
from hermes.explain.reasons import Reasons
from hermes.pipeline import lead
from hermes.pipeline.asked import Reader
from hermes.pipeline.blend import Blend
from hermes.pipeline.recommender import Recommender, Stage
from hermes.pipeline.sources import Source, Sources
from hermes.pipeline.trace import Slate, Trace
from hermes.policy.rules import Rules
from hermes.policy.slatewise import Slatewise
from hermes.ranking.scorer import RankerScorer
from hermes.retrieval.channels import TrendingChannel
from hermes.retrieval.query import Understanding
from hermes.retrieval.text_search import TextChannel, TextSearch
from hermes.retrieval.understood import Understood

AT = datetime(2026, 1, 1, tzinfo=UTC)
TITLED = {3: "Alien", 9: "Alien Nation", 30: "Alien Farm", 40: "Alien Gone"}  # 40: not available


class Counted(TextChannel):
    """Counts how often it is asked."""

    calls = 0

    def retrieve(self, query: Query, k: int) -> Candidates:
        self.calls += 1
        return super().retrieve(query, k)


@pytest.fixture
def text(shop: Catalogue) -> Counted:
    titles = tuple(TITLED.get(i, f"Number {i}") for i in range(41))
    return Counted("text", TextSearch(replace(shop, titles=titles)))


@pytest.fixture
def recommender(shop: Catalogue, text: Counted) -> Recommender:
    """Item i is the likelier the larger i is; the text channel knows the titles."""
    popular = TrendingChannel("popular", np.arange(41.0))
    each = [Source(channel=popular), Source(channel=text, when="text")]
    return Recommender(
        sources=Sources(each, popular),
        blend=Blend(weights=lead.weighed({}, ["popular"])),
        rules=Rules.of(shop),
        policy=Slatewise(),
        explainer=Reasons(shop, {"popular": popular, "text": text}),
    )


def answer(recommender: Recommender, words: str, **more: object) -> Slate:
    given = {"id": "q", "at": AT, "size": 5, "text": words, **more}
    return recommender(Query(**given))  # type: ignore[arg-type]


def test_without_a_text_the_channel_is_not_asked(recommender: Recommender, text: Counted) -> None:
    slate = answer(recommender, "")
    assert text.calls == 0
    assert "text" not in slate.trace.brought
    assert not [name for name in slate.items.columns if name.endswith(".text")]
    assert answer(recommender, "alien").items.items.tolist() != slate.items.items.tolist()
    assert text.calls == 1


def test_the_slate_holds_only_what_matches_and_may_be_shown(recommender: Recommender) -> None:
    slate = answer(recommender, "alien")
    assert set(slate.items.items.tolist()) == {3, 9, 30}
    assert slate.trace.degraded == []


def test_a_ranker_orders_among_the_matches(recommender: Recommender) -> None:
    for sign, order in ((1, [30, 9, 3]), (-1, [3, 9, 30])):
        scorer = RankerScorer(
            "rank",
            lambda query, pool: (pool.items[:, None], pool.items[:, None], query.history),
            lambda dense, sparse, history, sign=sign: sign * dense[:, 0].astype(np.float32),
        )
        ranked = replace(recommender, stages=(Stage(scorer=scorer, keep=10),))
        assert answer(ranked, "alien").items.items.tolist() == order


def test_what_was_seen_or_filtered_away_is_no_match(recommender: Recommender) -> None:
    seen = answer(recommender, "alien", history=np.array([3, 9]), ages=np.ones(2, np.float32))
    assert seen.items.items.tolist() == [30]
    books = answer(recommender, "alien", domains=("films",))
    assert 0 < len(books.items) < 3


@pytest.mark.parametrize("words", ["xyzzy", "?!", " "])
def test_a_text_that_matches_nothing_is_named_and_the_slate_is_as_without_it(
    recommender: Recommender, words: str
) -> None:
    slate = answer(recommender, words)
    assert slate.items.items.tolist() == answer(recommender, "").items.items.tolist()
    assert [(d.stage, "nothing that may be shown" in d.cause) for d in slate.trace.degraded] == [
        ("text", True)
    ]


def test_a_recommender_without_a_text_channel_says_so(recommender: Recommender) -> None:
    popular = recommender.sources.sources[0]
    deaf = replace(recommender, sources=Sources([popular], popular.channel))
    causes = [d.cause for d in answer(deaf, "alien").trace.degraded]
    assert causes == ["no text channel answered; the slate is as without the text"]


def test_the_reason_names_the_words(recommender: Recommender) -> None:
    slate = answer(recommender, "Nation alien")
    assert {r.code for r in slate.reasons} == {"match"}
    assert [(r.text, r.evidence, r.channels) for r in slate.reasons] == [
        ("Matches 'nation alien'", (9,), ("text",))
    ]


def test_the_text_weighs_as_much_as_all_behaviour() -> None:
    assert lead.weighed({"a": 2.0, "b": -0.5}, ["a", "b", "c"])["text"] == 3.5
    assert lead.weighed({}, []) == {"text": 1.0}


@pytest.fixture
def reading(recommender: Recommender, text: Counted) -> Recommender:
    """The same, its texts understood before anything is retrieved."""
    return replace(recommender, reader=Reader(Understanding(text.search.catalogue), text.search))


PAST = {"history": np.array([9, 39]), "ages": np.ones(2, np.float32)}


def test_a_text_that_leads_brings_what_was_seen(reading: Recommender) -> None:
    assert 9 in answer(reading, "alien nation", **PAST).items.items
    gone = answer(reading, "alien nation", exclude=np.array([9]), **PAST)
    assert 9 not in gone.items.items


def test_a_text_that_only_filters_does_not(reading: Recommender) -> None:
    """39 is the likeliest item by ada, and was seen."""
    assert answer(reading, "by ada").items.items[0] == 39
    assert answer(reading, "by ada", **PAST).items.items[0] == 36


def test_a_mood_moves_what_it_is_met_with_up(reading: Recommender) -> None:
    """Comedies are 2, 6, 10 to 38; without the mood 39 comes first, then 38, 37."""
    slate = answer(reading, "something funny")
    assert slate.items.items.tolist() == [38, 34, 30, 26, 22]
    assert slate.trace.explicit < lead.EXPLICIT


def test_a_mood_of_age_moves_the_newest_or_the_oldest_quarter_up(reading: Recommender) -> None:
    """Item i is of day 20000 - i, and 4 of no day; the oldest are the likeliest anyway."""
    new = answer(reading, "something new").items.items
    assert (new <= 11).sum() >= 4
    assert np.all(answer(reading, "an old classic").items.items >= 30)
    assert np.all(answer(reading, "").items.items >= 30)


def test_a_ranker_does_not_undo_a_mood(reading: Recommender) -> None:
    scorer = RankerScorer(
        "rank",
        lambda query, pool: (pool.items[:, None], pool.items[:, None], query.history),
        lambda dense, sparse, history: -dense[:, 0].astype(np.float32),
    )
    ranked = replace(reading, stages=(Stage(scorer=scorer, keep=10),))
    slate = answer(ranked, "something funny")
    assert slate.items.items.tolist() == [2, 6, 10, 14, 18]
    assert slate.items.columns["rank"].tolist() == [-2, -6, -10, -14, -18]


def test_a_text_that_asks_for_nothing_changes_no_score(reading: Recommender) -> None:
    usual, idle = answer(reading, ""), answer(reading, "show me something")
    assert idle.items.items.tolist() == usual.items.items.tolist()
    assert idle.items.columns["blend"].tolist() == usual.items.columns["blend"].tolist()


def test_a_text_that_leads_counts_twice_what_behaviour_does_or_more() -> None:
    trace = Trace.start()
    assert lead.weights(["text", "a"], {}, trace) is None
    trace.read = Understood(text="x")
    for explicit, odds in ((0.1, 1 / 9), (lead.EXPLICIT, 2), (0.5, 2), (0.75, 3)):
        trace.explicit = explicit
        found = lead.weights(["text", "a"], {"text": 5.0}, trace)
        assert found == {"text": pytest.approx(5 * odds), "a": 1}
