"""A bundle that weighs text and picture, from drawn pictures to the answer of a search."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image
from safetensors.numpy import save_file
from typer.testing import CliRunner

from hermes.artifacts.bundle import Bundle
from hermes.cli import assemble as cli
from hermes.core.errors import ArtifactError, ConfigError
from hermes.core.types import Floats
from hermes.data.build import dataset
from hermes.data.catalogue import Catalogue
from hermes.data.dataset import Dataset
from hermes.data.ingest import ingest
from hermes.data.lake import Lake
from hermes.data.spec import DataSpec
from hermes.domains.world import adapter
from hermes.encoders.colours import WORDS
from hermes.encoders.naming import Hues, Naming
from hermes.encoders.passages import passages
from hermes.encoders.vision import Descriptors
from hermes.pipeline.content import Finder
from hermes.pipeline.recipe import parse
from hermes.serving.deps import Deps
from hermes.serving.settings import Settings
from hermes.serving.worker import house
from hermes.workflows.train import train
from hermes.world import write
from hermes.world.pictures import picture

KEPT = ("films", "products")
SIDE = 64  # pixels; smaller pictures are seen faster
RECIPE: dict[str, Any] = {
    "name": "fused",
    "length": 20,
    "content": {"text": "catalogue", "vision": "descriptors", "d": 48},
    "fusion": {"d": 32, "epochs": 6},
    "channels": [
        {"name": "transition", "model": "hermes.models.retrievers.transition:Transition"},
    ],
    "blend": {"method": "rrf"},
}
LOOKS = [f"visually stunning {colour}" for colour in ("red", "blue", "green", "brown")]
AT = datetime(2026, 10, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Films and products of the tiny world, with their pictures."""
    path = tmp_path_factory.mktemp("fused") / "world"
    write(path, "tiny", pictures=False)
    assets = pl.read_parquet(path / "assets.parquet").filter(pl.col("domain").is_in(KEPT))
    events = pl.read_parquet(path / "events.parquet")
    assets.write_parquet(path / "assets.parquet")
    there = events.filter(pl.col("asset_id").is_in(assets["asset_id"].to_list()))
    there.write_parquet(path / "events.parquet")
    for row in assets.iter_rows(named=True):
        with Image.open(BytesIO(picture(row))) as drawn:
            drawn.thumbnail((SIDE, SIDE))
            drawn.save(path / row["image_uri"])
    return path


@pytest.fixture(scope="module")
def data(world: Path) -> Dataset:
    lake = Lake(world.parent / "lake")
    ingest(lake, adapter, world, AT)
    return dataset(lake, DataSpec())


@pytest.fixture(scope="module")
def bundle(world: Path, data: Dataset) -> Path:
    content = RECIPE["content"] | {"root": str(world)}
    train(RECIPE | {"content": content}, data, world.parent / "bundle")
    return world.parent / "bundle"


@pytest.fixture
def deps(bundle: Path, tmp_path: Path) -> Iterator[Deps]:
    made = house(Settings(bundle=bundle, log=tmp_path / "log.db", tier="2", arrivals=0.01))
    yield made
    made.close()


@pytest.fixture
def search(deps: Deps, make_client: Any) -> Any:
    client = make_client(deps)
    return lambda q, **more: client.get("/v1/search", params={"q": q, **more}).json()


def stories(data: Dataset) -> list[str]:
    """The longest passage of some items' texts."""
    texts = [json.loads(card)["text_content"] for card in data.catalogue.cards[1:40:4]]
    return [max(passages(text), key=len) for text in texts]


def test_a_look_leans_more_on_the_picture_than_a_story_does(search: Any, data: Dataset) -> None:
    looks = [search(text)["weights"]["vision"] for text in LOOKS]
    told = [search(text)["weights"]["vision"] for text in stories(data)]
    assert np.mean(looks) > np.mean(told) + 0.05


def test_each_hit_tells_what_its_modalities_counted(search: Any) -> None:
    out = search(LOOKS[0])
    assert out["mode"] == "hybrid"
    assert sum(out["weights"].values()) == pytest.approx(1, abs=1e-5)
    for hit in out["items"]:
        assert set(hit["weights"]) == {"text", "vision"}
        assert sum(hit["weights"].values()) == pytest.approx(1, abs=1e-5)


