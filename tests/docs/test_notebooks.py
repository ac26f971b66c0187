"""The notebooks run from the first cell to the last, as a reader would run them."""

from __future__ import annotations

import json
import linecache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))


def cells(path: Path) -> list[dict[str, Any]]:
    return [c for c in json.loads(path.read_text("utf-8"))["cells"] if c["cell_type"] == "code"]


def value(source: str, name: str, space: dict[str, Any]) -> Any:
    """Run a cell; what its last line is worth, None where that is no expression."""
    lines = source.splitlines(keepends=True)
    linecache.cache[name] = (len(source), None, lines, name)  # so that a failure shows its line
    try:
        last = compile("".join(lines[-1:]), name, "eval")
    except SyntaxError:
        exec(compile(source, name, "exec"), space)
        return None
    exec(compile("".join(lines[:-1]), name, "exec"), space)
    return eval(last, space)


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.name)
def test_a_notebook_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    space: dict[str, Any] = {"__name__": "__main__"}
    shown = [
        value("".join(cell["source"]), f"{path.name}[{number}]", space)
        for number, cell in enumerate(cells(path))
    ]
    pictures = [one for one in shown if hasattr(one, "_repr_html_")]
    assert len(pictures) >= 10
    assert all("<svg" in one._repr_html_() for one in pictures)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.name)
def test_a_notebook_is_kept_without_outputs(path: Path) -> None:
    assert not [cell for cell in cells(path) if cell["outputs"] or cell["execution_count"]]
