"""Where a fit happens: apart from hyper-parameters, since it never changes what is computed."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hermes.core.errors import ConfigError, nearest

Report = Callable[[str, int, int, dict[str, float]], None]  # (model, step, of, figures)
Warn = Callable[[str], None]  # one line

DEVICES = ("auto", "cpu", "cuda")


@dataclass(frozen=True, kw_only=True)
class Run:
    """Seed, device, progress, and where to resume from."""

    seed: int = 0
    device: str = "cpu"  # cpu, cuda, cuda:1, or auto
    report: Report | None = None  # told after every epoch
    warn: Warn | None = None  # told what had to be changed; None: Python's warnings
    checkpoint: Path | None = None  # written after every epoch; a killed fit resumes from it

    def __post_init__(self) -> None:
        """Refuse a device nobody knows."""
        if self.device.partition(":")[0] not in DEVICES:
            raise ConfigError(f"device {self.device!r}{nearest(self.device, DEVICES)}")

    def rng(self) -> np.random.Generator:
        """A fresh generator."""
        return np.random.default_rng(self.seed)


def told(line: str) -> None:
    """What `Run.warn` is where nobody listens: a warning of Python's."""
    warnings.warn(line, RuntimeWarning, stacklevel=2)
