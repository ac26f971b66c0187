from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hermes.core.errors import ConfigError
from hermes.data.catalogue import Catalogue
from hermes.pipeline.explicit import FACTS
from hermes.retrieval.query import Understanding
from hermes.retrieval.spelling import apart
from hermes.retrieval.text_search import TextSearch
from hermes.workflows.bench import Place
from hermes.workflows.bench_query import measure, order
from hermes.workflows.wishes import KINDS, Lesson, Wishes, error, learned, typo

PLOT = "grey harbour winter pilot stranger lantern ferry orchard violin promise border signal"


@pytest.fixture(scope="module")
def maker(shop: Catalogue) -> Wishes:
    cards = tuple(json.dumps({"text_content": f"{PLOT} number{i}"}).encode() for i in range(41))
    told = replace(shop, cards=cards)
    return Wishes(Understanding(told), TextSearch(told), np.random.default_rng(0))


def test_every_kind_of_wish_is_made(maker: Wishes) -> None:
    assert {wish.kind for wish in maker.drawn(20)} == set(KINDS)


def test_a_title_names_its_item_and_nothing_names_none(maker: Wishes) -> None:
    read = maker.reader
    assert maker.named(read("title 9"), 9) == 1
    assert maker.named(read("something to watch"), 9) == 0
    assert maker.named(read("horror"), 9) > maker.named(read("horror or comedy or drama"), 9) > 0
    assert maker.named(read("comedy"), 9) == 0  # 9 is none


def test_a_typo_is_one_edit() -> None:
    rng = np.random.default_rng(0)
    assert all(apart("lighthouse", typo("lighthouse", rng).lower(), 2) <= 1 for _ in range(200))
    assert typo("1", rng) == "1"


def test_what_explicitness_is_made_of_is_learned() -> None:
    rng = np.random.default_rng(0)
    facts = np.c_[np.ones(2000), rng.integers(0, 2, (2000, len(FACTS) - 1))]
    truth = np.array([-1.0, 2, 1.5, 1, -2, 0.5, 0, 1])
    named = 1 / (1 + np.exp(-facts @ truth))
    given = Lesson(facts, named, ("title",) * 2000)
    found = learned(given, l2=1e-6)
    assert np.allclose(list(found.values()), truth, atol=0.05)
    assert error(given, list(found.values())) < 0.01 < error(given, np.zeros(len(FACTS)))


def test_order_counts_ties_half() -> None:
    assert order([1.0, 0.5], [0.5]) == 0.75


def test_a_measurement_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean 'speed'"):
        measure(Place(tmp_path, tmp_path, only=("sped",)))


def test_written_queries_are_understood(shared_data: Path, tmp_path: Path) -> None:
    rows = {
        r["name"]: r["value"]
        for r in measure(Place(shared_data, tmp_path, only=("understanding",)))
    }
    assert rows["understood: precision"] >= 0.9
    assert rows["understood: recall"] >= 0.9
