"""What every test may ask for, and what is set before numpy loads."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

# One thread a process: two workers share two cores, and results do not depend on the machine.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS"):
    os.environ.setdefault(name, "1")
os.environ["MPLBACKEND"] = "Agg"

import pytest  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent


def require(found: bool, reason: str) -> None:
    """Skip with the reason on a developer's machine; fail in CI, where nothing may be missing."""
    if found:
        return
    if os.environ.get("CI"):
        pytest.fail(f"{reason}; in CI nothing may be missing", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's own folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets beside the project."""
    path = ROOT.parent / "shared" / "data"
    require(path.is_dir(), f"no real data at {path}")
    return path


@pytest.fixture(scope="session")
def browser() -> str:
    """The path of a Chromium."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next(filter(None, map(shutil.which, names)), None)
    require(found is not None, "no Chromium on the PATH (Debian: apt-get install chromium)")
    return str(found)
