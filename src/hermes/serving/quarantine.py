"""What the lake refused, read in a process of its own and remembered for a minute."""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from .reports import Refusal

FRESH = 60.0  # seconds
PATIENCE = 60.0  # seconds a reading may take
NO_LAKE = "no lake is connected; HERMES_LAKE names one"


@dataclass
class Quarantine:
    """The last reading of one lake."""

    rows: list[Refusal] = field(default_factory=list)
    note: str = ""
    at: float = float("-inf")  # by the clock of `monotonic`
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def look(self, lake: Path | None) -> tuple[list[Refusal], str]:
        """Rows, and why there are none; whoever asks meanwhile waits for the same reading."""
        if lake is None:
            return [], NO_LAKE
        async with self.reading:
            if time.monotonic() - self.at > FRESH:
                self.rows, self.note = await read(lake)
                self.at = time.monotonic()
        return self.rows, self.note


async def read(lake: Path) -> tuple[list[Refusal], str]:
    """By `hermes.data.refused`, whose process does not outlive who waits for it."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hermes.data.refused", str(lake),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        said, failed = await asyncio.wait_for(child.communicate(), PATIENCE)
    except TimeoutError:
        return [], f"the lake did not say within {PATIENCE:g} s"
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode:
        return [], failed.decode("utf-8", "replace").strip()[-300:]
    return msgspec.json.decode(said, type=list[Refusal]), ""