def test_by_fusion_alone_a_look_finds_pictures_of_its_colour(search: Any, world: Path) -> None:
    found = search("a lovely red one", mode="fused", k=5)["items"]
    hues, red = Hues(Naming.load()), WORDS.index("red")
    shown = sorted((world / "pictures").glob("[fp]*.jpg"))
    every = hues.encode([file.read_bytes() for file in shown[::6]])[:, red]
    uris = [world / "pictures" / f"{hit['asset_id']}.jpg" for hit in found]
    own = hues.encode([file.read_bytes() for file in uris])[:, red]
    assert own.mean() > 2 * every.mean()


@pytest.mark.parametrize("mode", ["lexical", "semantic"])
def test_modes_that_do_not_fuse_tell_no_weights(search: Any, mode: str) -> None:
    out = search("red", mode=mode)
    assert out["weights"] is None
    assert all(hit["weights"] is None for hit in out["items"])


def test_a_text_that_only_filters_tells_no_weights(search: Any) -> None:
    out = search("after 2010")
    assert out["items"]
    assert out["understood"]
    assert out["weights"] is None


def test_what_comes_online_is_weighed_by_what_it_has(
    deps: Deps, make_client: Any, world: Path
) -> None:
    client, before = make_client(deps), len(deps.engine.catalogue)
    card = {"domain": "products", "text_content": "A quiet thing for a loud room."}
    (world / "pictures" / "late.jpg").write_bytes(red())
    seen = card | {"asset_id": "seen", "title": "Zz One", "image_uri": "pictures/late.jpg"}
    told = card | {"asset_id": "told", "title": "Zz Two", "image_uri": "pictures/none.jpg"}
    for one in (seen, told):
        assert client.request("PUT", f"/v1/assets/{one['asset_id']}", json=one).is_success
    grown(deps, before + 2)
    every = {"q": "a lovely red one", "k": 200, "mode": "fused"}
    found = {h["asset_id"]: h for h in client.get("/v1/search", params=every).json()["items"]}
    assert found["seen"]["weights"]["vision"] > 0.3
    assert found["told"]["weights"] == {"text": 1.0, "vision": 0.0}
    assert found["seen"]["position"] < found["told"]["position"]


def grown(deps: Deps, size: int) -> None:
    """Wait until the engine has so many items."""
    until = time.monotonic() + 30
    while len(deps.engine.catalogue) < size and time.monotonic() < until:
        deps.tick()
        time.sleep(0.02)
    assert len(deps.engine.catalogue) == size


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pictures were looked at, each time that any were."""
    seen, look = list[int](), Descriptors.encode

    def encode(self: Descriptors, things: Sequence[bytes]) -> Floats:
        seen.append(len(things))
        return look(self, things)

    monkeypatch.setattr(Descriptors, "encode", encode)
    return seen


def put(deps: Deps, make_client: Any, world: Path, name: str, body: bytes) -> None:
    """An asset with this picture, taken in."""
    (world / "pictures" / f"{name}.jpg").write_bytes(body)
    card = {"domain": "products", "title": name, "image_uri": f"pictures/{name}.jpg"}
    size = len(deps.engine.catalogue) + 1
    card |= {"asset_id": name}
    assert make_client(deps).request("PUT", f"/v1/assets/{name}", json=card).is_success
    grown(deps, size)


def test_only_a_new_picture_is_read_by_a_second_growth_and_none_by_another_worker(
    deps: Deps, make_client: Any, world: Path, looked: list[int]
) -> None:
    put(deps, make_client, world, "first", red(240))
    assert looked == [1]
    before = deps.engine.finder.fused
    put(deps, make_client, world, "second", red(120))
    assert looked == [1, 1]
    other = house(deps.settings)
    assert looked == [1, 1]
    for later in (deps.engine.finder.fused, other.engine.finder.fused):
        assert before is not None and later is not None
        np.testing.assert_allclose(later.keys[:, :-1], before.keys, atol=1e-5)
        assert later.present[:, -2:].all()
    other.close()


def test_a_file_of_vectors_that_is_none_is_done_without(
    deps: Deps, make_client: Any, world: Path, looked: list[int]
) -> None:
    deps.settings.vectors().write_bytes(b"no vectors " * 1000)
    put(deps, make_client, world, "third", red(90))
    assert looked == [1]
    assert deps.engine.finder.fused is not None
    assert deps.engine.finder.fused.present[:, -1].all()


def red(paper: int = 250) -> bytes:
    """A red square on white."""
    out = BytesIO()
    sheet = Image.new("RGB", (SIDE, SIDE), (paper, paper, paper))
    sheet.paste((195, 30, 40), (16, 16, 48, 48))
    sheet.save(out, "JPEG")
    return out.getvalue()


def test_the_manifest_says_what_it_brought_on_items_held_out(bundle: Path) -> None:
    told = json.loads((bundle / "manifest.json").read_text())["fusion"]
    assert told["encoders"].keys() == {"text", "vision"}
    assert told["held"] == round(0.2 * (told["held"] + told["learned"]))
    assert told["measured"]["look"]["mrr@10"].keys() == {"fused", "text", "vision"}
    assert told["measured"]["look"]["weights"]["vision"] > 0.5


def test_the_command_line_tells_the_weights_that_the_server_tells(
    bundle: Path, search: Any
) -> None:
    say = lambda *more: CliRunner().invoke(cli("search"), ["search", str(bundle), LOOKS[0], *more])
    told, served = json.loads(say("--json").stdout), search(LOOKS[0])
    assert told["weights"] == pytest.approx(served["weights"], abs=1e-6)
    assert told["items"][0]["weights"] == pytest.approx(served["items"][0]["weights"], abs=1e-6)
    assert f"vision {told['weights']['vision']:.0%}" in say().stdout


def test_a_server_weighs_without_torch(bundle: Path) -> None:
    code = f"""
