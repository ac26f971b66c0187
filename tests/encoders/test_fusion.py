"""Fusion against its formula, one item and one modality at a time."""

from __future__ import annotations

import numpy as np
import pytest

from hermes.core.errors import ArtifactError, ConfigError, ShapeError
from hermes.encoders.base import Vectors
from hermes.encoders.fusion import Fusion, Projected, attention

SIZES = {"text": 6, "vision": 4, "audio": 3}
ITEMS, D = 5, 7


def made(seed: int = 0) -> Fusion:
    rng = np.random.default_rng(seed)
    draw = lambda *shape: rng.normal(size=shape).astype(np.float32)
    tables = {name: draw(size + 1, D) for name, size in SIZES.items()}
    encoders = {name: f"{name}:planted:1" for name in SIZES}
    return Fusion("text:planted:1", encoders, draw(13, D), draw(6, D), tables)


def items(seed: int = 1) -> dict[str, Vectors]:
    """Item 3 has no picture, item 4 only sound, item 0 nothing; the others have all."""
    rng, out = np.random.default_rng(seed), dict[str, Vectors]()
    absent = {"text": [0, 4], "vision": [0, 3, 4], "audio": [0]}
    for name, size in SIZES.items():
        rows = rng.normal(size=(ITEMS, size)).astype(np.float32)
        rows[absent[name]] = 0
        out[name] = Vectors(rows, f"{name}:planted:1")
    return out


def query(seed: int = 2) -> Vectors:
    rows = np.random.default_rng(seed).normal(size=(1, 6)).astype(np.float32)
    return Vectors(rows, "text:planted:1")


def brute(fusion: Fusion, asked: Vectors, known: dict[str, Vectors], item: int) -> tuple:  # type: ignore[type-arg]
    """Weights by modality, and Z, as the formula has them."""
    one = lambda row: np.append(row, 1.0)
    q = one(np.append(asked.rows[0], np.abs(asked.rows[0]))) @ fusion.ask
    keys = {k: one(v.rows[item]) @ fusion.tables[k] for k, v in known.items() if v.present[item]}
    powers = {k: np.exp(q @ key / np.sqrt(D)) for k, key in keys.items()}
    total = sum(powers.values())
    weights = {k: power / total for k, power in powers.items()}
    return weights, sum(weights[k] * keys[k] for k in keys)


def test_weights_and_fused_vectors_are_those_of_the_formula() -> None:
    fusion, known, asked = made(), items(), query()
    projected = fusion.project(known)
    weights, fused = fusion.weights(asked, projected), fusion.fuse(asked, projected)
    for item in range(1, ITEMS):
        expected, z = brute(fusion, asked, known, item)
        for place, name in enumerate(fusion.names):
            assert weights[item, place] == pytest.approx(expected.get(name, 0.0), abs=1e-5)
        np.testing.assert_allclose(fused[item], z, atol=1e-4)
        u = asked.rows[0] @ fusion.tower
        cosine = z @ u / np.linalg.norm(z) / np.linalg.norm(u)
        assert fusion.score(asked, projected)[item] == pytest.approx(cosine, abs=1e-5)


def test_what_is_missing_has_no_weight_and_the_rest_share_the_whole() -> None:
    weights = made().weights(query(), made().project(items()))
    assert weights[3, 1] == 0.0 and weights[3].sum() == pytest.approx(1)
    assert weights[4].tolist() == [0.0, 0.0, 1.0]
    assert not weights[0].any()


def test_a_missing_modality_is_not_a_vector_of_zeros() -> None:
    fusion, known = made(), items()
    projected = fusion.project(known)
    filled = Projected(projected.keys, np.ones_like(projected.present))
    assert not np.allclose(fusion.fuse(query(), projected)[3], fusion.fuse(query(), filled)[3])


