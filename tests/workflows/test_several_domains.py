"""Two domains with shared users in one lake and one bundle: one ranked stream."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hermes.core.types import Ints
from hermes.data.build import dataset
from hermes.data.ingest import ingest
from hermes.data.lake import Lake
from hermes.data.spec import DataSpec
from hermes.domains.crossing import adapter
from hermes.pipeline.answer import ask
from hermes.pipeline.assemble import Engine, assemble
from hermes.workflows.train import train

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOME = "hermes.models.retrievers"
RECIPE: dict[str, Any] = {
    "name": "several",
    "length": 20,
    "blend": {"method": "rrf"},
    "channels": [
        {"name": "bridge", "model": f"{HOME}.bridge:Bridge", "deadline": 5.0,
         "config": {"d": 8, "power": 0.5, "schedule": {"epochs": 1, "batch": 64, "refresh": 1}}},
    ],
}  # fmt: skip


def write(folder: Path, domain: int, rng: np.random.Generator) -> None:
    """Four circles, each around ten items of both domains; user 0 did nothing in the second."""
    folder.mkdir(parents=True)
    rows = [
        f"{user}\t{10 * (user % 4) + item}\t1\n"
        for user in range(domain, 80)
        for item in rng.choice(10, 5, replace=False)
    ]
    (folder / "train.txt").write_text("".join(rows))
    (folder / "test.txt").write_text(f"7\t{domain + 1}\t1\n")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    home, rng = tmp_path_factory.mktemp("several"), np.random.default_rng(0)
    for domain, name in enumerate(("books_films", "films_books")):
        write(home / "raw" / name, domain, rng)
    lake = Lake(home / "lake")
    ingest(lake, adapter, home / "raw", NOW)
    train(RECIPE, dataset(lake, DataSpec()), home / "bundle")
    return assemble(home / "bundle", 2)


def listed(engine: Engine, user: str, size: int = 10, **more: Any) -> Ints:
    query = replace(ask(engine, user, size, NOW, "r"), **more)
    return engine.recommender(query).items.items


def domains(engine: Engine, items: Ints) -> set[str]:
    return {engine.catalogue.domains.names[code] for code in engine.catalogue.domain[items]}


def circle(engine: Engine, items: Ints) -> list[int]:
    return [int(engine.catalogue.items.names[i].partition("-")[2]) // 10 for i in items]


def test_one_ranked_stream_mixes_both_domains(engine: Engine) -> None:
    assert domains(engine, listed(engine, "5")) == {"books", "films"}


def test_a_filter_keeps_one_domain_and_the_slate_is_full(engine: Engine) -> None:
    for name in ("books", "films"):
        items = listed(engine, "5", 20, domains=(name,))
        assert domains(engine, items) == {name}
        assert len(items) == 20


def test_who_has_nothing_in_a_domain_is_given_items_of_it(engine: Engine) -> None:
    known = engine.history(engine.users.code("0"))[0]
    assert domains(engine, known) == {"books"}
    items = listed(engine, "0", 5, domains=("films",))
    assert len(items) == 5
    assert circle(engine, items).count(0) >= 3


def test_an_event_in_one_domain_changes_what_is_recommended_in_the_other(engine: Engine) -> None:
    stock = engine.catalogue.items
    for wanted in (1, 3):
        history = np.array([stock.code(f"books-{10 * wanted + i}") for i in range(3)])
        items = listed(
            engine, "nobody", 5, history=history, ages=np.zeros(3, "f4"), domains=("films",)
        )
        assert circle(engine, items).count(wanted) >= 3
