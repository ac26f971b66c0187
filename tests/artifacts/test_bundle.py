from __future__ import annotations

import json
import os
import re
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hermes
from hermes.artifacts import bundle as bundles
from hermes.artifacts.bundle import FORMAT, Bundle, Draft
from hermes.core.errors import ArtifactError, ConfigError
from hermes.pipeline.assemble import assemble

MANIFEST = {"name": "small", "shape": {}, "models": {}, "recipe": {"name": "small"}}
PARTS = {
    "catalogue": {"price": np.array([np.nan, 2.5], np.float32)},
    "models/a": {"table": np.arange(6).reshape(2, 3), "none": np.zeros((0, 4), np.float32)},
}
Edit = Callable[[dict[str, Any]], object]


def written(path: Path, name: str = "small") -> Bundle:
    draft = Draft(path)
    for part, arrays in PARTS.items():
        draft.arrays(part, arrays)
    return draft.publish({**MANIFEST, "name": name, "figure": np.float32(0.5), "pair": (1, 2)})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    written(tmp_path / "b")
    return tmp_path / "b"


def edited(path: Path, edit: Edit) -> None:
    file = path / "manifest.json"
    manifest = json.loads(file.read_text())
    edit(manifest)
    file.write_text(json.dumps(manifest))


def test_arrays_come_back_as_they_were_written(path: Path) -> None:
    found = Bundle.load(path)
    for part, arrays in PARTS.items():
        again = found.arrays(part)
        assert set(again) == set(arrays)
        for name, array in arrays.items():
            np.testing.assert_array_equal(again[name], array, strict=True)


def test_a_card_is_guarded_by_its_hash_and_changes_no_version(tmp_path: Path) -> None:
    found = []
    for seconds in ("1 s", "2 s"):
        draft = Draft(tmp_path / seconds)
        (draft.folder / "cards").mkdir()
        (draft.folder / "cards" / "a.md").write_text(f"{seconds} of training")
        found.append(draft.publish(MANIFEST))
        Bundle.load(tmp_path / seconds)
    assert found[0].manifest["version"] == found[1].manifest["version"]
    assert found[0].manifest["files"] != found[1].manifest["files"]
    (tmp_path / "1 s" / "cards" / "a.md").write_text("a moment of training")
    with pytest.raises(ArtifactError, match=r"a\.md is damaged"):
        Bundle.load(tmp_path / "1 s")


def test_a_loaded_manifest_is_the_one_that_publishing_returned(tmp_path: Path) -> None:
    assert written(tmp_path / "b").manifest == Bundle.load(tmp_path / "b").manifest


def test_the_same_content_has_the_same_version_under_any_name(tmp_path: Path) -> None:
    one, two = written(tmp_path / "1", "one").manifest, written(tmp_path / "2", "two").manifest
    assert one["version"] == two["version"] == one["content"][:12]


def test_nothing_but_the_bundle_is_left_beside_it(path: Path) -> None:
    written(path)
    assert [p.name for p in path.parent.iterdir()] == ["b"]


@pytest.mark.parametrize("file", ["catalogue.safetensors", "models/a.safetensors"])
def test_a_missing_file_is_named(path: Path, file: str) -> None:
    (path / file).unlink()
    with pytest.raises(ArtifactError, match=f"file {file} is missing"):
        Bundle.load(path)


@pytest.mark.parametrize("file", ["catalogue.safetensors", "models/a.safetensors"])
@pytest.mark.parametrize("place", [0, 9, -1])
def test_a_flipped_byte_is_found_in_every_file(path: Path, file: str, place: int) -> None:
    raw = bytearray((path / file).read_bytes())
    raw[place] ^= 1
    (path / file).write_bytes(raw)
    with pytest.raises(ArtifactError, match=f"file {file} is damaged"):
        Bundle.load(path)


def test_every_file_of_a_trained_bundle_is_watched(tiny: Path, tmp_path: Path) -> None:
    names = [str(p.relative_to(tiny)) for p in tiny.rglob("*") if p.is_file()]
    assert set(Bundle.load(tiny).manifest["files"]) == set(names) - {"manifest.json"}
    copy = tmp_path / "copy"
    shutil.copytree(tiny, copy)
    for name in names:
        whole = (copy / name).read_bytes()
        middle = len(whole) // 2
        (copy / name).write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
        with pytest.raises(ArtifactError):
            Bundle.load(copy)
        (copy / name).write_bytes(whole)
    Bundle.load(copy)


def test_a_truncated_file_is_damaged(path: Path) -> None:
    os.truncate(path / "catalogue.safetensors", 20)
    with pytest.raises(ArtifactError, match="is damaged"):
        Bundle.load(path)


def test_a_file_that_breaks_after_loading_is_one_clear_line(path: Path) -> None:
    found = Bundle.load(path)
    os.truncate(path / "catalogue.safetensors", 20)
    with pytest.raises(ArtifactError, match=r"catalogue\.safetensors"):
        found.arrays("catalogue")
    with pytest.raises(ArtifactError, match=r"nothing\.safetensors"):
        found.arrays("nothing")


@pytest.mark.parametrize(
    "edit",
    [
        lambda m: m["files"].pop("models/a.safetensors"),
        lambda m: m.update(name="other"),
        lambda m: m["models"].update(a={"class": "hermes.models.retrievers.ease:EASE"}),
        lambda m: m["recipe"].update(length=3),
        lambda m: m.update(metrics={"hr@10": 1.0}),
        lambda m: m.update(content="0" * 64),
        lambda m: m.update(seal="0" * 64),
    ],
)
def test_an_edited_manifest_is_refused(path: Path, edit: Edit) -> None:
    edited(path, edit)
    with pytest.raises(ArtifactError, match="changed after it was written"):
        Bundle.load(path)


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "models/../../secret", "a/b/c"])
def test_a_file_outside_the_bundle_is_never_read(path: Path, name: str) -> None:
    (path.parent / "secret").write_text("secret")
    edited(path, lambda m: m["files"].update({name: "0" * 64}))
    with pytest.raises(ArtifactError, match="outside the bundle"):
        Bundle.load(path)


