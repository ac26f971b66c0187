"""What everybody wants of what was shown, and what one person wants more than everybody.

Of what is looked at a person u takes item i with probability s(z), s being the logistic function:

    z = main_i + w_u . x_i,    w_u ~ N(0, S),    main_i ~ N(level + x_i . mean, spread)

x_i is what the item is. `main` is the same for all people, w_u is a person's own. S, mean, level
and spread are learned as well, by turns with people (Laplace's approximation) and items, so that
nobody has to guess how much people differ. Of a place that is looked at with probability e an item
is taken with probability e s(z), so what was passed over tells wanting from showing.

A request knows a history and no pages. Of n items it makes w = scale * sum_h (pull x_h + push) /
(1 + n fall), direction by direction: the step that one of Newton's would take from nothing, were
each taken item's page the average of all pages. How far such a step may go is learned from what
was taken next.

Agarwal, Chen. Regression-based latent factor models. KDD 2009, for effects that start from what is
known; Zhang, Zhou, Ma, Chen, Zhang, Agarwal. GLMix: generalized linear mixed models for large-scale
response prediction. KDD 2016, for effects of each person and each item under one logistic law.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import expit

from hermes.core.types import Array, Ints
from hermes.data.shown import Shown

from .places import Rows

STEPS, ENOUGH = 8, 1e-2  # of Newton for one person; the next turn goes on from there
TURNS = 3  # steps for items, after each round of people
SETTLED = 12  # steps for the scale of a history
EDGE = 1e-6  # from certainty
AT_ONCE = 1 << 16  # rows that are multiplied
FAR = 1.0  # the most that an item's effect moves in a step, log odds
RIDGE = 1e-4  # variance that every direction keeps
FIRST = 0.5  # variance of items at the start
DOUBTS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)  # how many events the curvature of one is counted as


@dataclass(frozen=True, slots=True)
class Effects:
    """What the law has besides people."""

    main: Array  # (I,) of each item, log odds
    mean: Array  # (K,) what content adds to it
    level: float
    spread: float
    covariance: Array  # (K, K) of people's own effects
    doubt: Array  # (I,) variance that is left of each main effect

    @classmethod
    def unknown(cls, rows: Rows, n: int, k: int) -> Effects:
        """Before anything is learned: all items alike, everything possible of people."""
        level = started(rows)
        return cls(np.full(n, level), np.zeros(k), level, FIRST, np.eye(k), np.full(n, FIRST))


def slopes(z: Array, looked: Array, taken: Array) -> tuple[Array, Array]:
    """The log likelihood's derivative in z, and its expected second one, negated.  -> (N,) each"""
    s = expit(z)
    p = np.clip(looked * s, EDGE, 1 - EDGE)
    bend = looked * s * (1 - s)
    return (taken - p) / (p * (1 - p)) * bend, bend**2 / (p * (1 - p))


def person(
    x: Array, rest: Array, looked: Array, taken: Array, mean: Array, inside: Array, start: Array,
    steps: int = STEPS,
) -> tuple[Array, Array]:  # fmt: skip
    """The most likely w given what one person was shown, and the precision there.

    x (n, K), rest (n,) of the log odds that are no w; w ~ N(mean, inverse of inside) -> (K,), (K,K)
    """
    w, precision = start, inside
    for _ in range(steps):
        pull, bend = slopes(x @ w + rest, looked, taken)
        precision = (x * bend[:, None]).T @ x + inside
        step = np.linalg.solve(precision, x.T @ pull - inside @ (w - mean))
        w = w + step
        if np.abs(step).max(initial=0.0) < ENOUGH:
            break
    return w, precision


