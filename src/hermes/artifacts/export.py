"""Networks as ONNX graphs that answer one query, and as 8-bit graphs where that helps."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from scipy.stats import spearmanr
from torch import Tensor, nn
from torch.export import Dim

from hermes.core.errors import ArtifactError
from hermes.core.types import Array, Floats
from hermes.learn.loop import Batch

from .onnx_session import Session

OPSET = 18
TOLERANCE = 1e-4  # between torch and the graph
EVENTS = ("history", "ages")  # inputs with one column an event
ROWS = ("dense", "sparse")  # inputs with one row a candidate
Arrays = Mapping[str, Array]


class OneQuery(nn.Module):
    """`encode_one`, or else `encode`, of a batch of one without padding."""

    def __init__(self, net: Any, names: tuple[str, ...]) -> None:
        super().__init__()
        self.net, self.names = net, names

    def forward(self, *values: Tensor) -> Tensor:
        """-> (1, D)"""
        if hasattr(self.net, "encode_one"):
            return torch.as_tensor(self.net.encode_one(*values))
        return torch.as_tensor(self.net.encode(dict(zip(self.names, values, strict=True))))


class OnePool(nn.Module):
    """A ranker's network for the candidates of one query."""

    def __init__(self, net: Any, names: tuple[str, ...]) -> None:
        super().__init__()
        self.net, self.names = net, names

    def forward(self, *values: Tensor) -> Tensor:
        """(n, Fd), (n, Fs), (1, L) -> (n,)"""
        batch = dict(zip(self.names, values, strict=True))
        query = torch.zeros_like(batch["sparse"][:, 0])
        score = self.net(batch["dense"], batch["sparse"], batch["history"], query)
        return torch.as_tensor(score)


def export_encoder(net: Any, example: Batch, path: Path, rng: np.random.Generator) -> float:
    """Write what encodes one query; return the greatest difference from torch.

    `example` is one query whose history (1, L) is as long as will ever be served and holds items of
    all kinds; only its first row counts. The graph takes the same inputs, of a network with
    `encode_one` those that its `inputs` name, with any 0 < n <= L events, oldest first, without
    padding, and gives (1, D). It is checked on random histories; raises `ArtifactError` when it is
    further than 1e-4 from torch.
    """
    names = net.inputs if hasattr(net, "encode_one") else tuple(example)
    batch = {name: example[name][:1] for name in names}
    length = batch["history"].shape[1] if "history" in batch else 1
    dims = {name: {1: Dim("n", max=length)} for name in names if name in EVENTS}
    model = OneQuery(net, names).eval()
    write(model, batch, dims, path)
    tries = sorted({1, 2, length // 2 or 1, max(length - 1, 1), length})
    return check(model, path, (shorter(batch, n, rng) for n in tries))


def export_ranker(net: Any, example: Batch, path: Path, rng: np.random.Generator) -> float:
    """Write what scores the candidates of one query; return the greatest difference from torch.

    `example` has dense (n, Fd), sparse (n, Fs) and history (1, L), n > 1. The graph takes the same
    for any n > 0 and gives (n,). Raises `ArtifactError` when it is further than 1e-4 from torch.
    """
    names = ("dense", "sparse", "history")
    batch = {"history": example["history"][:1], **{name: example[name] for name in ROWS}}
    batch = {name: batch[name] for name in names}
    model = OnePool(net, names).eval()
    write(model, batch, {name: {0: Dim("n", max=1_000_000)} for name in ROWS}, path)
    n = len(batch["sparse"])
    picks = [torch.from_numpy(rng.integers(0, n, size)) for size in (1, 2, n, 3 * n)]
    tries = ({**batch, **{name: batch[name][pick] for name in ROWS}} for pick in picks)
    return check(model, path, tries)


def write(model: nn.Module, batch: Batch, dims: Mapping[str, Any], path: Path) -> None:
    """One file, weights inside, with the dimensions that may vary."""
    names = list(batch)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it misses torchvision, we do not
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's, about itself; `check` judges the graph
        torch.onnx.export(
            model,
            tuple(batch.values()),
            path,
            input_names=names,
            output_names=["out"],
            opset_version=OPSET,
            dynamic_shapes=(tuple(dims.get(name, {}) for name in names),),
            external_data=False,
            dynamo=True,
            verbose=False,
        )


def shorter(batch: Batch, n: int, rng: np.random.Generator) -> Batch:
    """The same query with n random events of its history."""
    if "history" not in batch:
        return batch
    length = batch["history"].shape[1]
    pick = torch.from_numpy(np.sort(rng.integers(0, length, n)))
    return {name: value[:, pick] if name in EVENTS else value for name, value in batch.items()}


def check(model: nn.Module, path: Path, tries: Iterable[Batch]) -> float:
    """The greatest difference between torch and the graph."""
    session, worst = Session(path), 0.0
    for batch in tries:
        with torch.no_grad():
            want = model(*batch.values()).numpy()
        got = session.run(**{name: value.numpy() for name, value in batch.items()})
        worst = max(worst, float(np.abs(got - want).max())) if got.shape == want.shape else np.inf
    if not worst <= TOLERANCE:
        raise ArtifactError(f"{path.name}: the graph is {worst:.2g} away from torch; not exported")
    return worst


@dataclass(frozen=True, slots=True)
class Quantised:
    """What 8-bit weights would change."""

    spearman: float  # rank correlation of the scores, mean over queries
    overlap: float  # share of the 100 best that stay
    micros: float  # processor time of a run before, median
    micros_int8: float  # and after
    kept: bool


def quantise(path: Path, queries: Sequence[Arrays], catalogue: Floats | None = None) -> Quantised:
    """Make the graph at `path` an 8-bit one if 95 of the 100 best stay, and say what was seen.

    Times are told, not judged by, so that the same training gives the same bundle on any machine.
    The output is the scores of a pool (n,) or, with a `catalogue` (I, D), a vector (1, D) whose
    inner products are.
    """
    small = path.with_suffix(".int8.onnx")
    # weights that the graph cuts or transposes become constants first, else they stay as they are
    quant_pre_process(str(path), str(small), skip_onnx_shape=True, skip_symbolic_shape=True)
    quantize_dynamic(small, small, weight_type=QuantType.QInt8, per_channel=True)
    runs = [scores(Session(file), queries, catalogue) for file in (path, small)]
    (before, micros), (after, micros_int8) = runs
    pairs = list(zip(before, after, strict=True))
    correlation = float(np.mean([spearmanr(a, b).statistic for a, b in pairs]))
    stay = float(np.mean([np.isin(best(a), best(b)).mean() for a, b in pairs]))
    kept = stay >= 0.95
    if kept:
        small.replace(path)
    else:
        small.unlink()
    return Quantised(correlation, stay, micros, micros_int8, kept)


def best(scores: Array) -> Array:
    """The 100 best, or the better half of fewer than 200."""
    return np.argsort(-scores, kind="stable")[: min(100, len(scores) // 2)]


def scores(
    session: Session, queries: Sequence[Arrays], catalogue: Floats | None
) -> tuple[list[Array], float]:
    """Scores of every query and the median processor time of a run in microseconds."""
    out, times = [], []
    for query in queries:
        session.run(**query)
        start = time.process_time_ns()
        got = session.run(**query)
        times.append((time.process_time_ns() - start) / 1e3)
        out.append(got.ravel() if catalogue is None else (got @ catalogue.T).ravel())
    return out, float(np.median(times))
