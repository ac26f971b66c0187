"""UltraGCN: what infinitely many graph convolutions would end in, as a loss on plain vectors.

Mao, Zhu, Xiao, Lu, Wang, He. UltraGCN: ultra simplification of graph convolutional networks for
recommendation. CIKM 2021. Where convolutions no longer change anything, with d the numbers of
neighbours,

    e_u = sum over the items i of u of b_ui e_i,   b_ui = 1 / d_u * sqrt((d_u + 1) / (d_i + 1)),

which is asked for by weighing the examples of a cross-entropy. With s_ui = e_u . e_i and j drawn,

    L = - sum over chosen (u, i) of [ (base + constraint b_ui) log s(s_ui)
                                      + alike sum over k in S(i) of w_ik log s(s_uk)
                                      + negative_weight I mean over j of
                                        (base + constraint b_uj) log s(-s_uj) ]
        + l2 / 2 |all vectors|^2 a batch,
    w_ik = G_ik / (g_i - G_ii) * sqrt(g_i / g_k),   G = R'R,  g its row sums,

S(i) the items of largest w_ik. `base` weighs the paper's L_O, `constraint` its L_C, `alike` its
L_I. Ours: the drawn items are shared by a batch, which makes their scores one product; what they
weigh is told in multiples of the I items there are, so that it suits small catalogues too; the loss
is the mean of a batch instead of the sum. The convergence condition above also says who somebody
unknown is: they get the sum over their history. A known user's learned vector differs from theirs;
the difference stays with them, and the sum follows their history.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from scipy.sparse import csr_array
from torch import Tensor, nn

from hermes.core.errors import ArtifactError
from hermes.core.types import Array, Floats, Shape
from hermes.data.interactions import Interactions
from hermes.learn.loop import Batch, Schedule
from hermes.models.filters import degrees, edges
from hermes.models.graph import Folding, GraphEmbedder, pairs
from hermes.models.neighbours import nearest


@dataclass(frozen=True, kw_only=True)
class UltraGCNConfig:
    """Weights that its authors used on gowalla; there with lr 1e-4 in batches of 512."""

    d: int = 64
    base: float = 1e-6  # weight of an example whatever its degrees
    constraint: float = 1.0  # weight of b_ui
    alike: float = 5e-4  # weight of the item-item graph
    neighbours: int = 10  # items kept for each in the item-item graph
    negatives: int = 1500  # drawn for each batch
    negative_weight: float = 0.0073  # of all drawn items, times I: 300 of 1 on gowalla
    l2: float = 1e-4
    std: float = 1e-4  # of the vectors to start from
    length: int = 1000  # last items of a history that are read
    schedule: Schedule = Schedule(epochs=100, batch=1024, lr=1e-3, patience=10)


class UltraGCN(GraphEmbedder[UltraGCNConfig]):
    """Plain vectors, served by an index."""

    Config = UltraGCNConfig

    def build(self, shape: Shape) -> nn.Module:
        """Vectors without a graph."""
        return Constrained(shape, self.config)

    def connect(self, data: Interactions) -> None:
        """The weights of examples and the item-item graph."""
        chosen = edges(data)
        alike, omega = nearest(similar_items(chosen), self.config.neighbours)
        of_user, of_item = degrees(chosen, 1), degrees(chosen, 0)
        self.net.constrain(
            chosen,
            of_user=np.sqrt(of_user + 1) / np.maximum(of_user, 1),
            of_item=1 / np.sqrt(of_item + 1),
            alike=alike.astype(np.int64),
            omega=omega,
        )

    def release(self) -> None:
        """The graph and the weights go."""
        self.net.constrain(None)

    def batches(self, data: Interactions, rng: np.random.Generator) -> Iterable[Batch]:
        """Every edge once, and the items drawn for the whole batch."""
        for batch in pairs(edges(data), self.config.schedule.batch, rng):
            drawn = rng.integers(1, data.shape.n_items, self.config.negatives)
            yield {**batch, "negatives": torch.from_numpy(drawn)}

    def loss(self, batch: Batch) -> Tensor:
        """() L of the module's head, by the mean of the batch"""
        net, config, item = self.net, self.config, batch["item"]
        users, drawn = F.embedding(batch["user"], net.users.weight), batch["negatives"]
        of_user, of_item = net.of_user[batch["user"]], net.of_item
        items, others = F.embedding(item, net.items.weight), F.embedding(drawn, net.items.weight)
        near = F.embedding(net.alike[item], net.items.weight)  # (B, K, D)

        hit = config.base + config.constraint * of_user * of_item[item]
        value = hit * F.softplus(-(users * items).sum(1))
        miss = config.base + config.constraint * of_user[:, None] * of_item[drawn]
        false = (miss * F.softplus(users @ others.T)).mean(1)
        like = net.omega[item] * F.softplus(-torch.einsum("bd,bkd->bk", users, near))
        weight = config.negative_weight * (self.shape.n_items - 1)
        value = value + weight * false + config.alike * like.sum(1)
        penalty = net.users.weight.square().sum() + net.items.weight.square().sum()
        share = batch.get("share", 1.0)  # of the batch, whose parts all have the same penalty
        return value.mean() + config.l2 / 2 * penalty * share / len(item)


class Constrained(Folding):
    """The vectors, and while it learns the weights of its examples."""

    of_user: Tensor  # (U,) and
    of_item: Tensor  # (I,) whose product is b_ui
    alike: Tensor  # (I, K) S(i)
    omega: Tensor  # (I, K) w_ik

    def __init__(self, shape: Shape, config: UltraGCNConfig) -> None:
        super().__init__(shape, config.d, config.length, config.std)
        self.constrain(None)

    def constrain(self, chosen: csr_array | None, **weights: Array) -> None:
        """Take the graph and its weights; without any, forget them."""
        self.chosen = chosen
        for name in ("of_user", "of_item", "alike", "omega"):
            value = torch.from_numpy(weights[name]) if name in weights else None
            self.register_buffer(name, value, persistent=False)

    def freeze(self) -> None:
        """What each item adds, and by how much the learned vectors of users differ from the sum."""
        if self.chosen is None:
            raise ArtifactError("UltraGCN: no graph is kept; fit it, or refresh it on a log")
        self.found.copy_(self.items.weight)
        self.parts.copy_(self.items.weight * self.of_item.unsqueeze(1))
        sums = torch.from_numpy(self.chosen @ self.parts.cpu().numpy()).to(self.parts.device)
        count = torch.from_numpy(degrees(self.chosen, 1)).to(self.parts.device).unsqueeze(1)
        own = self.users.weight - self.of_user.unsqueeze(1) * sums
        self.own.copy_(own * (count > 0))

    def scale(self, count: Tensor) -> Tensor:
        """The user's factor of b_ui.  (B,) -> (B,)"""
        return (count + 1).sqrt() / count


def similar_items(chosen: csr_array) -> csr_array:
    """w of the module's head, 0 for an item that shares no user with another.  -> (I, I)"""
    both = csr_array(chosen.T @ chosen, dtype=np.float32)
    total = np.asarray(both.sum(axis=1), np.float32).ravel()
    others: Floats = total - both.diagonal()
    left = np.sqrt(total) / np.maximum(others, 1.0)
    right = 1 / np.sqrt(np.maximum(total, 1.0))
    both.data *= np.repeat(left, np.diff(both.indptr)) * right[both.indices]
    return both
