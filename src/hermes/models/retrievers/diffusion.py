"""Diffusion: what somebody turns to next, out of a noisy picture of what they did, in a few steps.

Wang, Xu, Feng, Lin, He, Chua. Diffusion recommender model. SIGIR 2023. A user's interactions are
noised, and a network learns to undo that step by step: here as in its L-DiffRec among compressed
vectors, and as in its T-DiffRec with recent events counting more. With y the compressed history,
e drawn from the normal distribution and T `steps`,

    z_T = y + noise e,
    g_t = f(z_t, y, t)                                      the clean vector, as f believes
    z_{t-1} = g_t + (t-1)/t (z_t - g_t) + noise sqrt((t-1) / (t T)) e,

which is the posterior under a noise whose variance grows linearly; the scores are products of z_0
with the items. Serving takes the same T steps without e. What differs from the paper: the clean
vector is asked to say what comes next at every moment of a history, by a softmax over the
catalogue, and only by `anchor` to be the history again; vectors do not shrink as noise is added; f
learns on the states it meets on its own way down, not on y noised afresh, since it stands on those
when it serves, and sees y beside them; steps weigh the same; one linear compression with learned
recency weights (`learn/recency`) instead of one variational autoencoder a group of items, which
starts from the spectrum of the transitions in the log (`learn/spectral`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hermes.core.types import Shape
from hermes.learn import losses
from hermes.learn.layers import Dropout, embedding, mlp
from hermes.learn.loop import Batch
from hermes.learn.recency import Recency
from hermes.models.sequential import HistoryConfig, HistoryEmbedder


@dataclass(frozen=True, kw_only=True)
class DiffusionConfig(HistoryConfig):
    """Defaults suit a few thousand items and histories of some hundred events."""

    paces: int = 4  # ways to weigh places and ages beside each other
    steps: int = 3  # of denoising, in learning and in serving
    noise: float = 0.5  # at step T, in standard deviations of an item vector's coordinates
    hidden: int = 256  # units of the denoiser
    dropout: float = 0.1
    anchor: float = 0.1  # weight of |g - y|^2 beside the softmax
    loss: Literal["softmax", "sampled"] = "softmax"


class Diffusion(HistoryEmbedder[DiffusionConfig]):
    """The denoised vector against a table of items."""

    Config = DiffusionConfig
    tables = ("read", "items")

    def build(self, shape: Shape) -> nn.Module:
        """A denoiser."""
        return Denoiser(shape, self.config)

    def loss(self, batch: Batch) -> Tensor:
        """() of the next item at every event, each at a step of its own"""
        net, known = self.net, batch["target"] > 0
        past = net.compressed(net.recency.stretch(batch["ages"]), batch["history"])[known]
        step = torch.randint(1, net.steps + 1, (len(past),), device=past.device)
        clean = net.denoised(net.met(past, step), past, step)
        far = (clean - past).square().sum(1).mean()
        states, target, items = clean * net.sharpness.exp(), batch["target"][known], net.catalogue()
        if self.config.loss == "sampled":
            value = losses.sampled_softmax(states, items, target, batch["negatives"])
        else:
            value = losses.softmax(states, items, target)
        return value + self.config.anchor * far


class Denoiser(nn.Module):
    """A compression, a denoiser, and the items their result is held against."""

    def __init__(self, shape: Shape, config: DiffusionConfig) -> None:
        super().__init__()
        d, paces = config.d, config.paces
        self.length, self.steps, self.noise = config.length, config.steps, config.noise * d**-0.5
        self.read, self.items = embedding(shape.n_items, d), embedding(shape.n_items, d)
        self.recency = Recency(config.length, paces)
        self.mix = nn.Linear(paces * d, d)
        with torch.no_grad():
            self.mix.weight.copy_(torch.eye(d).repeat(1, paces) / paces)
        self.drop = Dropout(config.dropout)
        self.when = embedding(config.steps + 1, d, std=0.1)
        self.change = mlp(3 * d, config.hidden, d, dropout=config.dropout)
        self.sharpness = nn.Parameter(torch.tensor(0.5 * float(np.log(d))))  # log of the softmax's

    def compressed(self, weights: Tensor, history: Tensor) -> Tensor:
        """y of every moment.  (B, H, n, m), (B, m) -> (B, n, D)"""
        pooled = weights @ self.read(history)[:, None]  # (B, H, n, D)
        return torch.as_tensor(self.mix(self.drop(pooled.transpose(1, 2).flatten(2))))

    def denoised(self, z: Tensor, y: Tensor, step: Tensor) -> Tensor:
        """g_t.  (B, D), (B, D), (B,) -> (B, D)"""
        when = F.embedding(step, self.when.weight)
        return torch.as_tensor(y + self.change(torch.cat([z, y, when], dim=1)))

    def down(self, z: Tensor, y: Tensor, step: int) -> Tensor:
        """z_{t-1} without noise; at t = 1 it is g_1.  (B, D), (B, D) -> (B, D)"""
        clean = self.denoised(z, y, torch.full((len(z),), step, device=z.device))
        return clean + (step - 1) / step * (z - clean)

    @torch.no_grad()
    def met(self, y: Tensor, step: Tensor) -> Tensor:
        """z_t of each row's own t, on the noisy way down.  (B, D), (B,) -> (B, D)"""
        z = found = y + self.noise * torch.randn_like(y)
        for t in range(self.steps, 1, -1):
            spread = self.noise * ((t - 1) / (t * self.steps)) ** 0.5
            z = self.down(z, y, t) + spread * torch.randn_like(y)
            found = torch.where((step < t)[:, None], z, found)
        return found

    def encode(self, batch: Batch) -> Tensor:
        """history (B, L) left-padded with 0, ages (B, L) -> (B, D)"""
        history, ages = batch["history"][:, -self.length :], batch["ages"][:, -self.length :]
        z = y = self.compressed(self.recency.last(history, ages), history)[:, 0]
        for t in range(self.steps, 0, -1):
            z = self.down(z, y, t)
        return z * self.sharpness.exp()

    def catalogue(self) -> Tensor:
        """(I, D)"""
        return self.items.weight
