"""What every test may ask for, and what is set before numpy loads."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hermes.data.catalogue import Catalogue

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


@pytest.fixture(scope="session")
def shop() -> Catalogue:
    """Forty items by arithmetic: item i is a film if odd and a book if even; 40 is not available.

    Its category is i mod 4 (one of drama, horror, comedy, war) and war items are dramas as well,
    its creator i mod 3, its price i (unknown for 1 to 3), its day 20000 - i (unknown for 4).
    """
    import numpy as np
    from scipy.sparse import csr_array

    from hermes.core.vocab import Vocabulary
    from hermes.data.catalogue import Catalogue

    code = np.arange(41)
    category, creator = np.zeros((41, 5), np.float32), np.zeros((41, 4), np.float32)
    category[code[1:], code[1:] % 4 + 1] = 1
    category[code % 4 == 3, 1] = 1
    creator[code[1:], code[1:] % 3 + 1] = 1
    category[0] = 0
    return Catalogue(
        items=Vocabulary.of(f"i{i}" for i in code[1:]),
        domains=Vocabulary.of(["books", "films"]),
        categories=Vocabulary.of(["drama", "horror", "comedy", "war"]),
        creators=Vocabulary.of(["ada", "bo", "cy"]),
        domain=np.where(code > 0, code % 2 + 1, 0),
        category=csr_array(category),
        creator=csr_array(creator),
        cohort=np.where(code > 0, code % 2 + 1, 0),
        price=np.where(code > 3, code, np.nan).astype(np.float32),
        published=np.where((code > 0) & (code != 4), 20000 - code, np.nan).astype(np.float32),
        available=(code > 0) & (code < 40),
        titles=("", *(f"Title {i}" for i in code[1:])),
        cards=tuple(b"{}" for _ in code),
    )
