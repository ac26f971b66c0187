from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from hermes.artifacts.export import export_encoder
from hermes.artifacts.onnx_session import Session
from hermes.core.errors import ConfigError
from hermes.core.types import Array, Shape
from hermes.data.interactions import Interactions
from hermes.learn.loop import Schedule
from hermes.learn.oscillators import product
from hermes.models.retrievers.ode import Driven, Flow, NeuralODE, NeuralODEConfig

ITEMS, LENGTH = 30, 12
QUICK = Schedule(epochs=12, batch=16, lr=1e-2, patience=12)
CONFIG = NeuralODEConfig(d=16, length=LENGTH, dropout=0.0, schedule=QUICK)


@pytest.fixture(scope="module")
def net() -> Driven:
    torch.manual_seed(5)
    made = Driven(Shape(n_items=ITEMS), CONFIG).eval()
    with torch.no_grad():
        made.items.weight[1:].normal_()
    return made


def batch(*histories: list[int], ages: list[float] | None = None, length: int = 0) -> Array:
    """Left-padded histories, and their ages: a day an event unless said otherwise."""
    length = length or max(map(len, histories))
    history = np.zeros((len(histories), length), np.int64)
    days = np.zeros((len(histories), length), np.float32)
    for row, items in enumerate(histories):
        if items:
            history[row, -len(items) :] = items
            days[row, -len(items) :] = ages or np.arange(len(items), 0, -1)
    return {"history": torch.from_numpy(history), "ages": torch.from_numpy(days)}


@torch.no_grad()
def encoded(net: Driven, *histories: list[int], **how: object) -> Tensor:
    return net.encode(batch(*histories, **how))


def test_without_a_field_the_flow_is_exact_in_one_step() -> None:
    flow, z = Flow(8, 2, 1), torch.randn(4, 8)
    for weight in flow.down.parameters():
        torch.nn.init.zeros_(weight)
    time = torch.tensor([0.1, 1.0, 3.0, 7.0])
    torch.testing.assert_close(flow(z, time), product(flow.turns(time), z))


def test_the_error_of_the_flow_falls_with_the_fourth_power_of_the_step() -> None:
    torch.manual_seed(1)
    flow, z = Flow(8, 4, 1).double(), torch.randn(16, 8).double()
    with torch.no_grad():
        flow.turns.damping.fill_(-2.0)
        flow.down.weight.mul_(3)
    time, ends = torch.full((16,), 1.5).double(), {}
    for flow.steps in (4, 8, 128):
        ends[flow.steps] = flow(z, time)
    coarse, fine = ((ends[s] - ends[128]).abs().max() for s in (4, 8))
    assert 10 < coarse / fine < 25


@pytest.mark.parametrize("n", [1, 2, LENGTH])
def test_what_is_served_is_what_is_learned(net: Driven, n: int) -> None:
    one = batch(list(range(3, 3 + n)), ages=[3.0 * (n - i) ** 2 for i in range(n)])
    with torch.no_grad():
        torch.testing.assert_close(net.encode(one), net(**one)[:, -1])


@pytest.mark.parametrize("n", [1, 5, LENGTH])
def test_padding_on_the_left_changes_nothing(net: Driven, n: int) -> None:
    history = list(range(3, 3 + n))
    for length in (LENGTH, LENGTH + 7):
        torch.testing.assert_close(encoded(net, history, length=length), encoded(net, history))


def test_the_company_in_a_batch_changes_nothing(net: Driven) -> None:
    both = encoded(net, [4, 5], list(range(1, 11)))
    torch.testing.assert_close(both[:1], encoded(net, [4, 5]))


def test_only_the_last_events_of_a_long_history_count(net: Driven) -> None:
    last = [1 + i % (ITEMS - 1) for i in range(LENGTH)]
    torch.testing.assert_close(encoded(net, [9, 9, 9, *last]), encoded(net, last))


def test_the_order_of_a_history_counts(net: Driven) -> None:
    two = encoded(net, [1, 2, 3], [2, 1, 3])
    assert not torch.allclose(two[0], two[1], atol=1e-3)


@pytest.mark.parametrize("ages", [[9.0, 2.0, 1.0], [3.0, 2.9, 1.0], [3.0, 2.0, 0.0]])
def test_every_gap_of_a_history_counts(net: Driven, ages: list[float]) -> None:
    plain = encoded(net, [1, 2, 3])
    assert not torch.allclose(encoded(net, [1, 2, 3], ages=ages), plain, atol=1e-4)


def test_what_comes_later_does_not_change_earlier_states(net: Driven) -> None:
    with torch.no_grad():
        a, b = (net(**batch(items)) for items in ([3, 4, 5, 6, 7], [3, 4, 5, 20, 1]))
    torch.testing.assert_close(a[:, :3], b[:, :3])
    assert not torch.allclose(a[:, 3], b[:, 3], atol=1e-3)


def test_an_empty_history_gives_numbers(net: Driven) -> None:
    assert torch.isfinite(encoded(net, [], [3])).all()


def test_the_graph_encodes_histories_of_every_length(net: Driven, tmp_path: Path) -> None:
    example = batch([1 + i % (ITEMS - 1) for i in range(LENGTH)])
    path = tmp_path / "ode.onnx"
    assert export_encoder(net, example, path, np.random.default_rng(0)) < 1e-4
    session = Session(path)
    assert "ages" in session.inputs
    for n in range(1, LENGTH + 1):
        one = batch(list(range(2, n + 2)), ages=[2.0 ** (n - i) for i in range(n)])
        got = session.run(**{name: value.numpy() for name, value in one.items()})
        np.testing.assert_allclose(got, net.encode(one).detach().numpy(), atol=1e-4)


def cycle(users: int = 60, events: int = 20) -> Interactions:
    """Everybody goes around 1, 2, ... 29, 1; two steps at once where thirty days have passed."""
    rng = np.random.default_rng(2)
    late = rng.random((users, events)) < 0.5
    late[:, 0] = False
    step, days = np.cumsum(1 + late, axis=1), np.cumsum(np.where(late, 30.0, 0.1), axis=1)
    items = 1 + (5 * np.arange(users)[:, None] + step) % (ITEMS - 1)
    who = np.repeat(np.arange(1, users + 1), events)
    ones = np.ones(len(who), np.float32)
    return Interactions(who, items.ravel(), days.ravel(), ones, Shape(users + 1, ITEMS))


def test_what_comes_next_is_learned_from_the_gap_too() -> None:
    patient = replace(CONFIG, schedule=replace(QUICK, epochs=40, decay=True))
    model = NeuralODE(patient).fit(cycle())
    hits = []
    for gap, ahead in ((0.1, 1), (30.0, 2)):
        ages = [gap + 0.2, gap + 0.1, gap]
        for i in range(1, 20):
            state = encoded(model.net, [i, i + 1, i + 2], ages=ages).numpy()
            hits.append(int(np.argmax(state @ model.catalogue().T)) == i + 2 + ahead)
    assert np.mean(hits) > 0.9


@pytest.mark.parametrize("wrong", [{"d": 15}, {"steps": 0}])
def test_half_a_number_and_no_step_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="must be even"):
        NeuralODEConfig(**wrong)
