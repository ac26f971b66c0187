from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from hermes.core.errors import DataError
from hermes.core.types import Queries, Shape
from hermes.data.interactions import Interactions
from hermes.data.shown import NEVER, Shown
from hermes.learn.run import Run
from hermes.models.retrievers.effects import MixedEffects, MixedEffectsConfig, directions

USERS, ITEMS, PAGES, SLOTS = 80, 41, 30, 6
KINDS = np.eye(4)[np.arange(ITEMS) % 4].astype(np.float32)  # of item i, i mod 4


@pytest.fixture(scope="module")
def log() -> Interactions:
    """User u wants kind u mod 4; items 1 to 4 are wanted by everybody."""
    rng = np.random.default_rng(0)
    content = KINDS.copy()
    content[0] = 0.0
    users = np.repeat(np.arange(1, USERS), PAGES)
    items = np.stack([rng.permutation(ITEMS - 1)[:SLOTS] + 1 for _ in users])
    own = np.where(items % 4 == users[:, None] % 4, 2.0, -1.0)
    taken = rng.random(items.shape) < expit(-1.0 + own + 1.5 * (items <= 4))
    times = np.tile(np.arange(PAGES, dtype=float), USERS - 1)
    when = np.where(taken, times[:, None] + 0.5, NEVER)
    places = np.tile(np.arange(SLOTS), len(users))
    shown = Shown(
        users, times, np.arange(len(users) + 1) * SLOTS, items.ravel(), places, when.ravel()
    )
    rows = np.flatnonzero(taken.ravel())
    who, what = np.repeat(users, SLOTS)[rows], items.ravel()[rows]
    shape = Shape(n_users=USERS, n_items=ITEMS)
    ones = np.ones(len(rows), np.float32)
    events = Interactions.sort(who, what, when.ravel()[rows], ones, shape)
    return replace(events, content=content, shown=shown)


@pytest.fixture(scope="module")
def model(log: Interactions) -> MixedEffects:
    return MixedEffects(MixedEffectsConfig(d=8, rounds=6)).fit(log)


def past(*items: int) -> Queries:
    return Queries(np.zeros(1, np.int64), np.array([items]), np.zeros((1, len(items)), np.float32))


def test_a_history_of_one_kind_asks_for_more_of_it(model: MixedEffects) -> None:
    own = model.odds(np.array([5, 9, 13]), np.arange(1, ITEMS)).own
    kinds = np.arange(1, ITEMS) % 4
    assert own[kinds == 1].min() > 0.3 and own[kinds != 1].max() < 0


def test_what_everybody_wants_is_no_persons_own(model: MixedEffects) -> None:
    odds = model.odds(np.array([5, 9, 13]), np.arange(1, ITEMS))
    assert odds.main[:4].min() > odds.main[4:].max()
    assert np.ptp(odds.own[[0, 4, 8]]) < 0.05  # of one kind
    assert abs(odds.main.mean()) < 1e-4


def test_the_score_adds_both_and_an_index_can_serve_it(model: MixedEffects) -> None:
    odds = model.odds(np.array([6, 10]), np.arange(ITEMS))
    scores = model.score(past(0, 6, 10))[0]
    np.testing.assert_allclose(scores, odds.own + odds.main, atol=1e-5)
    assert model.catalogue().shape[1] == model.embed(past(6)).shape[1]


def test_the_more_is_known_the_less_is_doubted(model: MixedEffects) -> None:
    few = model.odds(np.array([6]), np.array([7])).own_doubt
    many = model.odds(np.arange(6, ITEMS, 4), np.array([7])).own_doubt
    assert 0 < many < few <= np.square(model.items[7]).sum() + 1e-6
    assert (model.doubt > 0).all()


def test_an_item_twice_counts_once_and_a_stranger_wants_what_all_want(model: MixedEffects) -> None:
    np.testing.assert_array_equal(model.embed(past(6, 6, 0)), model.embed(past(0, 0, 6)))
    assert not model.embed(past(0, 0))[0, :-1].any()


def test_evidence_is_the_item_that_adds_most(model: MixedEffects) -> None:
    assert model.evidence(np.array([5, 6]), np.array([9, 10])).tolist() == [5, 6]
    assert model.evidence(np.array([5]), np.array([10])).tolist() == [0]  # it speaks against
    assert model.evidence(np.zeros(3, np.int64), np.array([10])).tolist() == [0]


def test_what_is_left_of_a_bundle_answers_alike(model: MixedEffects) -> None:
    other = MixedEffects(model.config).restore(model.shape, model.arrays())
    np.testing.assert_array_equal(other.score(past(6, 10)), model.score(past(6, 10)))


def test_few_people_can_tell_how_people_differ_and_the_last_pass_is_told(log: Interactions) -> None:
    told = list[tuple[int, int]]()
    run = Run(report=lambda stage, done, total, values: told.append((done, total)))
    fewer = MixedEffects(MixedEffectsConfig(d=8, rounds=4, users=40)).fit(log, run)
    own = fewer.odds(np.array([5, 9, 13]), np.arange(1, ITEMS)).own
    assert own[np.arange(1, ITEMS) % 4 == 1].min() > 0
    assert told == [(done, 5) for done in range(1, 6)]


def test_the_same_seed_learns_the_same(model: MixedEffects, log: Interactions) -> None:
    again = MixedEffects(model.config).fit(log)
    np.testing.assert_array_equal(again.items, model.items)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"shown": None}, "set data.shown"),
        ({"content": np.zeros((ITEMS, 2), np.float32)}, "nothing is known of any item"),
    ],
)
def test_a_log_that_does_not_tell_enough_is_named(
    log: Interactions, change: dict[str, object], words: str
) -> None:
    with pytest.raises(DataError, match=words):
        MixedEffects().fit(replace(log, **change))


def test_pages_that_are_all_younger_than_the_events_are_named(log: Interactions) -> None:
    with pytest.raises(DataError, match="no page is older"):
        MixedEffects().fit(log.take(np.zeros(len(log), bool)))


def test_where_all_items_are_alike_nobody_has_wishes_of_their_own(log: Interactions) -> None:
    alike = np.zeros_like(log.content)
    alike[1:, 0] = 1.0
    odds = (
        MixedEffects(MixedEffectsConfig(rounds=2))
        .fit(replace(log, content=alike))
        .odds(np.array([5]), np.arange(ITEMS))
    )
    assert not odds.own.any() and not odds.own_doubt.any()
    assert odds.main[1:5].min() > odds.main[5:].max()


def test_pages_of_which_nothing_was_taken_are_named(log: Interactions) -> None:
    assert log.shown is not None
    late = log.shown.until(np.full(len(log.shown), -1.0))
    with pytest.raises(DataError, match="nothing that was shown was ever taken"):
        MixedEffects().fit(replace(log, shown=late))


def test_directions_in_which_nothing_differs_are_left_out() -> None:
    centre, axes = directions(KINDS, 8, np.random.default_rng(0))
    assert axes.shape == (4, 3)  # four kinds that add up to one
    np.testing.assert_allclose(centre, KINDS[1:].mean(axis=0), atol=1e-6)
