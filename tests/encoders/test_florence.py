"""The published weights are not at hand: a small network of the same make is taught six answers."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hermes.core.errors import ConfigError, DataError
from hermes.encoders.cache import Cache, encoded
from hermes.encoders.captions import Seen, told
from hermes.encoders.florence import Florence, FlorenceConfig, labels, plain


def png(colour: str, size: tuple[int, int] = (70, 50)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def random(small_florence: Path) -> Florence:
    return Florence(FlorenceConfig(weights=str(small_florence / "random"), longest=10, batch=2))


@pytest.fixture(scope="module")
def taught(small_florence: Path) -> Florence:
    return Florence(FlorenceConfig(weights=str(small_florence / "taught"), longest=60, batch=2))


RED = Seen("A red dress on a wall.", ("dress", "hat"), ("white wall",))
BLUE = Seen("Blue shoes.", ("shoes",), ("white wall",))


def test_each_task_is_asked_and_its_answer_read(taught: Florence) -> None:
    assert taught.describe([png("red"), png("blue"), png("red")]) == [RED, BLUE, RED]


def test_what_is_seen_becomes_text_to_be_searched(taught: Florence) -> None:
    assert taught.describe([png("red")])[0].text == "A red dress on a wall. dress hat white wall"


def test_boxes_are_those_of_the_picture(taught: Florence) -> None:
    picture = Image.new("RGB", (70, 50), "red")
    (found,) = taught.answers("<OD>", [picture])
    assert found["labels"] == ["dress", "hat"]
    left, top, right, bottom = found["bboxes"][0]
    assert (left, top) == pytest.approx((0, 0), abs=0.5)
    assert (right, bottom) == pytest.approx((70 * 0.3, 50 * 0.4), abs=0.5)


def test_the_network_reads_the_prompt_that_stands_for_a_task(random: Florence) -> None:
    tokens = random.asked("<OD>", [Image.new("RGB", (70, 50), "red")])["input_ids"][0]
    said = random.processor.tokenizer.decode(tokens)
    assert "Locate the objects with category name in the image." in said
    assert said.count("<image>") == 5


def test_rows_are_of_length_one_and_as_long_as_it_says(random: Florence) -> None:
    rows = random.encode([png("red"), png("blue"), png("green", (200, 90))])
    assert rows.shape == (3, random.d) == (3, 32)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)
    assert random.encode([]).shape == (0, 32)


def test_the_vector_is_the_mean_of_what_the_encoder_made(random: Florence) -> None:
    import torch

    net = random.net.model
    with torch.inference_mode():
        asked = random.asked("<MORE_DETAILED_CAPTION>", [Image.new("RGB", (70, 50), "red")])
        words = net.get_input_embeddings()(asked["input_ids"])
        seen = net.get_image_features(asked["pixel_values"]).pooler_output
        words[:, :5] = seen
        states = net.language_model.encoder(inputs_embeds=words).last_hidden_state[0]
    mean = states.mean(0).numpy()
    assert random.encode([png("red")])[0] == pytest.approx(mean / np.linalg.norm(mean), abs=1e-5)


def test_a_batch_does_not_change_a_vector(random: Florence) -> None:
    bodies = [png(colour) for colour in ("red", "blue", "green", "white", "black")]
    alone = np.concatenate([random.encode([body]) for body in bodies])
    assert random.encode(bodies) == pytest.approx(alone, abs=1e-5)


def test_other_weights_are_another_encoder(random: Florence, taught: Florence) -> None:
    assert random.identity.startswith("vision:florence2:")
    assert random.identity != taught.identity
    assert random.speaker.startswith(random.identity)


def test_vectors_and_words_are_made_once(taught: Florence, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "seen.sqlite")
    things = [png("red"), png("blue"), png("red"), None]
    first, again = (encoded(taught, things, cache) for _ in range(2))
    assert (first.reused, again.reused) == (0, 3)
    assert np.array_equal(first.vectors.rows, again.vectors.rows)
    spoken, repeated = (told(taught, things, cache) for _ in range(2))
    assert (spoken.reused, repeated.reused) == (0, 3)
    assert spoken.seen == repeated.seen == (RED, BLUE, RED, None)


def test_what_is_no_picture_is_refused(random: Florence) -> None:
    with pytest.raises(DataError, match="web page"):
        random.encode([b"<html>"])
    with pytest.raises(DataError, match="web page"):
        random.describe([b"<html>"])


def test_a_folder_without_weights_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no Florence2ForConditionalGeneration can be read"):
        Florence(FlorenceConfig(weights=str(tmp_path)))


def test_weights_that_are_damaged_are_refused(small_florence: Path, tmp_path: Path) -> None:
    shutil.copytree(small_florence / "random", tmp_path / "bad")
    file = tmp_path / "bad" / "model.safetensors"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(ConfigError, match="can be read"):
        Florence(FlorenceConfig(weights=str(tmp_path / "bad")))


def test_a_network_that_would_be_partly_random_is_refused(
    small_florence: Path, tmp_path: Path
) -> None:
    from safetensors.numpy import load_file, save_file

    shutil.copytree(small_florence / "random", tmp_path / "part")
    file = tmp_path / "part" / "model.safetensors"
    arrays = load_file(file)
    del arrays[next(name for name in arrays if "image_projection" in name)]
    save_file(arrays, file, {"format": "pt"})
    with pytest.raises(ConfigError, match="lacks 1 weights"):
        Florence(FlorenceConfig(weights=str(tmp_path / "part")))


def test_places_and_marks_are_no_words() -> None:
    assert plain("<s>Two<loc_17> cats </s>") == "Two cats"
    assert labels({"labels": [" cat", "cat", "", "<loc_1>"], "bboxes": []}) == ("cat",)
    with pytest.raises(DataError, match="boxes with labels"):
        labels("a caption")


def test_settings_that_ask_nothing_are_refused() -> None:
    with pytest.raises(ConfigError, match="above 0"):
        FlorenceConfig(weights="x", beams=0)
