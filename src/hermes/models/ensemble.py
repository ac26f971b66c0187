"""A ranker made of rankers: what each has learned to add to the blend, weighed on the simplex.

Dietterich. Ensemble methods in machine learning. MCS 2000. Member m scores f_m = blend + a_m and is
standardised by s_m, the spread of f_m within a group, so that weights mean the same for trees and
networks: sum_m w_m f_m / s_m, w on the simplex. Ours: that is divided by sum_m w_m / s_m, which
changes no order and leaves blend + sum_m share_m a_m with shares that sum to 1, a ranker like any
other (ADR 0007). `fit` gives all members the same weight; which weights are worth more is asked
of a log by `workflows/weights`, since what a policy is worth is not a model's to know.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from inspect import isabstract
from typing import Any, Self

import numpy as np

from hermes.core.config import build, resolve
from hermes.core.errors import ArtifactError, ConfigError
from hermes.core.types import Array, Floats, Shape
from hermes.features.examples import Examples
from hermes.learn.run import Run
from hermes.models.base import Ranker

PLACE = "hermes.models.rankers."
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")  # it becomes part of the name of a file


@dataclass(frozen=True, kw_only=True)
class Member:
    """A ranker that others are added to."""

    name: str  # of its card, its files and its weight
    model: str  # module:Class
    config: dict[str, Any] = field(default_factory=dict)  # fields of the model's Config


@dataclass(frozen=True, kw_only=True)
class EnsembleConfig:
    """Who is in it."""

    members: tuple[Member, ...] = (
        Member(name="trees", model=f"{PLACE}lambdamart:LambdaMART"),
        Member(name="crosses", model=f"{PLACE}dcn:DCN"),
    )
    folds: int = 0  # into which learners are parted to choose weights too, 2 or more; 0: not at all


class Ensemble(Ranker[EnsembleConfig]):
    """Raises `ConfigError` for a member that is no ranker, and for names that are not distinct."""

    Config = EnsembleConfig
    members: dict[str, Ranker[Any]]
    weights: Array  # (M,) on the simplex
    scales: Array  # (M,) spread of each member's score within a group

    def __init__(self, config: EnsembleConfig | None = None) -> None:
        super().__init__(config)
        self.members = {m.name: member(m) for m in self.config.members}
        if not self.members or len(self.members) < len(self.config.members):
            raise ConfigError("ensemble: members need distinct names, and there must be one")
        if self.config.folds < 0 or self.config.folds == 1:
            raise ConfigError(f"ensemble: folds must be 0, or 2 and more, not {self.config.folds}")
        self.weigh(np.full(len(self.members), 1 / len(self.members)), np.ones(len(self.members)))

    def fit(self, data: Examples, run: Run = Run()) -> Self:
        """Each member by itself; afterwards all weigh the same."""
        for name, ranker in self.members.items():
            path = run.checkpoint and run.checkpoint.with_name(f"{run.checkpoint.name}.{name}")
            ranker.fit(data, replace(run, checkpoint=path))
        self.shape = data.shape
        held = data if data.valid is None else data.valid
        self.weigh(self.weights, spreads(held, self.parts(held)))
        return self

    def weigh(self, weights: Array, scales: Array) -> Self:
        """Set the weights (M,) and the spreads (M,) of the members."""
        self.weights = np.asarray(weights, np.float64)
        self.scales = np.asarray(scales, np.float64)
        return self

    @property
    def shares(self) -> dict[str, float]:
        """How much of what each member adds to the blend is added; they sum to 1."""
        return dict(zip(self.members, shares(self.weights, self.scales).tolist(), strict=True))

    def parts(self, x: Examples) -> Floats:
        """What each member adds to the offset.  (N,) -> (N, M)"""
        bare = replace(x, offset=None)
        return np.stack([ranker.score(bare) for ranker in self.members.values()], axis=1)

    def score(self, x: Examples) -> Floats:
        """(N,) -> (N,); a member whose weight is zero is not asked"""
        bare, total = replace(x, offset=None), np.zeros(len(x), np.float32)
        for name, share in self.shares.items():
            if share > 0:
                total += np.float32(share) * self.members[name].score(bare)
        return total if x.offset is None else total + x.offset

    def arrays(self) -> dict[str, Array]:
        """Each member's under its name, the weights and the spreads."""
        own: dict[str, Array] = {"weights": self.weights, "scales": self.scales}
        for name, ranker in self.members.items():
            own |= {f"{name}.{key}": value for key, value in ranker.arrays().items()}
        return own

    def restore(self, shape: Shape, arrays: dict[str, Array]) -> Self:
        """The inverse of `arrays`; raises `ArtifactError` when one is missing."""
        lost = {"weights", "scales"} - set(arrays)
        if lost or len(arrays["weights"]) != len(self.members):
            raise ArtifactError(f"Ensemble: the bundle lacks weights for {', '.join(self.members)}")
        self.shape = shape
        for name, ranker in self.members.items():
            start = f"{name}."
            own = {k.removeprefix(start): a for k, a in arrays.items() if k.startswith(start)}
            ranker.restore(shape, own)
        return self.weigh(arrays["weights"], arrays["scales"])


def member(spec: Member) -> Ranker[Any]:
    """A ranker that has learned nothing."""
    where, cls = f"members.{spec.name}", resolve(spec.model)
    if not NAME.fullmatch(spec.name):
        raise ConfigError(f"{where}: a member's name is letters, digits, - and _")
    if not (isinstance(cls, type) and issubclass(cls, Ranker)) or isabstract(cls):
        raise ConfigError(f"{where}.model: {spec.model} is no Ranker")
    if issubclass(cls, Ensemble):
        raise ConfigError(f"{where}.model: an ensemble is no member of an ensemble")
    ranker: Ranker[Any] = cls(build(cls.Config, spec.config, f"{where}.config"))
    return ranker


def shares(weights: Array, scales: Array) -> Array:
    """Weights of standardised scores as weights of scores, to sum to 1.  (..., M), (M,) -> (..., M)

    Half each, but the second speaks twice as loud: it is added half as much.

    >>> shares(np.array([0.5, 0.5]), np.array([1.0, 2.0])).round(3).tolist()
    [0.667, 0.333]
    """
    raw = weights / scales
    out: Array = raw / raw.sum(axis=-1, keepdims=True)
    return out


def spreads(x: Examples, parts: Array) -> Array:
    """Spread of blend + part around the group's mean; a part that never differs counts 1.

    parts (N, M) -> (M,)
    """
    offset = np.zeros(len(x)) if x.offset is None else x.offset
    scores = parts + offset[:, None]
    counts = np.maximum(np.bincount(x.queries), 1)
    middle = np.stack([np.bincount(x.queries, c) / counts for c in scores.T], axis=1)
    out = np.sqrt(np.mean((scores - middle[x.queries]) ** 2, axis=0))
    return np.where(out > 1e-9, out, 1.0)