import sys
from hermes.pipeline.assemble import assemble
finder = assemble(__import__("pathlib").Path({str(bundle)!r}), 2).finder
found, read, mode = finder.find({LOOKS[0]!r}, 3)
assert len(found) and finder.weights({LOOKS[0]!r}, read, mode)
assert not {{"torch", "polars", "skimage"}} & set(sys.modules), "loaded"
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_parts_of_two_fusions_are_refused(bundle: Path, tmp_path: Path) -> None:
    whole = Bundle.load(bundle)
    arrays = whole.arrays("fusion")
    shutil.copytree(bundle, tmp_path / "other")
    save_file({**arrays, "tower": 2 * arrays["tower"]}, tmp_path / "other" / "fusion.safetensors")
    mixed = Bundle(tmp_path / "other", whole.manifest)
    with pytest.raises(ArtifactError, match="of another fusion"):
        Finder.of(mixed, Catalogue.restore(whole.arrays("catalogue")), np.zeros(0, np.float32))


def test_without_fusion_nothing_changes(
    world: Path, data: Dataset, tmp_path: Path, make_client: Any
) -> None:
    plain = {k: v for k, v in RECIPE.items() if k != "fusion"}
    content = {"text": "catalogue", "d": 48}
    made = train(plain | {"content": content}, data, tmp_path / "plain")
    assert "fusion" not in made.manifest
    assert not any("fusion" in name for name in made.manifest["files"])
    other = house(Settings(bundle=tmp_path / "plain", log=tmp_path / "log.db", tier="2"))
    client = make_client(other)
    out = client.get("/v1/search", params={"q": LOOKS[0]}).json()
    assert out["weights"] is None
    refused = client.get("/v1/search", params={"q": "red", "mode": "fused"})
    assert refused.status_code == 422
    assert "no fusion" in refused.json()["detail"]
    other.close()


def test_two_modalities_are_needed() -> None:
    channels = RECIPE["channels"]
    for content in (None, {"text": "catalogue"}, {"vision": "descriptors"}):
        table = {"name": "x", "channels": channels, "fusion": {}}
        with pytest.raises(ConfigError, match=r"content\.text and content\.vision"):
            parse(table | ({"content": content} if content else {}))


@pytest.mark.parametrize(
    ("name", "value"), [("items", 1), ("items", 19), ("d", 2), ("epochs", 0), ("held", 1.0)]
)
def test_sizes_that_nothing_can_be_learned_with_are_refused(name: str, value: float) -> None:
    with pytest.raises(ConfigError, match=rf"fusion\.{name}: {value} must be"):
        parse(RECIPE | {"fusion": {name: value}})
