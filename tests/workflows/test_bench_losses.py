"""The table of losses, at a size of seconds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hermes.core.config import build
from hermes.core.errors import ConfigError
from hermes.core.types import Shape
from hermes.data.interactions import Interactions
from hermes.evaluation.offline import retriever_ranks
from hermes.evaluation.splits import leave_one_out
from hermes.features.examples import Examples
from hermes.learn.loop import Schedule
from hermes.learn.run import Run
from hermes.models.rankers.deepfm import DeepFMConfig
from hermes.models.retrievers.sasrec import SASRec, SASRecConfig
from hermes.workflows import bench, bench_losses
from hermes.workflows.bench_losses import Asked, LossesPlan, Rated

PLAN = LossesPlan(
    users=80,
    judges=20,
    asked=60,
    negatives=10,
    drawn=8,
    seeds=(0,),
    ranker=DeepFMConfig(d=2, hidden=(4,), schedule=Schedule(epochs=2, batch=16, patience=2)),
    sequence=SASRecConfig(
        d=8, length=8, blocks=1, schedule=Schedule(epochs=2, batch=8, lr=1e-2, patience=2)
    ),
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> bench.Place:
    """A folder in the layout of MovieLens-1M, small, in which order says much."""
    home = tmp_path_factory.mktemp("losses")
    raw = home / "data" / "movielens-1m"
    raw.mkdir(parents=True)
    rng = np.random.default_rng(0)
    lines = [
        f"{user}::{1 + (start + 2 * step + rng.integers(2)) % 40}::4::{956703932 + 60 * step}"
        for user, start in enumerate(rng.integers(40, size=100), 1)
        for step in range(rng.integers(6, 12))
    ]
    (raw / "ratings.dat").write_text("\n".join(lines) + "\n", "latin-1")
    people = "\n".join(f"{u}::F::25::4::00000" for u in range(1, 101))
    (raw / "users.dat").write_text(people + "\n", "latin-1")
    films = "\n".join(f"{i}::Film {i} (1990)::Drama" for i in range(1, 41))
    (raw / "movies.dat").write_text(films + "\n", "latin-1")
    return bench.Place(home / "data", home / "work")


@pytest.fixture(scope="module")
def rows(place: bench.Place) -> list[bench.Row]:
    return [build(bench.Row, row) for row in bench_losses.measure(place, PLAN)]


def test_every_loss_of_both_networks_has_a_row(rows: list[bench.Row]) -> None:
    ranker = {"listmle", "p-listmle", "listnet", "lambdarank", "bce", "the blend alone"}
    sequence = {"softmax", "sampled softmax with logQ", "gBCE", "BCE, one negative"}
    expected = {f"MovieLens-1M, DeepFM, {loss}: ndcg@10" for loss in ranker}
    expected |= {f"MovieLens-1M, SASRec, {loss}: ndcg@10" for loss in sequence}
    assert {row.name for row in rows} == expected


def test_the_best_comes_first_and_the_others_are_held_against_it(rows: list[bench.Row]) -> None:
    for part in (rows[:6], rows[6:]):
        values = [row.value or 0.0 for row in part]
        assert values == sorted(values, reverse=True)
        assert values[-1] > 0
        best = part[0].name.split(", ", 2)[2].removesuffix(": ndcg@10")
        assert " to " not in part[0].note
        assert all(f"to {best}, p = " in row.note for row in part[1:])
        assert all((r.low or 0.0) <= (r.value or 0.0) <= (r.high or 0.0) for r in part)


def test_a_part_nobody_knows_is_named(place: bench.Place) -> None:
    with pytest.raises(ConfigError, match="did you mean 'rankers'"):
        bench_losses.measure(replace(place, only=("ranker",)), PLAN)


def test_a_target_that_no_candidate_is_counts_as_missed_and_a_tie_against_the_ranker() -> None:
    labels = np.array([0, 1, 0, 1, 0], np.float32)
    table = Examples(
        dense=np.zeros((5, 1), np.float32),
        sparse=np.zeros((5, 1), np.int64),
        queries=np.array([0, 0, 0, 1, 1]),
        history=np.zeros((2, 1), np.int64),
        labels=labels,
        weights=np.ones(5, np.float32),
        shape=Shape(n_dense=1, sparse=(1,)),
    )
    asked = Asked(table, np.array([True, False, True]))
    found = asked.ndcg(np.array([0.5, 0.4, 0.3, 0.7, 0.7]))
    assert found == pytest.approx([1 / np.log2(3), 0.0, 1 / np.log2(3)])


def chain(users: int = 80, items: int = 20) -> Interactions:
    """Each user walks up the items."""
    rng = np.random.default_rng(3)
    walk = (rng.integers(0, items, users)[:, None] + np.arange(8)) % items + 1
    n = walk.size
    return Interactions.sort(
        np.repeat(np.arange(1, users + 1), 8),
        walk.ravel(),
        np.tile(np.arange(8.0), users),
        np.ones(n, np.float32),
        Shape(n_users=users + 1, n_items=items + 1),
    )


@pytest.mark.parametrize("kind", list(bench_losses.NAMES))
def test_a_network_learns_what_follows_what_under_each_loss(kind: str) -> None:
    split = leave_one_out(chain())
    schedule = Schedule(epochs=20, batch=16, lr=1e-2, patience=20)
    config = replace(PLAN.sequence, dropout=0.0, schedule=schedule)
    model = Rated(config, kind, drawn=8).fit(split.train, Run(seed=0))  # type: ignore[arg-type]
    ranks = retriever_ranks(model, split.test, config.length)
    assert np.mean((ranks > 0) & (ranks <= 3)) > 0.8


def test_under_the_softmax_it_is_the_model_that_is_served() -> None:
    split = leave_one_out(chain())
    config = replace(PLAN.sequence, dropout=0.0)
    rated = Rated(config, "softmax", drawn=8).fit(split.train, Run(seed=0))
    served = SASRec(config).fit(split.train, Run(seed=0))
    assert rated.losses == pytest.approx(served.losses, rel=0.02)  # served: in half precision
