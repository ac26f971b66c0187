"""Pictures find pictures of one encoder, and an item without one is not there at all."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from hermes.core.errors import ShapeError
from hermes.core.protocols import Query
from hermes.core.types import Candidates
from hermes.encoders.base import Vectors
from hermes.retrieval.visual import Visual, VisualChannel

AT = datetime(2024, 10, 4, tzinfo=UTC)
EYES = "vision:descriptors:1"


def rows(n: int = 30, d: int = 8) -> np.ndarray:
    found = np.random.default_rng(0).normal(size=(n, d)).astype(np.float32)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    found[[4, 9]] = 0  # no picture
    return found


@pytest.fixture(scope="module")
def visual() -> Visual:
    return Visual(Vectors(rows(), EYES))


def codes(found: Candidates) -> list[int]:
    return [int(code) for code in found.items]


def past(*items: int, anchor: int = 0) -> Query:
    ages = np.arange(len(items), 0, -1).astype(np.float32)
    return Query(id="q", at=AT, history=np.array(items, np.int64), ages=ages, anchor=anchor)


def test_neighbours_are_those_of_the_largest_cosine(visual: Visual) -> None:
    table = rows()
    cosine = table @ table[3]
    cosine[[0, 3, 4, 9]] = -2
    found = visual.find(3, 5)
    assert codes(found) == np.argsort(-cosine)[:5].tolist()
    np.testing.assert_allclose(found.columns["score"], np.sort(cosine)[::-1][:5], rtol=1e-5)


def test_an_item_without_a_picture_finds_nothing_and_is_never_found(visual: Visual) -> None:
    assert codes(visual.find(4, 5)) == []
    everything = codes(visual.find(3, 100))
    assert len(everything) == 26
    assert not {0, 3, 4, 9} & set(everything)  # the rest even where their cosine is negative


@pytest.mark.parametrize("item", [0, -1, 30, 1000])
def test_an_item_nobody_knows_finds_nothing(visual: Visual, item: int) -> None:
    assert codes(visual.find(item, 5)) == []


def test_vectors_of_another_encoder_are_refused(visual: Visual) -> None:
    with pytest.raises(ShapeError, match="vision:other:2"):
        Visual(Vectors(rows(), EYES), encoder="vision:other:2")
    with pytest.raises(ShapeError, match="vision:other:2"):
        visual.find_alike(Vectors(rows()[:1], "vision:other:2"), 3)
    with pytest.raises(ShapeError, match="expected"):
        visual.near(np.ones(5, np.float32), 3)


def test_a_picture_that_is_no_items_finds_what_looks_like_it(visual: Visual) -> None:
    assert codes(visual.find_alike(Vectors(rows()[[7]], EYES), 1)) == [7]
    assert codes(visual.find_alike(Vectors(rows()[[4]], EYES), 1)) == []


def test_without_pictures_nothing_looks_like_anything() -> None:
    bare = Visual(Vectors(np.zeros((5, 3), np.float32), EYES))
    assert codes(bare.find(1, 3)) == []
    assert codes(VisualChannel("looks", bare).retrieve(past(1, 2), 3)) == []


def test_an_anchor_brings_what_looks_like_it_and_not_what_was_seen(visual: Visual) -> None:
    channel = VisualChannel("looks", visual)
    first, second, *_ = codes(visual.find(3, 5))
    assert codes(channel.retrieve(past(anchor=3), 1)) == [first]
    assert codes(channel.retrieve(past(first, anchor=3), 1)) == [second]
    repeats = VisualChannel("looks", visual, repeats=True)
    assert codes(repeats.retrieve(past(first, anchor=3), 1)) == [first]


def test_the_last_of_the_history_counts_most(visual: Visual) -> None:
    table = rows()
    channel = VisualChannel("looks", visual, length=2)
    want = table @ (table[5] + 0.75 * table[7])
    want[[0, 4, 9, 5, 7, 1]] = -99
    assert codes(channel.retrieve(past(1, 7, 5), 4)) == np.argsort(-want)[:4].tolist()


def test_a_past_without_pictures_brings_nothing(visual: Visual) -> None:
    channel = VisualChannel("looks", visual)
    assert codes(channel.retrieve(past(4, 9), 4)) == []
    assert codes(channel.retrieve(past(), 4)) == []
    assert channel.evidence(past(4), np.array([1, 2])).tolist() == [0, 0]


def test_evidence_is_what_looks_most_like_each(visual: Visual) -> None:
    channel = VisualChannel("looks", visual)
    likest = codes(visual.find(5, 1))[0]
    assert channel.evidence(past(5), np.array([likest, 4])).tolist() == [5, 0]
