"""xDeepFM against the sums of its paper, written out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hermes.core.types import Shape
from hermes.models.rankers.xdeepfm import Crosses, XDeepFM, XDeepFMConfig

SHAPE = Shape(n_items=9, n_dense=2, sparse=(9, 4), history=3)


@pytest.mark.parametrize("maps", [(2,), (5, 2), (3, 5, 2)])
def test_crosses_are_the_compressed_interaction_network(maps: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    fields, d = 4, 3
    net, start = Crosses(fields, maps), torch.randn(2, fields, d)
    with torch.no_grad():
        got = net(start.transpose(1, 2))
        for n in range(2):
            below, sums = start[n], []
            for w, count in zip(net.layers, maps, strict=True):  # W^{k,h}_ij
                above = torch.zeros(count, d)
                for h in range(count):
                    for i in range(len(below)):
                        for j in range(fields):
                            above[h] += w[h, i, j] * below[i] * start[n, j]
                sums += [row.sum() for row in above]
                below = above
            torch.testing.assert_close(got[n], net.out.weight[0].dot(torch.stack(sums)))


def test_the_score_is_linear_and_crosses_and_deep() -> None:
    torch.manual_seed(1)
    net = XDeepFM(XDeepFMConfig(d=3, maps=(4,), hidden=(5,))).build(SHAPE).eval()
    dense = torch.tensor([[0.5, -1.0], [2.0, torch.nan]])
    sparse = torch.tensor([[3, 1], [0, 2]])
    with torch.no_grad():
        net.codes.table.weight[:, -1] = torch.randn(13)
        net.vectors[:, :, -1] = torch.randn(2, 2)
        vectors = net.vectors
        got = net(dense, sparse, torch.zeros(1, 3, dtype=torch.int64), torch.zeros(2).long())
        for n in range(2):
            item, other = net.codes.table.weight[[int(sparse[n, 0]), 9 + int(sparse[n, 1])]]
            first = dense[n, 0] * vectors[0, 0]
            missing = bool(dense[n, 1].isnan())
            second = vectors[1, 1] if missing else dense[n, 1] * vectors[0, 1]
            table = torch.stack([item, other, first, second])  # (m, D+1)
            start = table[:, :3]
            crosses = net.crosses(start.T[None])[0]
            deep = net.deep(start.T.flatten())[0]
            torch.testing.assert_close(got[n], table[:, 3].sum() + crosses + deep)


def test_the_linear_part_starts_at_zero() -> None:
    net = XDeepFM().build(SHAPE)
    assert not net.codes.table.weight[:, -1].any()
    assert not net.vectors[:, :, -1].any()
    assert np.count_nonzero(net.codes.table.weight[0].detach().numpy()) == 0
