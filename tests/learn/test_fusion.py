"""Fusion learns which modality answers which query."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from hermes.core.errors import ConfigError, DataError, ShapeError
from hermes.core.types import Floats
from hermes.encoders.base import Vectors
from hermes.encoders.fusion import Fusion
from hermes.learn import fusion
from hermes.learn.alignment import Pairs
from hermes.learn.fusion import FusionConfig, fused
from hermes.learn.loop import Schedule

LABELS, WIDTH = 12, 32
CONFIG = FusionConfig(d=WIDTH, slow=0.1, schedule=Schedule(epochs=30, batch=100, lr=2e-2))


def unit(rows: Floats) -> Floats:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


class Planted:
    """Items show one label and tell another; a query names a label, and which of the two it is."""

    def __init__(self, seed: int, n: int = 300) -> None:
        fixed, rng = np.random.default_rng(9), np.random.default_rng(seed)
        names = unit(fixed.normal(size=(LABELS, WIDTH)))
        words = unit(fixed.normal(size=(2, WIDTH)))
        drawn = unit(fixed.normal(size=(LABELS, 10)))
        self.labels = rng.integers(0, LABELS, (n, 2))  # told, shown
        self.task = rng.integers(0, 2, n)
        self.wanted = self.labels[np.arange(n), self.task]
        noise = rng.normal(size=(n, WIDTH)) * 0.05
        text = unit(names[self.labels[:, 0]] + noise)
        vision = unit(drawn[self.labels[:, 1]] + noise[:, :10])
        self.modalities = {"text": Vectors(text, "text:t:1"), "vision": Vectors(vision, "v:v:1")}
        asked = unit(names[self.wanted] + words[self.task])
        self.queries = Vectors(asked, "text:t:1")

    def pairs(self) -> Pairs:
        both = self.task * LABELS + self.wanted + 1
        return Pairs(self.queries, np.arange(len(both)), np.zeros_like(both), both)

    def found(self, learned: Fusion) -> tuple[float, Floats]:
        """Share of queries whose first item has the label, and mean weights by task (2, M)."""
        items, right, seen = learned.project(self.modalities), 0, np.zeros((2, 2))
        for row, (task, wanted) in enumerate(zip(self.task, self.wanted, strict=True)):
            one = Vectors(self.queries.rows[row : row + 1], "text:t:1")
            right += self.labels[learned.score(one, items).argmax(), task] == wanted
            seen[task] += learned.weights(one, items).mean(0)
        return right / len(self.task), seen / seen.sum(1, keepdims=True)


@pytest.fixture(scope="module")
def learned() -> Fusion:
    return fused(Planted(1).pairs(), Planted(1).modalities, CONFIG)


def test_the_word_that_names_the_task_turns_the_weights_to_the_modality_that_answers(
    learned: Fusion,
) -> None:
    right, weights = Planted(2, 200).found(learned)
    assert right > 0.9
    assert weights[0, 0] > 0.5 < weights[1, 1]
    assert weights[0, 0] > weights[1, 0] + 0.2


def test_it_does_not_matter_in_what_order_modalities_come() -> None:
    turned = dict(reversed(Planted(1).modalities.items()))
    learned = fused(Planted(1).pairs(), turned, CONFIG)
    assert learned.names == ("vision", "text")
    right, weights = Planted(2, 200).found(learned)
    assert right > 0.9
    assert weights[1, 1] < 0.5 < weights[0, 1]


def test_equal_weights_can_not_tell_the_tasks_apart(learned: Fusion) -> None:
    config = replace(CONFIG, weights="equal")
    other = fused(Planted(1).pairs(), Planted(1).modalities, config)
    right, weights = Planted(2, 200).found(other)
    assert right < Planted(2, 200).found(learned)[0] - 0.05
    np.testing.assert_allclose(weights, 0.5)


def test_serving_computes_what_was_learned() -> None:
    world = Planted(3, 6)
    rows = world.modalities["vision"].rows.copy()
    rows[2] = 0
    modalities = world.modalities | {"vision": Vectors(rows, "v:v:1")}
    learned = fused(world.pairs(), modalities, FusionConfig(d=8, schedule=Schedule(epochs=2)))
    starts = {name: torch.from_numpy(table[:-1]) for name, table in learned.tables.items()}
    gate = torch.zeros(2 * WIDTH + 1, 2)
    config = FusionConfig(d=8, sharp=1)
    net = fusion.Attention(torch.from_numpy(learned.tower), starts, gate, config).eval()
    net.ask.data = torch.from_numpy(learned.ask)
    for name, table in learned.tables.items():
        net.offsets[name].data = torch.from_numpy(table[-1])
    batch = {k: torch.from_numpy(v.rows) for k, v in modalities.items()}
    batch |= {f"key.{k}": rows @ starts[k] for k, rows in batch.items()}
    asked = torch.from_numpy(world.queries.rows)
    logits, weights = (out.detach().numpy() for out in net({**batch, "queries": asked}))
    items = learned.project(modalities)
    for row in range(6):
        one = Vectors(world.queries.rows[row : row + 1], "text:t:1")
        np.testing.assert_allclose(learned.score(one, items), logits[row], atol=1e-3)
        np.testing.assert_allclose(learned.weights(one, items), weights[row], atol=1e-4)


def test_an_item_that_answers_too_is_no_negative() -> None:
    logits = torch.tensor([[1.0, 9.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    batch = {
        "item": torch.tensor([0, 1, 2]),
        "asks": torch.tensor([4, 0, 0]),
        "kind": torch.tensor([4, 4, 5]),
    }
    found = fusion.loss(lambda _: (logits, logits), batch, 0.0)  # type: ignore[arg-type]
    first = np.log(np.exp(1) + 1) - 1
    others = np.log(np.exp(1) + 2) - 1
    assert float(found) == pytest.approx((first + 2 * others) / 3)


def test_weights_that_differ_from_the_shares_cost_and_items_without_a_choice_do_not() -> None:
    batch = {
        "item": torch.tensor([0, 1]),
        "asks": torch.tensor([0, 0]),
        "kind": torch.tensor([0, 0]),
        "shares": torch.tensor([[0.9, 0.1], [0.0, 0.0]]),
    }
    cost = [
        float(fusion.loss(lambda _, a=a: (torch.zeros(2, 2), a), batch, 1.0))  # type: ignore[arg-type,misc]
        for a in (torch.tensor([[[0.9, 0.1]] * 2] * 2), torch.tensor([[[0.1, 0.9]] * 2] * 2))
    ]
    assert cost[1] - cost[0] == pytest.approx(0.8 * np.log(9), abs=1e-3)


def test_the_same_seed_learns_the_same() -> None:
    config = FusionConfig(d=8, schedule=Schedule(epochs=2))
    one, two = (fused(Planted(1).pairs(), Planted(1).modalities, config) for _ in range(2))
    assert one.identity == two.identity


def test_what_does_not_fit_is_refused() -> None:
    world = Planted(1, 20)
    with pytest.raises(ConfigError, match="lower d"):
        fused(world.pairs(), world.modalities, FusionConfig(d=WIDTH + 1))
    with pytest.raises(ConfigError, match="d 2 is not above the 2 modalities"):
        fused(world.pairs(), world.modalities, FusionConfig(d=2))
    with pytest.raises(ShapeError, match="one row an item"):
        fused(world.pairs(), {"text": Vectors(np.ones((3, WIDTH), np.float32), "text:t:1")})
    with pytest.raises(ShapeError, match="one of each a pair"):
        Pairs(world.queries, np.arange(3), np.arange(20), np.arange(20))
    silent = {"text": Vectors(np.zeros((20, WIDTH), np.float32), "text:t:1")}
    with pytest.raises(DataError, match="0 pairs"):
        fused(world.pairs(), silent, CONFIG)
    with pytest.raises(ConfigError, match="above 0"):
        FusionConfig(d=0)
