"""The process that reads what a lake refused."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil
import pytest

from hermes.serving import quarantine
from hermes.serving.quarantine import Quarantine


def reading() -> list[psutil.Process]:
    """Processes of ours that read a lake."""
    below = psutil.Process().children()
    return [one for one in below if "hermes.data.refused" in one.cmdline()]


def test_a_request_that_is_given_up_leaves_no_process(tmp_path: Path) -> None:
    async def given_up() -> tuple[int, int]:
        asked = Quarantine()
        look = asyncio.create_task(asked.look(tmp_path))
        while not (running := reading()):
            await asyncio.sleep(0.01)
        look.cancel()
        with pytest.raises(asyncio.CancelledError):
            await look
        assert not asked.reading.locked()
        return len(running), len(reading())

    assert asyncio.run(given_up()) == (1, 0)


def test_a_lake_that_takes_too_long_is_told_and_leaves_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine, "PATIENCE", 0.05)
    rows, note = asyncio.run(Quarantine().look(tmp_path))
    assert (rows, note) == ([], "the lake did not say within 0.05 s")
    assert reading() == []
