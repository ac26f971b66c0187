"""Bridge against its formula, what crosses between domains, and what is served."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from hermes.artifacts.export import export_encoder
from hermes.artifacts.onnx_session import Session
from hermes.core.types import Array, Floats, Ints, Queries, Shape
from hermes.data.interactions import Interactions
from hermes.learn.batches import tensors
from hermes.learn.loop import Schedule
from hermes.models.retrievers.bridge import Bridge, BridgeConfig

ITEMS = 24  # of each of two domains: 1 to 24 and 25 to 48
BRIEF = BridgeConfig(d=16, length=20, schedule=Schedule(epochs=3, batch=64, lr=1e-2))
STILL = replace(BRIEF, d=64, schedule=Schedule(epochs=0))  # nothing learned, no direction left out


def circles(seed: int = 0, users: int = 120) -> Interactions:
    """Four circles that each have six items in both domains; user 1 has none in the second."""
    rng, rows = np.random.default_rng(seed), list[tuple[int, int]]()
    for user in range(1, users + 1):
        for domain in range(1 if user == 1 else 2):
            own = 1 + ITEMS * domain + 6 * (user % 4) + np.arange(6)
            rows += [(user, int(i)) for i in rng.choice(own, 3, replace=False)]
    who, what = (np.array(c) for c in zip(*rows, strict=True))
    shape = Shape(users + 1, 2 * ITEMS + 1, item_fields=(3,))
    ones = np.ones(len(who), np.float32)
    log = Interactions.sort(who, what, np.arange(len(who)) / 1.0, ones, shape)
    fields = np.repeat([0, 1, 2], [1, ITEMS, ITEMS])[:, None]
    return replace(log, item_fields=fields)


def asked(*histories: list[int], length: int = 20) -> Queries:
    rows = np.zeros((len(histories), length), np.int64)
    for row, history in zip(rows, histories, strict=True):
        row[length - len(history) :] = history
    return Queries(np.zeros(len(rows), np.int64), rows, np.zeros(rows.shape, np.float32))


def chosen(log: Interactions) -> Array:
    return (log.matrix().toarray() > 0).astype(np.float64)


def normal(r: Array) -> Array:
    size = np.maximum(r.sum(1, keepdims=True), 1) * np.maximum(r.sum(0, keepdims=True), 1)
    return np.asarray(r / np.sqrt(size))


def projector(n: Array) -> Array:
    """Onto the rows of a matrix: V V' when no direction is left out.  -> (I, I)"""
    _, size, v = np.linalg.svd(n, full_matrices=False)
    kept = v[size > 1e-4 * size.max()]
    return np.asarray(kept.T @ kept)


def by_formula(log: Interactions, history: Ints) -> tuple[Array, Array]:
    """What crosses and what does not, of every item, before popularity.  -> (I,), (I,)"""
    r, place = chosen(log), log.item_fields[:, 0]
    parts = [r * (place == j) for j in (1, 2)]
    sent = sum(normal(part) for part in parts)
    degree = np.maximum(r.sum(0), 1)
    shared, own = np.zeros((3, len(degree))), np.zeros(len(degree))
    alone = [projector(normal(part)) for part in parts]
    for j in (1, 2):
        mine = history[place[history] == j]
        if len(mine):
            message = np.isin(np.arange(len(degree)), mine) / np.sqrt(len(mine) * degree)
            shared[j] = message @ projector(np.asarray(sent))
            own += np.where(place == j, message @ alone[j - 1], 0)
    return shared[1:], own


def test_a_score_is_what_the_head_of_the_file_says() -> None:
    log = circles()
    model = Bridge(STILL).fit(log)
    history = np.array([2, 5, 30])
    score = model.score(asked(history.tolist()))[0]
    shared, own = by_formula(log, history)
    count = chosen(log).sum(0)
    net, place = model.net, log.item_fields[:, 0]
    gates = F.softplus(net.gate).detach().numpy()  # the slopes are still 0
    assert not net.slope.any()
    sizes = [scale(net, log, n) for n in (0, 1)]
    for item in (3, 8, 31, 40):
        k, x = place[item] - 1, count[item] ** 1.25
        crossed = gates[k] @ shared[:, item] * sizes[0]
        alone = F.softplus(net.trust).detach().numpy()[k] * own[item] * sizes[1]
        expected = x * (crossed + alone) + 0.5 * np.log(count[item] + 0.5)
        assert score[item] == pytest.approx(expected, rel=1e-3, abs=1e-4)


def scale(net: torch.nn.Module, log: Interactions, place: int) -> float:
    """What makes messages and items of length one on average, found from one item."""
    count = np.maximum(chosen(log).sum(0), 1)
    columns = slice(place * 64, place * 64 + 64)
    said, vectors = (getattr(net, n)[5, columns].numpy() for n in ("said", "vectors"))
    r = chosen(log)
    parts = [r * (log.item_fields[:, 0] == j) for j in (1, 2)]
    whole = [sum(normal(p) for p in parts), normal(parts[0])][place]
    size: float = float(said @ vectors) * np.sqrt(count[5]) / projector(np.asarray(whole))[5, 5]
    return size


