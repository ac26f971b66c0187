"""What keeps the house readable, checked on every file there is."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "hermes"
FILES = sorted(SOURCE.rglob("*.py"))
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "service", "misc"}
FORBIDDEN_IMPORTS = {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal"}
NETWORKS = ("learn", "models", "encoders", "artifacts/export")  # where torch may be imported


def name(file: Path) -> str:
    return str(file.relative_to(ROOT))


def imported(tree: ast.AST) -> set[str]:
    """The top-level packages a file imports, wherever in the file it does."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return found


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """What is to be read behind the signature and the docstring."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def run(code: str) -> str:
    """Standard output of a fresh interpreter."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout


@pytest.mark.parametrize("file", FILES, ids=name)
def test_a_file_holds_one_idea_in_at_most_300_lines(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("file", FILES, ids=name)
def test_the_body_of_a_function_is_at_most_40_lines(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    long = {f.name: body_lines(f) for f in functions(tree) if body_lines(f) > 40}
    assert not long


@pytest.mark.parametrize("file", FILES, ids=name)
def test_a_name_says_what_is_inside(file: Path) -> None:
    words = {
        word for part in file.relative_to(SOURCE).with_suffix("").parts for word in part.split("_")
    }
    assert not words & FORBIDDEN_NAMES


@pytest.mark.parametrize("file", FILES, ids=name)
def test_nothing_is_pickled_or_evaluated(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    calls = {
        n.func.id
        for n in ast.walk(tree)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    }
    assert not imported(tree) & FORBIDDEN_IMPORTS
    assert not calls & {"eval", "exec"}


@pytest.mark.parametrize("file", FILES, ids=name)
def test_torch_is_imported_only_where_networks_live(file: Path) -> None:
    place = file.relative_to(SOURCE).with_suffix("").as_posix()
    if not place.startswith(NETWORKS):
        assert "torch" not in imported(ast.parse(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize("file", FILES, ids=name)
def test_nothing_is_left_to_do(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert not [word for word in ("TODO", "FIXME", "XXX", "NotImplementedError") if word in text]


def test_every_library_that_is_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["train"]]
    declared = {canonical(re.split(r"[\[<>=!~ ]", line)[0]) for line in wanted}
    used = set().union(*(imported(ast.parse(f.read_text(encoding="utf-8"))) for f in FILES))
    outside = used - set(sys.stdlib_module_names) - {"hermes"}
    providers = {top: packages_distributions().get(top, [top]) for top in outside}
    missing = {top for top, names in providers.items() if not declared & set(map(canonical, names))}
    assert not missing


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_declared_library_has_one_pinned_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    declared = {
        canonical(re.split(r"[\[<>=!~ ]", line)[0]) for line in [*project["dependencies"], *extras]
    }
    pins = re.findall(r"^([\w.-]+)==\S+$", (ROOT / "constraints.txt").read_text("utf-8"), re.M)
    assert declared <= set(map(canonical, pins))
    assert len(pins) == len(set(map(canonical, pins)))


def test_the_floors_hold() -> None:
    lint = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([lint], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout


def test_what_serves_without_a_network_starts_without_torch() -> None:
    packages = (
        "core data domains features artifacts retrieval ranking policy explain pipeline serving"
    )
    code = f"""
import importlib, pkgutil, sys
for package in {packages.split()!r}:
    top = importlib.import_module("hermes." + package)
    for module in pkgutil.walk_packages(top.__path__, top.__name__ + "."):
        if module.name != "hermes.artifacts.export":
            importlib.import_module(module.name)
print("torch" in sys.modules)
"""
    assert run(code).strip() == "False"


def test_help_starts_without_the_heavy_libraries() -> None:
    code = """
import sys
from hermes.cli import assemble
from typer.testing import CliRunner
assert CliRunner().invoke(assemble(""), ["--help"]).exit_code == 0
print(sorted({"torch", "polars", "numpy", "duckdb", "faiss", "fastapi"} & set(sys.modules)))
"""
    assert run(code).strip() == "[]"
