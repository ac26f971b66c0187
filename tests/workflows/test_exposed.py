"""Rankers that learn from pages: which pages, which rows, what a server makes of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hermes.artifacts.bundle import Bundle
from hermes.core.errors import ConfigError, DataError
from hermes.core.types import Candidates
from hermes.data.dataset import Dataset
from hermes.data.shown import NEVER, Shown
from hermes.evaluation.cascade import patient
from hermes.features.columns import Columns
from hermes.features.snapshot import Snapshot
from hermes.pipeline.assemble import assemble
from hermes.pipeline.queries import after, at_moments
from hermes.pipeline.recipe import parse
from hermes.workflows.exposed import appeals, examples, looked_at, unseen
from hermes.workflows.train import train

PAGES = 12  # a user


@pytest.fixture(scope="module")
def pages(tiny_data: Dataset) -> Shown:
    """Pages of five all along each user's log, on which the even items are taken mostly."""
    log, rng = tiny_data.interactions, np.random.default_rng(0)
    users = np.repeat(np.arange(1, 61), PAGES)
    first = log.times[log.offsets()[users]]
    times = first + np.tile(np.linspace(0.5, 8.9, PAGES), 60)
    items = np.concatenate([1 + rng.permutation(40)[:5] for _ in users])
    places = np.tile(np.arange(5), len(users))
    chance = np.where(items % 2 == 0, 0.8, 0.1) / (1 + places) ** 0.5
    taken = rng.random(len(items)) < chance
    when = np.where(taken, np.repeat(times, 5) + 1e-4, NEVER)
    return Shown(users, times, np.arange(len(users) + 1) * 5, items, places, when)


@pytest.fixture(scope="module")
def data(tiny_data: Dataset, pages: Shown) -> Dataset:
    return replace(tiny_data, shown=pages)


@pytest.fixture(scope="module")
def recipe(tiny_recipe: dict[str, Any]) -> dict[str, Any]:
    config = {"trees": 40, "leaves": 4, "rows": 5, "lr": 0.2, "loss": "bce", "patience": 40}
    return {
        **tiny_recipe,
        "data": {"shown": True},
        "labels": {"last": 3, "days": 5.0, "valid": 0.2},
        "rank": {**tiny_recipe["rank"], "shown": True, "config": config},
    }


