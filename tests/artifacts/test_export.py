"""Graphs against the torch networks they came from."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from hermes.artifacts.export import Quantised, export_encoder, export_ranker, quantise
from hermes.artifacts.onnx_session import Session
from hermes.core.errors import ArtifactError, ShapeError
from hermes.core.types import Shape
from hermes.models.rankers import deepfm, din
from hermes.models.retrievers import two_tower
from hermes.models.retrievers.sasrec import SASRecConfig, Transformer

ITEMS, LENGTH = 120, 30


def transformer() -> Transformer:
    torch.manual_seed(3)
    net = Transformer(Shape(n_items=ITEMS), SASRecConfig(d=16, length=LENGTH)).eval()
    with torch.no_grad():
        for weight in net.parameters():
            weight.add_(torch.randn_like(weight), alpha=0.1)
    return net


def history(n: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).integers(1, ITEMS, (1, n))


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Transformer, Path]:
    net, path = transformer(), tmp_path_factory.mktemp("graph") / "sasrec.onnx"
    example = {"history": torch.from_numpy(history(LENGTH))}
    assert export_encoder(net, example, path, np.random.default_rng(0)) < 1e-4
    return net, path


@pytest.mark.parametrize("n", [1, 2, 7, LENGTH, LENGTH + 9])
def test_one_history_is_encoded_as_in_a_batch(n: int) -> None:
    net, padded = transformer(), np.zeros((2, 50), np.int64)
    padded[0, -n:], padded[1] = history(n)[0], history(50, 1)
    with torch.no_grad():
        want = net.encode({"history": torch.from_numpy(padded)})[:1]
        got = net.encode_one(torch.from_numpy(history(n)))
    torch.testing.assert_close(got, want, atol=1e-5, rtol=1e-5)


def test_the_graph_encodes_histories_of_every_length(exported: tuple[Transformer, Path]) -> None:
    net, path = exported
    session = Session(path)
    for n in range(1, LENGTH + 1):
        with torch.no_grad():
            want = net.encode({"history": torch.from_numpy(history(n, n))}).numpy()
        np.testing.assert_allclose(session.run(history=history(n, n)), want, atol=1e-4)


def test_a_graph_in_memory_is_the_graph_on_disk(exported: tuple[Transformer, Path]) -> None:
    path = exported[1]
    pair = [Session(source).run(history=history(9)) for source in (path, path.read_bytes())]
    np.testing.assert_array_equal(*pair)


def test_one_session_answers_many_threads(exported: tuple[Transformer, Path]) -> None:
    session = Session(exported[1])
    want = [session.run(history=history(n)) for n in range(1, LENGTH)]
    wrong: list[int] = []

    def work() -> None:
        for n, answer in enumerate(want, 1):
            if not np.array_equal(session.run(history=history(n)), answer):
                wrong.append(n)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_wrong_inputs_and_files_are_refused(
    exported: tuple[Transformer, Path], tmp_path: Path
) -> None:
    session = Session(exported[1])
    with pytest.raises(ShapeError, match="history"):
        session.run(items=history(3))
    with pytest.raises(ShapeError, match="refuses"):
        session.run(history=history(3).astype(np.float32))
    for text in (b"", b"not a graph", exported[1].read_bytes()[:500]):
        (tmp_path / "broken.onnx").write_bytes(text)
        with pytest.raises(ArtifactError, match=r"broken\.onnx"):
            Session(tmp_path / "broken.onnx")
    with pytest.raises(ArtifactError, match=r"absent\.onnx"):
        Session(tmp_path / "absent.onnx")


class Forgetful(nn.Module):
    """Answers differently each time: no graph can agree with it."""

    inputs = ("history",)

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def encode_one(self, history: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return history[:, :1].float() + self.calls


def test_a_graph_that_disagrees_with_torch_is_refused(tmp_path: Path) -> None:
    example = {"history": torch.from_numpy(history(LENGTH))}
    with pytest.raises(ArtifactError, match="away from torch"):
        export_encoder(Forgetful(), example, tmp_path / "x.onnx", np.random.default_rng(0))


def test_eight_bits_are_kept_only_when_as_good(
    exported: tuple[Transformer, Path], tmp_path: Path
) -> None:
    net, path = exported
    copy = tmp_path / "copy.onnx"
    copy.write_bytes(path.read_bytes())
    queries = [{"history": history(20, seed)} for seed in range(10)]
    seen = quantise(copy, queries, net.catalogue().detach().numpy())
    assert isinstance(seen, Quantised)
    assert seen.kept == (seen.overlap >= 0.95)
    assert seen.spearman > 0.9
    assert (copy.read_bytes() == path.read_bytes()) == (not seen.kept)
    assert [p.name for p in tmp_path.iterdir()] == ["copy.onnx"]


@pytest.mark.parametrize("model", [deepfm.DeepFM, din.DIN])
def test_a_ranker_scores_pools_of_any_size(model: Any, tmp_path: Path) -> None:
    torch.manual_seed(0)
    shape = Shape(n_items=ITEMS, n_dense=3, sparse=(ITEMS, 5), history=6)
    net = model().build(shape).eval()
    rng, path = np.random.default_rng(1), tmp_path / "ranker.onnx"

    def pool(n: int) -> dict[str, Any]:
        dense = rng.normal(size=(n, 3)).astype(np.float32)
        dense[::4, 1] = np.nan
        sparse = np.stack([rng.integers(0, ITEMS, n), rng.integers(0, 5, n)], axis=1)
        return {"dense": dense, "sparse": sparse, "history": np.array([[0, 0, 3, 1, 4, 1]])}

    example = {name: torch.from_numpy(a) for name, a in pool(40).items()}
    assert export_ranker(net, example, path, rng) < 1e-4
    session = Session(path)
    for n in (1, 2, 333):
        x = pool(n)
        with torch.no_grad():
            inputs = {name: torch.from_numpy(a) for name, a in x.items()}
            want = net(*inputs.values(), torch.zeros(n, dtype=torch.int64)).numpy()
        np.testing.assert_allclose(session.run(**x), want, atol=1e-4)


def test_an_encoder_that_reads_the_user_as_well_is_exported_whole(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net: Any = two_tower.TwoTower().build(Shape(9, ITEMS, (4,), (3,))).eval()
    net.user.codes.copy_(torch.arange(9)[:, None] % 3)
    past = torch.from_numpy(history(net.length))
    example = {"user": torch.ones(1, dtype=torch.int64), "history": past, "ages": past.float()}
    export_encoder(net, example, tmp_path / "towers.onnx", np.random.default_rng(0))
    session = Session(tmp_path / "towers.onnx")
    for user, n in ((0, 1), (2, 5), (8, net.length)):
        x = {"user": np.array([user]), "history": history(n, n), "ages": np.ones((1, n), "f")}
        with torch.no_grad():
            want = net.encode({name: torch.from_numpy(a) for name, a in x.items()}).numpy()
        np.testing.assert_allclose(session.run(**x), want, atol=1e-4)
