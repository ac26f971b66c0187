"""Which weights an ensemble's members get: those whose slates a log says are worth most.

A weight makes an order, and the order a policy: one of the first ten places is drawn as attention
falls, place k by 1 / log2(k + 1), and what stands there is shown. Its value from logged rounds is
the doubly robust estimate of `evaluation/ope`. 200 draws from the Dirichlet simplex, with each
member alone and all alike beside them, are followed by closer draws around the winner, which is
the mean of those that win on resampled queries (Breiman. Bagging predictors. Machine Learning
24, 1996), since the winner on one sample owes too much to it; then every member has to earn its
place: one whose leaving costs less than a standard error, user by user, gets zero, and so does
one of a weight below a twentieth, whose gain would be chance.

A log without propensities cannot say what a policy is worth, so one is made: at each held-out
query one candidate is drawn, `ROUNDS` times, by a softmax of the blend mixed with a uniform draw,
of known probability, and the reward is whether it is what the user took next. There the truth is
known as well, NDCG@10 of the slates, and is written beside the estimate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from hermes.core.types import Array, Ints
from hermes.evaluation.intervals import bootstrap, resamples
from hermes.evaluation.ope import Rounds, crossed, effective, importance, supported
from hermes.models.ensemble import shares

DRAWS = 200  # from the simplex
CLOSER = (20.0, 80.0)  # how close the draws around the best lie
LEAST = 0.05  # weight of a member that is worth its milliseconds
BAGS = 100  # draws of the queries, each of which has its winner
ROUNDS = 100  # of a made log, each query
EXPLORED = 0.3  # share of them that are drawn evenly
PLACES = 10  # of a slate that are looked at
DISCOUNT = 1 / np.log2(np.arange(2, PLACES + 2))


@dataclass(frozen=True, slots=True)
class Pools:
    """Q queries, each with n candidates, as an ensemble sees them; padded with -inf blends."""

    blend: Array  # (Q, n)
    parts: Array  # (Q, n, M) what each member adds to it
    scales: Array  # (M,) spread of each member's score

    def order(self, weights: Array) -> Array:
        """Scores under weights on the simplex (M,); the blend's where nobody counts.  -> (Q, n)"""
        if not weights.any():
            return self.blend
        out: Array = self.blend + self.parts @ shares(weights, self.scales)
        return out


@dataclass(frozen=True, slots=True)
class Logged:
    """Rounds over those pools, what a model says of each candidate, and what is known of both."""

    rounds: Rounds
    model: Array  # (Q, n) predicted rewards, by folds
    source: str  # where the propensities come from
    truth: Ints | None = None  # (Q,) the place of the rewarded candidate, -1: none, if known


def slates(scores: Array) -> Array:
    """The policy of an order: a place drawn as attention falls.  (Q, n) -> (Q, n), rows sum to 1

    >>> slates(np.array([[0.5, 2.0, -np.inf]])).round(3).tolist()
    [[0.387, 0.613, 0.0]]
    """
    k = min(PLACES, scores.shape[1])
    near = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    best = np.take_along_axis(scores, near, 1)
    near = np.take_along_axis(near, np.argsort(-best, axis=1, kind="stable"), 1)
    there = np.isfinite(np.take_along_axis(scores, near, 1))
    out = np.zeros(scores.shape)
    np.put_along_axis(out, near, DISCOUNT[:k] * there, 1)
    policy: Array = out / out.sum(axis=1, keepdims=True)
    return policy


def logged_by_blend(pools: Pools, target: Ints, rng: np.random.Generator) -> Logged:
    """A log of the blend's own draws; target (Q,) is the place of what came next, -1: not there."""
    there = np.isfinite(pools.blend)
    odds = np.exp(pools.blend - pools.blend.max(axis=1, keepdims=True))
    chance = (1 - EXPLORED) * odds / odds.sum(axis=1, keepdims=True)
    chance += EXPLORED * there / there.sum(axis=1, keepdims=True)
    contexts = np.repeat(np.arange(len(chance)), ROUNDS)
    ladder = np.cumsum(chance, axis=1)
    draws = rng.random((len(chance), ROUNDS)) * ladder[:, -1:]
    actions = np.concatenate(
        [np.searchsorted(row, d, side="right") for row, d in zip(ladder, draws, strict=True)]
    )
    hit = (actions == target[contexts]).astype(np.float64)
    rounds = Rounds(contexts, actions, hit, chance[contexts, actions])
    features = np.stack([np.log(np.maximum(chance, 1e-12)), slates(pools.blend)], axis=2)
    members = np.where(there[:, :, None], pools.parts, 0.0) / pools.scales
    model = crossed(np.concatenate([features, members], axis=2), rounds, rng)
    return Logged(rounds, np.where(there, model, 0.0), "drawn by the blend at held-out queries",
                  target)  # fmt: skip


def credit(logged: Logged, size: tuple[int, int]) -> Array:
    """What the log says of each candidate: the doubly robust value is linear in the policy.

    By query sum_a pi(a) (r(a) + mean[ (r_i - r(a)) / p_i, i showed a ]), times the sum of the
    discounts, so that it is NDCG@10 where one candidate is rewarded.  -> (Q, n)
    """
    log = logged.rounds
    counts = np.bincount(log.contexts, minlength=size[0])
    told = (log.rewards - log.of(logged.model)) / log.propensities / counts[log.contexts]
    flat = np.bincount(log.contexts * size[1] + log.actions, told, size[0] * size[1])
    out: Array = DISCOUNT.sum() * (logged.model + flat.reshape(size))
    return out


