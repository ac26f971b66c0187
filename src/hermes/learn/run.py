"""Where a fit happens: apart from hyper-parameters, since it never changes what is computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

Report = Callable[[str, int, int, dict[str, float]], None]  # (model, step, of, figures)


@dataclass(frozen=True, kw_only=True)
class Run:
    """Seed, device, progress, and where to resume from."""

    seed: int = 0
    device: str = "cpu"  # cpu, cuda, or auto
    report: Report | None = None  # told after every epoch
    checkpoint: Path | None = None  # written after every epoch; a killed fit resumes from it

    def rng(self) -> np.random.Generator:
        """A fresh generator."""
        return np.random.default_rng(self.seed)
