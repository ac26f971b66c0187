"""How far a training has come: a small file beside the bundle that it will write.

Whoever looks at the bundle's place can tell what is being learned; the file is replaced at once,
goes when the bundle stands, and is not believed when the process that wrote it is gone.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HISTORY = 50  # bundles that stood before, whose figures are kept
OFTEN = 0.25  # seconds between two writings


def beside(bundle: Path) -> Path:
    """Where it lies."""
    place = bundle.resolve()
    return place.parent / f".{place.name}.training.json"


def progress(bundle: Path) -> dict[str, Any] | None:
    """What a training says that runs on this machine now; None when there is none."""
    try:
        said = json.loads(beside(bundle).read_text("utf-8"))
        alive = Path(f"/proc/{int(said['process'])}").is_dir()
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return said if alive else None


def former(manifest: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The history of the bundle that takes the place of this one, newest first."""
    if manifest is None:
        return []
    kept = ("version", "created", "name", "events", "items", "metrics")
    own = {key: manifest[key] for key in kept if key in manifest}
    own["seconds"] = manifest.get("seconds", {}).get("all", 0.0)
    return [own, *manifest.get("history", [])][:HISTORY]


@dataclass
class Diary:
    """Kept by the process that learns; a full disk costs the file, not the training."""

    path: Path
    recipe: str
    planned: list[str]
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    began: dict[str, float] = field(default_factory=dict)  # by the clock of `monotonic`
    written: float = float("-inf")

    def begin(self, name: str) -> None:
        """A model is being learned."""
        self.models[name] = {"name": name, "losses": [], "figures": {}}
        self.began[name] = time.monotonic()
        self.write(now=True)

    def step(self, name: str, step: int, of: int, figures: dict[str, float]) -> None:
        """It has come so far."""
        entry = self.models.setdefault(name, {"name": name, "losses": [], "figures": {}})
        plain = {key: float(value) for key, value in figures.items()}
        entry |= {"step": step, "of": of, "figures": plain}
        if "loss" in plain:
            entry["losses"].append(plain["loss"])
        self.write()

    def end(self, name: str, seconds: float, losses: list[float]) -> None:
        """It stands."""
        entry = self.models.setdefault(name, {"name": name, "figures": {}})
        entry |= {"done": True, "seconds": seconds, "losses": losses}
        self.write(now=True)

    def write(self, now: bool = False) -> None:
        """At most a few times a second."""
        if not now and time.monotonic() - self.written < OFTEN:
            return
        self.written = time.monotonic()
        for name, entry in self.models.items():
            if not entry.get("done"):
                entry["seconds"] = self.written - self.began.get(name, self.written)
        said = {
            "recipe": self.recipe,
            "process": os.getpid(),
            "started": self.started,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "planned": self.planned,
            "models": list(self.models.values()),
        }
        part = self.path.with_suffix(".part")
        try:
            part.write_text(json.dumps(said), "utf-8")
            part.replace(self.path)
        except OSError:
            part.unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing is left."""
        self.path.unlink(missing_ok=True)