@dataclass
class Turns:
    """By turns: everybody given the items, the items given everybody.  content (I, K)"""

    content: Array
    w: Array  # (U, K)
    told: Callable[[int], None] = field(default=lambda done: None)

    def learn(self, rows: Rows, rounds: int) -> Effects:
        """So many rounds over these rows; an item without a row is as its content says."""
        found = Effects.unknown(rows, *self.content.shape)
        for done in range(rounds):
            found = self.turn(rows, found)
            self.told(done + 1)
        return found

    def turn(self, rows: Rows, found: Effects) -> Effects:
        """One round."""
        return self.items(rows, *self.shared(*self.people(rows, found), found))

    def people(self, rows: Rows, found: Effects) -> tuple[Ints, Array]:
        """Everybody's w; who was shown anything, and how these differ from 0.  -> (n,), (K, K)"""
        offsets = rows.offsets(len(self.w))
        inside = np.linalg.inv(found.covariance)
        none, total = np.zeros(len(inside)), np.zeros_like(inside)
        some = np.flatnonzero(np.diff(offsets))
        for u in some.tolist():
            mine = slice(offsets[u], offsets[u + 1])
            items, looked, taken = rows.items[mine], rows.looked[mine], rows.taken[mine]
            x, rest = self.content[items], found.main[items]
            self.w[u], precision = person(x, rest, looked, taken, none, inside, self.w[u])
            total += np.linalg.inv(precision) + np.outer(self.w[u], self.w[u])
        return some, total / len(some)

    def shared(self, some: Ints, square: Array, found: Effects) -> tuple[Effects, Array]:
        """What people have in common is everybody's, and no z changes by it.  (n,) -> (K, K)

        Liu, Rubin, Wu. Parameter expansion to accelerate EM. Biometrika 1998: by turns alone it
        would take hundreds of rounds to leave the people.
        """
        common = self.w[some].mean(axis=0)
        self.w[some] -= common
        main, mean = found.main + self.content @ common, found.mean + common
        ridge = RIDGE * np.eye(len(common))
        return replace(found, main=main, mean=mean), square - np.outer(common, common) + ridge

    def items(self, rows: Rows, found: Effects, covariance: Array) -> Effects:
        """Main effects, and what content says of them."""
        n, fixed, main = len(self.content), found.level + self.content @ found.mean, found.main
        own = products(self.w, rows.users, self.content, rows.items)
        flat = np.full(n, 1 / found.spread)
        for _ in range(TURNS):
            pull, bend = slopes(own + main[rows.items], rows.looked, rows.taken)
            flat = np.bincount(rows.items, bend, n) + 1 / found.spread
            up = np.bincount(rows.items, pull, n) - (main - fixed) / found.spread
            main = main + np.clip(up / flat, -FAR, FAR)
        shown = np.bincount(rows.items, minlength=n) > 0
        mean, level = regressed(self.content[shown], main[shown], found.spread)
        fixed = level + self.content @ mean
        spread = float(np.mean((main - fixed)[shown] ** 2 + 1 / flat[shown]))
        main = np.where(shown, main, fixed)
        return Effects(main, mean, level, spread, covariance, np.where(shown, 1 / flat, spread))


def regressed(x: Array, main: Array, spread: float) -> tuple[Array, float]:
    """Main effects by content: coefficients ~ N(0, 1), and the level.  (n, K), (n,) -> (K,)"""
    apart = x - x.mean(axis=0)
    inside = apart.T @ apart / spread + np.eye(x.shape[1])
    mean = np.linalg.solve(inside, apart.T @ (main - main.mean()) / spread)
    return mean, float(main.mean() - x.mean(axis=0) @ mean)


@dataclass(frozen=True, slots=True)
class Belief:
    """How far Newton's step goes for people whom nobody learned from."""

    doubt: float  # how many events the curvature of one counts as
    own: float  # multiple of the step


@dataclass(frozen=True, slots=True)
class Reading:
    """What a history says of a person, in directions of their own."""

    basis: Array  # (K, D) content to directions
    pull: float
    push: Array  # (D,)
    fall: Array  # (D,)

    @classmethod
    def of(cls, rows: Rows, content: Array, found: Effects) -> Reading:
        """The step of Newton's, each item's page being the average of all."""
        n, (pull, bend) = len(content), slopes(found.main[rows.items], rows.looked, rows.taken)
        hit, many = rows.taken > 0, rows.taken.sum()
        root = np.linalg.cholesky(found.covariance)
        bent = content.T * np.bincount(rows.items, bend, n) @ content / many  # (K, K)
        fall, turn = np.linalg.eigh(root.T @ bent @ root)
        basis = root @ turn
        passed = np.bincount(rows.items[~hit], pull[~hit], n) @ content / many
        return cls(basis, float(pull[hit].mean()), passed @ basis, fall)

    def believed(self, how: Belief) -> Reading:
        """The same, going so far."""
        pull, push, fall = how.own * self.pull, how.own * self.push, how.doubt * self.fall
        return Reading(self.basis, pull, push, fall)

    def own(self, total: Array, many: Array) -> Array:
        """Of histories that add up to `total` (n, D) in these directions, `many` (n,) items each.

        -> (n, D)
        """
        count = many[:, None]
        return np.asarray((self.pull * total + count * self.push) / (1 + count * self.fall))


