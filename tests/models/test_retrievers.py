"""Retrievers against their formulas, by hand and by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from hermes.core.errors import ConfigError, ShapeError
from hermes.core.types import Floats, Ints, Queries, Shape
from hermes.data.interactions import Interactions
from hermes.models.neighbours import nearest
from hermes.models.retrievers.bpr import BPR
from hermes.models.retrievers.ease import EASE, EASEConfig
from hermes.models.retrievers.ials import IALS, IALSConfig
from hermes.models.retrievers.itemknn import ItemKNN, ItemKNNConfig
from hermes.models.retrievers.popularity import Popularity, PopularityConfig
from hermes.models.retrievers.transition import Transition, TransitionConfig
from hermes.models.retrievers.two_tower import TwoTower, TwoTowerConfig


def log(rows: list[tuple[int, int, float]], n_items: int, worth: float = 1.0) -> Interactions:
    """(user, item, day) rows."""
    users, items, days = (np.array(c) for c in zip(*rows, strict=True))
    weights = np.full(len(rows), worth, np.float32)
    shape = Shape(int(users.max()) + 1, n_items)
    return Interactions.sort(users, items, days.astype(np.float64), weights, shape)


def random_log(seed: int = 0, n_users: int = 40, n_items: int = 15) -> Interactions:
    """Users who each chose 6 different items, one a day."""
    rng = np.random.default_rng(seed)
    rows = [
        (u, int(i), float(day))
        for u in range(1, n_users)
        for day, i in enumerate(rng.permutation(np.arange(1, n_items))[:6])
    ]
    return log(rows, n_items)


def dense(neighbour: Ints, similarity: Floats) -> Floats:
    """The lists as a table.  -> (I, I)"""
    out = np.zeros((len(neighbour), len(neighbour)), np.float32)
    np.add.at(out, (np.arange(len(neighbour))[:, None], neighbour), similarity)
    return out


def ask(*items: int) -> tuple[Ints, Floats]:
    return np.array(items, np.int64), np.zeros(len(items), np.float32)


def test_popularity_halves_what_is_a_half_life_old_and_forgets_beyond_the_window() -> None:
    data = log([(1, 1, 0.0), (2, 2, 90.0), (3, 3, 100.0), (4, 3, 100.0)], 4)
    model = Popularity(PopularityConfig(half_life=10.0, window=50.0)).fit(data)
    assert model.counts.tolist() == [0.0, 0.0, 0.5, 2.0]


def test_popularity_counts_dislikes_against_an_item() -> None:
    data = log([(1, 1, 0.0), (2, 2, 0.0)], 3, worth=-1.0)
    assert Popularity().fit(data).counts.tolist() == [0.0, -1.0, -1.0]


def test_popularity_of_an_empty_log_is_nothing() -> None:
    none = np.zeros(0, np.int64)
    data = Interactions(none, none, none.astype(float), none.astype(np.float32), Shape(3, 4))
    assert Popularity().fit(data).counts.tolist() == [0.0] * 4


def test_nearest_keeps_the_largest_in_size_best_first_and_never_the_item_itself() -> None:
    table = csr_array(np.array([[9, 9, 9, 9], [9, 9, 2, -5], [9, 1, 9, 3], [0, 4, 0, 9.0]]))
    neighbour, similarity = nearest(table, 1)
    assert neighbour.tolist() == [[0], [3], [3], [1]]
    assert similarity.tolist() == [[0.0], [-5.0], [3.0], [4.0]]
    assert nearest(table, 50)[0].shape == (4, 2)


def test_transition_counts_pairs_by_distance_and_normalises_by_both_margins() -> None:
    config = TransitionConfig(window=2, spread=1.0, alpha=0.5, shrink=0.0, power=1.0)
    model = Transition(config).fit(log([(1, 1, 0), (1, 2, 1), (1, 3, 2), (2, 1, 0), (2, 3, 1)], 4))
    counts = np.zeros((4, 4))
    counts[1, 2], counts[2, 3], counts[1, 3] = 1.0, 1.0, 0.5 + 1.0
    out, into = counts.sum(1), counts.sum(0)
    expected = counts / np.sqrt(np.maximum(np.outer(out, into), 1e-9))
    np.testing.assert_allclose(dense(model.neighbour, model.similarity), expected, rtol=1e-6)


def test_transition_reads_the_last_items_the_newest_most() -> None:
    config = TransitionConfig(alpha=0.0, power=1.0, window=1, length=2, decay=1.0)
    model = Transition(config).fit(log([(1, 1, 0), (1, 2, 1), (2, 3, 0), (2, 4, 1)], 5))
    assert model.sparse_score(*ask(1, 3)).tolist() == [0.0, 0.0, 0.5, 0.0, 1.0]
    assert model.sparse_score(*ask(1, 3, 3)).tolist() == [0.0, 0.0, 0.0, 0.0, 1.5]


def test_transition_fades_with_time_apart_and_with_age() -> None:
    config = TransitionConfig(alpha=0.0, power=1.0, half_life=2.0)
    model = Transition(config).fit(log([(1, 1, 0.0), (1, 2, 2.0)], 3))
    assert model.similarity[1, 0] == pytest.approx(0.5)
    aged = model.sparse_score(np.array([1]), np.array([4.0], np.float32))
    assert aged[2] == pytest.approx(0.5 * 0.25)


def test_transition_counts_the_other_order_when_told_to() -> None:
    data = log([(1, 1, 0), (1, 2, 1)], 3)
    one_way = Transition(TransitionConfig(shrink=0.0)).fit(data)
    both = Transition(TransitionConfig(shrink=0.0, backward=0.2)).fit(data)
    assert one_way.sparse_score(*ask(2)).max() == 0.0
    assert both.sparse_score(*ask(2)).argmax() == 1


def test_transition_learns_nothing_from_dislikes() -> None:
    model = Transition().fit(log([(1, 1, 0), (1, 2, 1)], 3, worth=-1.0))
    assert not model.similarity.any()


def test_transitions_do_not_cross_from_one_user_to_the_next() -> None:
    model = Transition(TransitionConfig(shrink=0.0)).fit(log([(1, 1, 0), (2, 2, 1), (2, 3, 2)], 4))
    assert not model.similarity[1].any()


def test_itemknn_is_the_shrunk_cosine() -> None:
    data = random_log()
    model = ItemKNN(ItemKNNConfig(shrink=3.0, power=1.0, neighbours=99)).fit(data)
    x = data.matrix().toarray()
    norm = np.linalg.norm(x, axis=0)
    expected = x.T @ x / (np.outer(norm, norm) + 3.0)
    np.fill_diagonal(expected, 0.0)
    np.testing.assert_allclose(dense(model.neighbour, model.similarity), expected, rtol=1e-5)


def test_ease_solves_each_column_without_the_item_itself() -> None:
    data, l2 = random_log(), 2.0
    model = EASE(EASEConfig(l2=l2, neighbours=99)).fit(data)
    table, x = dense(model.neighbour, model.similarity), data.matrix().toarray()[:, 1:]
    for item in range(x.shape[1]):
        others = np.delete(x, item, axis=1)
        ridge = others.T @ others + l2 * np.eye(others.shape[1])
        expected = np.linalg.solve(ridge, others.T @ x[:, item])
        np.testing.assert_allclose(np.delete(table[1:, item + 1], item), expected, atol=1e-4)


def test_ease_without_decay_sums_the_rows_of_the_history() -> None:
    model = EASE(EASEConfig(neighbours=99, decay=0.0)).fit(random_log())
    table = dense(model.neighbour, model.similarity)
    np.testing.assert_allclose(model.sparse_score(*ask(3, 7)), table[3] + table[7], atol=1e-6)


def test_ease_refuses_a_catalogue_it_cannot_invert() -> None:
    with pytest.raises(ConfigError, match="15 items are over limit = 10"):
        EASE(EASEConfig(limit=10)).fit(random_log())


def test_ials_folds_a_history_in_as_its_loss_says() -> None:
    config = IALSConfig(d=5, l2=0.7, alpha=3.0, decay=0.0)
    model, history = IALS(config).fit(random_log()), np.array([2, 5, 9])
    query = Queries(np.zeros(1, np.int64), history[None], np.zeros((1, 3), np.float32))
    x, y = model.embed(query)[0].astype(np.float64), model.items[1:].astype(np.float64)
    chosen = np.isin(np.arange(1, len(model.items)), history)
    confidence = np.where(chosen, 4.0, 1.0)
    slope = -2 * (confidence * (chosen - y @ x)) @ y + 2 * config.l2 * x
    np.testing.assert_allclose(slope, 0.0, atol=1e-4)


def test_ials_answers_whom_it_never_saw() -> None:
    model = IALS(IALSConfig(d=5)).fit(random_log())
    new = Queries(np.array([0]), np.array([[1, 2, 3]]), np.zeros((1, 3), np.float32))
    assert model.embed(new).any()


def test_bpr_gives_a_stranger_the_biases() -> None:
    model = BPR().fit(random_log())
    stranger = Queries(np.array([0]), np.zeros((1, 1), np.int64), np.zeros((1, 1), np.float32))
    np.testing.assert_array_equal(model.score(stranger)[0], model.items[:, -1])


def test_two_tower_vectors_have_the_length_of_the_temperature() -> None:
    model = TwoTower(TwoTowerConfig(temperature=0.25)).fit(random_log())
    people = model.embed(random_log().queries(np.arange(1, 5), 20))
    for vectors in (people, model.catalogue()):
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 2.0, rtol=1e-4)


def test_two_tower_refuses_attributes_of_another_shape() -> None:
    data = random_log()
    shape = Shape(data.shape.n_users, data.shape.n_items, item_fields=(3,))
    with pytest.raises(ShapeError, match="item_fields"):
        TwoTower().fit(Interactions(data.users, data.items, data.times, data.weights, shape))


def test_one_user_with_many_events_and_one_item_only_are_learned_from() -> None:
    one = log([(1, 1, float(day)) for day in range(200)], 2)
    for model in (Popularity(), ItemKNN(), Transition(), EASE(), IALS(IALSConfig(d=4)), BPR()):
        score = model.fit(one).score(one.queries(np.array([1]), 10))
        assert np.isfinite(score).all()
