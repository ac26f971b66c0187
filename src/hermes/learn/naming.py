"""Learning what colours are called from pictures of which only the words are known.

No pixel is labelled: a picture's words are a mixture of its colours' words, and the likelihood is
of any of the judged words. The table is held near nothing, that is near the plain examples, the
weights of places near the thing alone. Convex neither way; L-BFGS from where it is held.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from hermes.core.errors import DataError
from hermes.core.types import Array, Bools
from hermes.encoders.colours import PLACES, WORDS, Palette
from hermes.encoders.naming import FLOOR, Naming, features, votes

STEPS = 25  # of L-BFGS


def learned(seen: Sequence[Palette], judged: Bools, l2: float = 2.0, near: float = 0.3) -> Naming:
    """The numbers that best explain the words judged for each picture.  (P,), (P, W)

    Raises `DataError` where a picture has no word.
    """
    if len(seen) != len(judged) or not len(seen) or not judged.any(1).all():
        raise DataError("naming: each picture needs at least one of the words that are known")
    told, base = single([features(one) for one in seen]), single([votes(one) for one in seen])
    shares = single([one.shares.T for one in seen])
    owner = torch.tensor(np.repeat(np.arange(len(seen)), [len(one.lab) for one in seen]))
    right, first = torch.tensor(judged), torch.eye(len(PLACES))[0]
    table = torch.zeros(told.shape[1], len(WORDS), requires_grad=True)
    mix = first.clone().requires_grad_(True)
    optimiser = torch.optim.LBFGS([table, mix], max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        """Of all pictures, with what holds the numbers."""
        optimiser.zero_grad()
        words = (base + told @ table).softmax(1)
        spots = (shares[:, :, None] * words[:, None]).flatten(1)
        summed = torch.zeros(len(seen), spots.shape[1]).index_add_(0, owner, spots)
        logs = (summed.view(len(seen), len(PLACES), -1) + FLOOR).log()
        chances = torch.einsum("pcw,c->pw", logs, mix).log_softmax(1)
        value = -chances.masked_fill(~right, -torch.inf).logsumexp(1).mean()
        value = value + (l2 * (table**2).sum() + near * ((mix - first) ** 2).sum()) / len(seen)
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    return Naming(table.detach().numpy(), mix.detach().numpy())


def single(rows: list[Array]) -> Tensor:
    """All rows one after the other, in single precision."""
    return torch.from_numpy(np.concatenate(rows).astype(np.float32))
