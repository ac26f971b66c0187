"""Whether a text gives orders to whoever answers, rather than asking for something.

Every reading of a text (`disguise`) is looked at in pieces (`grams`): what hashed n-grams and named
rules (`patterns`) say adds up to the log odds of a piece, by a logistic regression that was fitted
on attacks and on harmless texts that look like them (`workflows.guard`, `hermes guard --fit`). The
worst piece of the worst reading decides; some rules decide alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from hermes.core.errors import ArtifactError
from hermes.core.types import Array, Ints

from .disguise import readings
from .grams import BUCKETS, Grams, grams, pieces, scores
from .patterns import rules

FILE = Path(__file__).with_name("words") / "guard.safetensors"
LONG = 2000  # characters that are judged at once
SURE = 0.99  # the score of what breaks a rule that decides alone


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is thought of one text."""

    attack: bool
    score: float  # 0 to 1; an attack from one half on
    rule: str  # what it broke and how that was hidden; empty where it is no attack


@dataclass(frozen=True, slots=True)
class Weights:
    """What was learned. rarity, weight: (BUCKETS,); rules: (R,) in the order of their file."""

    rarity: Array  # 0 where nothing that was learned from has the n-gram
    weight: Array
    rules: Array
    bias: float  # of the log odds; an attack has 0 or more
    slope: float = 1.0  # of the score in the log odds

    def save(self, file: Path) -> None:
        """As arrays, half as exact."""
        numbers = np.array([self.bias, self.slope], np.float32)
        half = {"rarity": self.rarity, "weight": self.weight}
        arrays = {name: values.astype(np.float16) for name, values in half.items()}
        save_file(arrays | {"rules": self.rules.astype(np.float32), "numbers": numbers}, file)

    @classmethod
    def load(cls, file: Path) -> Self:
        """Raises `ArtifactError` where the file is none, or is of other rules or sizes."""
        try:
            found = load_file(file)
            bias, slope = map(float, found["numbers"])
            rarity, weight, ruled = (
                found[n].astype(np.float32) for n in ("rarity", "weight", "rules")
            )
        except (OSError, SafetensorError, KeyError, ValueError) as error:
            raise ArtifactError(
                f"{file}: no guard ({error}); make one by hermes guard --fit"
            ) from None
        if weight.shape != (BUCKETS,) or rarity.shape != (BUCKETS,) or len(ruled) != len(rules()):
            raise ArtifactError(f"{file}: of another version; make it again by hermes guard --fit")
        return cls(rarity, weight, ruled, bias, slope)


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of a text in pieces. spans: (P, 2); broken: (P, R) which rules each breaks."""

    disguise: str
    grams: Grams
    spans: Ints
    broken: Array


def read(text: str) -> Iterator[Reading]:
    """All readings of at most `LONG` characters each, which overlap by half where they go on."""
    for disguise, whole in readings(text):
        for start in range(0, max(len(whole) - LONG // 2, 1), LONG // 2):
            part = whole[start : start + LONG]
            spans = pieces(part)
            broken = np.zeros((len(spans), len(rules())), np.float32)
            for r, rule in enumerate(rules()):
                for match in rule.pattern.finditer(part):
                    for s, (begin, end) in enumerate(spans):
                        if begin <= match.start() and match.end() <= end:
                            broken[s, r] = 1
            yield Reading(disguise, grams(part), np.array(spans, np.int64), broken)


class Guard:
    """Judges texts from outside; make it by `load`."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.sure = np.array([rule.sure for rule in rules()])
        self.cue = np.array([rule.cue for rule in rules()])

    @classmethod
    def load(cls, file: Path = FILE) -> Self:
        """The one that comes with the package, or another."""
        return cls(Weights.load(file))

    def odds(self, reading: Reading) -> Array:
        """(P,) log odds of each piece."""
        w, g = self.weights, reading.grams
        said = scores(g.buckets, g.starts, g.ends, reading.spans, w.rarity, w.weight)
        out: Array = said + reading.broken @ w.rules + w.bias
        return out

    def judge(self, text: str) -> Verdict:
        """Of any text, however long or strange."""
        worst, rule = -np.inf, ""
        for reading in read(text):
            odds = self.odds(reading)
            alone = reading.broken @ self.sure > 0
            odds = np.where(alone, np.maximum(odds, sure(self.weights.slope)), odds)
            piece = int(odds.argmax())
            if odds[piece] > worst:
                worst, rule = float(odds[piece]), self.named(reading, piece)
        score = float(1 / (1 + np.exp(-np.clip(worst * self.weights.slope, -50, 50))))
        return Verdict(worst >= 0, score, rule if worst >= 0 else "")

    def named(self, reading: Reading, piece: int) -> str:
        """The heaviest rule that a piece breaks, or that the classifier alone says it."""
        weight = self.weights.rules + 100 * self.sure
        weight = np.where((reading.broken[piece] > 0) & ~self.cue, weight, 0)
        name = rules()[int(weight.argmax())].name if weight.max() > 0 else "classifier"
        return f"{name} ({reading.disguise})" if reading.disguise else name

    def judge_many(self, texts: Iterable[str]) -> list[Verdict]:
        """One verdict a text, in their order."""
        return [self.judge(text) for text in texts]


def sure(slope: float) -> float:
    """The log odds whose score is `SURE`."""
    return float(np.log(SURE / (1 - SURE)) / slope)
