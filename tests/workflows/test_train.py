from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from hermes.artifacts.bundle import Bundle
from hermes.core.errors import ArtifactError, DataError, HermesError
from hermes.core.types import Shape
from hermes.core.vocab import Vocabulary
from hermes.data.columns import admit
from hermes.data.dataset import Dataset
from hermes.data.ingest import ingest
from hermes.data.interactions import Interactions
from hermes.data.lake import Lake
from hermes.data.shelf import catalogue
from hermes.domains.table import Table, of_options
from hermes.learn.run import Run
from hermes.models.rankers.deepfm import DeepFM
from hermes.models.retrievers.sasrec import SASRec
from hermes.models.retrievers.transition import Transition
from hermes.pipeline.answer import ask
from hermes.pipeline.assemble import assemble
from hermes.retrieval.embedding import EmbeddingChannel
from hermes.workflows import stages
from hermes.workflows.labels import cut
from hermes.workflows.train import Bench, fielded, learned, train

NOW = datetime(2026, 1, 1, tzinfo=UTC)
Events = set[tuple[int, int, float]]


@pytest.fixture(scope="module")
def closed(tiny_recipe: dict[str, Any]) -> dict[str, Any]:
    """The tiny recipe without networks."""
    rest = {k: v for k, v in tiny_recipe.items() if k != "prerank"}
    return {**rest, "channels": tiny_recipe["channels"][1:]}


def data_of(histories: list[list[int]], n_items: int = 40) -> Dataset:
    """Any histories over a shelf of films."""
    names = [f"item/{n} 🦊" for n in range(n_items)]
    rows = [{"asset_id": i, "domain": "films", "title": i, "line": n} for n, i in enumerate(names)]
    shelf = catalogue(admit(pl.DataFrame(rows), "assets").good)
    sizes = [len(h) for h in histories]
    users = np.repeat(np.arange(1, len(histories) + 1), sizes)
    items = np.array([i for h in histories for i in h], np.int64)
    when = 20_000 + np.arange(len(items)) / 1000
    shape = Shape(len(histories) + 1, n_items + 1)
    log = Interactions.sort(users, items, when, np.ones(len(items), np.float32), shape)
    return Dataset(Vocabulary.of(f"u{u}" for u in range(len(histories))), shelf, log, (), "h")


def events(log: Interactions, rows: Any = slice(None)) -> Events:
    columns = (log.users[rows], log.items[rows], log.times[rows])
    return set(zip(*(c.tolist() for c in columns), strict=True))


