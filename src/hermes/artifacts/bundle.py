"""A bundle: a folder with a manifest, arrays in safetensors and exported graphs; never pickle.

The manifest names every file with its SHA-256, `content`, the hash of all files that answer (cards
only tell of them), and `seal`, the hash of all else that it says; a bundle is written beside its
place and renamed, so that it is whole or not there. The hashes find damage, not malice: nothing is
signed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

import hermes
from hermes.core.errors import ArtifactError
from hermes.core.types import Array

FORMAT = "hermes-bundle/1"
REQUIRED = ("format", "name", "version", "content", "files", "shape", "models", "recipe")
TABLES = ("files", "shape", "models", "recipe")


@dataclass(frozen=True)
class Bundle:
    """A bundle on disk whose hashes have been checked."""

    path: Path
    manifest: Mapping[str, Any]

    @classmethod
    def load(cls, path: Path) -> Bundle:
        """Read the manifest and check every file; raises `ArtifactError` with what is wrong."""
        manifest = read_manifest(path)
        inside = [(path / part).resolve() for part in ("", "models", "cards")]
        for name, digest in manifest["files"].items():
            if (path / name).resolve().parent not in inside:
                raise ArtifactError(f"{path}: the manifest names a file outside the bundle: {name}")
            if not (path / name).is_file():
                raise ArtifactError(f"{path}: file {name} is missing; copy or train it again")
            if sha256(path / name) != digest:
                raise ArtifactError(f"{path}: file {name} is damaged; copy or train it again")
        rest = {key: value for key, value in manifest.items() if key != "seal"}
        sealed = manifest.get("seal") == content_hash(rest)
        if content_hash(manifest["files"]) != manifest["content"] or not sealed:
            raise ArtifactError(f"{path}: the manifest was changed after it was written")
        return cls(path, manifest)

    def arrays(self, name: str) -> dict[str, Array]:
        """The arrays of one part: `catalogue`, `users`, or a model by `models/NAME`."""
        try:
            return dict(load_file(self.path / f"{name}.safetensors"))
        except (SafetensorError, OSError) as error:
            raise ArtifactError(f"{self.path}: {name}.safetensors: {error}") from error

    def graph(self, name: str) -> Path | None:
        """The ONNX file of a model, where it has one."""
        path = self.path / "models" / f"{name}.onnx"
        return path if f"models/{name}.onnx" in self.manifest["files"] else None


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest, with its form checked but not the files it names."""
    if not path.is_dir():
        raise ArtifactError(f"no bundle at {path}; `hermes train RECIPE --out {path}` makes one")
    file = path / "manifest.json"
    try:
        manifest = json.loads(file.read_text("utf-8"))
    except FileNotFoundError as error:
        raise ArtifactError(f"{path} is not a bundle: it has no manifest.json") from error
    except (ValueError, OSError) as error:
        raise ArtifactError(f"{file} cannot be read: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        found = manifest.get("format") if isinstance(manifest, dict) else type(manifest).__name__
        raise ArtifactError(f"{path} is not a {FORMAT} bundle: its manifest says {found!r}")
    if missing := [key for key in REQUIRED if key not in manifest]:
        raise ArtifactError(f"{file} lacks {', '.join(missing)}; train the bundle again")
    if wrong := [key for key in TABLES if not isinstance(manifest[key], dict)]:
        raise ArtifactError(f"{file}: {', '.join(wrong)} must be tables; train the bundle again")
    return manifest


def refuse_foreign(path: Path) -> None:
    """Raise `ArtifactError` when something stands at `path` that is neither a bundle nor empty."""
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    try:
        read_manifest(path)
    except ArtifactError as error:
        raise ArtifactError(
            f"{path} is no bundle and is left as it is; choose another place ({error})"
        ) from error


@dataclass
class Draft:
    """A bundle being written in `folder`; nothing is at `path` until `publish`.

    Without a folder it is a new one beside `path`; one that is given loses what it held, so that a
    run which was killed leaves no more than the next one takes over. Raises `ArtifactError` when
    `path` is something else than a bundle.
    """

    path: Path
    folder: Path = Path()

    def __post_init__(self) -> None:
        """Make the folder."""
        refuse_foreign(self.path)
        if self.folder == Path():
            self.folder = self.path.parent / f".{self.path.name}.{uuid.uuid4().hex[:8]}"
        self.discard()
        (self.folder / "models").mkdir(parents=True)

    def arrays(self, name: str, arrays: Mapping[str, Array]) -> None:
        """Write one part."""
        plain = {key: np.ascontiguousarray(value) for key, value in arrays.items()}
        save_file(plain, self.folder / f"{name}.safetensors")

    def publish(self, manifest: Mapping[str, Any]) -> Bundle:
        """Hash all files, write the manifest, and put the folder in its place at once."""
        found = sorted(p for p in self.folder.rglob("*") if p.is_file())
        files = {str(p.relative_to(self.folder)): sha256(p) for p in found}
        files.pop("manifest.json", None)
        content = content_hash(files)
        whole = {
            **manifest,
            "format": FORMAT,
            "version": content[:12],
            "content": content,
            "files": files,
            "hermes": hermes.__version__,
            "code": code_hash(),
        }
        plain = json.loads(json.dumps(whole, default=float))
        plain["seal"] = content_hash(plain)
        text = json.dumps(plain, indent=1, sort_keys=True)
        (self.folder / "manifest.json").write_text(text, "utf-8")
        aside = self.path.with_name(f".{self.path.name}.old")
        refuse_foreign(self.path)
        if self.path.exists():
            shutil.rmtree(aside, ignore_errors=True)
            self.path.rename(aside)
        self.folder.rename(self.path)
        shutil.rmtree(aside, ignore_errors=True)
        return Bundle(self.path, plain)

    def discard(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self.folder, ignore_errors=True)


def sha256(path: Path) -> str:
    """Of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def content_hash(table: Mapping[str, Any]) -> str:
    """One hash of a table's names and values: of the files' hashes, of the manifest.

    Cards are left out: they say how long training took, and the same models are the same version.
    """
    said = {key: value for key, value in table.items() if not key.startswith("cards/")}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


APART = ("cli/", "domains/", "serving/", "workflows/bench", "workflows/load", "world/")


@cache
def code_hash() -> str:
    """Of the Python files that have a part in what a bundle holds, without those `APART`."""
    digest, root = hashlib.sha256(), Path(hermes.__file__).parent
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        if not name.startswith(APART):
            digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