@pytest.fixture(scope="module")
def bundle(
    recipe: dict[str, Any], data: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> Bundle:
    return train(recipe, data, tmp_path_factory.mktemp("exposed") / "b")


def test_rankers_learn_from_pages_that_retrievers_know_nothing_of(
    data: Dataset, pages: Shown
) -> None:
    whole = data.interactions
    edge = whole.times.max() - 5.0
    kept = whole.take(whole.times <= edge)
    ends = kept.times[kept.offsets()[1:] - 1]
    late = unseen(pages, whole, kept, np.array([3, 7]))
    assert set(late.users) == {3, 7}
    assert (late.times > ends[late.users]).all()
    early = kept.pages(pages)
    assert (early.times <= ends[early.users]).all()
    mine = np.isin(early.users, [3, 7]).sum()
    assert len(late) + mine <= 2 * PAGES


def test_what_followed_a_page_later_than_the_log_is_known_has_not_followed_yet(
    data: Dataset,
) -> None:
    log = data.interactions
    end = log.offsets()[6]
    at = float(log.times[end - 3])  # the page is older than the last but one event
    page = Shown(
        np.array([5]), np.array([at - 0.1]), np.array([0, 3]), np.array([1, 2, 3]), np.arange(3),
        np.array([at, float(log.times[end - 1]), NEVER]),
    )  # fmt: skip
    assert log.pages(page).taken.tolist() == [True, True, False]
    kept = log.take(log.rank_from_end() >= 1)
    assert kept.pages(page).taken.tolist() == [True, False, False]
    before = log.take(log.rank_from_end() >= 3)
    users = np.array([5])
    assert unseen(page, kept, before, users).taken.tolist() == [True, False, False]
    assert not len(unseen(page, log, kept, users))


def test_a_query_knows_what_came_before_its_moment(data: Dataset) -> None:
    log = data.interactions
    rows = log.offsets()[[4, 9]] + 3
    queries = list(at_moments(log, np.array([4, 9]), log.times[rows]))
    assert [len(q.history) for q in queries] == [3, 3]
    assert [q.ages.min() > 0 for q in queries] == [True, True]


def test_rows_are_what_was_shown_of_the_candidates_and_start_from_their_place(
    data: Dataset, pages: Shown
) -> None:
    log = data.interactions
    few, rates = pages.take(np.arange(30)), looked_at(pages)
    at = Snapshot.of(data.catalogue, log, np.zeros((41, 0), np.float32))
    stock = np.arange(1, 31)  # the last ten are no candidates

    def reach(_: object) -> tuple[Candidates, Any]:
        scores = np.linspace(1, 0, 30).astype(np.float32)
        return Candidates(stock, {"score": scores, "blend": scores}), stock[:5]

    found = examples(few, rates, log, reach, Columns((), at), lambda: None)
    ours = few.items <= 30
    assert found.sparse[:, 0].tolist() == [
        item for page in range(30) for item in sorted(few.items[5 * page : 5 * page + 5])
        if item <= 30
    ]  # fmt: skip
    assert found.labels.sum() == few.taken[ours].sum()
    assert found.offset is not None
    chance = 1 / (1 + np.exp(-found.offset))
    assert chance.mean() == pytest.approx(found.labels.mean(), abs=1e-4)
    by_place = {
        (page, item): place
        for page, item, place in zip(
            np.repeat(np.arange(30), 5), few.items, few.places, strict=True
        )
    }
    pairs = zip(found.queries, found.sparse[:, 0], strict=True)
    odds = np.log(rates)[[by_place[pair] for pair in pairs]]
    np.testing.assert_allclose(np.ptp(found.offset - odds), 0, atol=1e-5)


def test_what_people_took_when_they_saw_it_comes_first(bundle: Bundle, data: Dataset) -> None:
    """Events say nothing of even and odd: everybody goes on from item to item."""
    asked = list(after(data.interactions, np.arange(1, 61), 10))
    slates = [patient(assemble(bundle.path).recommender)(query) for query in asked]
    even = np.mean([(slate.items.items % 2 == 0).mean() for slate in slates])
    assert even > 0.75
    assert bundle.manifest["models"]["rank"]["groups"] > 0


def test_the_score_is_what_was_learned_and_its_parts_sum_to_it(
    bundle: Bundle, data: Dataset
) -> None:
    engine = assemble(bundle.path)
    query = replace(next(after(data.interactions, np.array([5]), 6)), attribute=True, explain=True)
    slate = patient(engine.recommender)(query)
    found = slate.attribution
    assert found is not None
    parts = found.base + sum(found.parts.values())
    np.testing.assert_allclose(parts, slate.items.columns["score"], atol=1e-5)
    names = Columns(("sasrec", "transition", "popularity"), snapshot(bundle)).names
    assert "appeal" in names


def snapshot(bundle: Bundle) -> Snapshot:
    return Snapshot.restore(bundle.arrays("snapshot"))


def test_appeal_is_made_of_pages_that_came_before_the_labels(bundle: Bundle, data: Dataset) -> None:
    log = data.interactions
    kept = log.take(log.times <= log.times.max() - 5.0)
    mine, before = snapshot(bundle).appeal, appeals(data.shown, kept)
    assert before is not None
    np.testing.assert_array_equal(mine, before)
    whole = appeals(data.shown, log)
    assert whole is not None and not np.array_equal(mine, whole)
    assert appeals(None, kept) is None
    assert data.shown is not None
    late = data.shown.take(data.shown.times > log.times.max() - 1)
    with pytest.raises(DataError, match=r"none is older .* lower labels\.days"):
        appeals(late, kept)


def test_a_stage_that_learns_from_pages_needs_them(
    recipe: dict[str, Any], tiny_data: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"rank\.shown: .* data\.shown = true"):
        parse({**recipe, "data": {}})
    several = {**recipe["rank"], "model": "hermes.models.ensemble:Ensemble"}
    with pytest.raises(ConfigError, match="give it one ranker"):
        parse({**recipe, "rank": several})
    with pytest.raises(ConfigError, match=r"labels\.days: -1"):
        parse({**recipe, "labels": {"days": -1.0}})
    with pytest.raises(DataError, match=r"set data\.shown"):
        train(recipe, tiny_data, tmp_path / "b")


def test_pages_of_which_nothing_was_taken_say_what_to_do(data: Dataset, pages: Shown) -> None:
    at = Snapshot.of(data.catalogue, data.interactions, np.zeros((41, 0), np.float32))

    def nothing(_: object) -> tuple[Candidates, Any]:
        none = np.zeros(0, np.float32)
        return Candidates(np.zeros(0, np.int64), {"score": none, "blend": none}), np.zeros(0, int)

    with pytest.raises(DataError, match="of 3 pages none shows a candidate that was taken"):
        examples(
            pages.take(np.arange(3)), looked_at(pages), data.interactions, nothing,
            Columns((), at), lambda: None,
        )  # fmt: skip
