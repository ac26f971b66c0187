"""The knowledge graph: how fast it is walked, and whether what it brings is what people turn to.

All settings were chosen on the validation events; the rules that tell series from titles were made
with these titles in view.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from hermes.core.errors import Unavailable
from hermes.core.protocols import Query
from hermes.core.types import Array, Candidates, Floats, Ints
from hermes.data.build import dataset
from hermes.data.catalogue import Catalogue
from hermes.data.lake import Lake
from hermes.data.spec import DataSpec
from hermes.encoders.base import Vectors
from hermes.evaluation.intervals import bootstrap
from hermes.evaluation.splits import Cases, Split, leave_one_out
from hermes.retrieval.channels import best
from hermes.retrieval.embedding import Index
from hermes.retrieval.graph import Graph
from hermes.retrieval.index import VectorIndex, overlap
from hermes.retrieval.knowledge import GraphChannel
from hermes.retrieval.milvus import Milvus

from .bench import Place
from .bench_quality import Ground, Row, above, below
from .films import plots, shelved, with_cast

ITEMS = 10_000
WALKS = 2000
EVENTS = 10  # of a history that a walk starts from
FOUND = 100  # items asked for
AMONG = 10  # first places in which series are looked for
SERIES = (
    "1200 1214 1320 1690|153 592 1377 1562|260 1196 1210 2628|858 1221 2023|165 1036 1370|"
    "329 1356 1371 1372 1373 1374 1375 1376 2393|1198 1291 2115|2529 2530 2531 2532 2533|"
    "370 3868 3869|1387 1388 1389|1954 2409 2410 2411 2412|2640 2641 2642 2643|1219 2902 2903|"
    "353 839 3563|1407 1717 3273|1974 1975 1976 1977 1978 1979 1980 1981|1270 2011 2012|1 3114|"
    "891 1982 1983 1984 1985 1986 2107|366 1347 1969 1970 1971 1972 1973|502 2420 2421 2422|"
    "519 2985 2986|586 1707 2953|2378 2379 2380 2381 2382 2383|1918 2000 2001 2002|589 1240|"
    "1517 2683|410 2124|19 344|648 3623|3527 3697|3253 3254|3247 3248|34 2384|1994 1995 1996|"
    "1997 1998 1999|611 3917 3918 3919|1005 2042 2082|405 1275 3889|3702 3703 3704|1378 1379|"
    "377 1556|2402 2403 2404|2867 2868|2003 2004|1130 2655|1991 1992 1993 2315|1350 2789 2790|"
    "3040 3041 3042 3043|2815 2816 2817 2818|2371 2372|3438 3439 3440|480 1544|2407 2408|"
    "2053 2054|126 2161 2162|2459 2460 2461 2462|2279 3908|1987 1988 1989 1990|2791 2792|"
    "2520 2521 2522 2536|1010 1011 2050 2051|3688 3689 3690|2470 2471|2807 2808|204 1385|"
    "169 455 1595|1644 2338|2716 2717|10 1722 2376 2947 2948 2949 2989 2991 2993 3082 3633 3635 "
    "3638 3639"
)  # ids of MovieLens-1M; judged by hand, some of them not to be told from their titles


@dataclass(frozen=True)
class Films:
    """MovieLens-1M with the casts that Wikipedia has of its films."""

    place: Place

    @cached_property
    def plots(self) -> pl.DataFrame:
        """Title, year, cast and genres of each film."""
        return plots(self.place.folder())

    @cached_property
    def found(self) -> tuple[Catalogue, Split]:
        """The catalogue, and the log under the reference protocol."""
        data = dataset(Lake(Ground(self.place).films()), DataSpec(min_item_events=5))
        return with_cast(data.catalogue, self.plots), leave_one_out(data.interactions)

    @cached_property
    def graph(self) -> Graph:
        """Of that catalogue."""
        return Graph.of(self.found[0])


def measure(place: Place) -> list[Row]:
    """Rows of each measurement, or of those in `place.only`; `ConfigError` for a name unknown."""
    wanted, films = place.named("knowledge", PARTS), Films(place)
    return [row for name in wanted for row in PARTS[name](films)]


def speed(films: Films) -> list[Row]:
    """Milliseconds of a walk and of PageRank from ten events."""
    told = films.plots.filter(pl.col("cast").list.len() > 2).tail(ITEMS)
    shelf = shelved(told)
    began = time.perf_counter()
    graph = Graph.of(shelf)
    seconds = time.perf_counter() - began
    edges, rng = len(graph.rows[1]) // 2, np.random.default_rng(0)
    starts = [rng.integers(1, graph.items, EVENTS) for _ in range(WALKS)]
    strengths = np.ones(EVENTS, np.float32)
    note = f"{graph.items - 1:,} films, {edges:,} edges, {EVENTS} seeds"
    rows = [above(f"graph of {graph.items - 1:,} films: built", seconds, "s", None, note)]
    ways: dict[str, Callable[[Ints, Floats], object]]
    ways = {"walk": graph.walk, "PageRank": graph.pagerank}
    for name, way in ways.items():
        wall, work = timed(lambda at, way=way: way(starts[at], strengths), WALKS)  # type: ignore[misc]
        slowest = f"{note}; {np.percentile(wall, 99):.2f} ms by the clock of a machine in use"
        usual, late = float(np.median(wall)), float(np.percentile(work, 99))
        rows.append(below(f"graph {name}: median", usual, "ms", 1.0) | {"note": note})
        title = f"graph {name}: p99 of processor time"
        rows.append(below(title, late, "ms", 1.0) | {"note": slowest})
    return rows


def timed(ask: Callable[[int], object], n: int) -> tuple[Array, Array]:
    """Milliseconds of each call, by the clock and of the thread.  -> (n,), (n,)"""
    for at in range(min(n, 20)):
        ask(at)
    wall, work = np.zeros(n), np.zeros(n)
    for at in range(n):
        began, busy = time.perf_counter(), time.thread_time()
        ask(at)
        wall[at], work[at] = time.perf_counter() - began, time.thread_time() - busy
    return 1e3 * wall, 1e3 * work


def quality(films: Films) -> list[Row]:
    """Recall of the held-out last event among the first hundred, beside popularity by genre."""
    shelf, split = films.found
    graph = films.graph
    told = int((np.diff(shelf.creator.indptr) > 0).sum())
    cases = list(asked(split.test))
    ways = {
        "popularity": popular(split, len(shelf)),
        "popularity by genre": by_genre(shelf, split),
        "graph walk": GraphChannel("graph", graph).retrieve,
        "graph PageRank": GraphChannel("graph", graph, method="pagerank").retrieve,
    }
    hits = np.array(
        [[target in way(query, FOUND).items for way in ways.values()] for query, target in cases]
    )
    rng = np.random.default_rng(0)
    note = f"{len(cases):,} users, {len(shelf) - 1:,} films, {told:,} with their cast"
    reached = dict(zip(ways, bootstrap(hits, rng), strict=True))
    genre, rows = reached["popularity by genre"].mean, list[Row]()
    for name, value in reached.items():
        floor = genre if name.startswith("graph") else None
        rows.append(above(f"MovieLens-1M, {name}: recall@{FOUND}", value, "", floor, note))
    for place, name in ((2, "graph walk"), (3, "graph PageRank")):
        more = bootstrap(hits[:, place].astype(float) - hits[:, 1], rng)[0]
        title = f"MovieLens-1M, {name} over popularity by genre: recall@{FOUND}"
        rows.append(
            above(title, more, "", None, "the same users, no event is counted by the graph")
        )
    return rows


def asked(cases: Cases) -> Iterator[tuple[Query, int]]:
    """What each user is about to ask, and what they turn to."""
    told = cases.known.queries(cases.users, 200, cases.now)
    for at, user in enumerate(cases.users.tolist()):
        known = told.history[at] > 0
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=float(cases.now[at]))
        history, ages = told.history[at][known], told.ages[at][known]
        query = Query(id=str(at), at=moment, user=user, history=history, ages=ages)
        yield query, int(cases.targets[cases.offsets[at]])


def popular(split: Split, items: int) -> Callable[[Query, int], Candidates]:
    """Events of training, the same for everybody."""
    counts = np.bincount(split.train.items, minlength=items).astype(np.float32)
    return lambda query, k: best(counts, query, k)


def by_genre(shelf: Catalogue, split: Split) -> Callable[[Query, int], Candidates]:
    """Popularity times how common an item's genres are among the last ten events."""
    genres = np.asarray(shelf.category.todense(), np.float32)
    counts = np.bincount(split.train.items, minlength=len(shelf)).astype(np.float32)

    def way(query: Query, k: int) -> Candidates:
        taste = genres[query.history[-EVENTS:]].sum(axis=0)
        return best((genres @ taste) * counts, query, k)

    return way