def test_one_softmax_goes_over_all_modalities_together() -> None:
    known, fusion = items(), made()
    both = fusion.weights(query(), fusion.project({k: known[k] for k in ("text", "vision")}))
    whole = fusion.weights(query(), fusion.project(known))
    assert (whole[1, :2] < both[1, :2]).all()
    assert whole[1, 0] / whole[1, 1] == pytest.approx(both[1, 0] / both[1, 1], rel=1e-4)


def test_other_questions_give_the_same_item_other_weights() -> None:
    projected = made().project(items())
    a, b = (made().weights(query(seed), projected)[1] for seed in (2, 3))
    assert np.abs(a - b).max() > 0.05


def test_large_logits_do_not_overflow() -> None:
    weights = attention(np.array([[1e4, -1e4], [-1e4, -1e4]]), np.ones((2, 2), bool))
    assert weights.tolist() == [[1.0, 0.0], [0.5, 0.5]]


def test_the_nearest_are_found_with_their_weights_and_an_item_of_nothing_never() -> None:
    fusion, asked = made(), query()
    projected = fusion.project(items())
    found = fusion.find(asked, projected, 10)
    assert sorted(found.items.tolist()) == [1, 2, 3, 4]
    assert (np.diff(found.columns["score"]) <= 0).all()
    expected = fusion.weights(asked, projected)[found.items]
    for place, name in enumerate(fusion.names):
        np.testing.assert_array_equal(found.columns[f"weight.{name}"], expected[:, place])


def test_a_question_that_says_nothing_finds_nothing() -> None:
    silent = Vectors(np.zeros((1, 6), np.float32), "text:planted:1")
    assert not len(made().find(silent, made().project(items()), 3))


def test_a_modality_that_is_not_given_is_absent_everywhere() -> None:
    known = items()
    projected = made().project({"audio": known["audio"]})
    assert projected.present.tolist() == [[False, False, there > 0] for there in range(ITEMS)]


def test_a_round_trip_keeps_all_and_its_identity() -> None:
    fusion = made()
    again = Fusion.restore(fusion.arrays())
    assert again.identity == fusion.identity != made(5).identity
    assert again.names == fusion.names
    a, b = (f.score(query(), f.project(items())) for f in (fusion, again))
    np.testing.assert_array_equal(a, b)


def test_the_encoders_below_are_part_of_the_identity() -> None:
    fusion = made()
    other = Fusion("text:other:1", fusion.encoders, fusion.ask, fusion.tower, fusion.tables)
    assert other.identity != fusion.identity


@pytest.mark.parametrize("name", ["ask", "asker", "made.vision", "table.text"])
def test_a_bundle_that_lacks_an_array_is_refused(name: str) -> None:
    arrays = made().arrays()
    arrays.pop(name)
    if name == "table.text":
        arrays["table.text"] = np.zeros((7, D + 1), np.float32)
    with pytest.raises(ArtifactError):
        Fusion.restore(arrays)


def test_vectors_of_other_encoders_are_refused() -> None:
    fusion, known = made(), items()
    other = Vectors(known["vision"].rows, "vision:other:1")
    with pytest.raises(ShapeError, match="vision:other:1"):
        fusion.project(known | {"vision": other})
    with pytest.raises(ShapeError, match="text:other:1"):
        fusion.weights(Vectors(query().rows, "text:other:1"), fusion.project(known))


def test_what_is_no_catalogue_or_no_question_is_refused() -> None:
    fusion, known = made(), items()
    with pytest.raises(ConfigError, match="did you mean"):
        fusion.project({"visoin": known["vision"]})
    with pytest.raises(ShapeError, match="one row an item"):
        fusion.project(known | {"text": Vectors(known["text"].rows[1:], "text:planted:1")})
    with pytest.raises(ShapeError, match="learned on"):
        fusion.project({"text": Vectors(np.ones((2, 9), np.float32), "text:planted:1")})
    with pytest.raises(ShapeError, match="one query"):
        fusion.fuse(Vectors(np.ones((2, 6), np.float32), "text:planted:1"), fusion.project(known))
    with pytest.raises(ConfigError, match="no modality"):
        fusion.project({})
