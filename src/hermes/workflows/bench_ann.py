"""How fast and how faithful the index is, on one core, beside exact search in the same run."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from hermes.core.progress import Report
from hermes.core.types import Floats, Ints
from hermes.retrieval.index import VectorIndex, overlap

MILLION = 1_000_000
FLOORS = {MILLION: (0.94, 1.0), 10 * MILLION: (0.95, 5.0)}  # recall, ms
BLOCK = 250_000  # vectors drawn at once
LAW = "400 log-normal topics, spread .6, lengths log-normal(.3), as iALS item factors of check-ins"


@dataclass(frozen=True, slots=True)
class Law:
    """Vectors like the item factors of a factor model.

    A topic c is drawn with a log-normal(0, 1) weight; its centre m_c is uniform on the unit sphere;
    x = exp(.3 z) (m_c + spread e / sqrt(d)), z and e standard normal. With the defaults the cosine
    of an item to its 100th of 41,000 neighbours is .74, and the length's log deviates by .3: what
    iALS with 128 factors gives for the 40,981 places of Gowalla (.74 and .33).
    """

    d: int = 128
    topics: int = 400
    spread: float = 0.6
    seed: int = 0  # of the topics

    def draw(self, n: int, rng: np.random.Generator) -> Floats:
        """(n, d)"""
        own = np.random.default_rng(self.seed)
        centres = own.standard_normal((self.topics, self.d), np.float32)
        centres /= np.linalg.norm(centres, axis=1, keepdims=True)
        share = np.exp(own.standard_normal(self.topics))
        noise = rng.standard_normal((n, self.d), np.float32) * np.float32(self.spread / self.d**0.5)
        noise += centres[rng.choice(self.topics, n, p=share / share.sum())]
        noise *= np.exp(np.float32(0.3) * rng.standard_normal((n, 1), np.float32))
        return noise


def measure(
    items: int = MILLION,
    d: int = 128,
    k: int = 1000,
    queries: int = 200,
    report: Report | None = None,
    long: bool = False,
) -> list[dict[str, Any]]:
    """Rows of the table: recall@k, median and p99 of single queries, build time, size, the peer.

    `queries` of the same law as the items are held out of training and of calibration, which has
    200 others. With `long` the measurement is repeated with ten million items.
    """
    sizes = [items, 10 * MILLION] if long else [items]
    rows: list[dict[str, Any]] = []
    for step, size in enumerate(sizes):
        rows += one_size(size, d, k, queries)
        if report:
            report("ann", step + 1, len(sizes), {row["name"]: row["value"] for row in rows})
    return rows


def one_size(items: int, d: int, k: int, queries: int) -> list[dict[str, Any]]:
    """The rows of one catalogue, whose vectors lie in a file that goes afterwards."""
    law, rng = Law(d=d), np.random.default_rng(1)
    with tempfile.TemporaryDirectory(prefix="hermes-ann-") as folder:
        vectors = np.memmap(Path(folder) / "vectors", np.float32, "w+", shape=(items + 1, d))
        for start in range(0, items + 1, BLOCK):
            part = vectors[start : start + BLOCK]
            part[:] = law.draw(len(part), rng)
        held_out, asked = law.draw(200, rng), law.draw(queries, rng)
        wall, core = time.perf_counter(), time.process_time()
        index = VectorIndex.build(vectors, exact_below=0, queries=held_out)
        wall, core = time.perf_counter() - wall, time.process_time() - core
        truth = faiss.knn(asked, vectors[1:], k, metric=faiss.METRIC_INNER_PRODUCT)[1] + 1
        exact = singles(lambda q: faiss.knn(q, vectors[1:], k, metric=0)[1], asked[:10])[1]
        found, times = singles(lambda q: index.search(q, k)[1], asked)
    recall = overlap(found, truth)
    want, most = FLOORS.get(items, (None, None)) if (d, k) == (128, 1000) else (None, None)
    ivf = faiss.extract_index_ivf(index.index)
    how = f"{ivf.nlist} lists, {ivf.nprobe} probed, {index.index.k_factor:g} k scored again"
    size = sum(a.nbytes for a in index.arrays().values()) / 1e6
    median, p99 = float(np.median(times)), float(np.quantile(times, 0.99))
    name, plain = f"index of {items:,} x {d}", "peer: flat search"
    return [
        row(f"{name}: recall of the {k} nearest", recall, "", LAW, want, recall >= (want or 0)),
        row(f"{name}: median", median, "ms", f"one core; {how}", most, median < (most or np.inf)),
        row(f"{name}: p99", p99, "ms", f"{queries} single queries, wall clock"),
        row(f"{name}: exact search", float(np.median(exact)), "ms", plain),
        row(f"{name}: build", wall, "s", f"{core:.0f} s of processor time"),
        row(f"{name}: size", size, "MB", "as written to a bundle"),
        row(f"{name}: memory", peak(), "MB", "peak of the process, vectors included"),
    ]


def singles(search: Callable[[Floats], Ints], queries: Floats) -> tuple[Ints, Floats]:
    """Answers and wall-clock milliseconds, one query at a time on one core, after five to warm."""
    faiss.omp_set_num_threads(1)
    for query in queries[:5]:
        search(query[None])
    found, times = [], []
    for query in queries:
        start = time.perf_counter()
        answer = search(query[None])
        times.append(1e3 * (time.perf_counter() - start))
        found.append(answer[0])
    return np.stack(found), np.array(times, np.float32)


def row(
    name: str, value: float, unit: str, note: str, floor: float | None = None, holds: bool = True
) -> dict[str, Any]:
    """One line of the table."""
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "note": note,
        "floor": floor,
        "holds": None if floor is None else holds,
    }


def peak() -> float:
    """MB this process held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