def test_who_has_nothing_in_a_domain_is_found_items_of_their_circle_there() -> None:
    log = circles()
    model = Bridge(replace(BRIEF, d=4)).fit(log)  # a direction for each circle
    score = model.score(log.queries(np.array([1]), 20))[0]
    circles_there = score[ITEMS + 1 :].reshape(4, 6).mean(axis=1)
    assert circles_there.argmax() == 1
    assert score[ITEMS + 1 :].argmax() // 6 == 1


def test_without_domains_nothing_crosses_and_vectors_are_half_as_long() -> None:
    log = circles()
    one = replace(log, shape=replace(log.shape, item_fields=()), item_fields=log.user_fields)
    model = Bridge(BRIEF).fit(one)
    assert model.catalogue().shape[1] == 17
    assert Bridge(BRIEF).fit(log).catalogue().shape[1] == 2 * 32 + 1


def test_an_event_in_one_domain_changes_the_answer_in_another() -> None:
    model = Bridge(BRIEF).fit(circles())
    none, one, other = model.score(asked([], [1, 2], [7, 8]))[:, ITEMS + 1 :]
    assert one[:6].mean() > none[:6].mean()
    assert one[:6].mean() > one[6:12].mean()
    assert other[6:12].mean() > other[:6].mean()


def test_a_stranger_is_given_what_is_popular() -> None:
    log = circles()
    model = Bridge(BRIEF).fit(log)
    score, count = model.score(asked([]))[0], chosen(log).sum(0)
    for part in (slice(1, ITEMS + 1), slice(ITEMS + 1, None)):
        assert np.all(np.diff(score[part][np.argsort(count[part])]) >= -1e-6)


def test_the_order_and_repetition_of_a_history_change_nothing() -> None:
    model = Bridge(BRIEF).fit(circles())
    one, turned, twice = model.embed(asked([1, 2, 30], [30, 2, 1], [2, 1, 30, 30]))
    np.testing.assert_allclose(one, turned, atol=1e-6)
    np.testing.assert_allclose(one, twice, atol=1e-6)


def test_an_event_is_unsaid_before_it_is_predicted() -> None:
    log = circles()
    model = Bridge(replace(BRIEF, l2=0.0))
    model.shape, model.net = log.shape, model.build(log.shape)
    model.prepare(log)
    batch = next(iter(model.batches(log, np.random.default_rng(0))))
    user, item = model.pairs[0], model.pairs[1]
    rows = [int(np.flatnonzero(item == i)[0]) for i in batch["item"][:3].tolist()]
    assert len(rows) == 3
    first = int(batch["item"][0])
    mine = [u for u in user[item == first] if torch.equal(model.said[u], batch["said"][0])]
    history = log.items[log.users == mine[0]]
    left = asked([int(i) for i in history if i != first])
    own = model.net.belongs(batch["item"])
    said = batch["said"] - own[:, :, None] * model.net.said[batch["item"]][:, None, :]
    state: Floats = model.net.state(said, batch["counts"] - own)[:1].detach().numpy()
    np.testing.assert_allclose(state, model.embed(left), atol=1e-5)


def test_learning_lowers_the_loss_and_moves_the_gates() -> None:
    model = Bridge(replace(BRIEF, schedule=replace(BRIEF.schedule, epochs=8))).fit(circles())
    assert model.losses[-1] < model.losses[0]
    assert not torch.equal(model.net.slope, torch.zeros(2, 2))


def test_a_refresh_takes_a_log_that_has_grown() -> None:
    log = circles()
    model = Bridge(BRIEF).fit(log.take(log.items != 30))
    before = model.catalogue()[30, :-1]
    schedule = replace(BRIEF.schedule, refresh=1)
    model.config = replace(BRIEF, schedule=schedule)
    after = model.refresh(log).catalogue()[30, :-1]
    assert not before.any()
    assert after.any()


def test_the_graph_that_is_served_says_what_the_model_says(tmp_path: Path) -> None:
    model = Bridge(BRIEF).fit(circles())
    queries = asked([1, 2, 30, 7], [40])
    example = tensors(user=queries.users[:1], history=queries.history[:1], ages=queries.ages[:1])
    path = tmp_path / "bridge.onnx"
    assert export_encoder(model.net, example, path, np.random.default_rng(0)) < 1e-4
    session = Session(path)
    given = {"user": np.zeros(1, np.int64), "history": np.array([[1, 2, 30, 7]])}
    given |= {"ages": np.zeros((1, 4), np.float32)}
    np.testing.assert_allclose(
        session.run(**{name: given[name] for name in session.inputs}),
        model.embed(queries)[:1],
        atol=1e-4,
    )
