"""A given split of two sparse matrices, from the files to what is trained and tested on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix, save_npz

from hermes.core.errors import DataError
from hermes.core.types import Array
from hermes.data.build import dataset
from hermes.data.ingest import ingest
from hermes.data.lake import Lake
from hermes.data.spec import DataSpec
from hermes.data.validate import validate
from hermes.domains.gowalla import adapter
from hermes.evaluation import splits

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TRAIN = np.array([[1, 0, 1, 0], [0, 1, 1, 0], [1, 1, 0, 0]])
TEST = np.array([[0, 1, 0, 0], [1, 0, 0, 1], [0, 0, 0, 0]])


def folder(path: Path, train: Array = TRAIN, test: Array = TEST) -> Path:
    save_npz(path / "train.npz", csr_matrix(train.astype(np.float64)))
    save_npz(path / "test.npz", csr_matrix(test.astype(np.float64)))
    return path


def test_cells_become_events_of_their_split(tmp_path: Path) -> None:
    report = validate(adapter, folder(tmp_path))
    assert report.good == {"events": 9} and not report.faults
    train, test = adapter.open(tmp_path).parts
    frames = [next(iter(part.read(100))) for part in (train, test)]
    assert [f["split"].unique().to_list() for f in frames] == [["train"], ["test"]]
    pairs = sorted(frames[1].select("user_id", "asset_id").rows())
    assert pairs == [("0", "1"), ("1", "0"), ("1", "3")]
    assert frames[0]["line"].to_list() == [1, 2, 3, 4, 5, 6]
    assert max(frames[0]["occurred_at"].to_list()) < min(frames[1]["occurred_at"].to_list())


def test_frames_are_as_long_as_wished_and_say_the_same(tmp_path: Path) -> None:
    part = adapter.open(folder(tmp_path)).parts[0]
    short = list(part.read(4))
    assert [len(f) for f in short] == [4, 2]
    assert [r for f in short for r in f.rows()] == next(iter(part.read(100))).rows()


def test_the_given_protocol_finds_train_and_test_again(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    ingest(lake, adapter, folder(tmp_path), NOW)
    data = dataset(lake, DataSpec())
    assert data.split is not None
    split = splits.given(data.interactions, data.split)
    users, items = data.users.names, data.catalogue.items.names
    learned = {
        (users[u], items[i]) for u, i in zip(split.train.users, split.train.items, strict=True)
    }
    assert learned == {(str(u), str(i)) for u, i in np.argwhere(TRAIN)}
    asked = {
        (users[split.test.users[q]], items[i])
        for q, i in zip(split.test.owners(), split.test.targets, strict=True)
    }
    assert asked == {(str(u), str(i)) for u, i in np.argwhere(TEST)}
    assert split.test.repeats == 0


def test_the_order_within_a_user_is_drawn_and_always_the_same(tmp_path: Path) -> None:
    folder(tmp_path, np.ones((1, 200)), np.ones((1, 200)))
    first, again = (next(iter(adapter.open(tmp_path).parts[0].read(500))) for _ in range(2))
    assert first.equals(again)
    order = first.sort("occurred_at")["asset_id"].cast(int).to_numpy()
    assert sorted(order) == list(range(200))
    assert abs(np.corrcoef(order, np.arange(200))[0, 1]) < 0.2


def test_zeros_that_are_stored_are_no_events(tmp_path: Path) -> None:
    folder(tmp_path)
    stored = csr_matrix((np.array([1.0, 0.0]), ([0, 1], [2, 3])), shape=TRAIN.shape)
    save_npz(tmp_path / "train.npz", stored)
    assert len(next(iter(adapter.open(tmp_path).parts[0].read(10)))) == 1


def test_what_is_no_pair_of_matrices_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"train\.npz: no such file"):
        adapter.open(tmp_path)
    folder(tmp_path, TRAIN[:2])
    with pytest.raises(DataError, match=r"train is \(2, 4\) and test \(3, 4\)"):
        adapter.open(tmp_path)
    folder(tmp_path, TRAIN * np.nan)
    with pytest.raises(DataError, match="finite"):
        adapter.open(tmp_path)
    for raw in (b"", b"PK\x03\x04 and then nothing", b"1 2 3\n"):
        (tmp_path / "train.npz").write_bytes(raw)
        with pytest.raises(DataError, match="no sparse matrix"):
            adapter.open(tmp_path)
    np.savez(tmp_path / "train.npz", a=TRAIN)
    with pytest.raises(DataError, match="no sparse matrix"):
        adapter.open(tmp_path)


def test_gowalla_is_whole(shared_data: Path) -> None:
    report = validate(adapter, shared_data / "gowalla")
    assert report.good == {"events": 810_128 + 217_242} and not report.faults