def left(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_what_a_ranker_learns_from_was_brought_by_models_that_never_saw_it(
    closed: dict[str, Any], tiny_data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught: dict[str, Any] = {}
    fit = Bench.fitted

    def spy(self: Bench, name: str, model: Any, data: Any) -> Any:
        taught[name] = data
        return fit(self, name, model, data)

    monkeypatch.setattr(Bench, "fitted", spy)
    bundle = train(closed, tiny_data, tmp_path / "b")
    whole = tiny_data.interactions
    last = events(whole, whole.rank_from_end() == 0)
    assert len(last) == 60
    for name in ("transition", "popularity"):
        assert not events(taught[name]) & last
        assert events(taught[name]) == events(whole) - last
    ranker = taught["rank"]
    assert ranker.labels.sum() == len(ranker.history) <= 51
    assert ranker.valid.labels.sum() == len(ranker.valid.history) <= 9
    assert bundle.manifest["models"]["rank"]["asked"] == 51


@pytest.mark.parametrize("last", [1, 2])
def test_the_log_is_cut_without_overlap_and_without_loss(tiny_data: Dataset, last: int) -> None:
    from hermes.pipeline.recipe import Labels

    whole = tiny_data.interactions
    parts = cut(whole, Labels(last=last, valid=0.2), 10, np.random.default_rng(0))
    held = events(whole, parts.learn) | events(whole, parts.judge)
    assert len(parts.learn) + len(parts.judge) == 60 * last == len(held)
    assert events(parts.log) == events(whole) - held
    assert not set(whole.users[parts.learn]) & set(whole.users[parts.judge])
    assert parts.log.valid is not None
    asked = parts.log.valid.queries
    assert set(asked.users) <= set(whole.users[parts.judge])
    first = whole.offsets()[asked.users + 1] - last  # asked about when it happened
    waited = (whole.times[first] - whole.times[first - 1]).astype(np.float32)
    assert asked.ages[:, -1].tolist() == waited.tolist()


def test_the_last_days_are_held_back_whole_and_their_last_events_are_labels(
    tiny_data: Dataset,
) -> None:
    from hermes.pipeline.recipe import Labels

    whole = tiny_data.interactions
    parts = cut(whole, Labels(last=1, days=3.5), 10, np.random.default_rng(0))
    edge = whole.times.max() - 3.5
    assert (parts.log.times <= edge).all() and len(parts.log) == (whole.times <= edge).sum()
    labels = np.concatenate([parts.learn, parts.judge])
    assert (whole.rank_from_end()[labels] == 0).all() and len(labels) == 60
    assert parts.log.valid is not None
    assert (parts.log.valid.queries.ages[:, -1] <= 1).all()  # the first that is held back
    with pytest.raises(DataError, match="events in the last 30 days"):
        cut(whole, Labels(days=30), 10, np.random.default_rng(0))


def test_users_beyond_the_limit_serve_no_ranker(tiny_data: Dataset) -> None:
    from hermes.pipeline.recipe import Labels

    parts = cut(tiny_data.interactions, Labels(users=10), 10, np.random.default_rng(0))
    assert (len(parts.learn), len(parts.judge)) == (9, 1)


def test_dislikes_are_no_labels(tiny_data: Dataset) -> None:
    from hermes.pipeline.recipe import Labels

    log = tiny_data.interactions
    sour = replace(log, weights=np.where(log.rank_from_end() == 0, -1.0, 1.0).astype(np.float32))
    parts = cut(sour, Labels(last=2), 10, np.random.default_rng(0))
    assert (sour.weights[parts.learn] > 0).all()
    assert len(parts.learn) + len(parts.judge) == 60


def test_a_run_that_broke_off_uses_what_was_finished_and_ends_the_same(
    tiny: Path,
    tiny_recipe: dict[str, Any],
    tiny_data: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(DeepFM, "fit", broken)
        with pytest.raises(KeyboardInterrupt):
            train(tiny_recipe, tiny_data, tmp_path / "b")
    work = next(tmp_path.glob(".b.*.work"))
    assert {"sasrec.safetensors", "transition.safetensors"} <= set(left(work))
    assert not (work / "draft").exists()
    monkeypatch.setattr(SASRec, "fit", broken)
    bundle = train(tiny_recipe, tiny_data, tmp_path / "b")
    unbroken = Bundle.load(tiny)
    assert bundle.manifest["files"].keys() == unbroken.manifest["files"].keys()
    # another process may round the last bit another way, so arrays are compared, not hashes
    for name in ("sasrec", "transition", "prerank"):
        for key, values in unbroken.arrays(f"models/{name}").items():
            np.testing.assert_allclose(
                bundle.arrays(f"models/{name}")[key], values, rtol=1e-3, atol=1e-4, err_msg=key
            )
    assert left(tmp_path) == ["b"]


def test_another_seed_gives_another_bundle(
    closed: dict[str, Any], tiny_data: Dataset, tmp_path: Path
) -> None:
    versions = [
        train(closed, tiny_data, tmp_path / str(n), run=Run(seed=seed)).manifest["content"]
        for n, seed in enumerate((0, 0, 1))
    ]
    assert versions[0] == versions[1] != versions[2]


def test_a_run_on_other_events_takes_over_nothing(
    closed: dict[str, Any], tiny_data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tiny_data.interactions
    early, fewer = (log.take(log.rank_from_end() >= n) for n in (1, 3))
    assert learned(early) != learned(fewer)

    def broken(*_: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(stages, "learn_weights", broken)
        with pytest.raises(KeyboardInterrupt):
            train(closed, tiny_data, tmp_path / "b", known=early, protocol="loo")
    again = train(closed, tiny_data, tmp_path / "b", known=fewer, protocol="loo")
    fresh = train(closed, tiny_data, tmp_path / "fresh", known=fewer, protocol="loo")
    assert again.manifest["content"] == fresh.manifest["content"]


def test_leftovers_of_other_runs_go_and_those_of_other_bundles_stay(
    closed: dict[str, Any], tiny_data: Dataset, tmp_path: Path
) -> None:
    mine, other = tmp_path / f".b.{'a' * 16}.work", tmp_path / f".b.c.{'a' * 16}.work"
    for folder in (mine, other):
        folder.mkdir()
    train(closed, tiny_data, tmp_path / "b")
    assert left(tmp_path) == [other.name, "b"]


def test_a_folder_that_is_no_bundle_is_refused_before_anything_is_learned(
    closed: dict[str, Any], tiny_data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "letter.txt").write_text("years of work")

    def never(*_: Any) -> Any:
        raise AssertionError("learned")

    monkeypatch.setattr(Transition, "fit", never)
    with pytest.raises(ArtifactError, match="no bundle and is left as it is"):
        train(closed, tiny_data, tmp_path / "b")
    assert left(tmp_path) == ["b"]
    assert left(tmp_path / "b") == ["letter.txt"]


@pytest.mark.parametrize("histories", [[], [[]], [[1]] * 30, [[1, 2]] * 30, [[1, 2, 3]]], ids=repr)
def test_too_little_to_learn_from_is_one_clear_line_and_leaves_nothing(
    closed: dict[str, Any], tmp_path: Path, histories: list[list[int]]
) -> None:
    with pytest.raises(DataError, match="users have 3 events"):
        train(closed, data_of(histories), tmp_path / "b")
    assert left(tmp_path) == []


def test_a_batch_that_was_halved_is_in_the_manifest(
    tiny_recipe: dict[str, Any],
    tiny_data: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain, said = SASRec.loss, list[str]()

    def loss(self: SASRec, batch: Any) -> Any:
        if len(batch["history"]) > 10:
            raise MemoryError
        return plain(self, batch)

    monkeypatch.setattr(SASRec, "loss", loss)
    table = {**tiny_recipe, "channels": tiny_recipe["channels"][:1]}
    table = {k: v for k, v in table.items() if k not in ("prerank", "rank")}
    run = Run(warn=said.append)
    manifest = train(table, tiny_data, tmp_path / "b", run=run).manifest
    assert len(said) == 1
    assert "the batch is halved" in said[0]
    assert manifest["warnings"] == {"sasrec": said}


def test_one_item_alone_is_one_clear_line(closed: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(HermesError, match=r"no channel brought any target|no label was among"):
        train(closed, data_of([[1, 1, 1, 1]] * 20, n_items=1), tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_histories_of_one_event_stand_beside_longer_ones(
    closed: dict[str, Any], tmp_path: Path
) -> None:
    rows = [[1 + u % 40] for u in range(30)]
    rows += [[1 + (u + s) % 40 for s in range(6)] for u in range(30)]
    train(closed, data_of(rows), tmp_path / "b")
    engine = assemble(tmp_path / "b", 3)
    assert len(engine.history(engine.users.code("u3"))[0]) == 1


def test_one_user_with_fifty_thousand_events_is_learned_from(
    tiny_recipe: dict[str, Any], tmp_path: Path
) -> None:
    rows = [[1 + (u + s) % 40 for s in range(8)] for u in range(30)]
    rows.append([1 + s % 40 for s in range(50_000)])
    first = {**tiny_recipe["channels"][0]}
    first["config"] = {**first["config"], "length": 100}
    table = {"name": "long", "length": 100, "channels": [first, *tiny_recipe["channels"][1:]]}
    train(table, data_of(rows), tmp_path / "b")
    engine = assemble(tmp_path / "b", 2)
    assert len(engine.history(engine.users.code("u30"))[0]) == 50_000


def test_indexes_and_short_networks_are_judged_by_users_of_the_log(
    tiny_data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = fielded(tiny_data.interactions, tiny_data)
    np.testing.assert_array_equal(stages.asked(log), np.arange(1, 61))
    monkeypatch.setattr(stages, "CALIBRATION", 7)
    assert len(set(stages.asked(log).tolist())) == 7


def test_a_network_in_eight_bits_serves_nearly_the_same_and_says_so(
    tiny: Path, tiny_recipe: dict[str, Any], tiny_data: Dataset, tmp_path: Path
) -> None:
    channels = [{**tiny_recipe["channels"][0], "bits": 8}, *tiny_recipe["channels"][1:]]
    bundle = train({**tiny_recipe, "channels": channels}, tiny_data, tmp_path / "b")
    seen = bundle.manifest["models"]["sasrec"]["int8"]
    assert seen["kept"] == (seen["overlap"] >= 0.95)
    files = [folder / "models" / "sasrec.onnx" for folder in (tiny, tmp_path / "b")]
    assert (files[0].read_bytes() == files[1].read_bytes()) == (not seen["kept"])
    assert len(assemble(tmp_path / "b", 2).history(1)[0])


def test_a_server_finds_the_vectors_of_all_who_were_here(tiny: Path) -> None:
    engine = assemble(tiny, 2)
    channel = engine.recommender.sources.sources[0].channel
    assert isinstance(channel, EmbeddingChannel)
    fresh = channel.encoder.encoder  # type: ignore[attr-defined]
    for name in engine.users.names[1:]:
        query = ask(engine, name, 5, datetime.now(UTC), "r")
        view = channel.view(query)
        key = hash((int(view.users[0]), view.history.tobytes()))
        kept = channel.encoder.kept[key]  # type: ignore[attr-defined]
        np.testing.assert_array_equal(kept, fresh(view))


KILLED = """
import os, shutil, signal, sys
from pathlib import Path
import hermes.cli.train
from hermes import cli
from hermes.artifacts import bundle as bundles
from hermes.artifacts.bundle import Bundle
from hermes.models.rankers.lambdamart import LambdaMART
from hermes.workflows import train

recipe, lake, home = sys.argv[1], sys.argv[2], Path(sys.argv[3])
out = home / "b"

def run(step):
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    left = [step]
    def mortal(function):
        def call(*args, **more):
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args, **more)
        return call
    for owner, name in ((train, "save_file"), (bundles, "save_file"), (Path, "write_text"),
                        (Path, "replace"), (Path, "rename"), (shutil, "rmtree"),
                        (LambdaMART, "fit")):
        setattr(owner, name, mortal(getattr(owner, name)))
    sys.stdout = open(os.devnull, "w")
    sys.argv = ["hermes", "train", recipe, "--lake", lake, "--out", str(out)]
    try:
        cli.main()
    except SystemExit as end:
        os._exit(end.code or 0)
    os._exit(0)

contents, step, died = set(), 0, True
while died:
    step += 1
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    died = os.WIFSIGNALED(run(step))
    if out.exists():
        contents.add(Bundle.load(out).manifest["content"])
    assert run(0) == 0
    contents.add(Bundle.load(out).manifest["content"])
    assert [p.name for p in home.iterdir()] == ["b"], list(home.iterdir())
print(step, len(contents))
"""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("lake")
    rows = [f"u{u},i{(7 * u + s) % 30}" for u in range(40) for s in range(6)]
    (home / "log.csv").write_text("u,i\n" + "\n".join(rows) + "\n")
    ingest(Lake(home / "lake"), Table(of_options(home / "log.csv", "u", "i")), home, NOW)
    return home / "lake"


def test_training_killed_at_any_step_leaves_no_half_and_ends_the_same(
    lake: Path, tmp_path: Path
) -> None:
    recipe = tmp_path / "small.toml"
    recipe.write_text(
        'name = "small"\nchannels = [{name = "t", model = "hermes.models.retrievers.transition:'
        'Transition"}]\n[rank]\nmodel = "hermes.models.rankers.lambdamart:LambdaMART"\nkeep = 10\n'
        "negatives = 5\nconfig = {trees = 3, leaves = 3, rows = 2}\n"
    )
    words = [sys.executable, "-W", "ignore", "-c", KILLED, str(recipe), str(lake)]
    done = subprocess.run(
        [*words, str(tmp_path / "home")],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=os.environ,
    )
    assert done.returncode == 0, done.stderr
    steps, contents = map(int, done.stdout.split())
    assert steps > 12
    assert contents == 1
