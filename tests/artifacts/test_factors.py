"""DeepFM as it is served scores as it was learned."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hermes.artifacts.factors import Factors
from hermes.core.errors import ArtifactError
from hermes.core.types import Array, Floats, Ints, Shape
from hermes.models.rankers.deepfm import DeepFM, DeepFMConfig

ITEMS, DENSE = 40, 6
FIELDS = np.random.default_rng(0).integers(0, 5, (ITEMS, 2))
CARDINALITIES = (ITEMS, 5, 5, 3, 4)  # the item, its two fields, the user's two


def network(hidden: tuple[int, ...], sparse: tuple[int, ...] = CARDINALITIES) -> torch.nn.Module:
    torch.manual_seed(1)
    shape = Shape(n_dense=DENSE, sparse=sparse, history=3)
    net = DeepFM(DeepFMConfig(d=4, hidden=hidden)).build(shape).eval()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.normal_(std=0.5)
        net.numbers.mean.normal_()
        net.numbers.scale.uniform_(0.5, 3.0)
    return net


def pool(n: int, user: tuple[int, ...] = (2, 1)) -> tuple[Floats, Ints]:
    rng = np.random.default_rng(n)
    dense = rng.normal(size=(n, DENSE), scale=3.0).astype(np.float32)
    dense[::3, 1] = np.nan
    item = rng.integers(0, ITEMS, n)
    return dense, np.concatenate([item[:, None], FIELDS[item], np.tile(user, (n, 1))], axis=1)


def arrays(net: torch.nn.Module) -> dict[str, Array]:
    return {name: value.numpy() for name, value in net.state_dict().items()}


@pytest.mark.parametrize("hidden", [(8,), (8, 5), (7, 6, 5)])
@pytest.mark.parametrize("n", [0, 1, 100])
def test_scores_are_those_of_the_network(hidden: tuple[int, ...], n: int) -> None:
    net, (dense, sparse) = network(hidden), pool(n)
    factors = Factors.of(arrays(net), CARDINALITIES, FIELDS)
    nothing = torch.zeros(n, dtype=torch.int64)
    with torch.no_grad():
        want = net(torch.from_numpy(dense), torch.from_numpy(sparse), nothing, nothing).numpy()
    np.testing.assert_allclose(factors.score(dense, sparse), want, rtol=1e-5, atol=1e-4)


def test_users_without_attributes_are_scored_too() -> None:
    net = network((8,), CARDINALITIES[:3])
    dense, sparse = pool(20)
    sparse = np.ascontiguousarray(sparse[:, :3])
    nothing = torch.zeros(20, dtype=torch.int64)
    with torch.no_grad():
        want = net(torch.from_numpy(dense), torch.from_numpy(sparse), nothing, nothing).numpy()
    got = Factors.of(arrays(net), CARDINALITIES[:3], FIELDS).score(dense, sparse)
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-4)


def test_a_missing_array_is_named() -> None:
    left = arrays(network((8,)))
    del left["vectors"]
    with pytest.raises(ArtifactError, match="vectors"):
        Factors.of(left, CARDINALITIES, FIELDS)
