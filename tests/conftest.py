"""What every test may ask for, and what is set before numpy loads."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hermes.data.catalogue import Catalogue
    from hermes.data.dataset import Dataset

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
def redis_server() -> str:
    """The path of a Redis server."""
    found = shutil.which("redis-server")
    require(found is not None, "no redis-server on the PATH (Debian: apt-get install redis-server)")
    return str(found)


@pytest.fixture(scope="module")
def own_redis(
    tmp_path_factory: pytest.TempPathFactory, redis_server: str
) -> Iterator[tuple[str, int]]:
    """A Redis that nobody else talks to: its address behind a socket, and its process."""
    folder = tmp_path_factory.mktemp("redis")
    path = folder / "redis.sock"
    command = [redis_server, "--port", "0", "--unixsocket", str(path), "--save", ""]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        until = time.monotonic() + 10
        while not path.exists() and time.monotonic() < until:
            time.sleep(0.01)
        yield f"unix://{path}", process.pid
        process.kill()
        process.wait()


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


TINY = """
name = "tiny"
length = 10
[[channels]]
name = "sasrec"
model = "hermes.models.retrievers.sasrec:SASRec"
config = {d = 8, length = 8, blocks = 1, heads = 1, schedule = {epochs = 1, batch = 16}}
[[channels]]
name = "transition"
model = "hermes.models.retrievers.transition:Transition"
[[channels]]
name = "popularity"
model = "hermes.models.retrievers.popularity:Popularity"
[prerank]
model = "hermes.models.rankers.deepfm:DeepFM"
keep = 20
negatives = 10
rich = false
config = {schedule = {epochs = 1}}
[rank]
model = "hermes.models.rankers.lambdamart:LambdaMART"
keep = 10
negatives = 10
config = {trees = 10, leaves = 4, rows = 5}
"""


@pytest.fixture(scope="session")
def tiny_recipe() -> dict[str, Any]:
    """The table of a recipe with every kind of part, learned in seconds; not to be changed."""
    return tomllib.loads(TINY)


@pytest.fixture(scope="session")
def tiny_data(shop: Catalogue) -> Dataset:
    """Sixty people who each go on from item to item of `shop`, ten events, a day between two."""
    import numpy as np

    from hermes.core.types import Shape
    from hermes.core.vocab import Vocabulary
    from hermes.data.dataset import Dataset
    from hermes.data.interactions import Interactions

    users, step = np.repeat(np.arange(1, 61), 10), np.tile(np.arange(10), 60)
    items = 1 + (7 * users + step) % 40
    weights = np.ones(len(users), np.float32)
    log = Interactions.sort(users, items, 20000 + step + users / 100, weights, Shape(61, 41))
    return Dataset(Vocabulary.of(f"u{u}" for u in range(1, 61)), shop, log, (), "tiny")


@pytest.fixture(scope="session")
def tiny(
    tiny_recipe: dict[str, Any],
    tiny_data: Dataset,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Path:
    """The bundle of `tiny_recipe` on `tiny_data`, trained once for all workers; only to be read."""
    from hermes.workflows.train import train

    base = tmp_path_factory.getbasetemp()
    shared = base.parent if hasattr(request.config, "workerinput") else base
    with (shared / "tiny.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "tiny").exists():
            train(tiny_recipe, tiny_data, shared / "tiny")
    return shared / "tiny"
