"""The graph holds what the catalogue says, hubs do not flood it, and its paths exist."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

from hermes.core.errors import ConfigError, ShapeError
from hermes.data.catalogue import Catalogue
from hermes.retrieval.facts import dated
from hermes.retrieval.graph import Graph, Path, Rates

Shelf = Callable[..., Catalogue]
ONE = np.ones(1, np.float32)


@pytest.fixture(scope="module")
def graph(films: Shelf) -> Graph:
    return Graph.of(films())


def title(graph: Graph, path: Path | None) -> list[str]:
    return [] if path is None else [graph.names[node] for node in path.nodes]


def test_every_edge_is_in_the_catalogue_and_goes_both_ways(graph: Graph) -> None:
    indptr, targets, by = graph.rows
    start = np.repeat(np.arange(len(graph.kinds)), graph.degree)
    edges = {(int(a), int(b), int(r)) for a, b, r in zip(start, targets, by, strict=True)}
    assert edges == {(b, a, r) for a, b, r in edges}
    assert {graph.relations[r] for *_, r in edges} == {
        *("actor", "director", "category", "tag", "series", "cohort", "era")
    }
    assert indptr[1] == 0  # the unknown hangs on nothing
    rada = graph.node("creator", "rada")
    told = {(graph.names[b], graph.relations[r]) for a, b, r in edges if a == rada}
    assert told == {("Comet", "director"), ("Harbour", "director"), ("Brandt's Debt", "actor")}


def test_the_same_catalogue_makes_the_same_graph(graph: Graph, films: Shelf) -> None:
    again = Graph.of(films())
    for one, other in zip(graph.rows, again.rows, strict=True):
        np.testing.assert_array_equal(one, other)
    assert graph.names == again.names


def test_a_series_is_found_from_titles_and_a_given_one_comes_first(films: Shelf) -> None:
    graph = Graph.of(films())
    assert graph.path(1, 2) == Path((1, graph.node("series", "Comet"), 2), ("series", "series"))
    shop = films()
    cards = [c.replace(b'{"asset_id"', b'{"series":"Given","asset_id"') for c in shop.cards]
    graph = Graph.of(Catalogue(**{**vars(shop), "cards": tuple(cards)}))
    assert graph.node("series", "given") > 0
    assert graph.node("series", "comet") == -1


def test_creators_without_a_card_are_creators_still(shop: Catalogue) -> None:
    graph = Graph.of(shop)
    assert "creator" in graph.relations
    assert graph.degree[graph.node("creator", "ada")] == 13


def test_a_kind_nobody_knows_is_refused(graph: Graph) -> None:
    with pytest.raises(ConfigError, match="creator"):
        graph.node("creater", "Rada")
    with pytest.raises(ConfigError, match="director"):
        graph.walk(np.array([1]), ONE, [("directer",)])


def test_rates_that_would_not_thin_out_are_refused() -> None:
    for wrong in ({"fade": 1.5}, {"weights": {"actor": -1.0}}):
        with pytest.raises(ConfigError, match="from 0 to 1"):
            Rates(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [-1, 10_000])
def test_a_node_that_is_not_there_is_refused(graph: Graph, wrong: int) -> None:
    for start in (graph.walk, graph.pagerank):
        with pytest.raises(ShapeError, match=str(wrong)):
            start(np.array([1, wrong]), np.ones(2, np.float32))


def test_a_relation_without_weight_joins_nothing(films: Shelf) -> None:
    graph = Graph.of(films(), Rates(weights={"actor": 0.0}, hops=1))
    assert not graph.walk(np.array([graph.node("creator", "Vale")]), ONE).scores[[1, 2]].any()


def test_a_walk_of_given_relations_goes_director_to_films_to_actors_to_films(
    graph: Graph, films: Shelf
) -> None:
    rada = np.array([graph.node("creator", "Rada")])
    steps = [("director",), ("actor",), ("actor",)]
    found = graph.walk(rada, ONE, steps)
    assert found.totals[graph.node("creator", "Vale")] > 0
    assert set(np.flatnonzero(found.scores)) == {1, 2, 3, 6}
    assert title(graph, found.path(2)) == ["Rada", "Comet", "Vale", "Comet 2"]
    assert found.path(2) == Path(found.path(2).nodes, ("director", "actor", "actor"))


@pytest.mark.parametrize("method", ["walk", "pagerank"])
def test_every_hit_has_a_path_of_edges_that_are_there(graph: Graph, method: str) -> None:
    found = getattr(graph, method)(np.array([1, 6]), np.array([1, 0.5], np.float32))
    indptr, targets, by = graph.rows
    reached = [i for i in np.flatnonzero(found.scores) if i not in (1, 6)]
    assert len(reached) >= 5
    for item in reached:
        path = found.path(int(item))
        assert path is not None
        assert path.nodes[0] in (1, 6)
        assert path.nodes[-1] == item
        for a, b, role in zip(path.nodes, path.nodes[1:], path.relations, strict=False):
            row = slice(indptr[a], indptr[a + 1])
            assert (b, graph.relations.index(role)) in set(
                zip(targets[row].tolist(), by[row].tolist(), strict=True)
            )


def test_what_shares_a_director_stands_before_what_shares_a_genre(films: Shelf) -> None:
    graph = Graph.of(films(more=300))
    scores = graph.walk(np.array([3]), ONE).scores
    assert scores[1] > 5 * scores[7]
    assert scores[7] > 0


@pytest.mark.parametrize("method", ["walk", "pagerank"])
@pytest.mark.parametrize("hub", [50, 10_000])
def test_a_genre_that_everything_has_does_not_flood(method: str, hub: int, films: Shelf) -> None:
    graph = Graph.of(films(more=2000), Rates(hub=hub))
    scores = getattr(graph, method)(np.array([3]), ONE).scores.copy()  # a drama by Rada
    scores[3] = 0
    first = np.argsort(-scores, kind="stable")[:2].tolist()
    assert set(first) == {1, 5}  # by Rada, with Rada


def test_a_hub_speaks_only_for_what_others_found(films: Shelf) -> None:
    narrow = Graph.of(films(more=300), Rates(hub=20, hops=2))
    wide = Graph.of(films(more=300), Rates(hub=10_000, hops=2))
    few, many = (g.walk(np.array([3]), ONE).scores for g in (narrow, wide))
    assert np.flatnonzero(few).tolist() == [1, 3, 5]
    assert np.count_nonzero(many) > 300
    np.testing.assert_allclose(few[[1, 5]], many[[1, 5]], rtol=1e-4)


def test_two_items_without_anything_in_common_have_no_path(graph: Graph, films: Shelf) -> None:
    assert Graph.of(films(), Rates(hops=2)).path(2, 8) is None
    assert graph.path(2, 8) is not None
    assert graph.path(1, 1) is None
    assert title(graph, graph.path(1, 3)) == ["Comet", "Rada", "Harbour"]


def test_what_is_around_an_item_comes_the_most_telling_first(graph: Graph) -> None:
    links = graph.around(1, each=1)
    assert (links[0].kind, links[0].name, links[0].items) == ("series", "Comet", (2,))
    assert {link.relation for link in links} == {
        *("series", "director", "actor", "category", "era", "cohort")
    }
    rada = next(link for link in links if link.name == "Rada")
    assert (rada.kind, rada.relation, rada.degree, len(rada.items)) == ("creator", "director", 3, 1)
    assert links[-1].kind == "cohort"
    assert graph.around(0) == []


def test_a_year_is_the_calendars(films: Shelf) -> None:
    days = np.array([10956, 10957, np.nan], np.float32)  # the last day of 1999, the next, unknown
    assert dated(days)[:2] == [1999.0, 2000.0]
    graph = Graph.of(films())
    assert graph.node("era", "1975-1979") > 0
    assert {
        graph.names[n] for n in range(graph.items, len(graph.kinds)) if graph.kinds[n] == 6
    } == {*("1975-1979", "1980-1984", "1985-1989", "1990-1994", "2000-2004")}


def test_a_graph_of_nothing_answers_with_nothing(shop: Catalogue, films: Shelf) -> None:
    graph = Graph.of(films())
    assert not graph.walk(np.array([0]), ONE).scores.any()
    assert graph.walk(np.zeros(0, np.int64), ONE[:0]).path(1) is None


def test_a_walk_over_ten_thousand_items_takes_little_time(films: Shelf) -> None:
    graph = Graph.of(films(more=10_000), Rates(hub=500))
    graph.walk(np.array([1]), ONE)
    spent = []
    for item in range(1, 30):
        began = time.thread_time()
        graph.walk(np.array([item, item + 1]), np.ones(2, np.float32))
        spent.append(time.thread_time() - began)
    assert np.median(spent) < 0.005  # a millisecond is measured by `bench knowledge`
