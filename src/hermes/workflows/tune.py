"""A search over a recipe's settings: every trial is a training, judged on its own held-out users.

Optuna proposes, by its tree-structured Parzen estimator (Bergstra, Bardenet, Bengio, Kegl.
Algorithms for hyper-parameter optimization. NeurIPS 2011), and keeps what was found in a file, so
that a killed search goes on, its last trial included. The test users are never asked.
"""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hermes.core.config import override
from hermes.core.errors import ConfigError, DataError, HermesError, Unavailable, nearest
from hermes.core.extras import extra
from hermes.data.dataset import Dataset
from hermes.learn.run import Run
from hermes.pipeline.recipe import parse

from .space import Range
from .tracking import tracked
from .train import check, train

Table = dict[str, Any]
Say = Callable[[str], None]
METRICS = ("hr@10", "ndcg@10")  # of every system in a manifest


@dataclass(frozen=True, kw_only=True)
class Search:
    """What is looked for, and how long."""

    space: Mapping[str, Range]
    trials: int = 20  # in all, those of an earlier, killed search included
    metric: str = "ndcg@10"  # of the manifest's metrics
    system: str = "cascade"  # whose metric counts

    def __post_init__(self) -> None:
        """Refuse a metric that no training measures."""
        if self.metric not in METRICS:
            raise ConfigError(f"--metric {self.metric!r}{nearest(self.metric, METRICS)}")


@dataclass(frozen=True)
class Found:
    """The best trial."""

    value: float
    settings: Mapping[str, Any]
    trials: int  # that ended with a figure
    recipe: Path


def tune(
    table: Table,
    data: Dataset,
    out: Path,
    search: Search,
    run: Run = Run(),
    say: Say = lambda line: None,
) -> Found:
    """Search in the folder `out`; write the best settings to `out/best.toml` and return them.

    Raises `ConfigError` for a setting the recipe does not have and for a folder that holds another
    search, `Unavailable` without Optuna, `DataError` when no trial ended with a figure.
    """
    optuna = extra("optuna", "tune")
    states = optuna.trial.TrialState
    check(parse(laid(table, {name: room.first for name, room in search.space.items()})))
    out.mkdir(parents=True, exist_ok=True)
    study = opened(optuna, out, marks(table, data, search, run))
    taken_up(study, states)
    while (done := ended(study, states)) < search.trials:
        study.sampler = optuna.samplers.TPESampler(seed=run.seed * 100_003 + done)
        trial = study.ask()
        settings = {name: room.ask(trial, name) for name, room in search.space.items()}
        with tracked(str(table["name"]), out, settings) as log:
            metrics = figures(laid(table, settings), data, out / "trial", run, trial)
            log(metrics)
        value = of(search, metrics)
        study.tell(trial, value, states.COMPLETE if metrics else states.FAIL)
        shown = ", ".join(f"{name} {setting}" for name, setting in settings.items())
        say(f"trial {done + 1} of {search.trials}: {said(search, value)} with {shown}")
    good = study.get_trials(states=(states.COMPLETE,))
    if not good:
        raise DataError(f"{out}: no trial of {search.trials} ended with a figure; widen the space")
    best = study.best_trial
    recipe = out / "best.toml"
    recipe.write_text(head(search, best, len(good)) + toml(laid(table, best.params)), "utf-8")
    return Found(float(best.value), best.params, len(good), recipe)


def figures(table: Table, data: Dataset, folder: Path, run: Run, trial: Any) -> dict[str, float]:
    """What a training measured on its held-out users; nothing where it failed."""
    try:
        metrics = train(table, data, folder, run=run).manifest["metrics"]
    except (ConfigError, Unavailable):
        raise
    except HermesError as error:  # a loss that is no number: this place is bad, others may be good
        trial.set_user_attr("failed", str(error))
        return {}
    shutil.rmtree(folder)
    flat = {f"{system}.{name}": v for system, found in metrics.items() for name, v in found.items()}
    trial.set_user_attr("metrics", flat)
    return flat


def of(search: Search, metrics: Mapping[str, float]) -> float | None:
    """The figure that counts; None where there is none at all."""
    wanted = f"{search.system}.{search.metric}"
    if metrics and wanted not in metrics:
        raise ConfigError(f"--system: no {wanted!r} is measured{nearest(wanted, metrics)}")
    return metrics.get(wanted)


def said(search: Search, value: float | None) -> str:
    """A figure with its name."""
    return "failed" if value is None else f"{search.metric} {value:.4f}"


def laid(table: Table, settings: Mapping[str, Any]) -> Table:
    """A copy of a recipe's table with settings laid over it."""
    out = copy.deepcopy(table)
    for name, value in settings.items():
        out = override(out, f"{name}={json.dumps(value, ensure_ascii=False)}")
    return out


def marks(table: Table, data: Dataset, search: Search, run: Run) -> str:
    """What makes a search this one: all but how long it lasts."""
    space = {name: asdict(room) for name, room in search.space.items()}
    all_of_it = [table, data.hash, space, search.metric, search.system, run.seed]
    text = json.dumps(all_of_it, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def opened(optuna: Any, out: Path, mark: str) -> Any:
    """The study in the folder, new or as it was left."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        study_name="hermes",
        storage=f"sqlite:///{out / 'study.db'}",
        direction="maximize",
        load_if_exists=True,
    )
    if study.user_attrs.get("marks", mark) != mark:
        raise ConfigError(
            f"{out} holds a search of another recipe, space, metric, seed or lake;"
            " choose another --out"
        )
    study.set_user_attr("marks", mark)
    return study


def taken_up(study: Any, states: Any) -> None:
    """A trial that was killed is asked for once more, and goes on from its models."""
    for trial in study.get_trials(states=(states.RUNNING,)):
        study.tell(trial.number, state=states.FAIL)
        study.enqueue_trial(trial.params)


def ended(study: Any, states: Any) -> int:
    """Trials that ended with a figure, or with the reason why there is none."""
    whole = study.get_trials(deepcopy=False)
    return sum(t.state == states.COMPLETE or "failed" in t.user_attrs for t in whole)


def head(search: Search, best: Any, count: int) -> str:
    """The comment above the recipe that was found."""
    what = f"{search.system} {search.metric} {best.value:.4f} on its own held-out users"
    return f"# The best of {count} trials of hermes tune: {what}.\n"


def toml(table: Mapping[str, Any], path: tuple[str, ...] = ()) -> str:
    """A recipe's table as TOML: plain values, then its tables, then its arrays of tables.

    >>> print(toml({"name": "x", "rank": {"keep": 5}, "channels": [{"name": "a"}]}))
    name = "x"
    <BLANKLINE>
    [rank]
    keep = 5
    <BLANKLINE>
    [[channels]]
    name = "a"
    <BLANKLINE>
    """
    lists = {k: v for k, v in table.items() if isinstance(v, list) and v and isinstance(v[0], dict)}
    inner = {k: v for k, v in table.items() if isinstance(v, dict)}
    plain = {k: v for k, v in table.items() if k not in inner and k not in lists}
    said = {key: json.dumps(value, ensure_ascii=False) for key, value in plain.items()}
    out = "".join(f"{key} = {value}\n" for key, value in said.items())
    for key, value in inner.items():
        out += f"\n[{'.'.join((*path, key))}]\n{toml(value, (*path, key))}"
    for key, values in lists.items():
        for value in values:
            out += f"\n[[{'.'.join((*path, key))}]]\n{toml(value, (*path, key))}"
    return out
