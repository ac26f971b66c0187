"""Learns what the guard knows.

A logistic regression is fitted on whole texts, then twice again with their pieces too: of an attack
the piece that looked worst, of a harmless text every one, so that a score says of a piece what the
label says of its text. From which log odds on a text is an attack is chosen by cross-validation
within the texts it is fitted on.
Andrews, Tsochantaridis, Hofmann. Support vector machines for multiple-instance learning. NIPS 2002.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, vstack
from sklearn.linear_model import LogisticRegression

from hermes.core.types import Array, Bools, Ints
from hermes.explain.grams import BUCKETS, SIZES
from hermes.explain.guard import Reading, Weights, read

from .attacks import Text, folds, near


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How it is learned."""

    c: float = 30.0  # one over the strength of the regularisation
    rounds: int = 2  # with pieces
    piece: float = 0.5  # weight of one beside its text
    own: float = 1.0  # weight of a text of this project beside one of the set
    alarms: float = 0.03  # share of the set's harmless texts that may look like attacks
    likes: float = 0.15  # share of this project's harmless texts that may


class Sheet:
    """Texts in pieces as one sparse table: n-grams without their rarity, then rules.

    rows: (S, BUCKETS + R); first: (T + 1,) the row of each text's whole, its pieces behind it.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        blocks, first = [], [0]
        for text in texts:
            own = [row for reading in read(text) for row in counted(reading)]
            blocks += own
            first.append(first[-1] + len(own))
        self.rows, self.first = csr_array(vstack(blocks, format="csr")), np.array(first)

    def of(self, texts: Ints) -> tuple[Ints, Ints]:
        """(S,) the rows of some texts, and where the rows of each begin."""
        spans = [np.arange(self.first[t], self.first[t + 1]) for t in texts]
        return np.concatenate(spans), np.cumsum([0, *map(len, spans[:-1])])

    def rarity(self, texts: Ints) -> Array:
        """(BUCKETS + R,) by how few of the texts have it, 0 where none; of rules 1."""
        whole = self.rows[self.first[texts]]
        often = np.bincount(whole.indices, minlength=self.rows.shape[1])
        out = np.where(often, 1 + np.log((1 + len(texts)) / (1 + often)), 0.0)
        out[BUCKETS:] = 1
        return out

    def scaled(self, rows: Ints, rarity: Array) -> csr_array:
        """Rows weighed by rarity, letters and words each at length one."""
        out = csr_array(self.rows[rows])
        out.data = out.data * rarity[out.indices]
        side = np.digitize(out.indices, [SIZES[0], BUCKETS])
        row = np.repeat(np.arange(len(rows)), np.diff(out.indptr))
        square = np.bincount(3 * row + side, out.data**2, minlength=3 * len(rows))
        length = np.where(side < 2, np.sqrt(np.maximum(square[3 * row + side], 1e-12)), 1.0)
        out.data = out.data / length
        return out


def counted(reading: Reading) -> list[csr_array]:
    """One row a piece."""
    out = []
    for span, broken in zip(reading.spans, reading.broken, strict=True):
        found, often = reading.grams.within((int(span[0]), int(span[1])))
        rules = np.flatnonzero(broken)
        columns = np.concatenate([found, BUCKETS + rules])
        values = np.concatenate([often, np.ones(len(rules))]).astype(np.float32)
        shape = (1, BUCKETS + len(broken))
        out.append(csr_array((values, columns, [0, len(columns)]), shape=shape))
    return out


class Study:
    """Texts with all that is worked out once, to be fitted on any of them.

    fold: (T,) of each text; set: (T,) whether it is of the set that is measured on.
    """

    def __init__(self, given: Sequence[Text], own: Sequence[Text], plan: Plan = Plan()) -> None:
        self.texts, self.plan = [*given, *own], plan
        self.sheet = Sheet([t.text for t in self.texts])
        self.attack = np.array([t.attack for t in self.texts])
        self.set = np.arange(len(self.texts)) < len(given)
        self.fold = np.concatenate([folds([t.text for t in part]) for part in (given, own)])
        self.weight = np.where(self.set, 1.0, plan.own)

    def without(self, fold: int) -> Ints:
        """The texts of all other folds, less those of the project that are like one of this."""
        held = [
            t.text
            for t, f, s in zip(self.texts, self.fold, self.set, strict=True)
            if s and f == fold
        ]
        like = near([t.text for t in self.texts], held)
        return np.flatnonzero((self.fold != fold) & (self.set | ~like))

    def learn(self, texts: Ints) -> Weights:
        """Weights whose log odds are not yet moved to where an attack begins."""
        rarity = self.sheet.rarity(texts)
        rows, first = self.sheet.of(texts)
        table, last = self.sheet.scaled(rows, rarity), np.append(first[1:], len(rows))
        kept = np.flatnonzero(np.bincount(table.indices, minlength=table.shape[1]))
        table = csr_array(table[:, kept])
        chosen, label = first, self.attack[texts]
        weight = self.weight[texts]
        for turn in range(self.plan.rounds + 1):
            model = LogisticRegression(C=self.plan.c, max_iter=2000)
            model.fit(table[chosen], label, sample_weight=weight)
            if turn < self.plan.rounds:
                odds = model.decision_function(table)
                chosen, owner = pieced(odds, first, last, self.attack[texts])
                label = self.attack[texts][owner]
                whole = np.arange(len(chosen)) < len(first)
                weight = self.weight[texts][owner] * np.where(whole, 1.0, self.plan.piece)
        found = np.zeros(len(rarity))
        found[kept] = model.coef_[0]
        return Weights(
            rarity[:BUCKETS], found[:BUCKETS], found[BUCKETS:], float(model.intercept_[0])
        )

    def odds(self, weights: Weights, texts: Ints) -> Array:
        """(T,) log odds of the worst piece of each."""
        rarity = np.append(weights.rarity, np.ones(len(weights.rules)))
        rows, first = self.sheet.of(texts)
        said = self.sheet.scaled(rows, rarity) @ np.append(weights.weight, weights.rules)
        out: Array = np.maximum.reduceat(said, first) + weights.bias
        return out

    def crossed(self, texts: Ints) -> Array:
        """(T,) log odds of each by what was learned from the folds it does not lie in."""
        out = np.zeros(len(texts))
        for fold in np.unique(self.fold[texts]):
            inside = self.fold[texts] == fold
            out[inside] = self.odds(self.learn(texts[~inside]), texts[inside])
        return out

    def fit(self, texts: Ints) -> tuple[Weights, float]:
        """Weights with which an attack begins at 0 and the score is a probability.

        Beside them the share of the set that cross-validation gets right.
        """
        odds, attack, given = self.crossed(texts), self.attack[texts], self.set[texts]
        least = threshold(odds, attack, given, self.plan)
        odds -= least
        line = LogisticRegression(C=1e6, fit_intercept=False).fit(odds[:, None], attack)
        made = self.learn(texts)
        moved = replace(made, bias=made.bias - least, slope=float(line.coef_[0, 0]))
        return moved, float(np.mean((odds >= 0) == attack, where=given))


def pieced(odds: Array, first: Ints, last: Ints, attack: Bools) -> tuple[Ints, Ints]:
    """Rows to learn from and the text of each: all wholes, then pieces."""
    rows, owner = list(first), list(range(len(first)))
    for text, (begin, end) in enumerate(zip(first + 1, last, strict=True)):
        if begin == end:
            continue
        more = [begin + int(odds[begin:end].argmax())] if attack[text] else range(begin, end)
        rows += more
        owner += [text] * len(more)
    return np.array(rows), np.array(owner)


def threshold(odds: Array, attack: Bools, given: Bools, plan: Plan) -> float:
    """The middle of where the set is right within a standard error of the best.

    The best itself jumps with every text, since it is as good over a wide range. Only where few
    harmless texts are called attacks counts.
    """
    edges = np.unique(odds)
    middles = (edges[1:] + edges[:-1]) / 2
    said = odds[None] >= middles[:, None]
    few = said[:, given & ~attack].mean(1) <= plan.alarms
    few &= said[:, ~given & ~attack].mean(1) <= plan.likes
    right = np.where(few, (said == attack)[:, given].mean(1), 0.0)
    best = float(right.max())
    near = middles[right >= best - np.sqrt(best * (1 - best) / given.sum())]
    return float(near.min() + near.max()) / 2