def belief(
    read: Reading, rows: Rows, pages: Shown, found: Effects, content: Array, n_users: int
) -> Belief:
    """By the pages of people nobody learned from: of each page by what came before it."""
    places = content @ read.basis
    total, count = before(pages, places, n_users)
    page = np.repeat(np.arange(len(pages)), np.diff(pages.offsets))
    main, tried = found.main[rows.items] - found.level, []
    for doubt in DOUBTS:
        each = read.believed(Belief(doubt, 1.0)).own(total, count)
        own = products(each, page, places, rows.items)
        likely, scale = scaled(own, main, rows)
        tried.append((likely, Belief(doubt, scale)))
    return max(tried, key=lambda one: one[0])[1]


def scaled(own: Array, main: Array, rows: Rows) -> tuple[float, float]:
    """How likely what was taken is with the best multiple of `own` (N,), and that multiple.

    The level and the multiple of `main` (N,) are the best too. Where few judge, the multiples are
    believed to be near what they mostly are.
    """
    x, usual = np.column_stack([np.ones(len(own)), own, main]), np.array([started(rows), 0.5, 1.0])
    none, firm = np.zeros(len(own)), np.diag([RIDGE, 1.0, 1.0])
    weights = person(x, none, rows.looked, rows.taken, usual, firm, usual, SETTLED)[0]
    p = np.clip(rows.looked * expit(x @ weights), EDGE, 1 - EDGE)
    return float(np.where(rows.taken > 0, np.log(p), np.log(1 - p)).mean()), max(
        float(weights[1]), 0.0
    )


def products(left: Array, mine: Ints, right: Array, theirs: Ints) -> Array:
    """left[mine] times right[theirs], row by row; a log's rows side by side would fill a memory.

    (A, D), (N,), (B, D), (N,) -> (N,)

    >>> one = np.eye(2)
    >>> products(one, np.array([0, 1]), one + 1, np.array([0, 0])).tolist()
    [2.0, 1.0]
    """
    out = np.empty(len(mine))
    for first in range(0, len(mine), AT_ONCE):
        some = slice(first, first + AT_ONCE)
        out[some] = np.einsum("nd,nd->n", left[mine[some]], right[theirs[some]])
    return out


def started(rows: Rows) -> float:
    """The log odds at which as much would be taken as was."""
    share = float(np.clip(rows.taken.sum() / rows.looked.sum(), EDGE, 1 - EDGE))
    return float(np.log(share / (1 - share)))


def before(pages: Shown, places: Array, n_users: int) -> tuple[Array, Array]:
    """What each user had taken when a page was shown: the sum of places and how many.

    places (I, D) -> (R, D), (R,)
    """
    total, many = np.zeros((len(pages), places.shape[1])), np.zeros(len(pages))
    page = np.searchsorted(pages.users, np.arange(n_users + 1))
    row = pages.offsets[page]
    for u in np.flatnonzero(np.diff(page)).tolist():
        here = slice(row[u], row[u + 1])
        order = np.argsort(pages.when[here], kind="stable")
        order = order[: int(pages.taken[here].sum())]
        items, when = pages.items[here][order], pages.when[here][order]
        first = np.sort(np.unique(items, return_index=True)[1])
        sums = np.concatenate([np.zeros((1, places.shape[1])), places[items[first]].cumsum(axis=0)])
        mine = slice(page[u], page[u + 1])
        known = np.searchsorted(when[first], pages.times[mine])
        total[mine], many[mine] = sums[known], known
    return total, many
