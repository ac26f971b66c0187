"""A small real engine: forty items, three users, popularity and co-transitions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

import httpx
import msgspec
import numpy as np
import pytest
from scipy.sparse import csr_array

from hermes.core.types import Ints
from hermes.core.vocab import Vocabulary
from hermes.data.catalogue import Catalogue
from hermes.data.log import Log
from hermes.encoders.base import Vectors
from hermes.pipeline.asked import Reader
from hermes.pipeline.blend import Blend
from hermes.pipeline.content import Finder
from hermes.pipeline.recommender import Recommender
from hermes.pipeline.sources import Source, Sources
from hermes.policy.rules import Rules
from hermes.policy.slatewise import Slatewise
from hermes.retrieval.channels import TrendingChannel
from hermes.retrieval.query import Understanding
from hermes.retrieval.text_search import TextChannel, TextSearch
from hermes.retrieval.visual import Visual
from hermes.serving.app import Gateway
from hermes.serving.deps import Deps
from hermes.serving.features import opened
from hermes.serving.overlay import Shelf
from hermes.serving.settings import Settings
from hermes.serving.telemetry import Telemetry

ODD = ["a/b", 'say "hi"', "🦊", "x" * 500]
ITEMS = [*ODD, *(f"item-{n}" for n in range(36))]
DAY = 86400.0


@dataclass(frozen=True)
class Small:
    """What `assemble` gives, made by hand."""

    recommender: Recommender
    catalogue: Catalogue
    finder: Finder
    users: Vocabulary
    offsets: Ints
    items: Ints
    times: Any
    manifest: dict[str, Any]
    tier: int
    contexts: tuple[Vocabulary, ...] = ()
    path: Path = Path("bundle")
    deeds: Any = ()
    turned: tuple[int, ...] = ()  # by everybody

    def refused(self, user: int) -> Ints:
        return np.array(self.turned if user else (), np.int64)


def catalogue(names: list[str]) -> Catalogue:
    items = Vocabulary.of(names)
    n = len(items)
    empty = csr_array((np.ones(n - 1, np.float32), (np.arange(1, n), np.ones(n - 1, int))), (n, 2))
    cards = [msgspec.json.encode({"asset_id": a, "title": f"Title <{a}>"}) for a in names]
    return Catalogue(
        items=items,
        domains=Vocabulary.of(["films"]),
        categories=Vocabulary.of(["drama"]),
        creators=Vocabulary.of(["somebody"]),
        domain=np.minimum(np.arange(n), 1),
        category=empty,
        creator=empty,
        cohort=np.zeros(n, np.int64),
        price=np.full(n, np.nan, np.float32),
        published=np.where(np.arange(n) % 3, 3652.0, 7305.0).astype(np.float32),  # 1980, 1990
        available=np.arange(n) > 0,
        titles=("", *names),
        cards=(b"{}", *cards),
    )


def pictures(n: int) -> Any:
    """Item i looks like i - 1 and i + 1; the last has no picture."""
    turn = np.arange(n) / n
    rows = np.stack([np.cos(turn), np.sin(turn)], axis=1).astype(np.float32)
    rows[0] = rows[-1] = 0
    return rows


def engine(names: list[str]) -> Small:
    shelf = catalogue(names)
    scores = np.arange(len(shelf), 0, -1).astype(np.float32) * (np.arange(len(shelf)) > 0)
    channel = TrendingChannel("popularity", scores)
    search = TextSearch(shelf)
    reader = Reader(Understanding(shelf), search)
    text = Source(channel=TextChannel("text", search), when="text")
    return Small(
        recommender=Recommender(
            sources=Sources([Source(channel=channel), text], channel),
            blend=Blend(),
            rules=Rules.of(shelf),
            policy=Slatewise(),
            reader=reader,
        ),
        catalogue=shelf,
        finder=Finder(
            shelf,
            search,
            reader,
            None,
            Visual(Vectors(pictures(len(shelf)), "vision:made:1")),
            scores,
            Lock(),
        ),
        users=Vocabulary.of(["ann", "bob/1", "🦊"]),
        offsets=np.array([0, 0, 3, 4, 4]),
        items=np.array([5, 6, 7, 8]),
        times=np.array([100.0, 101.0, 102.0, 100.0]),
        manifest={"name": "small", "version": "v1", "recipe": {}},
        tier=3,
    )


def house(folder: Path, small: Small, **settings: Any) -> Deps:
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    (folder / "pictures" / "one.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / "secret.svg").write_text("secret")
    chosen = Settings(bundle=folder / "bundle", log=folder / "log.db", **settings)
    log = Log(folder / "log.db", limit=chosen.log_bytes)
    return Deps(
        settings=chosen,
        engine=small,
        log=log,
        shelf=Shelf(small.catalogue, log),
        telemetry=Telemetry(),
        features=opened(chosen, log, small),
        started=datetime.now(UTC),
        pictures=folder / "pictures",
    )


class Client:
    """The application without a socket; each request in a loop of its own."""

    def __init__(self, deps: Deps) -> None:
        self.app = Gateway(deps)

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        return asyncio.run(self.send(method, path, **more))

    async def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, path, **more)

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.request("POST", path, **more)


@pytest.fixture
def deps(tmp_path: Path) -> Iterator[Deps]:
    made = house(tmp_path, engine(ITEMS))
    yield made
    made.log.close()


@pytest.fixture
def client(deps: Deps) -> Client:
    return Client(deps)


@pytest.fixture
def make(tmp_path: Path):
    """A client for another engine or other settings."""
    made: list[Deps] = []

    def build(names: list[str] | None = None, **settings: Any) -> Client:
        made.append(house(tmp_path, engine(ITEMS if names is None else names), **settings))
        return Client(made[-1])

    yield build
    for deps in made:
        deps.log.close()


@pytest.fixture
def make_client() -> Callable[[Deps], Client]:
    """The application around a house of one's own."""
    return Client
