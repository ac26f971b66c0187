"""What may be known, and what came next: the three protocols of offline evaluation.

Only an event of positive weight is a target, since nobody wants to be shown what they dislike. A
target that its user had already seen can not be found by a system that removes seen items: unless
`repeats` is asked for it is left out and counted. A target that training never saw stays, as a miss
for every system that cannot reach it, and is counted.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from hermes.core.errors import ConfigError, DataError
from hermes.core.types import Array, Bools, Ints
from hermes.data.interactions import Holdout, Interactions, no_fields


@dataclass(frozen=True, slots=True)
class Cases:
    """Q users as they stood at one moment, and the items they turned to afterwards."""

    known: Interactions  # all that may be known at the moment: training and validation
    users: Ints  # (Q,) distinct, ascending
    now: Array  # (Q,) float64 days since the epoch, when each asks
    targets: Ints  # (T,) relevant items, those of one user side by side and distinct
    offsets: Ints  # (Q+1,) user q's targets are targets[offsets[q]:offsets[q+1]]
    repeats: int  # targets left out because their user had seen them
    fresh: int  # targets kept though training never saw the item
    allow_repeats: bool = False  # seen items are ranked too, and may be targets
    contexts: Ints = field(default_factory=no_fields)  # (Q, 3) of the first target; (0, 0): unknown

    def __len__(self) -> int:
        return len(self.users)

    def owners(self) -> Ints:
        """The case of each target.  -> (T,)"""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    def history_lengths(self) -> Ints:
        """Events known of each user.  -> (Q,)"""
        bounds = self.known.offsets()
        return np.asarray(bounds[self.users + 1] - bounds[self.users])

    def take(self, index: Ints) -> Cases:
        """The chosen cases, in ascending order."""
        chosen = np.unique(index)
        owners = self.owners()
        rows = np.isin(owners, chosen)
        counts = np.diff(self.offsets)[chosen]
        return replace(
            self,
            users=self.users[chosen],
            now=self.now[chosen],
            contexts=self.contexts[chosen] if len(self.contexts) else self.contexts,
            targets=self.targets[rows],
            offsets=np.concatenate([[0], np.cumsum(counts)]),
        )


@dataclass(frozen=True, slots=True)
class Split:
    """A log cut into what models learn from, stop by, and are judged on."""

    protocol: str  # loo, temporal or given
    train: Interactions  # carries `valid` for early stopping
    valid: Holdout
    test: Cases


def leave_one_out(data: Interactions, length: int = 200, repeats: bool = False) -> Split:
    """Each user's last event is the test, the one before it validation, the rest training.

    A user with fewer than three events of positive weight only trains. What a user did after their
    test event, which can only be dislikes, is left out. `length` bounds the histories of `valid`.
    """
    place = positives_from_end(data)
    enough = np.bincount(data.users[data.weights > 0], minlength=data.shape.n_users) >= 3
    tested = enough[data.users]
    test, valid = tested & (place == 0), tested & (place == 1)
    known = data.take(~tested | (place >= 1))
    train = data.take(~tested | (place >= 2))
    return Split(
        "loo",
        *stop_by(train, data, valid, length),
        cases(data, known, train, test, moment=None, repeats=repeats),
    )


def temporal(
    data: Interactions,
    at: float | None = None,
    fraction: float = 0.1,
    length: int = 200,
    repeats: bool = False,
) -> Split:
    """What happened from the moment `at` (days) on is the test, of the same moment for everybody.

    Without `at`, the moment after which `fraction` of all events happened. The last `fraction` of
    what is before it is validation, of which each user's first event is the one to stop by.
    """
    if not 0 < fraction < 0.5:
        raise ConfigError(f"temporal split: fraction {fraction} is not between 0 and 0.5")
    moment = float(np.quantile(data.times, 1 - fraction)) if at is None else at
    known = data.take(data.times < moment)
    if not len(known) or len(known) == len(data):
        raise ConfigError(f"temporal split: all events lie on one side of day {moment:.3f}")
    early = float(np.quantile(known.times, 1 - fraction))
    train = data.take(data.times < early)
    valid = (data.times >= early) & (data.times < moment)
    test = cases(data, known, train, data.times >= moment, moment=moment, repeats=repeats)
    return Split("temporal", *stop_by(train, data, valid, length), test)


def given(data: Interactions, part: Ints, length: int = 200, repeats: bool = False) -> Split:
    """The cut that came with the data: part (N,) is 0 train, 1 valid, 2 test."""
    if len(part) != len(data):
        raise DataError(f"given split: {len(part)} marks for {len(data)} events")
    if not np.any(part == 2):
        raise DataError("given split: no event is marked test; ingest with --split COLUMN")
    train, known = data.take(part == 0), data.take(part <= 1)
    test = cases(data, known, train, part == 2, moment=None, repeats=repeats)
    return Split("given", *stop_by(train, data, part == 1, length), test)


def positives_from_end(data: Interactions) -> Ints:
    """How many later events of positive weight the same user has.  -> (N,)"""
    liked = data.weights > 0
    total = np.bincount(data.users[liked], minlength=data.shape.n_users)[data.users]
    before = np.cumsum(liked)  # including itself
    start = np.concatenate([[0], before])[data.offsets()[data.users]]
    return np.asarray(total - (before - start))


def stop_by(
    train: Interactions, data: Interactions, mask: Bools, length: int
) -> tuple[Interactions, Holdout]:
    """Training with its validation: the first event of positive weight of each user in `mask`.

    It is asked about at the moment it happened, as test events are.
    """
    rows = np.flatnonzero(mask & (data.weights > 0) & (data.items > 0))
    users, first = np.unique(data.users[rows], return_index=True)
    rows = rows[first]
    asked = train.queries(users, length, data.times[rows], data.occasions()[rows])
    valid = Holdout(asked, data.items[rows])
    return (replace(train, valid=valid) if len(valid) else train), valid


def cases(
    data: Interactions,
    known: Interactions,
    train: Interactions,
    mask: Bools,
    *,
    moment: float | None,
    repeats: bool,
) -> Cases:
    """The distinct items of positive weight in `mask`, by user."""
    rows = np.flatnonzero(mask & (data.weights > 0))
    pairs = data.users[rows] * data.shape.n_items + data.items[rows]
    pairs, first = np.unique(pairs, return_index=True)
    seen = np.isin(pairs, known.users * data.shape.n_items + known.items)
    keep = np.ones(len(pairs), bool) if repeats else ~seen
    users, items = np.divmod(pairs[keep], data.shape.n_items)
    if not len(users):
        raise DataError("the split leaves nobody to test on; give it more events or another cut")
    asked, starts = np.unique(users, return_index=True)
    events = rows[first][keep]
    times = data.times[events]
    now = np.minimum.reduceat(times, starts) if moment is None else np.full(len(asked), moment)
    trained = np.zeros(data.shape.n_items, bool)
    trained[train.items] = True
    trained[0] = False
    return Cases(
        known=known,
        users=asked,
        now=now,
        targets=items,
        offsets=np.append(starts, len(items)),
        repeats=0 if repeats else int(seen.sum()),
        fresh=int((~trained[items]).sum()),
        allow_repeats=repeats,
        contexts=earliest(data, events),
    )


def earliest(data: Interactions, events: Ints) -> Ints:
    """The context of each user's first of the events.  (T,) -> (Q, 3), or (0, 0) where none is"""
    if not len(data.contexts):
        return data.contexts
    order = np.lexsort((data.times[events], data.users[events]))
    _, first = np.unique(data.users[events][order], return_index=True)
    return data.contexts[events[order[first]]]
