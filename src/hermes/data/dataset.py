"""The lake as training, evaluation and serving read it: codes, a log and a catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from hermes.core.types import Array, Ints
from hermes.core.vocab import Vocabulary

from .catalogue import Catalogue
from .context import FIELDS
from .interactions import Interactions
from .shown import Shown


@dataclass(frozen=True)
class Dataset:
    """Everything known of one lake under one recipe's filters."""

    users: Vocabulary  # user ids
    catalogue: Catalogue  # its `items` are the asset ids
    interactions: Interactions  # events that passed the filters and speak for an item
    user_field_names: tuple[Vocabulary, ...]  # (G,) values of each user attribute, e.g. gender
    hash: str  # sha256 of what the lake held
    context_names: tuple[Vocabulary, ...] = ()  # values of each of `context.FIELDS`
    split: Ints | None = None  # (N,) 0 train, 1 valid, 2 test: for the `given` protocol
    shown: Shown | None = None  # what pages showed, where the spec wants it
    refused: Interactions | None = None  # events that speak against an item: no history

    def held(self, known: Interactions) -> Dataset:
        """As it stood when no more was known: nothing was turned down after a user's last event.

        Without pages that tell of what `known` lacks, though its user did more afterwards. What
        came after all that is known of a user `Interactions.pages` takes for not yet done.
        """
        no = self.refused
        if no is not None:
            no = no.take(no.times <= known.latest()[no.users])
        if self.shown is None:
            return replace(self, refused=no)
        pages, size = self.shown, np.int64(known.shape.n_items)
        log, hit = self.interactions, self.shown.taken
        page = np.repeat(np.arange(len(pages)), np.diff(pages.offsets))[hit]
        users, when = pages.users[page], pages.when[hit]
        left = ~np.isin(moments(log, size), moments(known, size))
        told = np.isin(users * size + pages.items[hit] + 1j * when, moments(log, size)[left])
        told &= when <= known.latest()[users]
        safe = np.bincount(page[told], minlength=len(pages)) == 0
        return replace(self, shown=pages.take(safe), refused=no)

    def arrays(self) -> dict[str, Array]:
        """Users, their attributes and histories, for a bundle."""
        log = self.interactions
        out = {f"users.{k}": v for k, v in self.users.arrays().items()}
        for field, names in zip(FIELDS, self.context_names, strict=False):
            out |= {f"context.{field}.{k}": v for k, v in names.arrays().items()}
        if len(log.deeds) == len(log):
            out["deeds"] = log.deeds.astype(np.int8)
        if self.refused is not None:
            users, items = standing(self.refused, log)
            ends = np.searchsorted(users, np.arange(log.shape.n_users + 1))
            out |= {"refused.offsets": ends, "refused.items": items}
        return out | {
            "offsets": log.offsets(),
            "items": log.items,
            "times": log.times,
            "user_fields": log.user_fields,
        }


def moments(log: Interactions, size: np.int64) -> Array:
    """One complex number of each event's user, item and time, of `size` items.  -> (N,)"""
    return np.asarray(log.users * size + log.items + 1j * log.times)


def standing(refused: Interactions, log: Interactions) -> tuple[Ints, Ints]:
    """Users and items of refusals that nothing took back later, each pair once.  -> (n,), (n,)"""
    size = np.int64(log.shape.n_items)
    kept = log.weights > 0
    pairs, own = np.unique(log.users[kept] * size + log.items[kept], return_inverse=True)
    latest = np.full(len(pairs) + 1, -np.inf)  # the last: of pairs that nobody chose
    np.maximum.at(latest, own, log.times[kept])
    said = refused.users * size + refused.items
    place = np.searchsorted(pairs, said)
    known = np.isin(said, pairs)
    place[~known] = len(pairs)
    users, items = np.divmod(np.unique(said[refused.times > latest[place]]), size)
    return users, items


def vocabularies(arrays: Mapping[str, Array]) -> tuple[Vocabulary, tuple[Vocabulary, ...]]:
    """User ids, and the values of each field of the context, from `Dataset.arrays`."""
    known = [f"context.{field}" for field in FIELDS if f"context.{field}.ends" in arrays]
    users, *contexts = (
        Vocabulary.restore({k: arrays[f"{name}.{k}"] for k in ("bytes", "ends")})
        for name in ("users", *known)
    )
    return users, tuple(contexts)
