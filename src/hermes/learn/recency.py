"""How much each event of a history counts: less by its place from the end, less by its age.

A network that reads a history as a weighted mean needs no attention to know the order: the event j
places before the last, a days ago, counts exp(l_j) (1 + a)^-r, with l and r learned. Several paces
stand side by side, from one that forgets nothing at the start to one that sees little but the last
event, and what they do not give to the events goes to the state of having done nothing, so that a
short history says little and none says nothing.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Recency(nn.Module):
    """Weights of the last `length` events at each of H `paces`."""

    def __init__(self, length: int, paces: int) -> None:
        super().__init__()
        self.length = length
        power = torch.linspace(0.0, 2.0, paces) if paces > 1 else torch.ones(1)
        lag = torch.arange(length, dtype=torch.float32)
        self.places = nn.Parameter(-power[:, None] * torch.log1p(lag))  # (H, length) newest first
        self.rates = nn.Parameter(torch.full((paces,), -3.0))  # r before softplus

    def stretch(self, ages: Tensor) -> Tensor:
        """Weights of all events as each next one sees them.

        ages (B, n) as `batches.sequences` tells them -> (B, H, n, n), row i of the moment when the
        event after i happened, 0 above the diagonal; n <= length.
        """
        place = torch.arange(ages.shape[1], device=ages.device)
        lag = place[:, None] - place[None, :]
        after = F.pad(ages[:, 1:], (0, 1))  # the age of the one after i
        then = ages[:, None, :] - after[:, :, None]
        return self.shares(lag, then[:, None], (lag >= 0)[None, None])

    def last(self, history: Tensor, ages: Tensor) -> Tensor:
        """Weights as the next event sees them.  (B, L) left-padded with 0, (B, L) -> (B, H, 1, L)

        L <= length.
        """
        lag = torch.arange(history.shape[1], device=history.device).flip(0)[None]
        return self.shares(lag, ages[:, None, None], (history > 0)[:, None, None])

    def shares(self, lag: Tensor, ages: Tensor, known: Tensor) -> Tensor:
        """(n, m), (B, 1, n, m), (B or 1, 1, n, m) -> (B, H, n, m), rows that sum to below 1"""
        value = self.places[:, lag.clamp(min=0)]  # (H, n, m)
        rate = F.softplus(self.rates)[:, None, None]
        value = value - rate * torch.log1p(ages.clamp(min=0.0))
        value = value.masked_fill(~known, -torch.inf)
        nothing = torch.zeros_like(value[..., :1])
        return torch.cat([nothing, value], dim=-1).softmax(-1)[..., 1:]
