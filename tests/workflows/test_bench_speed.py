import itertools
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hermes.core.errors import Unavailable
from hermes.core.types import Shape
from hermes.data.interactions import Interactions
from hermes.evaluation.splits import Split, leave_one_out
from hermes.workflows import bench_speed
from hermes.workflows.bench import Place


@pytest.fixture
def split() -> Split:
    """Thirty users who walk round a circle of items."""
    users = np.repeat(np.arange(1, 31), 8)
    items = (users + np.tile(np.arange(8), 30)) % 12 + 1
    times = np.arange(240, dtype=np.float64)
    ones = np.ones(240, np.float32)
    return leave_one_out(Interactions.sort(users, items, times, ones, Shape(31, 13)))


def test_recbole_is_given_every_event_with_its_place_in_time(split: Split, tmp_path: Path) -> None:
    bench_speed.written(split, tmp_path / "log")
    lines = (tmp_path / "log" / "log.inter").read_text().splitlines()
    assert lines[0] == "user_id:token\titem_id:token\ttimestamp:float"
    assert lines[1:9] == [f"1\t{(1 + at) % 12 + 1}\t{at}" for at in range(8)]


def test_what_recbole_is_judged_by_is_our_validation(split: Split, tmp_path: Path) -> None:
    bench_speed.written(split, tmp_path / "log")
    cases, holdout = np.load(tmp_path / "cases.npz"), split.train.valid
    assert holdout is not None
    np.testing.assert_array_equal(cases["targets"], holdout.targets)
    np.testing.assert_array_equal(np.diff(cases["offsets"]), 6)


def test_an_interpreter_without_recbole_is_named(split: Split, tmp_path: Path) -> None:
    place = Place(None, tmp_path, peer=Path(sys.executable))
    with pytest.raises(Unavailable, match=r"No module named 'recbole'.*check"):
        list(bench_speed.recbole(bench_speed.RACES[0], split, place))


def test_a_race_without_an_interpreter_says_how_to_get_one(split: Split, tmp_path: Path) -> None:
    (row,) = bench_speed.raced(bench_speed.RACES[0], split, Place(None, tmp_path))
    assert row["value"] is None
    assert "runs/speed.sh" in row["note"]


def test_our_model_is_looked_at_after_every_pass(split: Split) -> None:
    plan = {"d": 8, "length": 8, "schedule": {"epochs": 3, "batch": 8}}
    looks = bench_speed.learned(replace(bench_speed.RACES[0], config=plan), split)
    assert [look.passes for look in looks] == [1, 2, 3]
    assert all(a.seconds < b.seconds for a, b in itertools.pairwise(looks))
