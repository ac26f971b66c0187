"""The rankers on rows that stand alone, at a size of seconds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from hermes.core.errors import ConfigError, DataError
from hermes.learn.loop import Schedule
from hermes.models.rankers.deepfm import DeepFM, DeepFMConfig
from hermes.models.rankers.din import DIN, DINConfig
from hermes.models.rankers.dlrm import DLRM, DLRMConfig
from hermes.models.rankers.logistic import Logistic, LogisticConfig
from hermes.workflows import bench, bench_ctr, ctr
from hermes.workflows.bench_ctr import FRAPPE, Maker
from hermes.workflows.ctr import Log

SHORT = Schedule(epochs=6, batch=256, lr=1e-2)
QUICK: dict[str, Maker] = {
    "logistic": lambda shape: Logistic(LogisticConfig(schedule=SHORT)),
    "deepfm": lambda shape: DeepFM(DeepFMConfig(d=4, loss="bce", schedule=SHORT)),
    "din": lambda shape: DIN(DINConfig(d=4, loss="bce", schedule=SHORT)),
    "dlrm": lambda shape: DLRM(DLRMConfig(d=4, loss="bce", schedule=SHORT)),
}


def rows(n: int, seed: int) -> pl.DataFrame:
    """Taken is what has the parity of the user: of no use to a linear model."""
    rng = np.random.default_rng(seed)
    columns = {name: rng.integers(0, 6, n) for name in FRAPPE.codes}
    taken = (columns["item"] + columns["user"]) % 2 == 0
    return pl.DataFrame({"label": taken.astype(np.int8), **columns})


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "frappe"
    folder.mkdir()
    for seed, (part, n) in enumerate({"train": 3000, "valid": 500, "test": 600}.items()):
        rows(n, seed).write_parquet(folder / f"{part}.parquet")
    return folder.parent


@pytest.fixture(scope="module")
def log(data: Path) -> Log:
    return bench_ctr.frappe(data)


def test_every_ranker_has_its_rows_and_the_best_is_named(data: Path, tmp_path: Path) -> None:
    found = bench_ctr.measure(bench.Place(data, tmp_path), rankers=QUICK)
    table = {row["name"]: bench.Row(**row, part="ctr") for row in found}
    assert len(table) == 2 * (len(QUICK) + 2)
    assert table["frappe, logistic: AUC"].value == pytest.approx(0.5, abs=0.1)
    assert table["frappe, logistic: AUC"].holds is None
    assert table["frappe, deepfm: AUC"].holds
    assert table["frappe, the best: log loss"].floor == 0.135
    kept = json.loads((tmp_path / "ctr.json").read_text("utf-8"))["frappe"]
    best = min((one for one in kept if one["name"] != "din"), key=lambda one: one["valid"])
    assert best["metrics"]["auc"]["mean"] == table["frappe, the best: AUC"].value


def test_a_log_loss_above_its_floor_does_not_hold(log: Log) -> None:
    guess = np.zeros(len(log.asked), np.float32)
    one = ctr.judged("coin", (np.zeros(len(log.valid), np.float32), guess), None, log)
    found = {row["name"]: row for row in bench_ctr.shown(one, "x", bench_ctr.EACH, "")}
    assert found["x, coin: log loss"]["value"] == pytest.approx(np.log(2))
    assert found["x, coin: log loss"]["holds"] is False
    assert found["x, coin: AUC"]["holds"] is False


def test_only_those_that_are_named_are_fitted(data: Path, tmp_path: Path) -> None:
    found = bench_ctr.measure(bench.Place(data, tmp_path, only=("logistic",)), QUICK)
    assert [row["name"] for row in found] == ["frappe, logistic: AUC", "frappe, logistic: log loss"]


def test_a_ranker_nobody_knows_names_the_nearest(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean 'deepfm'"):
        bench_ctr.measure(bench.Place(data, tmp_path, only=("depfm",)))


def test_a_folder_without_frappe_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no data set frappe"):
        bench_ctr.measure(bench.Place(tmp_path, tmp_path))


def test_the_world_gives_rows_with_words_and_numbers_in_order_of_time() -> None:
    log = bench_ctr.made_up("tiny", 2000, 6.0)
    assert [len(x) for x in (log.learn, log.valid, log.asked)] == [1400, 200, 400]
    assert log.learn.dense.shape[1] == 4
    assert 0 < log.learn.labels.mean() < 1
    assert log.learn.shape == log.asked.shape


def test_the_validation_and_test_rows_teach_no_code(log: Log, data: Path) -> None:
    frames = [rows(50, seed) for seed in range(3)]
    frames[1] = frames[1].with_columns(item=pl.lit(77))
    frames[2] = frames[2].with_columns(user=pl.lit(99))
    found = Log.of("x", FRAPPE, "user", tuple(frames))
    assert not found.valid.sparse[:, 0].any()
    assert not found.whose.any()


def test_what_a_user_took_is_read_from_the_rows_to_learn_from(log: Log) -> None:
    known = log.remembering(length=6, folds=4)
    taken = log.learn.labels > 0
    user = log.asked.sparse[0, log.user]
    mine = log.learn.sparse[taken & (log.learn.sparse[:, log.user] == user), 0]
    assert set(known.asked.history[0].tolist()) - {0} == set(mine.tolist()) - {0}
    assert known.valid is known.learn.valid
    assert known.learn.history.shape == (len(log.learn), 6)


def test_the_average_is_of_log_odds(log: Log) -> None:
    def one(height: float) -> ctr.Standing:
        scores = tuple(np.full(len(x), height, np.float32) for x in (log.valid, log.asked))
        return ctr.judged("one", (scores[0], scores[1]), None, log)

    found = ctr.average([one(-1.0), one(3.0)], "both", log)
    assert found.metrics["nll"].mean == pytest.approx(one(1.0).metrics["nll"].mean)
    with pytest.raises(DataError, match="at least one"):
        ctr.average([], "none", log)


def test_intervals_are_over_users(log: Log) -> None:
    """With one user every draw is the same rows."""
    sparse = log.asked.sparse.copy()
    sparse[:, log.user] = 1
    alone = replace(log, asked=replace(log.asked, sparse=sparse))
    scores = np.random.default_rng(0).normal(size=len(log.asked)).astype(np.float32)
    found = ctr.judged("x", (np.zeros(len(log.valid), np.float32), scores), None, alone)
    assert found.metrics["auc"].low == found.metrics["auc"].high == found.metrics["auc"].mean
