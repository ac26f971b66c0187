"""A map from content to those who would choose it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hermes.core.errors import DataError
from hermes.core.types import Shape
from hermes.data.interactions import Interactions
from hermes.models.retrievers.content import Content, ContentConfig

KINDS, EACH, USERS = 4, 30, 160


def worlds(cold: int = 3) -> Interactions:
    """People who choose things of one kind; the first `cold` items of each kind have no event."""
    rng = np.random.default_rng(0)
    users, items = [], []
    for user in range(1, USERS + 1):
        start = 1 + user % KINDS * EACH
        mine = start + cold + rng.permutation(EACH - cold)[:12]
        users += [user] * len(mine)
        items += mine.tolist()
    n = 1 + KINDS * EACH
    content = np.zeros((n, KINDS + 3), np.float32)
    content[1:, :KINDS] = np.repeat(np.eye(KINDS), EACH, axis=0)
    content[1:, KINDS:] = rng.normal(0, 0.1, (n - 1, 3))
    shape = Shape(n_users=USERS + 1, n_items=n)
    times, ones = np.arange(len(users), dtype=float), np.ones(len(users), np.float32)
    log = Interactions.sort(np.array(users), np.array(items), times, ones, shape)
    return replace(log, content=content)


def test_an_item_without_events_is_ranked_by_what_it_is() -> None:
    log = worlds()
    model = Content(ContentConfig(d=8)).fit(log)
    users = np.arange(1, 41)
    scores = model.score(log.queries(users, 20))
    for user, row in zip(users.tolist(), scores, strict=True):
        own = 1 + user % KINDS * EACH
        cold = np.concatenate([1 + k * EACH + np.arange(3) for k in range(KINDS)])
        best = cold[np.argsort(-row[cold])][:3]
        assert set(best.tolist()) == set(range(own, own + 3))


def test_new_content_gets_the_vector_of_an_item_that_is_the_same() -> None:
    log = worlds()
    model = Content(ContentConfig(d=8)).fit(log)
    items, profile = model.place(log.content[[5]])
    np.testing.assert_allclose(items[0], model.items[5], rtol=1e-5)
    np.testing.assert_allclose(profile[0], model.profile[5], rtol=1e-5)


def test_who_did_only_new_things_is_read_by_their_content() -> None:
    log = worlds()
    model = Content(ContentConfig(d=8)).fit(log)
    queries = replace(log.queries(np.array([1]), 5), history=np.array([[0, 0, 31, 32, 33]]))
    scores = model.score(queries)[0]
    assert scores[34 : 31 + EACH].mean() > np.delete(scores[1:], np.s_[30:60]).mean()


def test_without_anything_known_of_items_it_says_what_is_missing() -> None:
    log = replace(worlds(), content=np.zeros((0, 0), np.float32))
    with pytest.raises(DataError, match="categories"):
        Content().fit(log)
