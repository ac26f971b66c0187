import contextlib
import http.client
import json
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from hermes.core.errors import ConfigError
from hermes.learn.run import Run
from hermes.workflows import demo

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny set in MovieLens's layout: everybody watches one of three rows of films, in order."""
    folder, rng = tmp_path_factory.mktemp("films"), np.random.default_rng(0)
    rows = [f"{f},Film {f} (19{50 + f}),{'Drama' if f % 2 else 'Comedy'}" for f in range(1, 31)]
    (folder / "movies.csv").write_text("movieId,title,genres\n" + "\n".join(rows) + "\n")
    lines = ["userId,movieId,rating,timestamp"]
    for user in range(1, 61):
        first = 10 * (user % 3) + 1
        watched = [first + (n + rng.integers(2)) % 10 for n in range(int(rng.integers(4, 9)))]
        seen = dict.fromkeys(watched)
        lines += [f"{user},{film},4.0,{1_000_000_000 + 86_400 * n}" for n, film in enumerate(seen)]
    (folder / "ratings.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_a_source_is_the_world_or_a_domain_and_a_path() -> None:
    assert demo.Demo(work=Path("w")).domain == "world"
    assert demo.Demo(work=Path("w"), source="movielens:ml").domain == "movielens"
    assert demo.Demo(work=Path("w"), source="movielens:ml").raw == Path("ml")


@pytest.mark.parametrize("source", ["movielens", "movielens:", "wrld"])
def test_another_source_is_refused(source: str) -> None:
    with pytest.raises(ConfigError, match="neither `world` nor DOMAIN:PATH"):
        _ = demo.Demo(work=Path("w"), source=source).domain


def test_two_sources_do_not_share_a_folder() -> None:
    homes = {
        demo.Demo(work=Path("w"), source=source, scale=scale).home
        for source, scale in (("world", "small"), ("world", "large"), ("movielens:a", "small"))
    }
    assert len(homes) == 3


def test_a_domain_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nosuch"):
        demo.fill(demo.Demo(work=tmp_path, source=f"nosuch:{tmp_path}"), NOW, print)


def test_from_files_to_a_personal_slate_and_the_second_time_at_once(
    films: Path, tmp_path: Path
) -> None:
    wanted, said = demo.Demo(work=tmp_path, source=f"movielens:{films}"), []
    lake = demo.fill(wanted, NOW, said.append)
    bundle, data = demo.learn(wanted, lake, "first", Run(), said.append)
    first = demo.ask(bundle, data, size=3)
    assert len(first.lines) == 3
    assert all(title.startswith("Film ") for title, _, _ in first.lines)
    assert first.bundle == f"first {bundle.manifest['version']}"

    said.clear()
    lake = demo.fill(wanted, NOW, said.append)
    again, data = demo.learn(wanted, lake, "first", Run(), said.append)
    assert again.manifest["version"] == bundle.manifest["version"]
    assert "had them already" in said[0]
    assert "still right" in said[1]
    assert [line[0] for line in demo.ask(again, data, size=3).lines] == [
        line[0] for line in first.lines
    ]


def test_a_bundle_of_other_data_is_learned_again(films: Path, tmp_path: Path) -> None:
    wanted = demo.Demo(work=tmp_path, source=f"movielens:{films}")
    lake = demo.fill(wanted, NOW, print)
    bundle, data = demo.learn(wanted, lake, "first", Run(), print)
    table = dict(bundle.manifest["recipe"])
    assert demo.fresh(bundle.path, table, data) is not None
    assert demo.fresh(bundle.path, {**table, "length": 7}, data) is None
    (bundle.path / "catalogue.safetensors").write_bytes(b"damaged")
    assert demo.fresh(bundle.path, table, data) is None


def test_what_was_learned_is_served(films: Path, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [sys.executable, "-m", "hermes", "demo", "--source", f"movielens:{films}"]
    command += ["--dir", str(tmp_path / "made"), "--port", str(port)]
    with (tmp_path / "said").open("w") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
        try:
            answered = None
            for _ in range(600):
                assert process.poll() is None, (tmp_path / "said").read_text()
                with contextlib.suppress(OSError):
                    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
                    asked.request("GET", "/v1/recommendations/users/1?k=3")
                    answered = json.loads(asked.getresponse().read())
                    asked.close()
                    break
                time.sleep(0.2)
            assert answered and len(answered["items"]) == 3, (tmp_path / "said").read_text()
        finally:
            process.terminate()
            process.wait(30)
