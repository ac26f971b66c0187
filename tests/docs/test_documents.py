"""What the documents say is there, is there; and what is there, the documents say."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


def page(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    """The module that makes the tables of the documents from the code."""
    spec = importlib.util.spec_from_file_location("reference", ROOT / "tools" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shown_commands() -> Iterator[tuple[str, list[str]]]:
    """Every `hermes ...` line in a block of code, as words, with the page it stands on."""
    for path in PAGES:
        for block in FENCE.findall(path.read_text(encoding="utf-8")):
            for line in block.splitlines():
                if line.startswith("hermes "):
                    yield page(path), shlex.split(line, comments=True)


def shown_targets() -> Iterator[tuple[str, str]]:
    """Every `make TARGET` in a block of code or in backticks, with its page."""
    for path in PAGES:
        for target in re.findall(r"(?:^|`)make ([a-z]+)", path.read_text("utf-8"), re.MULTILINE):
            yield page(path), target


def test_every_command_and_option_says_what_it_is_for(reference: ModuleType) -> None:
    silent = [
        f"{name} {p.name}"
        for name, command in reference.groups().items()
        for p in command.params
        if not p.help
    ]
    silent += [name for name, command in reference.groups().items() if not command.help]
    assert not silent


def test_every_key_of_a_recipe_says_what_it_means(reference: ModuleType) -> None:
    rows = [line.split(" | ") for line in reference.recipe().splitlines() if "| `" in line]
    assert len(rows) > 20
    assert not [row[0] for row in rows if not row[-1].strip(" |")]


def test_every_setting_says_what_it_means(reference: ModuleType) -> None:
    rows = [line.split(" | ") for line in reference.settings().splitlines() if "| `" in line]
    assert "HERMES_PORT" in reference.settings()
    assert not [row[0] for row in rows if not row[1].strip()]


def test_every_route_says_what_it_answers(reference: ModuleType) -> None:
    routes = list(reference.operations())
    assert len(routes) > 10
    assert not [f"{m} {p}" for m, p, operation in routes if not operation.get("summary")]


@pytest.mark.parametrize(("where", "words"), list(shown_commands()))
def test_a_command_in_the_documents_exists_with_its_options(
    where: str, words: list[str], reference: ModuleType
) -> None:
    command = reference.groups().get(words[1])
    assert command is not None or words[1].startswith("-"), where
    known = {word for p in command.params for word in (*p.opts, *p.secondary_opts)} | {"--help"}
    used = {word.split("=")[0] for word in words[2:] if re.match(r"--?[a-z]", word)}
    assert not used - known, where
    arguments = [p for p in command.params if p.param_type_name == "argument" and p.required]
    assert len(words) - 2 >= len(arguments), where


@pytest.mark.parametrize(("where", "target"), sorted(set(shown_targets())))
def test_a_make_target_in_the_documents_exists(where: str, target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE), where


@pytest.mark.parametrize("path", PAGES, ids=page)
def test_every_link_to_a_file_leads_somewhere(path: Path) -> None:
    links = LINK.findall(path.read_text(encoding="utf-8"))
    assert not [link for link in links if not (path.parent / link).exists()]


def test_the_readme_has_a_place_for_what_bench_measured() -> None:
    from hermes.workflows.bench import MARKS

    text = (ROOT / "README.md").read_text("utf-8")
    assert 0 < text.find(MARKS[0]) < text.find(MARKS[1])


def test_the_tree_in_the_readme_is_the_tree_on_disk() -> None:
    tree = next(b for b in FENCE.findall((ROOT / "README.md").read_text("utf-8")) if "src/" in b)
    named = set(re.findall(r"^  (?: )*([a-z_]+)/", tree, re.MULTILINE))
    packages = {p.parent.name for p in (ROOT / "src" / "hermes").glob("*/__init__.py")}
    assert packages <= named


def test_the_site_builds_strictly(tmp_path: Path) -> None:
    mkdocs = Path(sys.executable).parent / "mkdocs"
    command = [mkdocs, "build", "--strict", "--quiet", "--site-dir", tmp_path / "site"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site" / "index.html").exists()
