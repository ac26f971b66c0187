"""LightGCN and UltraGCN against their formulas, and what is served against what was learned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch

from hermes.artifacts.export import export_encoder
from hermes.artifacts.onnx_session import Session
from hermes.core.errors import ArtifactError
from hermes.core.types import Array, Floats, Ints, Queries, Shape
from hermes.data.interactions import Holdout, Interactions
from hermes.learn.batches import tensors
from hermes.learn.loop import Schedule
from hermes.learn.run import Run
from hermes.models.filters import edges, normalised, spectrum
from hermes.models.graph import Graph, distinct, pairs, unchosen
from hermes.models.retrievers.lightgcn import LightGCN, LightGCNConfig
from hermes.models.retrievers.popularity import Popularity
from hermes.models.retrievers.ultragcn import UltraGCN, UltraGCNConfig, similar_items

BRIEF = Schedule(epochs=3, batch=32, lr=1e-2)
LIGHT = LightGCNConfig(d=6, layers=3, length=20, schedule=BRIEF)
ULTRA = UltraGCNConfig(d=6, negatives=10, length=20, schedule=BRIEF)
MODELS: list[Any] = [LightGCN(LIGHT), UltraGCN(ULTRA)]
named: dict[str, Any] = {"ids": lambda m: type(m).__name__}


def log(rows: list[tuple[int, int]], users: int, items: int) -> Interactions:
    who, what = (np.array(c, np.int64) for c in zip(*rows, strict=True))
    ones = np.ones(len(rows), np.float32)
    return Interactions.sort(who, what, np.arange(len(rows)) / 1.0, ones, Shape(users, items))


def random_log(seed: int = 0, users: int = 30, items: int = 14) -> Interactions:
    """Users who each chose 2 to 7 items, one of them twice; item 13 and user 29 did nothing."""
    rng, rows = np.random.default_rng(seed), []
    for user in range(1, users - 1):
        mine = rng.permutation(np.arange(1, items - 1))[: rng.integers(2, 8)].tolist()
        rows += [(user, i) for i in [*mine, mine[0]]]
    return log(rows, users, items)


def taste(seed: int = 0) -> tuple[Interactions, Ints, Ints]:
    """Four circles of users around their own popular items; two items of each user held out."""
    rng, rows, users, held = np.random.default_rng(seed), [], [], []
    for user in range(1, 161):
        own = 1 + 15 * (user % 4) + np.arange(15)
        share = 1.0 / np.arange(1, 16)
        mine = rng.choice(own, 8, replace=False, p=share / share.sum())
        rows += [(user, int(i)) for i in mine[:6]]
        rows.append((user, int(rng.integers(1, 61))))
        users += [user] * 2
        held += mine[6:].tolist()
    return log(rows, 161, 61), np.array(users), np.array(held)


def asked(users: list[int], *histories: list[int], length: int = 20) -> Queries:
    rows = np.zeros((len(histories), length), np.int64)
    for row, history in zip(rows, histories, strict=True):
        row[length - len(history) :] = history
    return Queries(np.array(users), rows, np.zeros(rows.shape, np.float32))


def adjacency(data: Interactions) -> Array:
    """A as the paper has it, users before items.  -> (U+I, U+I)"""
    r = (data.matrix().toarray() > 0).astype(np.float64)
    whole = np.block([[np.zeros((len(r), len(r))), r], [r.T, np.zeros((r.shape[1], r.shape[1]))]])
    degree = np.maximum(whole.sum(1), 1)
    return np.asarray(whole / np.sqrt(np.outer(degree, degree)))


def free(net: Any) -> tuple[Array, Array]:
    """The vectors that were learned, of users and of items."""
    users, items = net.users.weight.detach().numpy(), net.items.weight.detach().numpy()
    return users.astype(np.float64), items.astype(np.float64)


def smoothed(model: LightGCN, data: Interactions) -> tuple[Array, Array]:
    """The mean of the powers of A times E0, by whole matrices."""
    a, users = adjacency(data), data.shape.n_users
    states = [np.concatenate(free(model.net))]
    for _ in range(model.config.layers):
        states.append(a @ states[-1])
    mean = np.mean(states, axis=0)
    return mean[:users], mean[users:]


def test_the_graph_multiplies_forwards_and_backwards_as_its_matrix() -> None:
    data = random_log()
    graph, a = Graph(edges(data)), torch.from_numpy(adjacency(data)).float()
    x = torch.randn(len(a), 3, generator=torch.Generator().manual_seed(0), requires_grad=True)
    twin = x.detach().clone().requires_grad_()
    graph(graph(x)).square().sum().backward()  # type: ignore[no-untyped-call]
    (a @ (a @ twin)).square().sum().backward()  # type: ignore[no-untyped-call]
    torch.testing.assert_close(graph(x), a @ x)
    torch.testing.assert_close(x.grad, twin.grad)


@pytest.mark.parametrize("layers", [0, 1, 3])
def test_lightgcn_serves_the_mean_of_its_layers(layers: int) -> None:
    data = random_log()
    model = LightGCN(replace(LIGHT, layers=layers)).fit(data)
    users, items = smoothed(model, data)
    known = np.arange(1, 29)
    np.testing.assert_allclose(model.catalogue(), items, atol=1e-5)
    np.testing.assert_allclose(model.embed(data.queries(known, 20)), users[known], atol=1e-5)


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_lightgcn_by_softmax_serves_items_with_their_length_to_a_power(power: float) -> None:
    data = random_log()
    model = LightGCN(replace(LIGHT, loss="softmax", negatives=8, power=power)).fit(data)
    users, items = smoothed(model, data)
    items *= np.maximum(np.linalg.norm(items, axis=1, keepdims=True), 1e-12) ** (power - 1)
    np.testing.assert_allclose(model.catalogue(), items, atol=1e-5)
    known = np.arange(1, 29)
    np.testing.assert_allclose(model.embed(data.queries(known, 20)), users[known], atol=1e-5)


@pytest.mark.parametrize("symmetric", [False, True])
def test_lightgcn_by_softmax_lets_drawn_items_and_users_compete(symmetric: bool) -> None:
    data = random_log()
    model = LightGCN(replace(LIGHT, loss="softmax", l2=0.0, symmetric=symmetric)).fit(data)
    model.prepare(data)
    size: Callable[[Array], Array] = lambda rows: np.maximum(
        np.linalg.norm(rows, axis=1, keepdims=True), 1e-12
    )
    u, i = (rows / size(rows) for rows in smoothed(model, data))
    user, item = np.array([1, 2, 2, 5]), np.array([3, 4, 5, 3])
    drawn, rivals = np.array([3, 6, 7, 7]), np.array([2, 3, 8])

    def lost(logits: Array, hit: Array, own: Array) -> Array:
        exp = np.where(own, 0.0, np.exp(logits / 0.1)).sum(1)
        return np.asarray(np.log(exp + np.exp(hit / 0.1)) - hit / 0.1)

    hit = (u[user] * i[item]).sum(1)
    forth = lost(u[user] @ i[drawn].T, hit, drawn == item[:, None])
    back = lost(i[item] @ u[rivals].T, hit, rivals == user[:, None])
    batch = tensors(user=user, item=item, negative=item, negatives=drawn, rivals=rivals)
    expected = (forth.mean() + back.mean()) / 2 if symmetric else forth.mean()
    assert model.loss(batch).item() == pytest.approx(expected, rel=0.02)  # bfloat16 products


def test_lightgcn_pays_for_pairs_in_the_wrong_order_and_for_long_vectors() -> None:
    data = random_log()
    model = LightGCN(replace(LIGHT, l2=0.3)).fit(data)
    model.prepare(data)
    user, item, other = np.array([1, 2, 2]), np.array([3, 4, 5]), np.array([6, 7, 8])
    u, i = smoothed(model, data)
    u0, i0 = free(model.net)
    ahead = (u[user] * (i[item] - i[other])).sum(1)
    penalty = np.square(u0[user]).sum() + np.square(i0[item]).sum() + np.square(i0[other]).sum()
    expected = np.log1p(np.exp(-ahead)).mean() + 0.3 / 2 * penalty / 3
    found = model.loss(tensors(user=user, item=item, negative=other))
    assert float(found.detach()) == pytest.approx(expected, rel=1e-5)


def test_vectors_that_start_along_the_spectrum_point_where_the_graph_does() -> None:
    data = random_log()
    chosen = normalised(edges(data))
    users, items = spectrum(chosen, 3)
    left, value, right = np.linalg.svd(chosen.toarray())
    expected = left[:, :3] * value[:3] @ right[:3]
    np.testing.assert_allclose(users @ items.T, expected, atol=1e-5)
    idle = replace(BRIEF, epochs=0)
    model = LightGCN(replace(LIGHT, d=3, std=0.5, start="spectrum", schedule=idle)).fit(data)
    for found, rows in zip(free(model.net), (users, items), strict=True):
        length = np.linalg.norm(rows, axis=1, keepdims=True)
        wanted = 0.5 * np.sqrt(3) * rows / np.maximum(length, 1e-12)
        np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_ultragcn_pays_as_its_paper_says() -> None:
    data = random_log()
    config = replace(
        ULTRA, base=0.2, constraint=0.7, alike=0.3, neighbours=3, l2=0.4, negative_weight=0.9
    )
    model = UltraGCN(config).fit(data)
    model.prepare(data)
    r = (data.matrix().toarray() > 0).astype(np.float64)
    du, di = r.sum(1), r.sum(0)
    beta = np.sqrt(du + 1)[:, None] / np.maximum(du, 1)[:, None] / np.sqrt(di + 1)
    omega = weights_of_items(r)
    user, item, drawn = np.array([1, 2, 2, 5]), np.array([3, 4, 5, 1]), np.array([6, 7, 8, 9, 9])
    eu, ei = free(model.net)
    s, example = eu @ ei.T, 0.2 + 0.7 * beta
    expected = 0.4 / 2 * (np.square(eu).sum() + np.square(ei).sum()) / 4
    for u, i in zip(user, item, strict=True):
        hit = -example[u, i] * np.log(sigmoid(s[u, i]))
        miss = -np.mean([example[u, j] * np.log(sigmoid(-s[u, j])) for j in drawn])
        near = np.argsort(-omega[i], kind="stable")[:3]
        like = -sum(omega[i, k] * np.log(sigmoid(s[u, k])) for k in near)
        expected += (hit + 0.9 * 13 * miss + 0.3 * like) / 4
    batch = tensors(user=user, item=item, negative=item, negatives=drawn)
    assert float(model.loss(batch).detach()) == pytest.approx(expected, rel=1e-4)


def sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def weights_of_items(r: Array) -> Array:
    """w_ik of the paper's item-item graph, without an item's own.  -> (I, I)"""
    g = r.T @ r
    total = g.sum(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        w = g / (total - np.diag(g))[:, None] * np.sqrt(total[:, None] / total[None, :])
    np.fill_diagonal(w, 0)
    return np.asarray(np.nan_to_num(w, posinf=0.0))


def test_items_are_alike_as_the_paper_says() -> None:
    chosen = edges(random_log())
    found = similar_items(chosen).toarray()
    np.fill_diagonal(found, 0)
    np.testing.assert_allclose(found, weights_of_items(chosen.toarray()), rtol=1e-5)


def test_ultragcn_serves_the_vectors_it_learned() -> None:
    data = random_log()
    model = UltraGCN(ULTRA).fit(data)
    users, items = free(model.net)
    known = np.arange(1, 29)
    np.testing.assert_allclose(model.catalogue(), items, atol=1e-6)
    np.testing.assert_allclose(model.embed(data.queries(known, 20)), users[known], atol=1e-6)


def test_ultragcn_takes_somebody_unknown_for_the_sum_of_their_history() -> None:
    data = random_log()
    model = UltraGCN(ULTRA).fit(data)
    _, items = free(model.net)
    degree = (data.matrix().toarray() > 0).sum(0)
    chosen = [2, 5, 9]
    expected = np.sqrt(4) / 3 * sum(items[i] / np.sqrt(degree[i] + 1) for i in chosen)
    np.testing.assert_allclose(model.embed(asked([0], chosen))[0], expected, atol=1e-7)


def test_lightgcn_takes_somebody_unknown_for_what_their_items_say() -> None:
    data = random_log()
    model = LightGCN(LIGHT).fit(data)
    a, users, chosen = adjacency(data), data.shape.n_users, np.array([2, 5, 9])
    states, degree = [np.concatenate(free(model.net))], (data.matrix().toarray() > 0).sum(0)
    for _ in range(2):
        states.append(a @ states[-1])
    total = np.sum(states, axis=0)[users + chosen] / np.sqrt(3 * degree[chosen, None])
    np.testing.assert_allclose(model.embed(asked([0], [2, 5, 9]))[0], total.sum(0) / 4, atol=1e-5)


@pytest.mark.parametrize("model", MODELS, **named)
def test_a_newer_history_and_only_that_changes_a_known_user(model: Any) -> None:
    model.fit(data := random_log())
    mine = data.items[data.users == 4]
    same, shuffled, newer = (
        model.embed(asked([4], h)) for h in (mine.tolist(), mine[::-1].tolist(), [*mine, 13, 12])
    )
    np.testing.assert_allclose(same, shuffled, atol=1e-6)
    assert not np.allclose(same, newer, atol=1e-4)


@pytest.mark.parametrize("model", MODELS, **named)
def test_who_did_nothing_is_nobody(model: Any) -> None:
    model.fit(random_log())
    nobody, idle = model.score(asked([0, 29], [], []))
    assert not nobody.any()
    np.testing.assert_array_equal(nobody, idle)


@pytest.mark.parametrize("model", MODELS, **named)
def test_the_exported_graph_serves_the_same_and_knows_the_user(model: Any, tmp_path: Path) -> None:
    model.fit(random_log())
    past = np.arange(20)[None] % 13 + 1
    sample = tensors(user=np.ones(1, np.int64), history=past, ages=past.astype(np.float32))
    worst = export_encoder(model.net, sample, tmp_path / "m.onnx", np.random.default_rng(0))
    assert worst < 1e-5
    session = Session(tmp_path / "m.onnx")
    assert {"user", "history"} <= set(session.inputs)
    given = {
        "user": np.array([4]),
        "history": np.array([[3, 7, 3]]),
        "ages": np.zeros((1, 3), "f4"),
    }
    found = session.run(**{name: given[name] for name in session.inputs})
    np.testing.assert_allclose(found, model.embed(asked([4], [3, 7, 3])), atol=1e-5)


@pytest.mark.parametrize("model", MODELS, **named)
def test_learning_goes_on_from_the_arrays_on_a_log_that_has_grown(model: Any) -> None:
    data = random_log()
    arrays = model.fit(data).arrays()
    config = replace(model.config, schedule=replace(BRIEF, refresh=2))
    grown = log([*zip(data.users.tolist(), data.items.tolist(), strict=True), (29, 13), (29, 2)],
                30, 14)  # fmt: skip
    later = type(model)(config).restore(data.shape, arrays).refresh(grown, Run())
    assert len(later.losses) == 2
    if isinstance(later, LightGCN):
        users, _ = smoothed(later, grown)
    else:
        users, _ = free(later.net)
    np.testing.assert_allclose(
        later.embed(grown.queries(np.array([29]), 20))[0], users[29], atol=1e-5
    )


@pytest.mark.parametrize("model", MODELS, **named)
def test_the_best_epoch_is_what_is_served(model: Any) -> None:
    data = random_log()
    held = Holdout(data.queries(np.array([1, 2, 3]), 20), np.array([1, 2, 3]))
    config = replace(model.config, schedule=replace(BRIEF, epochs=6, patience=2))
    chosen = type(model)(config).fit(replace(data, valid=held))
    known = np.arange(1, 29)
    users = smoothed(chosen, data)[0] if isinstance(chosen, LightGCN) else free(chosen.net)[0]
    np.testing.assert_allclose(chosen.embed(data.queries(known, 20)), users[known], atol=1e-5)


def test_distinct_places_each_item_where_it_came_last_and_no_padding() -> None:
    items, places = distinct(torch.tensor([[0, 0, 5, 2, 5], [1, 1, 1, 1, 1], [0, 9, 3, 9, 4]]))
    assert items.tolist() == [[0, 0, 2, 5, 5], [1] * 5, [0, 3, 4, 9, 9]]
    assert places.tolist() == [[0, 0, 2, 1, 0], [1, 0, 0, 0, 0], [0, 3, 1, 2, 0]]


@pytest.mark.parametrize("own", [False, True])
def test_recent_items_may_count_more_and_the_own_vector_be_left_out(own: bool) -> None:
    data = random_log()
    model = LightGCN(replace(LIGHT, decay=1.5, own=own)).fit(data)
    parts, mine = model.net.parts.numpy(), model.net.own.numpy()[3]
    weights = np.array([1.0, 2**-1.5, 3**-1.5])
    said = (parts[[7, 5, 9]] * weights[:, None]).sum(0) / weights.sum() * 3 / np.sqrt(3)
    found = model.embed(asked([3], [9, 5, 7]))[0]
    np.testing.assert_allclose(found, said + mine * own, atol=1e-5)


def test_an_epoch_holds_every_edge_once_beside_an_item_that_was_not_chosen() -> None:
    chosen = edges(random_log())
    batches = list(pairs(chosen, 7, np.random.default_rng(0)))
    user, item, other = (torch.cat([b[n] for b in batches]) for n in ("user", "item", "negative"))
    dense = chosen.toarray()
    once = set(zip(user.tolist(), item.tolist(), strict=True))
    assert once == set(map(tuple, np.argwhere(dense).tolist()))
    assert len(user) == dense.sum()
    assert not dense[user, other].any()
    assert int(other.min()) > 0


def test_whoever_chose_everything_is_given_something() -> None:
    users, items = np.ones(4, np.int64), np.arange(1, 5)
    drawn = unchosen(users, items, 5, np.random.default_rng(0))
    assert set(drawn.tolist()) <= {1, 2, 3, 4}


@pytest.mark.parametrize("model", MODELS, **named)
def test_one_event_and_none_are_learned_from(model: Any) -> None:
    none = np.zeros(0, np.int64)
    empty = Interactions(none, none, none * 1.0, none.astype(np.float32), Shape(3, 4))
    for data in (empty, log([(1, 1)], 2, 2)):
        scores = type(model)(model.config).fit(data).score(asked([1], [1]))
        assert np.isfinite(scores).all()


def recall(scores: Floats, data: Interactions, users: Ints, held: Ints, k: int = 10) -> float:
    """Share of the held-out items among each user's k best unseen ones."""
    scores = scores.copy()
    scores[data.users - 1, data.items] = -np.inf
    scores[:, 0] = -np.inf
    top = np.argsort(-scores, axis=1)[:, :k]
    hits = [item in top[user - 1] for user, item in zip(users, held, strict=True)]
    return float(np.mean(hits))


LONGER = Schedule(epochs=40, batch=256, lr=1e-2)


@pytest.mark.parametrize("kind", ["bpr", "softmax", "ultra"])
def test_tastes_are_told_apart_better_than_by_popularity(
    kind: Literal["bpr", "softmax", "ultra"],
) -> None:
    data, users, held = taste()
    queries = data.queries(np.arange(1, 161), 20)
    popular = recall(Popularity().fit(data).score(queries), data, users, held)
    model: Any
    if kind == "ultra":
        model = UltraGCN(UltraGCNConfig(d=16, negatives=60, schedule=LONGER))
    else:
        model = LightGCN(LightGCNConfig(d=16, loss=kind, negatives=60, schedule=LONGER))
    model.fit(data)
    assert model.losses[-1] < model.losses[0]
    assert recall(model.score(queries), data, users, held) > 1.5 * popular


@pytest.mark.parametrize("model", MODELS, **named)
def test_freezing_again_without_the_graph_is_refused(model: Any) -> None:
    model.fit(random_log())
    with pytest.raises(ArtifactError, match="no graph is kept"):
        model.net.freeze()
