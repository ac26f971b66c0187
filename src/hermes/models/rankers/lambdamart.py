"""LambdaMART: gradient-boosted trees on the pairs whose order costs NDCG, by LightGBM.

Burges. From RankNet to LambdaRank to LambdaMART: an overview. MSR-TR-2010-82; Ke et al. LightGBM: a
highly efficient gradient boosting decision tree. NeurIPS 2017. A missing value goes its own way at
each split. Ours: sparse features enter only where `categorical` names their columns; rows that have
nothing to be compared with, one a group, are learned by `loss` "bce": then the trees are boosted on
the log odds of each row (Friedman. Greedy function approximation: a gradient boosting machine.
Annals of Statistics 29, 2001).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self

import lightgbm
import numpy as np

from hermes.core.errors import ArtifactError, DataError
from hermes.core.types import Array, Floats, Shape
from hermes.features.examples import Examples
from hermes.learn.run import Run
from hermes.models.base import Ranker

GRADES = 30  # the highest label; its gain, 2^30 - 1, still is an integer of 32 bits
SMALL = 5_000  # rows below which starting threads costs more than they save


@dataclass(frozen=True, kw_only=True)
class LambdaMARTConfig:
    """How many trees, how large, how careful."""

    trees: int = 300
    leaves: int = 31
    lr: float = 0.05
    l2: float = 1.0
    rows: int = 50  # in a leaf, at least
    columns: float = 0.8  # share of the features each tree may use
    sample: float = 0.8  # share of the rows each tree sees
    truncation: int = 30  # ranks whose pairs are learned from
    patience: int = 30  # trees without a better NDCG@10, or log loss, on the validation examples
    loss: Literal["lambdarank", "bce"] = "lambdarank"
    categorical: tuple[int, ...] = ()  # sparse columns to split on as categories


class LambdaMART(Ranker[LambdaMARTConfig]):
    """The booster is kept as its text, in one array of bytes."""

    Config = LambdaMARTConfig
    booster: lightgbm.Booster

    def fit(self, data: Examples, run: Run = Run()) -> Self:
        """Stops early on `data.valid`.

        Raises `DataError` on labels that are no grades, and where the loss compares the rows of a
        group and none has two.
        """
        self.shape = data.shape
        if self.config.loss != "bce" and np.bincount(data.queries).max(initial=0) < 2:
            raise DataError("LambdaMART: no group has two rows to compare; set its loss to bce")
        train, judge = self.table(data), [progress(run, self.config.trees)]
        sets = [] if data.valid is None else [self.table(data.valid, train)]
        if sets:
            judge.append(lightgbm.early_stopping(self.config.patience, verbose=False))
        booster = lightgbm.train(
            self.parameters(run), train, self.config.trees, sets, ["valid"][: len(sets)],
            callbacks=judge,
        )  # fmt: skip
        best = booster.best_iteration if sets else None
        self.booster = lightgbm.Booster(model_str=booster.model_to_string(num_iteration=best))
        return self

    def parameters(self, run: Run) -> dict[str, Any]:
        """LightGBM's names for the config."""
        compared = {
            "objective": "lambdarank",
            "metric": "ndcg",
            "eval_at": [10],
            "label_gain": [2**grade - 1 for grade in range(GRADES + 1)],
            "lambdarank_truncation_level": self.config.truncation,
        }
        alone = {"objective": "binary", "metric": "binary_logloss"}
        return {
            **(alone if self.config.loss == "bce" else compared),
            "num_leaves": self.config.leaves,
            "learning_rate": self.config.lr,
            "lambda_l2": self.config.l2,
            "min_data_in_leaf": self.config.rows,
            "feature_fraction": self.config.columns,
            "bagging_fraction": self.config.sample,
            "bagging_freq": 1 if self.config.sample < 1 else 0,
            "seed": run.seed,
            "deterministic": True,
            "force_row_wise": True,
            "verbose": -1,
        }

    def table(self, x: Examples, like: lightgbm.Dataset | None = None) -> lightgbm.Dataset:
        """Examples as LightGBM takes them: rows of a group side by side."""
        grades = np.rint(x.labels)
        if np.any((grades != x.labels) | (grades < 0) | (grades > GRADES)):
            raise DataError(f"LambdaMART: labels must be whole grades from 0 to {GRADES}")
        if self.config.loss == "bce":
            grades = np.minimum(grades, 1)  # relevant or not, as in every ranker's cross-entropy
        groups = np.bincount(x.queries)
        first = x.dense.shape[1]
        named = list(range(first, first + len(self.config.categorical)))
        return lightgbm.Dataset(
            self.columns(x), grades, reference=like, weight=x.weights, group=groups[groups > 0],
            categorical_feature=named, init_score=x.offset, params={"verbose": -1},
        )  # fmt: skip

    def columns(self, x: Examples) -> Array:
        """(N, Fd + categorical)"""
        chosen = x.sparse[:, list(self.config.categorical)]
        return np.concatenate([x.dense, chosen.astype(np.float32)], axis=1)

    def score(self, x: Examples) -> Floats:
        """(N,) -> (N,), what was learned added to the examples' offset"""
        if not len(x):
            return np.zeros(0, np.float32)
        threads = 1 if len(x) < SMALL else 0
        scores = self.booster.predict(self.columns(x), num_threads=threads, raw_score=True)
        return np.asarray(scores if x.offset is None else scores + x.offset, np.float32)

    def arrays(self) -> dict[str, Array]:
        """The booster's text as bytes."""
        return {"booster": np.frombuffer(self.booster.model_to_string().encode(), np.uint8).copy()}

    def restore(self, shape: Shape, arrays: dict[str, Array]) -> Self:
        """Raises `ArtifactError` when the bytes are no booster."""
        self.shape = shape
        text = arrays["booster"].tobytes() if "booster" in arrays else b""
        # LightGBM aborts the process on a text that stops short, so it is looked at before.
        if not (text.startswith(b"tree\n") and b"\nend of trees\n" in text):
            raise ArtifactError("LambdaMART: array 'booster' is missing or no booster; train again")
        self.booster = lightgbm.Booster(model_str=text.decode())
        return self


def progress(run: Run, trees: int) -> Any:
    """A callback that tells `run.report` of every tenth tree."""

    def tell(env: Any) -> None:
        if run.report and (env.iteration + 1) % 10 == 0:
            figures = {row[0]: float(row[2]) for row in env.evaluation_result_list or []}
            run.report("LambdaMART", env.iteration + 1, trees, figures)

    return tell
