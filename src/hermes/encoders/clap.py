"""CLAP: a recording and a text to vectors of one space.

Wu et al. Large-scale contrastive language-audio pretraining with feature fusion and
keyword-to-caption augmentation. ICASSP 2023, through transformers. Deviation: a recording longer
than the network hears at once is cut into even windows whose vectors are averaged, where the
original draws crops by chance: the same recording has the same vector every time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hermes.core.errors import ConfigError
from hermes.core.types import Array, Floats
from hermes.data.script import whole

from .sounds import Limits, opened
from .weights import fingerprint, loaded


@dataclass(frozen=True, kw_only=True)
class ClapConfig:
    """Where the weights are, and how much is heard."""

    weights: str  # a folder, or a name on the hub such as laion/clap-htsat-unfused
    windows: int = 6  # of a long recording, at most
    batch: int = 8  # windows at a time
    device: str = "cpu"
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        """Refuse what hears nothing."""
        if min(self.windows, self.batch) < 1:
            raise ConfigError("clap: windows and batch must be above 0")


class Clap:
    """An encoder of recordings' bytes; texts come into the same space by `ask`."""

    def __init__(self, config: ClapConfig) -> None:
        self.config = config
        self.processor, self.net = loaded(
            "ClapModel", "ClapProcessor", config.weights, config.device
        )
        self.hash = fingerprint(self.net)

    @property
    def identity(self) -> str:
        """`audio:clap:` with the number of windows and a hash of the weights."""
        return f"audio:clap-{self.config.windows}:{self.hash}"

    @property
    def d(self) -> int:
        """Length of a vector."""
        return int(self.net.config.projection_dim)

    def encode(self, things: Sequence[bytes]) -> Floats:
        """Unit rows, zero for silence; `DataError` for what is no recording.  n -> (n, D)"""
        rate = self.processor.feature_extractor.sampling_rate
        out = np.zeros((len(things), self.d), np.float32)
        for row, thing in zip(out, things, strict=True):
            samples = opened(thing, rate, self.config.limits)
            if np.any(samples):
                mean = self.heard(self.cut(samples)).mean(0)
                row[:] = mean / max(float(np.linalg.norm(mean)), 1e-12)
        return out

    def cut(self, samples: Floats) -> list[Floats]:
        """Windows of what the network hears at once, evenly over the recording."""
        length = int(self.processor.feature_extractor.nb_max_samples)
        count = min(self.config.windows, max(1, -(-len(samples) // length)))
        starts = np.linspace(0, max(len(samples) - length, 0), count).astype(int)
        return [samples[start : start + length] for start in starts]

    def heard(self, windows: list[Floats]) -> Array:
        """A unit row a window.  -> (n, D)"""
        import torch

        listen, rows = self.processor.feature_extractor, list[Array]()
        with torch.inference_mode():
            for i in range(0, len(windows), self.config.batch):
                part = windows[i : i + self.config.batch]
                made = listen(part, sampling_rate=listen.sampling_rate, return_tensors="pt")
                made["is_longer"] = torch.zeros((len(part), 1), dtype=torch.bool)
                rows.append(unit(self.net.get_audio_features(**made.to(self.net.device))))
        return np.concatenate(rows)

    def ask(self, texts: Sequence[str]) -> Floats:
        """Vectors of texts in the space of recordings, unit rows.  n -> (n, D)"""
        import torch

        rows = [np.zeros((0, self.d), np.float32)]
        with torch.inference_mode():
            for i in range(0, len(texts), self.config.batch):
                part = [whole(text) for text in texts[i : i + self.config.batch]]
                made = self.processor.tokenizer(
                    part, padding=True, truncation=True, return_tensors="pt"
                )
                rows.append(unit(self.net.get_text_features(**made.to(self.net.device))))
        return np.concatenate(rows)


def unit(said: Any) -> Array:
    """The pooled and projected output, which the network made of length one.  -> (n, D)"""
    out: Array = said.pooler_output.float().cpu().numpy()
    return out
