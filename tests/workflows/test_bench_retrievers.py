from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hermes.core.config import build, resolve
from hermes.core.errors import ConfigError
from hermes.core.types import Shape
from hermes.data.interactions import Interactions
from hermes.evaluation.sampled import negatives
from hermes.evaluation.splits import Split, leave_one_out
from hermes.models.base import Retriever
from hermes.workflows import bench, bench_retrievers
from hermes.workflows.bench_retrievers import BASELINES, ENTRIES, Bench, Entry

ITEMS = 160


@pytest.fixture(scope="module")
def split() -> Split:
    """Everybody goes around a circle of items, so that order says all."""
    rng, users = np.random.default_rng(0), 80
    counts = rng.integers(5, 30, users)
    who = np.repeat(np.arange(1, users + 1), counts)
    step = np.concatenate([np.arange(n) for n in counts])
    items = 1 + (np.repeat(rng.integers(ITEMS, size=users), counts) + 2 * step) % (ITEMS - 1)
    ones, shape = np.ones(len(who), np.float32), Shape(users + 1, ITEMS)
    return leave_one_out(Interactions.sort(who, items, step.astype(float), ones, shape))


@pytest.fixture
def small(split: Split, monkeypatch: pytest.MonkeyPatch) -> None:
    """The circle in place of MovieLens-1M, and models that take no time."""
    quick = Entry(model="hermes.models.retrievers.transition:Transition", drawn=0.99)
    slow = Entry(model="hermes.models.retrievers.itemknn:ItemKNN", long=True)
    lost = Entry(model="hermes.models.retrievers.ials:IALS", config={"factors": 3})
    monkeypatch.setattr(bench_retrievers, "ENTRIES", (quick, slow, lost))
    first = (
        Entry(model="hermes.models.retrievers.popularity:Popularity"),
        Entry(model="hermes.models.retrievers.ease:EASE"),
    )
    monkeypatch.setattr(bench_retrievers, "BASELINES", first)
    monkeypatch.setattr(bench_retrievers.Ground, "split", split)


def rows(*only: str) -> dict[str, bench.Row]:
    place = bench.Place(None, Path(), only=only)
    found = [build(bench.Row, row) for row in bench_retrievers.measure(place)]
    return {row.name.removeprefix("MovieLens-1M, "): row for row in found}


@pytest.mark.usefixtures("small")
def test_each_model_has_its_figures_its_seconds_and_its_gain() -> None:
    found = rows("Transition")
    for name in ("Popularity", "EASE", "Transition"):
        whole, few = found[f"{name}: hr@10"], found[f"{name}, against 100 drawn films: hr@10"]
        assert whole.low is not None
        assert whole.low <= whole.value <= few.value
        assert "comparison" in few.note
        assert found[f"{name}: fit"].unit == "s"
    gain = found["Transition over EASE: ndcg@10"]
    own, other = found["Transition: ndcg@10"].value, found["EASE: ndcg@10"].value
    assert gain.value == pytest.approx(own - other)
    assert gain.holds == (gain.low > 0)
    assert found["Transition, against 100 drawn films: hr@10"].floor == 0.99


@pytest.mark.usefixtures("small")
def test_a_model_that_cannot_be_measured_is_a_row_that_says_why() -> None:
    found = rows()
    assert found["IALS"].value is None
    assert "factors" in found["IALS"].note
    assert found["Transition: fit"].value is not None


@pytest.mark.usefixtures("small")
def test_what_learns_for_long_waits_to_be_asked() -> None:
    def names(*only: str, full: bool = False) -> list[str]:
        place = bench.Place(None, Path(), full, only)
        return [entry.name() for entry in bench_retrievers.chosen(place)]

    assert names() == ["Transition", "IALS"]
    assert names(full=True) == ["Transition", "ItemKNN", "IALS"]
    assert names("ItemKNN") == ["ItemKNN"]


def test_a_model_nobody_knows_is_named() -> None:
    with pytest.raises(ConfigError, match="did you mean 'NeuralODE'"):
        bench_retrievers.chosen(bench.Place(None, Path(), only=("NeuralOD",)))


def test_all_models_are_drawn_the_same_items(split: Split) -> None:
    drawn = negatives(split.test, 50, np.random.default_rng(0))
    entry = Entry(model="hermes.models.retrievers.transition:Transition")
    one, two = (Bench(split, drawn).measured(entry)[0] for _ in range(2))
    assert [r["value"] for r in one[:4]] == [r["value"] for r in two[:4]]


@pytest.mark.parametrize("entry", [*BASELINES, *ENTRIES], ids=Entry.name)
def test_the_config_of_a_model_is_one_it_takes(entry: Entry) -> None:
    cls = resolve(entry.model)
    assert issubclass(cls, Retriever)
    assert isinstance(build(cls.Config, entry.config, entry.name()), cls.Config)
