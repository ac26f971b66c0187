from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hermes.core.config import build
from hermes.pipeline import recipe as recipes
from hermes.workflows import bench, bench_explain, bench_shown
from hermes.workflows.bench_quality import Ground
from hermes.world.truth import Truth

SMALL = (
    "channels.sasrec.config.d=8",
    "channels.sasrec.config.schedule.epochs=1",
    "prerank.config.schedule.epochs=1",
    "rank.config.trees=20",
    "labels.users=150",
)


def test_rows_are_what_the_law_expects_of_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the tiny world, learned in seconds: the order of the systems is not asked there."""
    load = recipes.load
    monkeypatch.setattr(
        bench_explain.recipes, "load", lambda name, given=(): load(name, (*given, *SMALL))
    )
    monkeypatch.setattr(bench_explain, "SCALE", "tiny")
    monkeypatch.setattr(bench_shown, "SEEDS", (41,))
    monkeypatch.setattr(bench_explain, "PEOPLE", 20)
    place = bench.Place(None, tmp_path)
    rows = {row.name: row for row in (build(bench.Row, r) for r in bench_shown.measure(place))}
    title = "the simulated world, clicks a page of ten by the law: "
    shown, events, popular, best = (rows[title + name].value for name in bench_shown.NAMES)
    assert shown and events and popular and best
    assert best > max(shown, events, popular) > 0
    assert rows[title + "over most popular"].value == pytest.approx(shown / popular)
    knower = bench_explain.knowing(Ground(place), 41)
    assert len(knower.pages) > 100 and knower.rates[0] == 1
    assert np.isfinite(knower.taste(3)).all()
    assert len(knower.truth.items) == len(Truth.of("tiny", 41).items)
