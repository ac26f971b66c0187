from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from hermes.artifacts.export import export_encoder
from hermes.artifacts.onnx_session import Session
from hermes.core.types import Floats, Queries, Shape
from hermes.data.interactions import Interactions
from hermes.learn.loop import Schedule
from hermes.models.retrievers.hstu import HSTU, HSTUConfig, Transducer, buckets

from .cycle import ITEMS, LENGTH, shaken

QUICK = Schedule(epochs=12, batch=16, lr=1e-2, patience=12)
CONFIG = HSTUConfig(d=16, length=LENGTH, blocks=1, heads=2, dropout=0.0, schedule=QUICK)
HOUR = 1 / 24


def network(times: bool) -> Transducer:
    torch.manual_seed(5)
    return shaken(Transducer(Shape(n_items=ITEMS), replace(CONFIG, blocks=2, times=times)))


@pytest.fixture(scope="module", params=[False, True], ids=["places", "times"])
def net(request: pytest.FixtureRequest) -> Transducer:
    return network(request.param)


def asked(*histories: list[int], length: int = LENGTH, day: float = 0.7) -> Queries:
    """Events `day` days apart, the last of them that long ago."""
    rows, ages = np.zeros((len(histories), length), np.int64), np.zeros((len(histories), length))
    for row, age, history in zip(rows, ages, histories, strict=True):
        row[length - len(history) :] = history
        age[length - len(history) :] = day * np.arange(len(history), 0, -1)
    return Queries(np.ones(len(rows), np.int64), rows, ages.astype(np.float32))


@torch.no_grad()
def encoded(net: Transducer, queries: Queries) -> Tensor:
    columns = {"history": queries.history, "ages": queries.ages}
    return net.encode({name: torch.from_numpy(column) for name, column in columns.items()})


@pytest.mark.parametrize("n", [1, 5, LENGTH])
def test_padding_on_the_left_changes_nothing(net: Transducer, n: int) -> None:
    history = list(range(3, 3 + n))
    plain = encoded(net, asked(history, length=n))
    for length in (LENGTH, LENGTH + 7):
        torch.testing.assert_close(encoded(net, asked(history, length=length)), plain)


def test_the_company_in_a_batch_changes_nothing(net: Transducer) -> None:
    both = encoded(net, asked([4, 5], list(range(1, 11))))
    torch.testing.assert_close(both[:1], encoded(net, asked([4, 5])))


def test_what_comes_later_does_not_change_earlier_states() -> None:
    past, other = torch.tensor([[3, 4, 5, 6, 7]]), torch.tensor([[3, 4, 5, 20, 0]])
    net = network(times=False)
    with torch.no_grad():
        a, b = net(past), net(other)
    torch.testing.assert_close(a[:, :3], b[:, :3], rtol=0, atol=1e-6)
    assert not torch.allclose(a[:, 3], b[:, 3], atol=1e-3)


def test_when_the_next_event_came_is_known_but_not_what_it_was() -> None:
    net, ages = network(times=True), torch.tensor([[9.0, 8.0, 7.0, 6.0, 5.0]])
    later = torch.tensor([[9.0, 8.0, 7.0, 6.0, 0.1]])
    past, other = torch.tensor([[3, 4, 5, 6, 7]]), torch.tensor([[3, 4, 5, 6, 20]])
    with torch.no_grad():
        a, b, c = net(past, ages), net(other, ages), net(past, later)
    torch.testing.assert_close(a[:, :4], b[:, :4], rtol=0, atol=1e-6)
    torch.testing.assert_close(a[:, :3], c[:, :3], rtol=0, atol=1e-6)
    assert not torch.allclose(a[:, 3], c[:, 3], atol=1e-3)


def test_only_the_last_events_of_a_long_history_count(net: Transducer) -> None:
    last = [1 + i % (ITEMS - 1) for i in range(LENGTH)]
    long = encoded(net, asked([9, 9, 9, *last], length=LENGTH + 3))
    torch.testing.assert_close(long, encoded(net, asked(last)))


def test_the_order_of_a_history_counts(net: Transducer) -> None:
    two = encoded(net, asked([1, 2, 3], [2, 1, 3]))
    assert not torch.allclose(two[0], two[1], atol=1e-3)


def test_the_time_between_events_counts_where_it_is_read() -> None:
    for times in (False, True):
        net = network(times)
        near, far = (encoded(net, asked([1, 2, 3], day=day)) for day in (0.01, 30.0))
        assert torch.allclose(near, far, atol=1e-3) != times


def test_an_empty_history_gives_numbers(net: Transducer) -> None:
    assert torch.isfinite(encoded(net, asked([], [3]))).all()


def test_a_gap_falls_into_the_bucket_of_its_logarithm() -> None:
    seconds = torch.tensor([[86_400.0, 61.0, 60.0, 0.0]])
    found = buckets(seconds / 86_400)[0]
    ages = seconds[0].tolist()
    for i, moment in enumerate([*ages[1:], 0.0]):
        for j in range(i + 1):
            gap = max(ages[j] - moment, 1.0)
            assert int(found[i, j]) == int(np.log(gap) / 0.301)
    assert int(buckets(torch.tensor([[1e7]]))[0, 0, 0]) == 63


