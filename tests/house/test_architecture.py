"""What keeps the house readable, checked on every file there is."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "hermes"
FILES = sorted(SOURCE.rglob("*.py"))
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "service", "misc"}
FORBIDDEN_IMPORTS = {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal"}
BROUGHT = {"grpc", "huggingface_hub"}  # by a library that is declared
NETWORKS = ("learn", "models", "encoders", "artifacts/export")  # where torch may be imported


def name(file: Path) -> str:
    return str(file.relative_to(ROOT))


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def imported(file: Path) -> set[str]:
    """The top-level packages a file imports, wherever in the file it does."""
    found: set[str] = set()
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return found


def functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (
        n for n in ast.walk(tree(file)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """What is to be read behind the signature and the docstring."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def run(code: str) -> str:
    """Standard output of a fresh interpreter."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout


def test_a_file_holds_one_idea_in_at_most_300_lines() -> None:
    lengths = {name(file): len(file.read_text("utf-8").splitlines()) for file in FILES}
    assert not {file: lines for file, lines in lengths.items() if lines > 300}


def test_the_body_of_a_function_is_at_most_40_lines() -> None:
    lengths = {f"{name(file)}:{f.name}": body_lines(f) for file in FILES for f in functions(file)}
    assert not {function: lines for function, lines in lengths.items() if lines > 40}


def test_a_name_says_what_is_inside() -> None:
    words = {name(f): set(re.split(r"[/_.]", f.relative_to(SOURCE).as_posix())) for f in FILES}
    assert not {file for file, said in words.items() if said & FORBIDDEN_NAMES}


def test_nothing_is_pickled() -> None:
    assert not {name(file) for file in FILES if imported(file) & FORBIDDEN_IMPORTS}


def test_nothing_is_evaluated() -> None:
    calls = {
        name(file): {
            n.func.id
            for n in ast.walk(tree(file))
            if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
        }
        for file in FILES
    }
    assert not {file for file, called in calls.items() if called & {"eval", "exec"}}


def test_torch_is_imported_only_where_networks_live() -> None:
    elsewhere = (f for f in FILES if not f.relative_to(SOURCE).as_posix().startswith(NETWORKS))
    assert not {name(file) for file in elsewhere if "torch" in imported(file)}


def test_nothing_is_left_to_do() -> None:
    assert not {
        name(file) for file in FILES if re.search(r"\b(TODO|FIXME|XXX)\b", file.read_text())
    }


def test_every_library_that_is_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["train"]]
    declared = {canonical(re.split(r"[\[<>=!~ ]", line)[0]) for line in wanted}
    used = set().union(*map(imported, FILES))
    outside = used - set(sys.stdlib_module_names) - {"hermes"}
    known = packages_distributions()
    providers = {top: known.get(top, [top]) for top in outside}
    missing = {top for top, names in providers.items() if not declared & set(map(canonical, names))}
    assert not missing


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_library_that_make_installs_has_one_pinned_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *extras["train"], *extras["dev"]]
    declared = {canonical(re.split(r"[\[<>=!~ ]", line)[0]) for line in lines}
    pins = re.findall(r"^([\w.-]+)==\S+$", (ROOT / "constraints.txt").read_text("utf-8"), re.M)
    assert declared <= set(map(canonical, pins))
    assert len(pins) == len(set(map(canonical, pins)))


def test_every_extra_that_is_asked_for_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = re.findall(r'\bextra\("(\w+)", "(\w+)"\)', "".join(f.read_text() for f in FILES))
    assert {"mlflow", "optuna", "pymilvus", "sentence_transformers"} <= set(dict(asked))
    assert set(dict(asked).values()) <= set(project["optional-dependencies"])
    for module, name in asked:
        known = project["optional-dependencies"][name]
        assert any(canonical(module) in canonical(line) for line in known) or module in BROUGHT


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
