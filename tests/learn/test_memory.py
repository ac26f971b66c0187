from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hermes.core.errors import ConfigError, Unavailable
from hermes.core.types import Shape
from hermes.learn.layers import CausalBlock
from hermes.learn.loop import Batch, Schedule, minimise
from hermes.learn.memory import checkpointed, enough, exhausted
from hermes.learn.run import Run
from hermes.models.retrievers.sasrec import SASRec, SASRecConfig

PLAN = Schedule(epochs=3, lr=0.05)
FULL = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


class Stack(nn.Module):
    """Three transformer blocks with dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(CausalBlock(16, 2, 4, 0.3) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x)
        return x


def learned(again: bool) -> tuple[list[Tensor], int]:
    """Gradients, and the bytes that were kept for them."""
    torch.manual_seed(0)
    net, kept = Stack(), dict[int, int]()
    weights = {p.data_ptr() for p in net.parameters()}

    def pack(x: Tensor) -> Tensor:
        if x.data_ptr() not in weights:
            kept[x.untyped_storage().data_ptr()] = x.untyped_storage().nbytes()
        return x

    x = torch.randn(4, 20, 16)
    with checkpointed(net, again), torch.autograd.graph.saved_tensors_hooks(pack, lambda x: x):
        torch.manual_seed(1)
        value = net(x).square().mean()
    held = sum(kept.values())
    value.backward()
    return [p.grad for p in net.parameters() if p.grad is not None], held


def test_blocks_computed_twice_have_the_same_gradients_and_keep_less() -> None:
    (plain, much), (twice, little) = learned(False), learned(True)
    assert len(plain) == len(twice) > 0
    assert all(torch.equal(a, b) for a, b in zip(plain, twice, strict=True))
    assert little < 0.25 * much


def test_afterwards_the_blocks_are_what_they_were() -> None:
    net = Stack()
    names = list(net.state_dict())
    with checkpointed(net):
        assert list(net.state_dict()) == names
    assert not any("forward" in vars(block) for block in net.blocks)


def test_a_network_without_blocks_says_so() -> None:
    net = nn.Linear(3, 1)
    with pytest.raises(ConfigError, match="Linear has no blocks to compute again"):
        minimise(
            net, lambda b: net(b["x"]).mean(), points, replace(PLAN, checkpointing=True), Run()
        )


def points(rng: np.random.Generator) -> list[Batch]:
    x = rng.normal(size=(5, 12, 3)).astype(np.float32)
    return [{"x": torch.from_numpy(a), "y": torch.from_numpy(a.sum(1))} for a in x]


class Line(nn.Module):
    """y = w x + b on a device that holds `room` rows at once."""

    def __init__(self, room: int = 100, error: BaseException = FULL) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer, self.room, self.error = nn.Linear(3, 1), room, error
        self.seen: list[int] = []

    def loss(self, batch: Batch) -> Tensor:
        self.seen.append(len(batch["x"]))
        if len(batch["x"]) > self.room:
            raise self.error
        return (self.layer(batch["x"])[:, 0] - batch["y"]).square().mean()


def fit(net: Line, plan: Schedule = PLAN, run: Run = Run()) -> list[float]:
    return minimise(net, net.loss, points, plan, run, name="Line")


@pytest.mark.parametrize("parts", [2, 3, 5])
def test_a_batch_in_parts_moves_the_weights_as_the_whole_one(parts: int) -> None:
    whole, cut = Line(), Line()
    losses = fit(whole)
    assert fit(cut, replace(PLAN, accumulate=parts)) == pytest.approx(losses, rel=1e-5)
    assert len(cut.seen) == parts * len(whole.seen)
    torch.testing.assert_close(cut.layer.weight, whole.layer.weight)


def test_in_parts_a_sequence_model_counts_events_and_not_histories() -> None:
    rng, model = np.random.default_rng(0), SASRec(SASRecConfig(d=8, length=6, dropout=0.0))
    model.shape = Shape(10, 30)
    model.net = model.build(model.shape)
    item = torch.from_numpy(rng.integers(1, 30, (7, 7)))
    ragged = torch.arange(6)[None] <= torch.arange(7)[:, None]
    batch = {"history": item[:, :-1] * ragged, "target": item[:, 1:] * ragged}
    found = []
    for parts in (1, 3):
        net = model.build(model.shape)
        net.load_state_dict(model.net.state_dict())
        plan = Schedule(epochs=1, lr=0.0, accumulate=parts)
        twin = SASRec(model.config)
        twin.shape, twin.net = model.shape, net
        found += minimise(net, twin.loss, lambda rng: [batch], plan, Run(), weigh=twin.weigh)
    assert found[0] == pytest.approx(found[1], rel=2e-3)


@pytest.mark.parametrize(
    "error",
    [FULL, MemoryError(), RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory")],
    ids=lambda e: type(e).__name__,
)
def test_when_memory_runs_out_the_batch_is_halved_once_and_it_is_said(error: Exception) -> None:
    whole, small, said = Line(), Line(room=4, error=error), list[str]()
    losses = fit(whole)
    assert fit(small, run=Run(warn=said.append)) == pytest.approx(losses, rel=1e-5)
    assert said == [
        "Line: cpu ran out of memory; the batch is halved, and 2 parts of about 6 make a step",
        "Line: cpu ran out of memory; the batch is halved, and 4 parts of about 3 make a step",
    ]
    assert small.seen[:3] == [12, 6, 3]
    assert set(small.seen[3:]) == {3}


def test_where_nobody_listens_python_warns() -> None:
    with pytest.warns(RuntimeWarning, match="the batch is halved"):
        fit(Line(room=6))


def test_a_resumed_run_remembers_that_the_batch_was_halved(tmp_path: Path) -> None:
    run = Run(warn=lambda line: None, checkpoint=tmp_path / "x.checkpoint")
    fit(Line(room=6), replace(PLAN, epochs=2), run)
    again = Line(room=6)
    fit(again, replace(PLAN, epochs=3), replace(run, warn=None))
    assert set(again.seen) == {6}


def test_no_memory_for_one_row_is_one_clear_line() -> None:
    with pytest.raises(Unavailable, match="no memory for a batch of one; lower length or d"):
        fit(Line(room=0), run=Run(warn=lambda line: None))


def test_no_memory_for_the_network_is_one_clear_line() -> None:
    refused = pytest.raises(Unavailable, match="too little memory for the network")
    with refused, enough("Line", torch.device("cpu")):
        raise FULL


def test_other_errors_are_not_taken_for_it() -> None:
    assert not exhausted(RuntimeError("shapes differ"))
    with pytest.raises(RuntimeError, match="shapes differ"):
        fit(Line(room=0, error=RuntimeError("shapes differ")))
