"""BST: the block against torch's own, and what the history must and must not change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from hermes.artifacts.export import export_ranker
from hermes.artifacts.onnx_session import Session
from hermes.core.errors import ConfigError
from hermes.core.types import Shape
from hermes.features.examples import Examples
from hermes.learn import losses
from hermes.learn.loop import Schedule
from hermes.models.rankers.bst import BST, Block, BSTConfig

SHAPE = Shape(n_items=30, n_dense=2, sparse=(30, 4), history=7)
BRIEF = Schedule(epochs=2, batch=16, lr=3e-3)


def last_event_decides(seed: int, groups: int = 400, size: int = 8) -> Examples:
    """Relevant is an item of the parity of the last event; the events before it say nothing."""
    rng, n = np.random.default_rng(seed), groups * size
    query, history = np.repeat(np.arange(groups), size), rng.integers(1, 8, (groups, 7))
    history[: groups // 2, :4] = 0
    sparse = np.stack([rng.integers(1, 8, n), rng.integers(0, 4, n)], axis=1)
    labels = ((sparse[:, 0] - history[query, -1]) % 2 == 0).astype(np.float32)
    dense = rng.normal(size=(n, 2)).astype(np.float32)
    return Examples(dense, sparse, query, history, labels, np.ones(n, np.float32), SHAPE)


def network(shape: Shape = SHAPE, seed: int = 0) -> nn.Module:
    """Untrained, with places as far apart as items are."""
    torch.manual_seed(seed)
    net = BST().build(shape).eval()
    with torch.no_grad():
        net.places.normal_(std=0.3)
    return net


def inputs(n: int, seed: int = 0) -> list[torch.Tensor]:
    """One query, n candidates."""
    rng = np.random.default_rng(seed)
    dense = rng.normal(size=(n, 2)).astype(np.float32)
    dense[::3, 1] = np.nan
    sparse = np.stack([rng.integers(0, 30, n), rng.integers(0, 4, n)], axis=1)
    history = rng.integers(1, 30, (1, 7))
    history[:, :3] = 0
    return [torch.from_numpy(a) for a in (dense, sparse, history, np.zeros(n, np.int64))]


@pytest.mark.parametrize("heads", [1, 2, 4])
def test_the_block_is_the_last_place_of_a_whole_transformer_layer(heads: int) -> None:
    torch.manual_seed(heads)
    d, wide, length = 8, 3, 5
    block = Block(d, heads, wide, dropout=0.0).eval()
    layer = nn.TransformerEncoderLayer(
        d, heads, wide * d, dropout=0.0, activation=F.leaky_relu, batch_first=True
    ).train()  # training: the fused path of evaluation knows no leaky ReLU
    own = layer.self_attn
    with torch.no_grad():
        own.in_proj_weight.copy_(torch.cat([block.query.weight, block.key_value.weight]))
        own.in_proj_bias.copy_(torch.cat([block.query.bias, block.key_value.bias]))
        own.out_proj.load_state_dict(block.out.state_dict())
        layer.linear1.load_state_dict(block.up.state_dict())
        layer.linear2.load_state_dict(block.down.state_dict())
    past, item, query = torch.randn(2, length, d), torch.randn(4, d), torch.tensor([0, 0, 1, 1])
    known = torch.tensor([[False, False, True, True, True], [False] * 5])
    sequence = torch.cat([past[query], item[:, None]], dim=1)
    padding = torch.cat([~known[query], torch.zeros(4, 1, dtype=torch.bool)], dim=1)
    with torch.no_grad():
        expected = layer(sequence, src_key_padding_mask=padding)[:, -1]
        torch.testing.assert_close(block(past, item, query, known), expected)


def test_many_queries_score_as_each_alone() -> None:
    net, first, second = network(), inputs(4), inputs(6, seed=1)
    both = [torch.cat(pair) for pair in zip(first[:3], second[:3], strict=True)]
    with torch.no_grad():
        alone = torch.cat([net(*first), net(*second)])
        torch.testing.assert_close(net(*both, torch.tensor([0] * 4 + [1] * 6)), alone)


def test_padding_changes_nothing_but_events_and_their_order_do() -> None:
    net, (dense, sparse, history, query) = network(), inputs(5)
    sparse[:, 0] += sparse[:, 0] == 0
    turned, other = history.clone(), history.clone()
    turned[0, 3:] = history[0, 3:].flip(0)
    other[0, 4] = history[0, 4] % 29 + 1
    with torch.no_grad():
        before = net(dense, sparse, history, query)
        net.codes.table.weight[0] += 9.0  # what padding would add, were it not masked
        torch.testing.assert_close(net(dense, sparse, history, query), before)
        assert not torch.allclose(net(dense, sparse, turned, query), before)
        assert not torch.allclose(net(dense, sparse, other, query), before)


def test_an_empty_history_scores_like_no_history_at_all() -> None:
    dense, sparse, history, query = inputs(5)
    net, without = network(), network(replace(SHAPE, history=0))
    weights = net.state_dict()
    without.load_state_dict(weights | {"places": weights["places"][-1:]})
    with torch.no_grad():
        empty = net(dense, sparse, torch.zeros_like(history), query)
        torch.testing.assert_close(without(dense, sparse, history[:, :0], query), empty)
        two = torch.tensor([0, 0, 1, 1, 1])
        torch.testing.assert_close(without(dense, sparse, history[[0, 0], :0], two), empty)
    assert torch.isfinite(empty).all()


def test_it_learns_that_the_last_event_decides() -> None:
    schedule = Schedule(epochs=12, batch=16, lr=3e-3)
    model = BST(BSTConfig(schedule=schedule)).fit(last_event_decides(0))
    asked = last_event_decides(1, 100)
    score = model.score(asked)
    pairs = (asked.labels[:, None] > asked.labels) & (asked.queries[:, None] == asked.queries)
    assert (score[:, None] > score)[pairs].mean() > 0.9


@pytest.mark.parametrize("loss", get_args(losses.RANKING))
def test_bad_groups_leave_a_model_of_every_loss_finite(loss: losses.RANKING) -> None:
    data = last_event_decides(0, 40)
    data.labels[data.queries < 20] = 1.0  # nothing to prefer
    data.history[data.queries[8]] = 0
    data.dense[3], data.sparse[5] = np.nan, 0
    single = np.r_[0, 8 : len(data)]  # the first group has one candidate
    columns = ("dense", "sparse", "queries", "labels", "weights")
    data = replace(data, **{name: getattr(data, name)[single] for name in columns})
    model = BST(BSTConfig(loss=loss, schedule=BRIEF)).fit(data)
    assert np.isfinite(model.score(data)).all()
    assert np.isfinite(model.losses).all()


def test_heads_that_cannot_share_the_width_are_refused() -> None:
    with pytest.raises(ConfigError, match="no multiple of 3 heads"):
        BST(BSTConfig(heads=3)).build(SHAPE)


def test_the_graph_scores_pools_and_histories_as_torch_does(tmp_path: Path) -> None:
    net, names = network(), ("dense", "sparse", "history")
    example = dict(zip(names, inputs(40)[:3], strict=True))
    path = tmp_path / "bst.onnx"
    assert export_ranker(net, example, path, np.random.default_rng(0)) < 1e-4
    session = Session(path)
    for n, seed in ((1, 1), (2, 2), (333, 3)):
        x = inputs(n, seed)
        x[2] = x[2] * (seed > 1)  # of one of them the history is empty
        with torch.no_grad():
            want = net(*x).numpy()
        given = session.run(**{k: v.numpy() for k, v in zip(names, x[:3], strict=True)})
        np.testing.assert_allclose(given, want, atol=1e-4)
