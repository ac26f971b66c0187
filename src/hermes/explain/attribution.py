"""What a score is made of: how much each group of features adds to it over a stated baseline.

A score is the blend of the channels and what a ranker has learned to add to it (ADR 0007). The
blend is a sum, so each channel's group gets what the channel adds. What was learned is shared out
by a `Solver`: exact Shapley values for trees, integrated gradients for a factorisation machine,
Shapley values by asking any other model. The groups' parts sum to the score less the baseline's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hermes.artifacts.factors import Factors
from hermes.artifacts.trees import Trees
from hermes.core.types import Array, Bools, Floats, Ints

from .gradients import factor_parts
from .groups import BLEND, GROUPS
from .shapley import MOST, WEIGHTS, sampled, shares, tree_shares

ROWS = 2600  # rows a model is asked for at most; beyond that orders are drawn
PREFIX = "part."  # of the columns that hold parts

Learned = Callable[[Floats, Ints, Ints], Floats]
"""dense (n, Fd), sparse (n, Fs), history (L,) -> (n,): what a ranker adds to the blend."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """Parts of the scores of n items; `base` and an item's parts sum to its score."""

    method: str  # by which what was learned was shared out
    baseline: str  # in words
    base: float  # score of the baseline
    parts: Mapping[str, Array]  # by group, (n,) each; a group that adds nothing anywhere is absent


@dataclass(frozen=True, slots=True, kw_only=True)
class Game:
    """n items against a baseline; `names` are the G groups in which any item differs from it."""

    names: tuple[str, ...]
    terms: Array  # (n, G) what each adds to the blend, over the baseline's
    dense: Floats  # (n, Fd)
    usual: Floats  # (Fd,) of the baseline
    columns: Ints  # (Fd,) the group of each column, -1 where all channels make it
    sparse: Ints  # (n, Fs)
    unknown: Ints  # (Fs,) of the baseline
    codes: Ints  # (Fs,) the group of each column
    history: Ints  # (L,) the same for all

    @classmethod
    def of(
        cls, terms: Mapping[str, Array], dense: Floats, usual: Floats, columns: Ints,
        sparse: Ints, unknown: Ints, codes: Ints, history: Ints,
    ) -> Game:  # fmt: skip
        """Columns by their place in `GROUPS` become columns by player.

        terms (n,) by group name; columns (Fd,), codes (Fs,).
        """
        other = (dense != usual) & ~(np.isnan(dense) & np.isnan(usual))
        there = {GROUPS[g] for g in columns[np.any(other, axis=0)].tolist() if g != BLEND}
        there |= {GROUPS[g] for g in codes[np.any(sparse != unknown, axis=0)].tolist()}
        there |= {name for name, values in terms.items() if np.any(values)}
        names = tuple(name for name in GROUPS if name in there)
        zeros = np.zeros(len(dense))
        place = np.zeros(len(GROUPS) + 1, np.int64)  # what never differs may be anybody's
        place[[GROUPS.index(name) for name in names]] = np.arange(len(names))
        place[BLEND] = -1
        return cls(
            names=names,
            terms=np.stack([terms.get(n, zeros) for n in names], axis=1)
            if names
            else np.zeros((len(dense), 0)),
            dense=dense, usual=usual, columns=place[columns],
            sparse=sparse, unknown=unknown, codes=place[codes], history=history,
        )  # fmt: skip

    def blends(self) -> tuple[Ints, Array]:
        """The columns that channels make, for each coalition of the K groups that have channels.

        Where all of them take part they are the item's own, to the bit.  -> (G,) the bit of each
        group, 0 without a channel; (n, 2^K, B)
        """
        linked, whole = self.terms.any(axis=0), np.flatnonzero(self.columns < 0)
        bits = np.where(linked, 1 << (np.cumsum(linked) - 1), 0)
        present = (np.arange(1 << int(linked.sum()))[:, None] & bits) > 0  # (2^K, G)
        out = self.usual[whole] + (self.terms @ present.T)[:, :, None]
        out[:, -1] = self.dense[:, whole]
        return bits, np.asarray(out, np.float32)

    def values(self, learned: Learned, coalitions: Bools) -> Array:
        """What is learned of each item as far as a coalition takes part.  (C, G) -> (C, n)"""
        c, n, whole = len(coalitions), len(self.dense), self.columns < 0
        mine = np.where(whole, False, coalitions[:, self.columns])  # (C, Fd)
        dense = np.where(mine[:, None], self.dense, self.usual)
        moved = coalitions @ self.terms.T  # (C, n)
        full = np.asarray(coalitions.all(axis=1))[:, None, None]
        made = np.where(full, self.dense[:, whole], self.usual[whole] + moved[:, :, None])
        dense[:, :, whole] = made
        sparse = np.where(coalitions[:, None, self.codes], self.sparse, self.unknown)
        flat = dense.reshape(c * n, -1).astype(np.float32), sparse.reshape(c * n, -1)
        return np.asarray(learned(*flat, self.history), np.float64).reshape(c, n)


Solver = Callable[[Game], tuple[Array, str]]
"""What each group adds to what was learned, (n, G), and the name of the method."""


def of_trees(trees: Trees) -> Solver:
    """Exact Shapley values, tree by tree."""

    def solve(game: Game) -> tuple[Array, str]:
        if len(game.names) > MOST:
            return of_any(lambda dense, sparse, history: trees.score(dense))(game)
        found = tree_shares(trees, game.dense, game.usual, game.columns, *game.blends())
        return found, "exact Shapley values of trees"

    return solve


def of_factors(factors: Factors) -> Solver:
    """Integrated gradients."""

    def solve(game: Game) -> tuple[Array, str]:
        found = factor_parts(
            factors, game.dense, game.usual, game.columns, game.sparse, game.unknown, game.codes,
            game.terms,
        )  # fmt: skip
        return found, "integrated gradients"

    return solve


def of_any(learned: Learned, rows: int = ROWS) -> Solver:
    """Shapley values of a model that can only be asked; of all coalitions where they are few."""

    def solve(game: Game) -> tuple[Array, str]:
        players, n = len(game.names), max(len(game.dense), 1)
        if n << players <= rows:
            every = (np.arange(1 << players)[:, None] >> np.arange(players) & 1).astype(bool)
            return shares(game.values(learned, every), WEIGHTS), "exact Shapley values"
        rounds = max(1, rows // (2 * n * players))
        one = lambda present: game.values(learned, present[None])[0]
        return sampled(one, players, rounds), f"Shapley values of {2 * rounds} orders"

    return solve


def mixed(members: Sequence[tuple[float, Solver]]) -> Solver:
    """Parts of an ensemble: its members', by their shares."""

    def solve(game: Game) -> tuple[Array, str]:
        total, methods = np.zeros((len(game.dense), len(game.names))), dict[str, None]()
        for share, member in members:
            parts, method = member(game)
            total += share * parts
            methods[method] = None
        return total, " and ".join(methods)

    return solve
