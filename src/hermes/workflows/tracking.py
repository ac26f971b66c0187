"""Trials of a search, shown in MLflow where it is installed."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hermes.core.extras import extra

Log = Callable[[Mapping[str, float]], None]


@contextmanager
def tracked(recipe: str, out: Path, settings: Mapping[str, Any]) -> Iterator[Log]:
    """One run of MLflow's experiment `recipe`; yields what to call with the figures.

    It goes where MLFLOW_TRACKING_URI says, else into `out/mlflow.db`. Without MLflow nothing is
    kept: the figures stand in the study all the same.
    """
    if find_spec("mlflow") is None:
        yield lambda figures: None
        return
    mlflow = extra("mlflow", "tracking")
    for name in ("mlflow", "alembic"):  # they tell how they make their tables
        logging.getLogger(name).setLevel(logging.WARNING)
    place = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{out / 'mlflow.db'}"
    client = mlflow.MlflowClient(tracking_uri=place)
    known = client.get_experiment_by_name(recipe)
    number = known.experiment_id if known else client.create_experiment(recipe)
    run = client.create_run(number).info.run_id
    for name, value in settings.items():
        client.log_param(run, name, value)
    done = list[bool]()

    def log(figures: Mapping[str, float]) -> None:
        for name, value in figures.items():
            client.log_metric(run, name.replace("@", "_at_"), value)
        done.append(True)

    try:
        yield log
    finally:
        client.set_terminated(run, "FINISHED" if done else "FAILED")
