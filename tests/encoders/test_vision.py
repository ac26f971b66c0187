from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from hermes.core.errors import ArtifactError, ConfigError, DataError
from hermes.encoders.base import Vectors
from hermes.encoders.cache import encoded
from hermes.encoders.vision import WEIGHTS, Descriptors, DescriptorsConfig, blocks, sizes

SHAPES = ("ellipse", "rectangle", "cross")
INKS = ("crimson", "navy", "darkgreen", "purple")


def drawn(shape: str, ink: str, seed: int, ground: str = "white") -> Image.Image:
    """A shape somewhere near the middle."""
    rng = np.random.default_rng(seed)
    picture = Image.new("RGB", (120, 160), ground)
    pen, (x, y) = ImageDraw.Draw(picture), rng.integers(-6, 7, 2)
    box = (30 + x, 40 + y, 90 + x + int(rng.integers(8)), 120 + y + int(rng.integers(8)))
    if shape == "cross":
        pen.rectangle((box[0], box[1] + 30, box[2], box[1] + 50), fill=ink)
        pen.rectangle((box[0] + 22, box[1], box[0] + 38, box[3]), fill=ink)
    elif shape == "ellipse":
        pen.ellipse(box, fill=ink)
    else:
        pen.rectangle(box, fill=ink)
    return picture


def png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def made() -> tuple[list[str], list[bytes]]:
    """Four pictures of each shape, each in its own ink."""
    both = [(s, png(drawn(s, ink, i))) for i, ink in enumerate(INKS) for s in SHAPES]
    return [shape for shape, _ in both], [body for _, body in both]


@pytest.fixture(scope="module")
def fitted(made: tuple[list[str], list[bytes]]) -> Descriptors:
    return Descriptors.fit(made[1], DescriptorsConfig(d=8))


def test_rows_are_of_length_one_and_as_long_as_it_says(
    fitted: Descriptors, made: tuple[list[str], list[bytes]]
) -> None:
    rows = fitted.encode(made[1])
    assert rows.shape == (12, fitted.d) == (12, 8)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)


def test_things_of_one_shape_are_near_whatever_their_ink(
    fitted: Descriptors, made: tuple[list[str], list[bytes]]
) -> None:
    names, rows = np.array(made[0]), fitted.encode(made[1])
    alike = rows @ rows.T
    np.fill_diagonal(alike, -np.inf)
    assert (names[alike.argmax(1)] == names).mean() > 0.8


def test_what_a_thing_lies_on_hardly_matters(fitted: Descriptors) -> None:
    plain, other = (png(drawn("cross", "navy", 3, ground)) for ground in ("white", "tan"))
    third = png(drawn("ellipse", "navy", 3))
    a, b, c = fitted.encode([plain, other, third])
    assert a @ b > a @ c


def test_a_batch_does_not_change_a_vector(
    fitted: Descriptors, made: tuple[list[str], list[bytes]]
) -> None:
    together = fitted.encode(made[1][:3])
    alone = np.concatenate([fitted.encode([body]) for body in made[1][:3]])
    assert together == pytest.approx(alone, abs=1e-6)
    assert fitted.encode([]).shape == (0, 8)


def test_blocks_have_the_sizes_that_are_told() -> None:
    found = blocks(drawn("cross", "navy", 0))
    assert {name: len(values) for name, values in found.items()} == sizes()
    assert list(found) == list(WEIGHTS)


def test_arrays_bring_the_same_encoder_back(
    fitted: Descriptors, made: tuple[list[str], list[bytes]]
) -> None:
    back = Descriptors.restore(fitted.arrays())
    assert back.identity == fitted.identity
    assert np.array_equal(back.encode(made[1][:2]), fitted.encode(made[1][:2]))


def test_an_encoder_of_other_pictures_is_another(made: tuple[list[str], list[bytes]]) -> None:
    one, two = (Descriptors.fit(made[1][:n], DescriptorsConfig(d=4)) for n in (6, 7))
    assert one.identity != two.identity
    with pytest.raises(Exception, match="cannot be compared"):
        Vectors(one.encode(made[1]), one.identity).expect(two.identity)


def test_arrays_that_do_not_fit_are_refused(fitted: Descriptors) -> None:
    with pytest.raises(ArtifactError, match="lacks array"):
        Descriptors.restore({"means": fitted.means})
    with pytest.raises(ArtifactError, match="do not fit"):
        Descriptors.restore({"means": fitted.means[:-1], "basis": fitted.basis})


def test_what_is_no_picture_costs_only_itself(
    fitted: Descriptors, made: tuple[list[str], list[bytes]]
) -> None:
    done = encoded(fitted, [made[1][0], b"<html>", None, made[1][1]])
    assert done.vectors.present.tolist() == [True, False, False, True]
    assert "web page" in done.refused[1]


def test_fitting_leaves_out_what_is_no_picture(made: tuple[list[str], list[bytes]]) -> None:
    config = DescriptorsConfig(d=4)
    assert Descriptors.fit([b"no", *made[1][:5]], config).d == 4
    with pytest.raises(DataError, match="1 of 3 pictures can be read"):
        Descriptors.fit([b"no", made[1][0], b"neither"], config)
    with pytest.raises(DataError, match="0 of 0"):
        Descriptors.fit([], config)


def test_sizes_that_keep_nothing_are_refused() -> None:
    with pytest.raises(ConfigError, match="d must be above 0"):
        DescriptorsConfig(d=0)
