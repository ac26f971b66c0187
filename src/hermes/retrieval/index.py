"""The nearest items by inner product: exact for small catalogues, compressed and probed for large.

A large catalogue is cut into lists by spherical k-means (Jégou, Douze, Schmid. Product quantization
for nearest neighbor search. PAMI 2011), lists are found through an HNSW graph (Malkov, Yashunin.
PAMI 2018), scanned with 4-bit codes held in registers (André, Kermarrec, Le Scouarnec. Quicker
ADC. PAMI 2021), and the best are scored again with half-precision vectors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import faiss
import numpy as np

from hermes.core.errors import ArtifactError, DataError, ShapeError
from hermes.core.types import Array, Floats, Ints, expect, strongest

DEPTH = 1000  # items asked for while calibrating: the cascade's first stage
PROBES = (8, 16, 24, 32, 48, 64, 96, 128, 192, 256)  # lists scanned
FACTORS = (1.5, 2.0, 3.0, 4.0, 6.0)  # items scored again, in multiples of k
RESCORE = 21  # what scoring one item again costs, in scanned codes; measured at 1 million x 128
POINTS = 40  # training vectors a list
BLOCK = 100_000  # vectors added at once


@dataclass(frozen=True, slots=True)
class VectorIndex:
    """Item codes by inner product; code 0, the unknown, is never in it.

    Safe to search from many threads. A search uses one core, whatever OpenMP was told, so that
    requests do not fight for cores: OpenMP counts threads for each calling thread apart.
    """

    index: Any  # faiss.Index; its row i is item i + 1
    recall: float  # of the best `DEPTH` on the calibration queries; 1 when exact
    rows: Floats | None = None  # (I - 1, D) the index's own memory, where it is exact

    @classmethod
    def build(
        cls,
        vectors: Floats,
        exact_below: int = 50_000,
        seed: int = 0,
        queries: Floats | None = None,
        target: float = 0.96,
    ) -> Self:
        """Index the rows 1.. of `vectors` (I, D), which may be a memory map.

        With `exact_below` items or more the number of lists probed and of items scored again is
        the cheapest whose recall on `queries` (Q, D), users' vectors held out of everything else,
        reaches `target`. Without queries 200 of the items stand in, which are often harder. When
        no setting reaches it the most accurate is taken; `recall` says what was reached. Raises
        `ShapeError`, and `DataError` on NaN.
        """
        expect(vectors, (None, None), "vectors")
        items = vectors[1:]
        for i in range(0, len(items), BLOCK):
            if not np.isfinite(items[i : i + BLOCK]).all():
                raise DataError(f"vectors {i + 1}..{i + BLOCK}: not finite; retrain the embedder")
        if len(items) < exact_below:
            index = faiss.IndexFlatIP(vectors.shape[1])
            index.add(np.ascontiguousarray(items, np.float32))
            return cls(index, 1.0, held(index))
        rng = np.random.default_rng(seed)
        index = learn(items, rng, seed)
        for i in range(0, len(items), BLOCK):
            index.add(np.ascontiguousarray(items[i : i + BLOCK], np.float32))
        if queries is None:
            queries = items[rng.choice(len(items), min(200, len(items)), replace=False)]
        return cls(index, calibrate(index, items, np.ascontiguousarray(queries), target))

    def search(self, vectors: Floats, k: int) -> tuple[Floats, Ints]:
        """Scores and item codes (B, k), best first; -inf and -1 where fewer than k.  (B, D)"""
        if vectors.ndim != 2 or vectors.shape[1] != self.index.d:
            raise ShapeError(f"queries: expected (B, {self.index.d}), got {vectors.shape}")
        if self.rows is not None:
            return exact(np.asarray(vectors, np.float32) @ self.rows.T, k)
        faiss.omp_set_num_threads(1)
        scores, items = self.index.search(np.ascontiguousarray(vectors, np.float32), k)
        items += 1
        if items[:, -1:].min(initial=1) < 1:
            missing = items < 1
            scores[missing], items[missing] = -np.inf, -1
        return scores, items

    def arrays(self) -> dict[str, Array]:
        """All of it, for a bundle."""
        return {"index": faiss.serialize_index(self.index), "recall": np.array([self.recall])}

    @classmethod
    def restore(cls, arrays: dict[str, Array]) -> Self:
        """The inverse of `arrays`; raises `ArtifactError`."""
        try:
            index = faiss.deserialize_index(np.ascontiguousarray(arrays["index"]))
            return cls(index, float(arrays["recall"][0]), held(index))
        except KeyError as error:
            raise ArtifactError(f"index: the bundle lacks array {error}") from error
        except RuntimeError as error:
            raise ArtifactError(f"index: FAISS cannot read it; build it again: {error}") from error


def held(index: Any) -> Floats | None:
    """The vectors of an exact index where they lie, None of any other.  -> (I - 1, D)"""
    if not isinstance(index, faiss.IndexFlat):
        return None
    rows: Floats = faiss.rev_swig_ptr(index.get_xb(), index.ntotal * index.d)
    return rows.reshape(index.ntotal, index.d)


def exact(scores: Floats, k: int) -> tuple[Floats, Ints]:
    """The k best of all.  (B, I - 1) -> scores (B, k), item codes (B, k)

    One product and one sort, which for the many neighbours of a first stage is twice as fast as
    FAISS' heap.
    """
    best = np.full((len(scores), k), -np.inf, np.float32)
    items = np.full((len(scores), k), -1, np.int64)
    for row, (own, places) in enumerate(zip(scores, items, strict=True)):
        order = strongest(own, k)
        best[row, : len(order)] = own[order]
        places[: len(order)] = order + 1
    return best, items


def learn(items: Floats, rng: np.random.Generator, seed: int) -> Any:
    """An empty index for vectors like `items`: lists and codebooks from a sample."""
    n, d = items.shape
    lists = 2 ** round(np.log2(2 * np.sqrt(n)))
    codes = d // 2 if d % 2 == 0 else d
    spec = f"IVF{lists}_HNSW32,PQ{codes}x4fs,Refine(SQfp16)"
    index = faiss.index_factory(d, spec, faiss.METRIC_INNER_PRODUCT)
    ivf = faiss.extract_index_ivf(index)
    ivf.cp.niter, ivf.cp.seed, ivf.cp.max_points_per_centroid = 6, seed, POINTS
    sample = np.sort(rng.choice(n, min(n, POINTS * lists), replace=False))
    index.train(np.ascontiguousarray(items[sample], np.float32))
    return index


def calibrate(index: Any, items: Floats, queries: Floats, target: float) -> float:
    """Set the cheapest probes and factor that reach `target`; return the recall they have."""
    k = min(DEPTH, len(items))
    _, truth = faiss.knn(queries, items, k, metric=faiss.METRIC_INNER_PRODUCT)
    ivf = faiss.extract_index_ivf(index)
    size = len(items) / ivf.nlist
    grid = [(p * size + RESCORE * f * k, p, f) for p in PROBES for f in FACTORS if p <= ivf.nlist]
    best = (0.0, PROBES[0], FACTORS[0])
    for _, probes, factor in sorted(grid):
        tune(index, probes, factor)
        recall = overlap(index.search(queries, k)[1], truth)
        if recall > best[0]:
            best = (recall, probes, factor)
        if recall >= target:
            break
    tune(index, *best[1:])
    return best[0]


def tune(index: Any, probes: int, factor: float) -> None:
    """Lists to scan and items to score again; the graph looks at twice as many lists."""
    ivf = faiss.extract_index_ivf(index)
    ivf.nprobe, index.k_factor = probes, factor
    graph: Any = faiss.downcast_index(ivf.quantizer)
    graph.hnsw.efSearch = 2 * probes


def overlap(found: Ints, truth: Ints) -> float:
    """Mean share of each row of `truth` that is in the same row of `found`.

    >>> overlap(np.array([[1, 2, -1]]), np.array([[2, 3, 1]])).__round__(3)
    0.667
    """
    pairs = zip(found, truth, strict=True)
    return float(np.mean([np.isin(t, f).mean() for f, t in pairs]))
