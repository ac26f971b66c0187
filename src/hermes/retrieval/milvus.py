"""Nearest items by inner product from a Milvus server, or from a file by milvus-lite.

A collection carries the identity of the encoder that made its vectors, and says no to any other.
Wang et al. Milvus: a purpose-built vector data management system. SIGMOD 2021.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Self, TypeVar

import numpy as np

from hermes.core.errors import ArtifactError, DataError, ShapeError, Unavailable
from hermes.core.extras import extra
from hermes.core.types import Floats, Ints
from hermes.encoders.base import Vectors

T = TypeVar("T")

MOST = 16_384  # neighbours a server gives at once
ENCODER = "hermes.encoder"  # the property that names it; milvus-lite forgets descriptions


@dataclass(frozen=True, slots=True)
class Milvus:
    """Item codes by inner product, as `index.VectorIndex` gives them; code 0 is never in it."""

    client: Any  # pymilvus.MilvusClient
    name: str  # of the collection
    d: int
    encoder: str  # its identity
    deadline: float  # seconds a search may take

    @classmethod
    def build(
        cls,
        uri: str,
        name: str,
        vectors: Vectors,
        *,
        token: str = "",
        kind: str = "FLAT",
        batch: int = 1000,
        deadline: float = 1.0,
    ) -> Self:
        """Put the rows 1.. of `vectors` (I, D) into a new collection; absent ones are left out.

        uri: of a server, or the path of a file that ends in .db; kind: of Milvus' index, FLAT is
        exact; batch: vectors sent at once. Raises `DataError` on NaN, `ArtifactError` where the
        collection exists, `Unavailable` without a server.
        """
        rows = vectors.rows
        if not np.isfinite(rows[1:]).all():
            raise DataError(f"collection {name}: vectors are not finite; encode them again")
        client = connected(uri, token, deadline)
        if called(client.has_collection, name):
            raise ArtifactError(f"collection {name} is in {uri} already; drop it or name another")
        called(create, client, name, rows.shape[1], vectors.encoder, kind)
        codes = np.flatnonzero(vectors.present)
        codes = codes[codes > 0]
        for start in range(0, len(codes), batch):
            part = codes[start : start + batch].tolist()
            called(client.insert, name, [{"code": c, "vector": rows[c].tolist()} for c in part])
        called(client.flush, name)
        called(client.load_collection, name)
        return cls(client, name, rows.shape[1], vectors.encoder, deadline)

    @classmethod
    def open(
        cls, uri: str, name: str, encoder: str, *, token: str = "", deadline: float = 1.0
    ) -> Self:
        """A collection that is there.

        Raises `ArtifactError` where it is not, `ShapeError` where another encoder made it, and
        `Unavailable` without a server.
        """
        client = connected(uri, token, deadline)
        if not called(client.has_collection, name):
            raise ArtifactError(f"no collection {name} in {uri}; build it first")
        told = called(client.describe_collection, name)
        made = told.get("description") or told.get("properties", {}).get(ENCODER, "")
        if made != encoder:
            raise ShapeError(
                f"collection {name}: made by {made or 'an unknown encoder'}, not by {encoder}; "
                "build it again"
            )
        d = next(f["params"]["dim"] for f in told["fields"] if f["name"] == "vector")
        called(client.load_collection, name)
        return cls(client, name, int(d), encoder, deadline)

    def search(self, vectors: Floats, k: int) -> tuple[Floats, Ints]:
        """Scores and item codes (B, k), best first; -inf and -1 where fewer than k.  (B, D)

        Raises `ShapeError`, and `Unavailable` where the server does not answer in time.
        """
        if vectors.ndim != 2 or vectors.shape[1] != self.d:
            raise ShapeError(f"queries: expected (B, {self.d}), got {vectors.shape}")
        scores = np.full((len(vectors), k), -np.inf, np.float32)
        items = np.full((len(vectors), k), -1, np.int64)
        if not len(vectors) or k <= 0:
            return scores, items
        rows = np.asarray(vectors, np.float32).tolist()
        given = {"limit": min(k, MOST), "output_fields": ["code"], "timeout": self.deadline}
        began = perf_counter()
        found = called(self.client.search, self.name, rows, **given)
        if (took := perf_counter() - began) > self.deadline:  # a client may wait for longer
            raise Unavailable(f"Milvus: {took:.3f} s for a search, {self.deadline} s are allowed")
        for row, hits in enumerate(found):
            items[row, : len(hits)] = [hit["code"] for hit in hits]
            scores[row, : len(hits)] = [hit["distance"] for hit in hits]
        return scores, items

    def close(self) -> None:
        """Let the connection go."""
        self.client.close()


def connected(uri: str, token: str, deadline: float) -> Any:
    """A client; raises `Unavailable` without the library or the server."""
    milvus = extra("pymilvus", "milvus")
    return called(milvus.MilvusClient, uri, token=token, timeout=deadline)


def create(client: Any, name: str, d: int, encoder: str, kind: str) -> None:
    """An empty collection that knows its encoder."""
    milvus = extra("pymilvus", "milvus")
    schema = client.create_schema(auto_id=False, description=encoder)
    schema.add_field("code", milvus.DataType.INT64, is_primary=True)
    schema.add_field("vector", milvus.DataType.FLOAT_VECTOR, dim=d)
    index = client.prepare_index_params()
    index.add_index("vector", index_type=kind, metric_type="IP")
    client.create_collection(name, schema=schema, index_params=index, properties={ENCODER: encoder})


def called(ask: Callable[..., T], *given: Any, **named: Any) -> T:
    """What a server answers; `Unavailable` says what it said instead."""
    failures = (extra("pymilvus", "milvus").MilvusException, extra("grpc", "milvus").RpcError)
    try:
        return ask(*given, **named)
    except failures as error:
        said = str(getattr(error, "message", "") or error).splitlines()
        raise Unavailable(f"Milvus: {said[0] if said else type(error).__name__}") from error
