"""A knowledge graph of a catalogue: items, and what they share, joined by what it is to them.

Nodes are items, creators, categories, tags, series, cohorts and half-decades; an edge says what
the node is to the item: its director, its actor, its category. What many items have says little of
each: an edge gives less the more others hang on its node.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from hermes.core.errors import ConfigError, ShapeError, nearest
from hermes.core.types import Array, Floats, Ints
from hermes.data.catalogue import Catalogue

from .facts import facts
from .walks import Rows, pushed, spread

KINDS = ("item", "creator", "category", "tag", "series", "cohort", "era")
WEIGHTS = {
    "series": 1.0,
    "director": 0.8,
    "author": 0.8,
    "artist": 0.8,
    "actor": 0.6,
    "brand": 0.5,
    "publisher": 0.3,
    "tag": 0.8,
    "category": 1.0,
    "era": 1.0,
    "cohort": 0.1,
}  # of the relations people know; any other is a maker's
MAKER = 0.6
FAINT = ("category", "cohort", "era")  # which tell a person least
VAGUE = 0.1
MOST = 60  # relations; what is beyond is a maker's


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How far a walk goes, and how fast it thins out."""

    weights: Mapping[str, float] = field(default_factory=dict)  # others than `WEIGHTS`
    fade: float = 0.05  # what is left of a walk each time it arrives at items
    hops: int = 4
    beam: int = 200  # nodes that go on after a hop
    hub: int = 500  # degree above which a node speaks for what was found, and finds nothing
    alpha: float = 0.3  # probability of going back to the seeds, of PageRank
    epsilon: float = 1e-5  # of PageRank: what is left unpushed

    def __post_init__(self) -> None:
        """Raise `ConfigError` for what would not thin out."""
        for name, value in [*self.weights.items(), ("fade", self.fade)]:
            if not 0 <= value <= 1:
                raise ConfigError(f"graph: {name} is {value}; give a number from 0 to 1")