def mates(films: Films) -> list[Row]:
    """Of each film of a judged series, how many of the others are among the first ten."""
    shelf, rows = films.found[0], list[Row]()
    groups = [[c for i in one.split() if (c := shelf.items.code(i))] for one in SERIES.split("|")]
    groups = [one for one in groups if len(one) > 1]
    films_of = sum(map(len, groups))
    note = f"{films_of} films of {len(groups)} series, judged by hand"
    moment = datetime(2000, 1, 1, tzinfo=UTC)
    for name, method in (("walk", "walk"), ("PageRank", "pagerank")):
        channel = GraphChannel("graph", films.graph, method=method)  # type: ignore[arg-type]
        shares = []
        for group in groups:
            for film in group:
                found = channel.retrieve(Query(id="q", at=moment, anchor=film), AMONG).items
                others = set(group) - {film}
                shares.append(len(others & set(found.tolist())) / min(len(others), AMONG))
        value = bootstrap(np.array(shares), np.random.default_rng(0))[0]
        title = f"MovieLens-1M, series mates among the first {AMONG}, graph {name}"
        rows.append(above(title, value, "", None, note))
    return rows


def milvus(films: Films) -> list[Row]:
    """Recall against all, and the time of a search, of FAISS and of milvus-lite."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(ITEMS + 1, 64)).astype(np.float32)
    queries = rng.normal(size=(100, 64)).astype(np.float32)
    truth = np.argsort(-queries @ vectors[1:].T, axis=1)[:, :FOUND] + 1
    rows = compared("FAISS, exact", VectorIndex.build(vectors), queries, truth)
    coarse = VectorIndex.build(vectors, exact_below=1000)
    rows += compared("FAISS, compressed", coarse, queries, truth)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            uri = str(Path(folder) / "bench.db")
            made = Milvus.build(uri, "items", Vectors(vectors, "bench:normal:0"), deadline=30)
            rows += compared("milvus-lite, exact", made, queries, truth)
            made.close()
        except Unavailable as error:
            rows.append({"name": "milvus-lite", "value": None, "note": str(error)})
    return rows


def compared(name: str, index: Index, queries: Floats, truth: Ints) -> list[Row]:
    """Recall and milliseconds of one index."""
    found = index.search(queries, FOUND)[1]
    wall, _ = timed(lambda at: index.search(queries[at : at + 1], FOUND), len(queries))
    note = f"{ITEMS:,} x 64 normal vectors, {len(queries)} queries, the first {FOUND}"
    slow = f"{note}; p99 {np.percentile(wall, 99):.2f} ms"
    title = f"{name}, {ITEMS:,} x 64"
    share = overlap(found, truth)
    return [
        above(f"{title}: recall@{FOUND}", share, "", None, note),
        above(f"{title}: search, median", float(np.median(wall)), "ms", None, slow),
    ]


PARTS: dict[str, Callable[[Films], list[Row]]] = {
    "speed": speed,
    "quality": quality,
    "series": mates,
    "milvus": milvus,
}
