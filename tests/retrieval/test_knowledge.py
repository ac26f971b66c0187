"""The channel brings what hangs together with the query, and says how."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest

from hermes.core.protocols import Query
from hermes.core.types import Ints
from hermes.data.catalogue import Catalogue
from hermes.retrieval.graph import Graph, Path
from hermes.retrieval.knowledge import GraphChannel, worded

Shelf = Callable[..., Catalogue]
AT = datetime(2024, 10, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def graph(films: Shelf) -> Graph:
    return Graph.of(films())


def past(*items: int, **more: object) -> Query:
    ages = np.arange(len(items), 0, -1).astype(np.float32)
    return Query(id="q", at=AT, history=np.array(items, np.int64), ages=ages, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["walk", "pagerank"])
def test_it_brings_what_shares_most_with_the_anchor(graph: Graph, method: str) -> None:
    channel = GraphChannel("graph", graph, method=method)  # type: ignore[arg-type]
    found = channel.retrieve(Query(id="q", at=AT, anchor=1), 3)
    assert found.items[0] == 2  # the same series
    assert 1 not in found.items


def test_the_last_of_the_history_counts_more_and_is_not_brought_again(graph: Graph) -> None:
    channel = GraphChannel("graph", graph)
    assert channel.retrieve(past(4, 1), 1).items.tolist() == [2]
    assert set(channel.retrieve(past(4, 1), 9).items.tolist()).isdisjoint({1, 4})
    repeats = GraphChannel("graph", graph, repeats=True)
    assert 4 in repeats.retrieve(past(4, 1), 9).items


def test_a_text_that_names_someone_comes_before_the_history(graph: Graph) -> None:
    def entities(text: str) -> Ints:
        return np.array([graph.node("creator", w) for w in text.split()], np.int64)

    channel = GraphChannel("graph", graph, entities=entities)
    found = channel.retrieve(past(7, text="Vale"), 3)
    assert set(found.items.tolist()) == {1, 2, 6}
    assert channel.traced(past(7, text="Vale"), np.array([6]))[0] == ("features Vale", (6,))
    assert set(channel.retrieve(past(text="Oake"), 2).items.tolist()) == {2, 4}


def test_a_genre_that_is_named_weighs_as_much_as_a_person(graph: Graph) -> None:
    def entities(text: str) -> Ints:
        return np.array([graph.node("category", "drama"), graph.node("creator", "Rada")])

    channel = GraphChannel("graph", graph, entities=entities)
    first = channel.retrieve(past(text="drama by rada"), 9).items.tolist()[:2]
    assert set(first) == {3, 5}  # dramas by Rada and with Rada


def test_a_stranger_who_names_nothing_is_brought_nothing(graph: Graph) -> None:
    channel = GraphChannel("graph", graph, entities=lambda text: np.zeros(0, np.int64))
    assert len(channel.retrieve(past(text="what now"), 5)) == 0
    assert channel.paths(past(), np.array([1, 2])) == [None, None]


def test_a_name_nobody_has_is_no_start(graph: Graph) -> None:
    channel = GraphChannel("graph", graph, entities=lambda text: np.array([-1]))
    assert len(channel.retrieve(past(text="nobody"), 5)) == 0
    one, other = (channel.retrieve(past(1, text=text), 5).items.tolist() for text in ("nobody", ""))
    assert one == other


def test_each_query_has_its_own_walk(graph: Graph) -> None:
    channel = GraphChannel("graph", graph)
    first, second = past(1), past(3)
    found = channel.retrieve(first, 5).items.tolist()
    assert channel.retrieve(second, 5).items.tolist() != found
    assert channel.retrieve(first, 5).items.tolist() == found
    assert channel.traced(second, np.array([1]))[0][0] == "shares the director of Harbour"


def words(graph: Graph, *nodes: int | str, by: str) -> str:
    codes = [n if isinstance(n, int) else graph.node(*n.split(":")) for n in nodes]
    return worded(graph, Path(tuple(codes), tuple(by.split())))


def test_a_path_is_told_in_words(graph: Graph) -> None:
    said = lambda *nodes, by: words(graph, *nodes, by=by)
    assert said(1, "series:Comet", 2, by="series series") == "is in the same series as Comet"
    assert said(1, "creator:Rada", 3, by="director director") == "shares the director of Comet"
    assert said(1, "creator:Vale", 6, by="actor actor") == "features Vale, as in Comet"
    assert said(1, "creator:Rada", 5, by="director actor") == "features Rada, who directed Comet"
    assert said(5, "creator:Rada", 3, by="actor director") == (
        "is directed by Rada, who is in Brandt's Debt"
    )
    assert said(3, "category:drama", 4, by="category category") == "is drama, like Harbour"
    assert said(6, "tag:slow", 7, by="tag tag") == "is tagged slow, like The Orchard"
    assert said(6, "era:1975-1979", 7, by="era era") == "is of the same years as The Orchard"
    assert said("creator:Vale", 6, by="actor") == "features Vale"
    assert said(1, "creator:Rada", 3, by="composer composer") == "is by Rada, composer of Comet"
    assert said(1, "creator:Rada", 3, by="composer director") == (
        "is directed by Rada, composer of Comet"
    )


def test_a_longer_path_is_told_from_its_end(graph: Graph) -> None:
    nodes = (1, "creator:Vale", 2, "creator:Oake", 4)
    assert words(graph, *nodes, by="actor actor director director") == (
        "shares the director of Comet 2, which features Vale, as in Comet"
    )
    nodes = ("creator:Rada", 1, "creator:Vale", 6)
    assert words(graph, *nodes, by="director actor actor") == (
        "features Vale, as in Comet, which is directed by Rada"
    )


def test_a_genre_or_an_age_alone_is_no_reason(graph: Graph) -> None:
    channel = GraphChannel("graph", graph)
    query = Query(id="q", at=AT, anchor=3)
    traced = channel.traced(query, np.array([1, 8]))
    assert traced == [("shares the director of Harbour", (3, 1)), ("", ())]
    path = channel.paths(query, np.array([8]))[0]
    assert path is not None
    assert path.relations == ("category", "category")
