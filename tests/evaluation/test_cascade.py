from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hermes.core.protocols import Query
from hermes.core.types import Candidates
from hermes.evaluation.cascade import Cascade
from hermes.evaluation.offline import Ranking, queries, replay, retriever_ranks, unseen
from hermes.evaluation.splits import Split
from hermes.models.retrievers.transition import Transition
from hermes.pipeline.sources import Source
from hermes.retrieval.channels import NeighbourChannel


def test_one_pass_answers_for_every_system(split: Split, make: Any) -> None:
    outcome = replay(split.test, Cascade(make()))
    assert set(outcome.ranks) == {"cascade", "fusion", "channel.transition", "channel.popular"}
    assert all(len(r) == len(split.test.targets) for r in outcome.ranks.values())


def test_without_stages_the_cascade_is_the_fusion(split: Split, make: Any) -> None:
    answer = Cascade(make())(next(queries(split.test)))
    fusion = answer.systems["fusion"].items
    seen = next(queries(split.test)).history
    assert answer.systems["cascade"].items.tolist() == fusion[~np.isin(fusion, seen)].tolist()


def test_a_list_goes_on_with_what_earlier_stages_had_let_through(
    split: Split, make: Any, backwards: Any
) -> None:
    query = replace(next(queries(split.test)), size=10)
    alone = Cascade(make())(query).systems["cascade"].items
    staged = Cascade(make(backwards("prerank", 30), backwards("rank", 25)))(query)
    whole = staged.systems["cascade"].items
    assert len(whole) == len(set(whole)) == len(alone)
    prerank = alone[::-1][:30]
    rank = prerank[::-1][:25]
    assert whole[:25].tolist() == rank.tolist()
    assert whole[25:30].tolist() == prerank[:5].tolist()
    assert whole[30:].tolist() == [i for i in alone if i not in set(prerank)]


def test_the_funnel_narrows_from_stage_to_stage(split: Split, make: Any, backwards: Any) -> None:
    recommender = make(backwards("prerank", 30), backwards("rank", 22))
    outcome = replay(split.test, Cascade(recommender))
    assert list(outcome.survived) == ["channels", "rules", "prerank", "rank", "policy"]
    shares = [float(kept.mean()) for kept in outcome.survived.values()]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > shares[-1]


def test_a_channel_ranks_as_its_model_does_over_the_whole_catalogue(
    split: Split, make: Any
) -> None:
    outcome = replay(split.test, Cascade(make()))
    whole = retriever_ranks(Transition().fit(split.train), split.test, 200)
    found = outcome.ranks["channel.transition"]
    assert (found > 0).mean() > 0.9
    assert found[found > 0].tolist() == whole[found > 0].tolist()


def test_nothing_seen_is_on_any_list(split: Split, make: Any) -> None:
    outcome = replay(split.test, Cascade(make()))
    for q, query in enumerate(queries(split.test)):
        for lists in outcome.lists.values():
            assert not np.isin(lists[q][lists[q] > 0], query.history).any()


def test_the_seen_and_the_unknown_go_out_of_a_ranking_with_their_scores() -> None:
    out = np.array([True, False, True, False])
    left = unseen(Ranking(np.array([3, 2, 0, 1]), np.array([4.0, 3.0, 2.0, 1.0])), out)
    assert left.items.tolist() == [3, 1]
    assert left.scores is not None
    assert left.scores.tolist() == [4, 1]


class Slow(NeighbourChannel):
    """A channel that is later than its deadline."""

    def retrieve(self, query: Query, k: int) -> Candidates:
        time.sleep(0.02)
        return super().retrieve(query, k)


class Broken(NeighbourChannel):
    """A channel that fails."""

    def retrieve(self, query: Query, k: int) -> Candidates:
        raise ConnectionError("gone")


@pytest.mark.parametrize("cost", ["inline", "thread"])
def test_a_late_channel_is_waited_for(split: Split, make: Any, cost: Any) -> None:
    slow = Slow("transition", Transition().fit(split.train), above=0)
    source = Source(channel=slow, deadline=0.001, cost=cost)
    outcome = replay(split.test.take(np.arange(8)), Cascade(make(channels=(source,))))
    assert not outcome.degraded
    assert (outcome.ranks["channel.transition"] > 0).any()


def test_a_channel_that_fails_is_counted(split: Split, make: Any) -> None:
    broken = Source(channel=Broken("transition", Transition().fit(split.train)))
    outcome = replay(split.test.take(np.arange(8)), Cascade(make(channels=(broken,))))
    assert outcome.degraded["channel.transition"] == 8
    assert "channel.transition" not in outcome.ranks
