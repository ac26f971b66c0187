from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from hermes.artifacts.export import export_encoder
from hermes.artifacts.onnx_session import Session as Graph
from hermes.core.types import Queries, Shape
from hermes.data import context
from hermes.data.interactions import Interactions
from hermes.learn.batches import tensors
from hermes.learn.loop import Schedule
from hermes.models.retrievers.session import Session, SessionConfig, pauses

PAGES, KINDS = 3, 4
PLAN = Schedule(epochs=25, batch=16, lr=3e-3, patience=25)
SMALL = SessionConfig(d=16, length=12, blocks=1, dropout=0.0, schedule=PLAN)


@pytest.fixture(scope="module")
def log() -> Interactions:
    """What is chosen depends on the page alone: one of the page's own four items."""
    rng = np.random.default_rng(1)
    users = np.repeat(np.arange(1, 61), 20)
    page = rng.integers(0, PAGES, len(users))
    items = 1 + page * KINDS + rng.integers(0, KINDS, len(users))
    times = np.arange(len(users)) / 24.0
    codes = np.column_stack([page + 1, np.zeros((len(users), 2), np.int64)])
    shape = Shape(61, 1 + PAGES * KINDS, context=(PAGES + 1, 1, 1, *context.CLOCK))
    ones = np.ones(len(users), np.float32)
    return replace(Interactions.sort(users, items, times, ones, shape), contexts=codes)


@pytest.fixture(scope="module")
def model(log: Interactions) -> Session:
    return Session(SMALL).fit(log)


def asked(log: Interactions, page: int) -> Queries:
    occasion = context.blank(60)
    occasion[:, 0] = page
    return log.queries(np.arange(1, 61), 12, occasion=occasion)


@pytest.mark.parametrize("page", range(1, PAGES + 1))
def test_the_page_decides_what_comes(model: Session, log: Interactions, page: int) -> None:
    best = model.score(asked(log, page))[:, 1:].argmax(axis=1)
    assert (best // KINDS + 1 == page).mean() > 0.95


def test_a_request_that_says_nothing_is_answered_from_every_page(
    model: Session, log: Interactions
) -> None:
    blind = replace(asked(log, 0), context=None)
    score = model.score(blind)[:, 1:]
    share = np.exp(score) / np.exp(score).sum(axis=1, keepdims=True)
    pages = share.reshape(60, PAGES, KINDS).sum(axis=2)
    assert pages.mean(axis=0).min() > 0.25


def test_the_graph_reads_the_request(model: Session, log: Interactions, tmp_path: Path) -> None:
    query = asked(log, 2).take(slice(0, 1))
    given: dict[str, Any] = {"history": query.history, "ages": query.ages, "context": query.context}
    export_encoder(model.net, tensors(**given), tmp_path / "s.onnx", np.random.default_rng(0))
    graph = Graph(tmp_path / "s.onnx")
    assert set(graph.inputs) == {"history", "ages", "context"}
    np.testing.assert_allclose(graph.run(**given), model.embed(query), atol=1e-4)


def test_pauses_are_doublings_of_a_second() -> None:
    seconds = torch.tensor([[0.0, 1.0, 3.0, 7.5, 1e12]], dtype=torch.float64)
    ages = (seconds.sum() - seconds.cumsum(1)) / 86_400
    assert pauses(ages).tolist() == [[0, 1, 2, 3, context.PAUSES - 1]]


def test_padding_changes_nothing(model: Session, log: Interactions) -> None:
    query = asked(log, 1)
    short = Queries(query.users, query.history[:, -5:], query.ages[:, -5:], query.context)
    wide = Queries(
        query.users,
        np.pad(short.history, ((0, 0), (7, 0))),
        np.pad(short.ages, ((0, 0), (7, 0))),
        query.context,
    )
    np.testing.assert_allclose(model.embed(short), model.embed(wide), atol=1e-5)