def test_a_link_out_of_the_bundle_is_not_followed(path: Path) -> None:
    file = path / "catalogue.safetensors"
    file.rename(path.parent / "elsewhere")
    file.symlink_to(path.parent / "elsewhere")
    with pytest.raises(ArtifactError, match="outside the bundle"):
        Bundle.load(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "cannot be read"),
        ("{", "cannot be read"),
        ("[1]", "says 'list'"),
        ("null", "says 'NoneType'"),
        ("{}", "says None"),
        ('{"format": "other/9"}', "says 'other/9'"),
        (json.dumps({"format": FORMAT, "name": "x"}), "lacks version, content"),
        (
            json.dumps(dict.fromkeys(bundles.REQUIRED, "x") | {"format": FORMAT}),
            "files, shape, models, recipe must be tables",
        ),
    ],
)
def test_a_manifest_of_something_else_is_one_clear_line(path: Path, text: str, words: str) -> None:
    (path / "manifest.json").write_text(text)
    with pytest.raises(ArtifactError, match=words):
        Bundle.load(path)


def test_a_manifest_in_no_encoding_is_refused(path: Path) -> None:
    (path / "manifest.json").write_bytes(b"\xff\xfe{}\x80")
    with pytest.raises(ArtifactError, match="cannot be read"):
        Bundle.load(path)


def test_what_is_not_there_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="hermes train"):
        Bundle.load(tmp_path / "nothing")


def test_a_folder_without_a_manifest_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"no manifest\.json"):
        Bundle.load(tmp_path)


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_is_no_bundle_is_not_overwritten(tmp_path: Path, kind: str) -> None:
    out = tmp_path / "thesis"
    letter = out if kind == "file" else out / "letter.txt"
    letter.parent.mkdir(exist_ok=True)
    letter.write_text("years of work")
    with pytest.raises(ArtifactError, match="no bundle and is left as it is"):
        Draft(out)
    assert letter.read_text() == "years of work"
    assert [p.name for p in tmp_path.iterdir()] == ["thesis"]


def test_what_came_into_the_place_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    draft = Draft(tmp_path / "thesis")
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "letter.txt").write_text("years of work")
    with pytest.raises(ArtifactError, match="is left as it is"):
        draft.publish(MANIFEST)
    assert (tmp_path / "thesis" / "letter.txt").read_text() == "years of work"


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    written(tmp_path / "b")
    Bundle.load(tmp_path / "b")


def test_a_bundle_takes_the_place_of_an_older_one(path: Path) -> None:
    (path / "left.txt").write_text("of the older")
    written(path, "newer")
    assert Bundle.load(path).manifest["name"] == "newer"
    assert not (path / "left.txt").exists()


def test_a_draft_that_is_discarded_leaves_nothing(tmp_path: Path) -> None:
    Draft(tmp_path / "b").discard()
    assert list(tmp_path.iterdir()) == []


def killed_at(step: int, path: Path) -> bool:
    """Publish in a child that dies before its step-th call that changes a name or a file."""
    child = os.fork()
    if child == 0:
        left = [step]

        def mortal(function: Callable[..., Any]) -> Callable[..., Any]:
            def call(*args: Any, **more: Any) -> Any:
                left[0] -= 1
                if not left[0]:
                    os.kill(os.getpid(), signal.SIGKILL)
                return function(*args, **more)

            return call

        for name in ("rename", "write_text"):
            setattr(Path, name, mortal(getattr(Path, name)))
        shutil.rmtree = mortal(shutil.rmtree)
        written(path, "newer")
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("older", [False, True])
def test_publishing_killed_at_any_step_is_whole_or_nothing(tmp_path: Path, older: bool) -> None:
    path, steps, died = tmp_path / "b", 0, True
    while died:
        shutil.rmtree(tmp_path)
        tmp_path.mkdir()
        if older:
            written(path, "older")
        steps, died = steps + 1, killed_at(steps + 1, path)
        if path.exists():
            assert Bundle.load(path).manifest["name"] in ("older", "newer")
        written(path, "next")
        assert Bundle.load(path).manifest["name"] == "next"
    assert steps > 3


def test_a_bundle_of_another_version_is_one_clear_line(tiny: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(tiny, copy)

    def newer(manifest: dict[str, Any]) -> None:
        manifest["recipe"]["colour"] = "green"
        manifest["seal"] = bundles.content_hash({k: manifest[k] for k in manifest if k != "seal"})

    edited(copy, newer)
    with pytest.raises((ArtifactError, ConfigError), match="colour"):
        assemble(copy, 3)


def test_no_line_of_hermes_unpickles() -> None:
    wrong = re.compile(r"\bpickle\b(?!`)|allow_pickle|joblib|\bdill\b|weights_only=False|\beval\(")
    allowed = re.compile(r"never pickle|net\.eval\(|\.eval\(\)|\.list\.eval\(")  # of polars
    found = [
        f"{file.name}: {line.strip()}"
        for file in Path(hermes.__file__).parent.rglob("*.py")
        for line in file.read_text("utf-8").splitlines()
        if wrong.search(line) and not allowed.search(line)
    ]
    assert found == []
    loads = [
        line
        for file in Path(hermes.__file__).parent.rglob("*.py")
        for line in file.read_text("utf-8").splitlines()
        if "torch.load(" in line
    ]
    assert all("weights_only=True" in line for line in loads)
