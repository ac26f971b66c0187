"""Where fusion begins, on items that show one thing and tell another."""

from __future__ import annotations

import numpy as np
import pytest

from hermes.core.errors import ShapeError
from hermes.core.types import Floats
from hermes.encoders.base import Vectors
from hermes.encoders.fusion import typed
from hermes.learn.alignment import Pairs, aligned, answers, gate, responsible

N, WIDTH = 60, 8


def unit(rows: Floats) -> Floats:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def world(noise: bool) -> tuple[Pairs, dict[str, Vectors]]:
    """Texts are what is asked for; pictures are noise, or the same behind a rotation."""
    rng = np.random.default_rng(0)
    texts = unit(rng.normal(size=(N, WIDTH)))
    turned = np.linalg.qr(rng.normal(size=(WIDTH, WIDTH)))[0]
    pictures = unit(rng.normal(size=(N, 40))) if noise else unit(texts @ turned)
    nothing = np.zeros(N, int)
    pairs = Pairs(Vectors(texts, "text:t:1"), np.arange(N), nothing, nothing)
    return pairs, {"text": Vectors(texts, "text:t:1"), "vision": Vectors(pictures, "v:v:1")}


def test_what_only_remembers_its_items_gets_little_of_the_share() -> None:
    pairs, modalities = world(noise=True)
    shares = responsible(pairs, modalities, aligned(pairs, modalities, WIDTH, 0.1, 5))
    np.testing.assert_allclose(shares.sum(1), 1, atol=1e-5)
    assert shares[:, 0].mean() > 0.9


def test_what_tells_the_same_in_another_space_gets_half() -> None:
    pairs, modalities = world(noise=False)
    shares = responsible(pairs, modalities, aligned(pairs, modalities, WIDTH, 1e-3, 5))
    assert shares[:, 0].mean() == pytest.approx(0.5, abs=0.05)


def test_there_is_no_share_where_an_item_lacks_something() -> None:
    pairs, modalities = world(noise=True)
    modalities["vision"].rows[:7] = 0
    shares = responsible(pairs, modalities, aligned(pairs, modalities, WIDTH, 0.1, 5))
    assert (shares[:7] == 0).all()
    assert (shares[7:].sum(1) > 0.99).all()


def test_keys_are_by_tables_the_item_had_no_part_in() -> None:
    pairs, modalities = world(noise=True)
    begun = aligned(pairs, modalities, WIDTH, 1e-3, 5)
    towers = pairs.queries.rows @ begun.start
    known = modalities["vision"].rows @ begun.tables["vision"]
    cosine = lambda keys: (unit(keys) * unit(towers)).sum(1).mean()
    assert cosine(known) > 0.7
    assert cosine(begun.keys["vision"]) < 0.3


def test_a_kind_of_question_is_told_from_where_it_lies_whatever_its_sign() -> None:
    rng = np.random.default_rng(0)
    look = np.arange(N) % 2 == 0
    rows = rng.normal(size=(N, WIDTH)) * np.where(
        look[:, None], [1] * 4 + [0] * 4, [0] * 4 + [1] * 4
    )
    asked, nothing = Vectors(unit(rows), "text:t:1"), np.zeros(N, int)
    shares = np.where(look[:, None], [0.1, 0.9], [0.9, 0.1])
    learned = gate(Pairs(asked, np.arange(N), nothing, nothing), shares, 0.1)
    told = typed(asked.rows) @ learned[:-1] + learned[-1]
    assert ((told[:, 1] > told[:, 0]) == look).mean() > 0.95


def test_columns_of_other_lengths_are_refused() -> None:
    with pytest.raises(ShapeError, match="one of each a pair"):
        Pairs(Vectors(np.ones((2, 3), np.float32), "t"), np.arange(3), np.arange(2), np.arange(2))


def test_an_item_may_be_of_several_kinds_and_answers_each() -> None:
    kind = np.array([[1, 2], [1, 3], [0, 0]])
    found = answers(np.array([1, 3, 0]), kind)
    assert found.tolist() == [[True, True, False], [False, True, False], [False] * 3]
    assert (answers(np.array([1, 0]), kind[:, 0]) == answers(np.array([1, 0]), kind[:, :1])).all()
