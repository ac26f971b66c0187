"""The channel that walks the knowledge graph, and a path of it in words.

It starts from what the text of a query names, else from the anchor or the last of the history, and
every item it brings can be told by the path on which most of its score came.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from hermes.core.protocols import Query
from hermes.core.types import Candidates, Floats, Ints

from .channels import best, interest, nothing
from .graph import FAINT, Graph, Path, Reached

BESIDE = 0.1  # of the history, where the text names something
FADE = 0.75  # of each event against the next later one
SHARED = {
    "series": "is in the same series as {other}",
    "director": "shares the director of {other}",
    "author": "shares the author of {other}",
    "artist": "shares the artist of {other}",
    "actor": "features {name}, as in {other}",
    "brand": "is by {name}, like {other}",
    "publisher": "is published by {name}, like {other}",
    "tag": "is tagged {name}, like {other}",
    "category": "is {name}, like {other}",
    "cohort": "is {name}, like {other}",
    "era": "is of the same years as {other}",
}  # what two items are to one node, where that is the same
HELD = {
    "series": "is in the series {name}",
    "director": "is directed by {name}",
    "actor": "features {name}",
    "publisher": "is published by {name}",
    "tag": "is tagged {name}",
    "category": "is {name}",
    "cohort": "is {name}",
    "era": "is of {name}",
}  # what a node is to one item
DID = {
    "director": "who directed {other}",
    "actor": "who is in {other}",
    "author": "who wrote {other}",
    "publisher": "publisher of {other}",
}


class GraphChannel:
    """What the graph joins with what is asked for, not what was seen.

    length: events of the history it starts from; entities: nodes that a text names, by
    `Graph.node`, those below 0 are none; method: a walk of a few hops, or PageRank.
    """

    def __init__(
        self,
        name: str,
        graph: Graph,
        *,
        length: int = 10,
        repeats: bool = False,
        entities: Callable[[str], Ints] | None = None,
        method: Literal["walk", "pagerank"] = "walk",
    ) -> None:
        self.name, self.graph, self.length, self.repeats = name, graph, length, repeats
        self.entities, self.method = entities, method
        self.last: tuple[Query | None, Reached | None] = None, None  # reasons come after retrieval

    def seeds(self, query: Query) -> tuple[Ints, Floats]:
        """Nodes to start from, and how much from each.  -> (n,), (n,)"""
        named = self.entities(query.text) if self.entities and query.text else query.history[:0]
        items, _ = interest(query, self.length)
        last = (FADE ** np.arange(len(items))[::-1]).astype(np.float32)
        named = named[named >= 0]
        if not len(named):
            return items, last
        each = 1 / np.maximum(self.graph.rarity[named], 1e-3)  # a genre is asked for like an actor
        return np.concatenate([named, items]), np.concatenate([each, BESIDE * last])

    def reach(self, query: Query) -> Reached | None:
        """Where the walk of a query comes, None where it has no start."""
        asked, reached = self.last
        if asked is query:
            return reached
        seeds, strengths = self.seeds(query)
        start = self.graph.walk if self.method == "walk" else self.graph.pagerank
        reached = start(seeds, strengths) if len(seeds) else None
        self.last = query, reached
        return reached

    def retrieve(self, query: Query, k: int) -> Candidates:
        """At most k items; none for a stranger who names nothing."""
        reached = self.reach(query)
        if reached is None:
            return nothing()
        return best(reached.scores, query, k, self.repeats, above=0.0)

    def paths(self, query: Query, items: Ints) -> list[Path | None]:
        """How the walk came to each item, None where it did not.  (n,) -> n"""
        reached = self.reach(query)
        return [None if reached is None else reached.path(item) for item in items.tolist()]

    def traced(self, query: Query, items: Ints) -> list[tuple[str, tuple[int, ...]]]:
        """The words of each item's path and the items on it; none for a faint one.  (n,) -> n"""
        out = list[tuple[str, tuple[int, ...]]]()
        for path in self.paths(query, items):
            if path is None or set(path.relations) <= set(FAINT):
                out.append(("", ()))
            else:
                codes = tuple(node for node in path.nodes if node < self.graph.items)
                out.append((worded(self.graph, path), codes))
        return out


def worded(graph: Graph, path: Path) -> str:
    """What joins the last item of a path with its start; a sentence without its subject."""
    clauses, nodes, by = list[str](), list(path.nodes), list(path.relations)
    while len(nodes) > 2:
        clauses.append(clause(graph, nodes[-2], nodes[-3], by[-1], by[-2]))
        del nodes[-2:], by[-2:]
    if len(nodes) == 2:
        clauses.append(HELD.get(by[0], "is by {name}").format(name=graph.names[nodes[0]]))
    return ", which ".join(clauses)


def clause(graph: Graph, shared: int, other: int, ours: str, theirs: str) -> str:
    """What a shared node is to an item, and to another."""
    names = {"name": graph.names[shared], "other": graph.names[other]}
    if ours == theirs:
        usual = f"is by {{name}}, {ours} of {{other}}"
        return SHARED.get(ours, usual).format(**names)
    whole = f"{HELD.get(ours, 'is by {name}')}, {DID.get(theirs, theirs + ' of {other}')}"
    return whole.format(**names)
