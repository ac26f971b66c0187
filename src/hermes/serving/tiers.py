"""Which tier this machine can serve: 1 PyTorch on a GPU, 2 ONNX on CPU, 3 indexes only."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

GIB = 1 << 30
ASK = "import torch; print(torch.cuda.get_device_name(0) if torch.cuda.is_available() else '')"
NEEDED = 4 * GIB  # bytes of memory below which no network is loaded

EXTRAS = {
    "train": ("torch", "onnx", "onnxscript", "implicit"),
    "dev": ("pytest", "mypy", "httpx", "hypothesis"),
}


@dataclass(frozen=True, slots=True)
class Machine:
    """What is here."""

    cores: int
    memory: int  # bytes this process may use
    gpu: str  # its name; empty when there is none or PyTorch cannot see it


def choose(memory: int, gpu: bool, setting: str = "auto") -> tuple[int, str]:
    """The tier and why; `memory` in bytes."""
    if setting != "auto":
        return int(setting), f"set to {setting}"
    if memory < NEEDED:
        return 3, f"{memory / GIB:.1f} GiB of memory is less than {NEEDED / GIB:.0f}"
    if gpu:
        return 1, "PyTorch sees a GPU"
    return 2, f"no GPU, {memory / GIB:.1f} GiB of memory"


def machine() -> Machine:
    """This one."""
    return Machine(len(os.sched_getaffinity(0)), memory(), gpu())


def memory() -> int:
    """Bytes: what the machine has, or the control group's limit when that is less."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        limit = Path("/sys/fs/cgroup") / name
        if limit.is_file() and (text := limit.read_text().strip()).isdigit():
            return min(physical, int(text))
    return physical


def gpu() -> str:
    """The first GPU's name, empty without a driver or PyTorch; asked in a process of its own."""
    driver = Path("/dev/nvidiactl").exists() or shutil.which("nvidia-smi")
    if not driver or importlib.util.find_spec("torch") is None:
        return ""
    command = [sys.executable, "-c", ASK]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout.strip()


def services() -> dict[str, str]:
    """What stands where larger sizes have services; nothing has to be started."""
    return {
        "event log": f"SQLite {sqlite3.sqlite_version}",
        "vectors": f"FAISS {version('faiss-cpu')}",
        "networks": f"ONNX Runtime {version('onnxruntime')}",
    }


def extras() -> dict[str, list[str]]:
    """By extra, the packages of it that are missing."""
    return {
        extra: [name for name in names if importlib.util.find_spec(name) is None]
        for extra, names in EXTRAS.items()
    }
