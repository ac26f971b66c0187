from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from hermes.artifacts.bundle import Bundle
from hermes.core.errors import ConfigError
from hermes.core.protocols import Query
from hermes.data.dataset import Dataset
from hermes.workflows import beginners, bench_newcomer
from hermes.workflows.bench import Place
from hermes.workflows.bench_newcomer import Shop, Visit, by_chance, shared


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tiny: Path, tiny_data: Dataset) -> Shop:
    """A shop of forty items; what a genre needs is made as small."""
    monkeypatch.setattr(bench_newcomer, "FIRST", 6)
    monkeypatch.setattr(bench_newcomer, "ENOUGH", 8)
    monkeypatch.setattr(bench_newcomer, "MOST", 1.0)
    monkeypatch.setattr(bench_newcomer, "PEOPLE", 1)
    made = bench_newcomer.of("tiny", Bundle.load(tiny), tiny_data)
    lift = np.ones_like(made.kin.lift) + np.triu(np.ones_like(made.kin.lift))
    return replace(made, kin=replace(made.kin, lift=lift))


def test_a_newcomer_is_measured_at_a_real_server(small: Shop) -> None:
    rows = bench_newcomer.rows(small)
    names = [row["name"] for row in rows]
    assert names[:-1] == [
        "tiny, books: share of the first 6", "tiny, films: share of the first 6",
        "tiny, whole stream: share of the first 6",
    ]  # fmt: skip
    assert all(0 <= row["value"] <= 1 and row["floor"] == 0.5 for row in rows[:-1])
    assert rows[-1]["unit"] == "ms"
    assert rows[-1]["value"] > 0


def test_a_row_says_who_falls_short(small: Shop) -> None:
    genres = small.pages()[:2]
    visits = [Visit(genres[0], 0.1, 0.9, 0.5, 5), Visit(genres[1], 0.3, 0.2, 0.5, 3)]
    row = shared(small, visits, "books", lambda v: v.own, 1)
    assert row["value"] == pytest.approx(0.55)
    assert row["holds"] is True
    assert f"least {small.title(genres[1])} 0.20" in row["note"]
    assert "1 of 2 genres reach half" in row["note"]
    assert "before the clicks 0.20" in row["note"]
    assert "4.0 of 5 clicks" in row["note"]


def test_chance_is_the_family_s_share_of_what_can_be_had(small: Shop) -> None:
    genre = small.pages()[0]
    domain = int(small.kin.domain[genre])
    there = small.data.catalogue.available & (small.data.catalogue.domain == domain)
    chance, crowd = by_chance(small, genre, domain)
    assert chance == pytest.approx(small.kin.family(genre)[there].mean())
    assert 0 <= crowd <= 1


def test_a_part_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean 'world'"):
        bench_newcomer.measure(Place(None, tmp_path, only=("word",)))


def test_an_ordinary_user_is_cut_to_the_last_distinct_items_and_loses_the_name() -> None:
    history = np.array([4, 9, 7, 7, 9, 2, 2])
    ages = np.arange(7, 0, -1).astype(np.float32)
    whole = Query(id="q", at=datetime(2026, 1, 1, tzinfo=UTC), user=3, history=history, ages=ages)
    short = beginners.cut(whole, 2)
    assert (short.user, short.history.tolist(), short.ages.tolist()) == (0, [9, 2, 2], [3, 2, 1])
    assert set(short.exclude.tolist()) == {2, 4, 7, 9}
    assert beginners.cut(whole, 50).history.tolist() == history.tolist()


def test_ordinary_users_are_asked_with_intent_and_without(
    tiny_data: Dataset, tmp_path: Path
) -> None:
    rows = beginners.rows("tiny", tiny_data, tmp_path / "held", users=20)
    assert [row["name"].split(":")[0] for row in rows] == [
        f"tiny, known by their last {n} items" for n in (3, 5, 10)
    ]
    assert all(row["low"] <= row["value"] <= row["high"] for row in rows)
    assert beginners.held(tiny_data, tmp_path / "held") == tmp_path / "held"