@dataclass(frozen=True, slots=True)
class Path:
    """Nodes, and the relation between each and the next."""

    nodes: tuple[int, ...]
    relations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A node beside an item, and other items that hang on it."""

    node: int
    kind: str
    relation: str
    name: str
    degree: int  # items it has
    items: tuple[int, ...]


@dataclass(frozen=True)
class Graph:
    """N nodes, of which the first I are the items by code; E edges, each in both directions."""

    items: int  # with the unknown, which has no edges
    kinds: Array  # (N,) uint8, places in `KINDS`
    names: tuple[str, ...]  # (N,) of an item its title, or its id
    relations: tuple[str, ...]
    rows: Rows  # indptr (N + 1,), targets (2E,), relations (2E,)
    rates: Rates

    @classmethod
    def of(cls, catalogue: Catalogue, rates: Rates = Rates()) -> Graph:
        """The same graph for the same catalogue; about 0.1 ms an item."""
        edges = sorted(set(facts(catalogue)))
        known = sorted({(KINDS.index(kind), name) for _, kind, name, _ in edges})
        codes = {node: len(catalogue) + place for place, node in enumerate(known)}
        roles = sorted({relation for *_, relation in edges})
        place = {role: min(i, MOST) for i, role in enumerate(roles)}
        left = np.array([item for item, *_ in edges], np.int64)
        right = np.array([codes[KINDS.index(kind), name] for _, kind, name, _ in edges], np.int64)
        by = np.array([place[relation] for *_, relation in edges], np.int8)
        n = len(catalogue) + len(known)
        ends = np.concatenate([left, right])
        order = np.argsort(ends, kind="stable")
        indptr = np.concatenate([[0], np.cumsum(np.bincount(ends, minlength=n))]).astype(np.int64)
        targets = np.concatenate([right, left])[order].astype(np.int32)
        rows = (indptr, targets, np.concatenate([by, by])[order])
        kinds = np.zeros(n, np.uint8)
        kinds[len(catalogue) :] = [kind for kind, _ in known]
        titles = [t or i for t, i in zip(catalogue.titles, catalogue.items.names, strict=True)]
        names = (*titles, *(name for _, name in known))
        return cls(len(catalogue), kinds, names, tuple(roles[: MOST + 1]), rows, rates)

    @cached_property
    def degree(self) -> Ints:
        """Edges of each node.  -> (N,)"""
        return np.diff(self.rows[0])

    @cached_property
    def weight(self) -> Floats:
        """Of each edge by its relation.  -> (2E,)"""
        known = {**WEIGHTS, **self.rates.weights}
        weights = [known.get(role, MAKER) for role in self.relations]
        return np.array(weights or [0.0], np.float32)[self.rows[2]]

    @cached_property
    def rarity(self) -> Floats:
        """1 for what one item has, 0 for what all have; the inverse frequency's square. -> (N,)"""
        few = 1 - np.log(np.maximum(self.degree, 1)) / np.log(max(self.items - 1, 2))
        few[: self.items] = 1
        return np.asarray(np.maximum(few, 0) ** 2, np.float32)

    @cached_property
    def flow(self) -> Floats:
        """What each edge lets through, less towards items.  -> (2E,)"""
        start = np.repeat(np.arange(len(self.kinds)), self.degree)
        out = self.rarity[start] * np.where(start < self.items, 1.0, self.rates.fade)
        return (self.weight * out).astype(np.float32)

    @cached_property
    def clarity(self) -> Floats:
        """How much each edge's share counts when one of many paths is to be told.  -> (2E,)"""
        clear = [VAGUE if role in FAINT else 1.0 for role in self.relations]
        return np.array(clear or [1.0], np.float32)[self.rows[2]]

    @cached_property
    def chances(self) -> tuple[Array, Array]:
        """Of each edge from its start, and the sum of weights of each node.  -> (2E,), (N,)

        A random walk shares out what a node has among all its items; the root of the degree leaves
        it that of a product normalised on both sides. The sums count edges, as if all were alike.
        """
        start = np.repeat(np.arange(len(self.kinds)), self.degree)
        wide = np.where(start < self.items, self.degree[self.rows[1]], self.degree[start])
        weight = self.weight * np.sqrt(wide)
        weight *= len(weight) / max(float(weight.sum()), 1e-12)
        sums = np.bincount(start, weight, len(self.kinds))
        return weight / np.maximum(sums, 1e-12)[start], sums

    @cached_property
    def places(self) -> dict[tuple[str, str], int]:
        """Nodes that are no items, by kind and name in lower case."""
        found = range(self.items, len(self.kinds))
        return {(KINDS[self.kinds[n]], self.names[n].casefold()): n for n in found}

    def node(self, kind: str, name: str) -> int:
        """The node of a creator, category, tag ..., -1 where there is none."""
        if kind not in KINDS:
            raise ConfigError(f"graph: no kind of node {kind!r}{nearest(kind, KINDS)}")
        return self.places.get((kind, name.casefold()), -1)

    def walk(
        self, seeds: Ints, strengths: Floats, steps: Sequence[Collection[str]] = ()
    ) -> Reached:
        """What hangs together with the seeds.  (n,) nodes, (n,)

        steps: the relations each hop may follow, all where it is empty; without steps `rates.hops`
        hops may follow any. Raises `ConfigError` for a relation the graph has not, and
        `ShapeError` for a node.
        """
        bits = [self.bits(step) for step in steps] or [-1] * self.rates.hops
        r = self.rates
        self.known(seeds)
        found = spread(
            self.rows, self.flow, self.clarity, self.returned, self.items, seeds, strengths,
            np.array(bits, np.int64), r.beam, r.hub,
        )  # fmt: skip
        return Reached(self, *found)

    @cached_property
    def returned(self) -> Floats:
        """What a node gives on to items.  -> (N,)"""
        return (self.rarity * np.float32(self.rates.fade)).astype(np.float32)

    def bits(self, step: Collection[str]) -> int:
        """Relations as a mask, all for none."""
        for role in step:
            if role not in self.relations:
                raise ConfigError(f"graph: no relation {role!r}{nearest(role, self.relations)}")
        return sum(1 << self.relations.index(role) for role in set(step)) if step else -1

    def pagerank(self, seeds: Ints, weights: Floats) -> Reached:
        """Personalised PageRank of the seeds; raises `ShapeError`.  (n,) nodes, (n,)"""
        self.known(seeds)
        share, strength = self.chances
        whole = np.asarray(weights, np.float64) / max(float(np.sum(weights)), 1e-12)
        alpha, epsilon = self.rates.alpha, self.rates.epsilon
        found = pushed(self.rows, share, self.clarity, strength, seeds, whole, alpha, epsilon)
        return Reached(self, *found)

    def known(self, nodes: Ints) -> None:
        """Raise `ShapeError` for a node that is none of the graph's."""
        if len(nodes) and not (nodes.min() >= 0 and nodes.max() < len(self.kinds)):
            raise ShapeError(
                f"graph: seeds {nodes.tolist()}, but nodes are 0..{len(self.kinds) - 1}"
            )

    def path(self, a: int, b: int) -> Path | None:
        """The strongest that joins two items, None where there is none within `rates.hops`."""
        found = self.walk(np.array([a]), np.ones(1, np.float32))
        return found.path(b) if a != b else None

    def around(self, item: int, each: int = 5) -> list[Link]:
        """What an item shares, the most telling first, with up to `each` who share it."""
        indptr, targets, by = self.rows
        own = range(indptr[item], indptr[item + 1])
        edges = [e for e in own if self.degree[targets[e]] > 1]  # others have it too
        edges.sort(key=lambda e: (-self.flow[e] * self.rarity[targets[e]] * self.clarity[e], e))
        return [self.link(item, int(targets[e]), int(by[e]), each) for e in edges]

    def link(self, item: int, node: int, by: int, each: int) -> Link:
        """One node beside an item."""
        indptr, targets, _ = self.rows
        others = dict.fromkeys(targets[indptr[node] : indptr[node + 1]].tolist())
        kept = [one for one in others if one != item][:each]
        kind = KINDS[self.kinds[node]]
        return Link(node, kind, self.relations[by], self.names[node], len(others), tuple(kept))


@dataclass(frozen=True, slots=True)
class Reached:
    """Where a walk came, how much of it, and by which way."""

    graph: Graph
    totals: Floats  # (N,)
    before: Array  # (N,) the node before, -1 where none
    by: Array  # (N,) the relation to it

    @property
    def scores(self) -> Floats:
        """Of the items.  -> (I,)"""
        return self.totals[: self.graph.items]

    def path(self, node: int) -> Path | None:
        """From a seed to the node, None where the walk did not come."""
        nodes, relations = [node], list[str]()
        while self.before[nodes[-1]] >= 0:
            relations.append(self.graph.relations[self.by[nodes[-1]]])
            nodes.append(int(self.before[nodes[-1]]))
        return Path(tuple(nodes[::-1]), tuple(relations[::-1])) if relations else None