def test_a_block_is_the_formula_of_the_paper() -> None:
    block: Any = network(times=True).blocks[0]
    x, n, ages = torch.randn(1, 4, 16), 4, torch.tensor([[3.0, 2.9, 1.0, 0.01]])
    silu = torch.nn.functional.silu
    with torch.no_grad():
        gaps = buckets(ages)
        u, v, q, k = silu(block.before(x[0]) @ block.parts.weight.T).chunk(4, dim=1)
        past = torch.zeros(n, 16)
        for i in range(n):
            for head, cut in enumerate((slice(0, 8), slice(8, 16))):
                for j in range(i + 1):
                    bias = block.steps[head, i - j] + block.gaps[head, gaps[0, i, j]]
                    past[i, cut] += silu(q[i, cut] @ k[j, cut] + bias) * v[j, cut] / (i + 1)
        want = x[0] + block.out(block.within(past) * u)
        torch.testing.assert_close(block(x, gaps)[0], want, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("n", [1, 2, 7, LENGTH, LENGTH + 9])
def test_one_history_is_encoded_as_in_a_batch(net: Transducer, n: int) -> None:
    history = [1 + i % (ITEMS - 1) for i in range(n)]
    want = encoded(net, asked(history, list(range(1, 13)), length=30))[:1]
    alone = asked(history, length=n)
    columns = {"history": alone.history, "ages": alone.ages}
    with torch.no_grad():
        got = net.encode_one(*(torch.from_numpy(columns[name]) for name in net.inputs))
    torch.testing.assert_close(got, want, atol=1e-5, rtol=1e-5)


def test_the_graph_of_a_network_that_reads_times_reads_ages(tmp_path: Path) -> None:
    net = network(times=True)
    full = asked([1 + i % (ITEMS - 1) for i in range(LENGTH)])
    example = {"user": torch.ones(1), "history": torch.from_numpy(full.history)}
    example["ages"], path = torch.from_numpy(full.ages), tmp_path / "hstu.onnx"
    assert export_encoder(net, example, path, np.random.default_rng(0)) < 1e-4
    session = Session(path)
    assert session.inputs == ("history", "ages")
    for n in range(1, LENGTH + 1):
        one = asked([2 + i for i in range(n)], length=n, day=0.3)
        got = session.run(history=one.history, ages=one.ages)
        np.testing.assert_allclose(got, encoded(net, one).numpy(), atol=1e-4)


def log(histories: list[list[int]], times: list[list[float]]) -> Interactions:
    users = np.repeat(np.arange(1, len(histories) + 1), [len(h) for h in histories])
    items, days = np.concatenate(histories), np.concatenate(times)
    ones = np.ones(len(items), np.float32)
    return Interactions(users, items, days, ones, Shape(len(histories) + 1, ITEMS))


def top(scores: Floats, k: int = 3) -> list[list[int]]:
    scores[:, 0] = -np.inf
    found: list[list[int]] = np.argsort(-scores, axis=1)[:, :k].tolist()
    return found


@pytest.mark.parametrize("times", [False, True])
def test_a_planted_cycle_is_learned(times: bool) -> None:
    """Everybody goes around 1, 2, ... 29, 1."""
    rounds = [[1 + (5 * user + step) % (ITEMS - 1) for step in range(20)] for user in range(40)]
    data = log(rounds, [[0.7 * step for step in range(20)] for _ in rounds])
    model = HSTU(replace(CONFIG, times=times)).fit(data)
    assert np.mean(model.losses[-3:]) < 0.7 * model.losses[0]
    found = top(model.score(asked(*([i, i + 1, i + 2] for i in range(1, 25)))))
    assert np.mean([i + 3 in row for i, row in zip(range(1, 25), found, strict=True)]) > 0.8


def test_what_depends_on_a_gap_is_learned_only_where_gaps_are_read() -> None:
    """Within the hour comes the next of 1 to 10, after days some item above 10 next to it."""
    rng, histories, times = np.random.default_rng(2), [], []
    for _ in range(150):
        now, base, row, moments = 0.0, int(rng.integers(1, 11)), [], []
        for long in rng.random(14) < 0.5:
            now += 3.0 if long else HOUR / 2
            base = base % 10 + 1
            row.append(base + 10 if long else base)
            moments.append(now)
        histories.append(row)
        times.append(moments)
    data, hits = log(histories, times), {}
    for reads in (False, True):
        patient = replace(QUICK, epochs=20)
        model = HSTU(replace(CONFIG, times=reads, start="random", schedule=patient)).fit(data)
        right = []
        for long in (False, True):
            past = [[i, i + 1, i + 2] for i in range(1, 8)]
            asks = asked(*past, length=3, day=HOUR / 2)
            asks.ages[:] += 3.0 - HOUR / 2 if long else 0.0
            best = np.array(top(model.score(asks), 1))[:, 0]
            right.append(best == np.arange(4, 11) + (10 if long else 0))
        hits[reads] = float(np.mean(right))
    assert hits[True] > 0.9
    assert hits[False] <= 0.6


def test_histories_of_one_event_teach_nothing_and_break_nothing() -> None:
    data = log([[1], [2], [3]], [[0.0], [1.0], [2.0]])
    model = HSTU(replace(CONFIG, schedule=replace(QUICK, epochs=1))).fit(data)
    assert np.isfinite(model.score(asked([1], []))).all()
