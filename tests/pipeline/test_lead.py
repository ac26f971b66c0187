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
from hermes.pipeline.blend import Blend
from hermes.pipeline.recommender import Recommender, Stage
from hermes.pipeline.sources import Source, Sources
from hermes.pipeline.trace import Slate
from hermes.policy.rules import Rules
from hermes.policy.slatewise import Slatewise
from hermes.ranking.scorer import RankerScorer
from hermes.retrieval.channels import TrendingChannel
from hermes.retrieval.text_search import TextChannel, TextSearch

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
