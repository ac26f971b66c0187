from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
import torch

from hermes.core.types import Queries, Shape
from hermes.data.interactions import Holdout, Interactions
from hermes.learn.loop import Schedule
from hermes.models.retrievers.sasrec import SASRec, SASRecConfig, Transformer

from .cycle import ITEMS, LENGTH, asked, cycle, followed, shaken

QUICK = Schedule(epochs=12, batch=16, lr=1e-2, patience=12)
CONFIG = SASRecConfig(d=16, length=LENGTH, blocks=1, heads=2, dropout=0.0, schedule=QUICK)


@pytest.fixture(scope="module")
def net() -> Transformer:
    torch.manual_seed(5)
    return shaken(Transformer(Shape(n_items=ITEMS), replace(CONFIG, blocks=2)))


@torch.no_grad()
def encoded(net: Transformer, queries: Queries) -> torch.Tensor:
    return net.encode({"history": torch.from_numpy(queries.history)})


@pytest.mark.parametrize("n", [1, 5, LENGTH])
def test_padding_on_the_left_changes_nothing(net: Transformer, n: int) -> None:
    history = list(range(3, 3 + n))
    plain = encoded(net, asked(history, length=n))
    for length in (LENGTH, LENGTH + 7):
        torch.testing.assert_close(encoded(net, asked(history, length=length)), plain)


def test_the_company_in_a_batch_changes_nothing(net: Transformer) -> None:
    both = encoded(net, asked([4, 5], list(range(1, 11))))
    torch.testing.assert_close(both[:1], encoded(net, asked([4, 5])))


def test_what_comes_later_does_not_change_earlier_states(net: Transformer) -> None:
    past = torch.tensor([[3, 4, 5, 6, 7]])
    other = torch.tensor([[3, 4, 5, 20, 0]])
    with torch.no_grad():
        a, b = net(past), net(other)
    torch.testing.assert_close(a[:, :3], b[:, :3], rtol=0, atol=1e-6)
    assert not torch.allclose(a[:, 3], b[:, 3], atol=1e-3)


def test_only_the_last_events_of_a_long_history_count(net: Transformer) -> None:
    last = [1 + i % (ITEMS - 1) for i in range(LENGTH)]
    long = encoded(net, asked([9, 9, 9, *last], length=LENGTH + 3))
    torch.testing.assert_close(long, encoded(net, asked(last)))


def test_the_order_of_a_history_counts(net: Transformer) -> None:
    two = encoded(net, asked([1, 2, 3], [2, 1, 3]))
    assert not torch.allclose(two[0], two[1], atol=1e-3)


def test_an_empty_history_gives_numbers(net: Transformer) -> None:
    assert torch.isfinite(encoded(net, asked([], [3]))).all()


@pytest.mark.parametrize("loss", ["softmax", "sampled", "gbce"])
@pytest.mark.parametrize("start", ["spectral", "random"])
def test_a_planted_cycle_is_learned(
    loss: Literal["softmax", "sampled", "gbce"], start: Literal["spectral", "random"]
) -> None:
    patient = replace(QUICK, epochs=30 if (loss, start) == ("gbce", "random") else 12)
    config = replace(CONFIG, loss=loss, start=start, negatives=20, schedule=patient)
    model = SASRec(config).fit(cycle())
    assert np.mean(model.losses[-3:]) < 0.7 * model.losses[0]
    assert followed(model) > 0.8


def test_early_stopping_reads_what_came_next() -> None:
    log = cycle()
    held = Holdout(asked([1, 2, 3], [7, 8]), np.array([4, 9]))
    model = SASRec(replace(CONFIG, schedule=replace(QUICK, patience=1, lr=1e-9)))
    model.fit(replace(log, valid=held))
    assert len(model.losses) < QUICK.epochs


def test_histories_of_one_event_teach_nothing_and_break_nothing() -> None:
    users = np.arange(1, 6)
    ones = np.ones(5, np.float32)
    log = Interactions(users, users, users.astype(float), ones, Shape(6, ITEMS))
    model = SASRec(replace(CONFIG, schedule=replace(QUICK, epochs=1))).fit(log)
    assert np.isfinite(model.score(asked([1], []))).all()
