from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from hermes.core.errors import ConfigError, DataError
from hermes.encoders.pictures import Limits, kind, opened


def saved(picture: Image.Image, name: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, name, **options)
    return out.getvalue()


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    """Twenty by ten, red on the left and blue on the right."""
    out = Image.new("RGB", (20, 10), "red")
    out.paste("blue", (10, 0, 20, 10))
    return out


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def vast_png(side: int) -> bytes:
    """A few kilobytes that say they are `side` by `side` pixels, and would unfold to them."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1 << 20), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF"])
def test_each_format_is_told_by_its_content_and_comes_out_rgb(
    photo: Image.Image, name: str
) -> None:
    body = saved(photo, name)
    found = opened(body)
    assert kind(body) == f"image/{name.lower()}"
    assert (found.mode, found.size) == ("RGB", (20, 10))
    left, right = np.asarray(found)[5, [2, 17]].astype(int)
    assert left[0] - left[2] > 100
    assert right[2] - right[0] > 100


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "is empty"),
        (b"%PDF-1.7 ...", "a PDF"),
        (b"<!doctype html><title>404</title>", "a web page"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"RIFF\0\0\0\0WAVEfmt ", "WAV"),
        (b"II*\0" + bytes(100), "TIFF"),
        (b"neither one nor the other", "no known kind"),
    ],
)
def test_what_is_no_picture_is_named(body: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said):
        opened(body)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_picture_that_is_cut_off_is_refused(name: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    body = saved(Image.fromarray(noise), name)
    for share in (0.1, 0.5, 0.9):
        with pytest.raises(DataError, match="cut off or damaged"):
            opened(body[: int(len(body) * share)])


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF"])
def test_damage_anywhere_is_refused_or_read_and_never_anything_else(
    photo: Image.Image, name: str
) -> None:
    rng, body = np.random.default_rng(1), saved(photo, name)
    for _ in range(150):
        bad = bytearray(body)
        for place in rng.integers(0, len(body), rng.integers(1, 6)):
            bad[place] = rng.integers(256)
        try:
            assert opened(bytes(bad)).mode == "RGB"
        except DataError as error:
            assert str(error).startswith("picture: ")


@pytest.mark.parametrize("side", [8_000, 12_000, 60_000])
def test_a_bomb_is_refused_before_it_is_decoded(side: int) -> None:
    body = vast_png(side)
    assert len(body) < 5000
    with pytest.raises(DataError, match="pixels"):
        opened(body)


@pytest.mark.parametrize(
    "head",
    [
        b"VP8X" + struct.pack("<I", 10) + bytes(4) + (16_000).to_bytes(3, "little") * 2,
        b"VP8L" + struct.pack("<I", 10) + b"\x2f" + (16_000 | 16_000 << 14).to_bytes(4, "little"),
        b"VP8 " + bytes(7) + b"\x9d\x01\x2a" + struct.pack("<HH", 16_000, 16_000),
    ],
)
def test_a_webp_that_says_it_is_vast_is_refused_by_its_header(head: bytes) -> None:
    body = b"RIFF" + struct.pack("<I", 100) + b"WEBP" + head + bytes(64)
    with pytest.raises(DataError, match="pixels are more"):
        opened(body)


def test_a_jpeg_of_very_many_scans_is_refused(photo: Image.Image) -> None:
    body = saved(photo, "JPEG")
    with pytest.raises(DataError, match="scans"):
        opened(body + b"\xff\xda" * 201)


def test_more_bytes_than_allowed_are_refused(photo: Image.Image) -> None:
    body = saved(photo, "PNG")
    with pytest.raises(DataError, match=f"{len(body):,} bytes are more than the 10 taken"):
        opened(body, Limits(largest=10))


def test_a_tracking_pixel_is_no_picture() -> None:
    with pytest.raises(DataError, match="1 x 1 pixels, too small"):
        opened(saved(Image.new("RGB", (1, 1)), "GIF"))


def test_a_picture_is_turned_as_its_camera_was_held(photo: Image.Image) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned right by a quarter
    found = np.asarray(opened(saved(photo, "JPEG", exif=exif.tobytes()))).astype(int)
    assert found.shape == (20, 10, 3)
    assert found[2, 5, 0] - found[17, 5, 0] > 100


def test_a_damaged_note_about_its_camera_does_not_cost_a_picture(photo: Image.Image) -> None:
    body = saved(photo, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xffgarbage")
    assert opened(body).size == (20, 10)


def test_what_is_transparent_is_white() -> None:
    seen_through = Image.new("RGBA", (10, 10), (255, 0, 0, 0))
    assert opened(saved(seen_through, "PNG")).getpixel((5, 5)) == (255, 255, 255)
    half = Image.new("LA", (10, 10), (0, 128))
    assert opened(saved(half, "PNG")).getpixel((5, 5)) == pytest.approx((127, 127, 127), abs=1)


def test_a_palette_with_a_transparent_colour_is_read() -> None:
    picture = Image.new("P", (10, 10), 1)
    picture.putpalette([0, 0, 0, 0, 128, 0])
    assert opened(saved(picture, "PNG")).getpixel((5, 5)) == (0, 128, 0)
    assert opened(saved(picture, "GIF", transparency=1)).getpixel((5, 5)) == (255, 255, 255)


def test_ink_becomes_light() -> None:
    cyan = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    red, green, blue = opened(saved(cyan, "JPEG")).getpixel((8, 8))
    assert min(green, blue) - red > 60


def test_sixteen_bits_keep_their_greys() -> None:
    ramp = np.linspace(0, 65535, 100).astype(np.uint16).reshape(10, 10)
    found = np.asarray(opened(saved(Image.fromarray(ramp), "PNG")))[..., 0].ravel()
    assert np.abs(found.astype(int) - (ramp.ravel() >> 8)).max() <= 1


def test_of_a_moving_picture_the_first_frame_is_read() -> None:
    frames = [Image.new("RGB", (10, 10), colour) for colour in ("lime", "red", "blue")]
    body = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert opened(body).getpixel((5, 5)) == (0, 255, 0)


def test_a_side_bounds_the_longer_one() -> None:
    body = saved(Image.new("RGB", (3000, 1500), "red"), "JPEG")
    assert opened(body, side=100).size == (100, 50)


def test_limits_that_let_nothing_through_are_refused() -> None:
    with pytest.raises(ConfigError, match="above 0"):
        Limits(pixels=0)