def true(target: Ints, policy: Array) -> float:
    """What the log is asked for: mean NDCG@10.  (Q,), (Q, n) -> ()"""
    shown = policy[np.arange(len(target)), np.maximum(target, 0)] * (target >= 0)
    return float(DISCOUNT.sum() * shown.mean())


Value = Callable[[Array], Array]  # weights (M,) -> (Q,)


def searched(value: Value, members: int, rng: np.random.Generator) -> Array:
    """The weights that win, without members that do not earn theirs.  -> (M,)"""
    tried = [*np.eye(members), np.full(members, 1 / members)]
    best = favourite(value, [*tried, *rng.dirichlet(np.ones(members), DRAWS)], rng)
    for closeness in CLOSER:
        near = rng.dirichlet(closeness * best + 0.1, DRAWS // 4)
        best = favourite(value, [best, *near], rng)
    return pruned(value, best)


def favourite(value: Value, tried: list[Array], rng: np.random.Generator) -> Array:
    """The mean of who is best in each of `BAGS` draws of the queries with replacement.  -> (M,)

    The best of all on one sample is often its luck; weights that win by chance win here and there.
    """
    worth = np.stack([value(w) for w in tried], axis=1)  # (Q, tried)
    draws = resamples(len(worth), BAGS, rng)
    wins = np.concatenate([(picks @ worth).argmax(axis=1) for picks in draws])
    return np.asarray(np.stack(tried)[wins].mean(axis=0))


def pruned(value: Value, weights: Array) -> Array:
    """Zero below `LEAST`, and for who is missed by less than a standard error, the least first."""
    for m in np.flatnonzero(weights < LEAST).tolist():
        weights = without(weights, m)
    while (weights > 0).sum() > 1:
        costs = {m: gain(value, weights, m) for m in np.flatnonzero(weights).tolist()}
        m = min(costs, key=lambda m: costs[m].mean())
        if costs[m].mean() > costs[m].std() / np.sqrt(len(costs[m])):
            break
        weights = without(weights, m)
    return weights


def without(weights: Array, m: int) -> Array:
    """The weights when member m leaves; nobody counts when it was the only one.  (M,) -> (M,)"""
    rest = np.where(np.arange(len(weights)) == m, 0.0, weights)
    return rest / (rest.sum() or 1.0)


def gain(value: Value, weights: Array, m: int) -> Array:
    """What is lost at each query when member m leaves, the last one to the blend.  -> (Q,)"""
    return value(weights) - value(without(weights, m))


@dataclass(frozen=True)
class Verdict:
    """The weights, and what the manifest says of them."""

    weights: Array  # (M,)
    said: dict[str, Any]


def choose(pools: Pools, logged: Logged, names: list[str], rng: np.random.Generator) -> Verdict:
    """Weights by name, with their value, its interval, and what each member alone is worth.

    Raises `DataError` where the log does not support the slates of the ensemble.
    """
    table, asked = credit(logged, pools.blend.shape), np.unique(logged.rounds.contexts)

    def policy(w: Array) -> Array:
        return slates(pools.order(w))

    def earned(shown: Array) -> Array:
        return np.asarray((shown * table).sum(axis=1)[asked])

    def value(w: Array) -> Array:
        return earned(policy(w))

    found = searched(value, len(names), rng)
    supported(logged.rounds, policy(found))

    def worth(shown: Array) -> dict[str, float]:
        known = {} if logged.truth is None else {"true": true(logged.truth, shown)}
        return measured(earned(shown), rng) | known

    said = {
        "log": logged.source,
        "rounds": len(logged.rounds),
        "queries": len(asked),
        "effective": effective(importance(logged.rounds, policy(found))),
        "weights": dict(zip(names, found.tolist(), strict=True)),
        "zero": [name for name, weight in zip(names, found, strict=True) if weight == 0],
        "gains": {
            names[m]: measured(gain(value, found, m), rng) for m in np.flatnonzero(found).tolist()
        },
        "alone": {n: worth(policy(w)) for n, w in zip(names, np.eye(len(names)), strict=True)},
        "values": {
            "chosen": worth(policy(found)),
            "held out": measured(held_out(value, len(names), rng), rng),
            "equal": worth(policy(np.full(len(names), 1 / len(names)))),
            "blend": worth(slates(pools.blend)),
        },
    }
    return Verdict(found, said)


def measured(values: Array, rng: np.random.Generator) -> dict[str, float]:
    """Mean and interval over queries.  (Q,) ->"""
    return asdict(bootstrap(values, rng)[0])


def held_out(value: Value, members: int, rng: np.random.Generator) -> Array:
    """What weights are worth to queries that had no part in choosing them.  -> (Q,)

    Two halves, each judged by the weights of the other.
    """
    queries = len(value(np.full(members, 1 / members)))
    first = rng.permutation(queries) % 2 == 0
    out = np.empty(queries)
    for half in (first, ~first):
        own: Value = lambda w, half=half: value(w)[half]  # type: ignore[misc]
        out[~half] = value(searched(own, members, rng))[~half]
    return out
