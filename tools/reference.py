"""Tables of the documents that are made from the code, so that they cannot be older than it.

MkDocs calls `on_page_markdown`; a line `<!-- made: NAME -->` becomes the table of that name.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import io
import json
import pkgutil
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from pydantic_settings import BaseSettings

ROOT = Path(__file__).resolve().parents[1]
Row = tuple[str, ...]


def on_page_markdown(markdown: str, **_: object) -> str:
    """The page with its tables."""
    made = {"commands": commands, "recipe": recipe, "settings": settings, "routes": routes}
    return re.sub(r"<!-- made: (\w+) -->", lambda found: made[found[1]](), markdown)


def table(head: Row, rows: list[Row]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    cells = [[" ".join(str(cell).replace("|", "\\|").split()) for cell in line] for line in lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in cells)


def groups() -> dict[str, Any]:
    """Every command with its parameters, as typer sees it."""
    from hermes.cli import assemble

    whole: Any = typer.main.get_command(assemble())
    return dict(whole.commands)


def commands() -> str:
    """One section a command."""
    out = []
    for name, command in groups().items():
        arguments = [p for p in command.params if p.param_type_name == "argument"]
        usage = " ".join(["hermes", name, *(p.name.upper() for p in arguments)])
        rows = [parameter(p) for p in command.params]
        out.append(
            f"## hermes {name}\n\n{inspect.cleandoc(command.help or '')}\n\n    {usage} [OPTIONS]\n"
        )
        out.append(table(("argument or option", "meaning", "unless given"), rows))
    return "\n\n".join(out)


def parameter(p: Any) -> Row:
    """Name, meaning and default of one parameter."""
    words = p.opts + p.secondary_opts if p.param_type_name == "option" else [p.name.upper()]
    default = "required" if p.required else "" if p.default is None else f"`{p.default}`"
    return ", ".join(f"`{word}`" for word in words), p.help or "", default


def recipe() -> str:
    """One table a section of a recipe."""
    module = importlib.import_module("hermes.pipeline.recipe")
    tables = [c for c in vars(module).values() if dataclasses.is_dataclass(c)]
    out = []
    for cls in (c for c in tables if c.__module__ == module.__name__):
        rows = [(f"`{name}`", kind, default, note) for name, kind, default, note in fields(cls)]
        out.append(f"### {cls.__name__}\n\n{inspect.getdoc(cls)}\n")
        out.append(table(("key", "type", "unless given", "meaning"), rows))
    return "\n\n".join(out)


def fields(cls: Any) -> Iterator[Row]:
    """Name, type, default and the comment behind it, of each field of a dataclass."""
    notes = comments(inspect.getsource(cls))
    for field in dataclasses.fields(cls):
        default = field.default
        if field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        shown = "required" if default is dataclasses.MISSING else f"`{default!r}`"
        shown = "its own defaults" if dataclasses.is_dataclass(default) else shown
        yield field.name, f"`{field.type}`", shown, notes.get(field.name, "")


def comments(source: str) -> dict[str, str]:
    """The comment at the end of the line that defines each field."""
    found, name = {}, ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME and re.match(r"\s+\w+\s*:", token.line):
            name = token.line.split(":")[0].strip()
        if token.type == tokenize.COMMENT and name:
            found[name] = token.string.lstrip("# ")
    return found


def setting_classes() -> list[type[BaseSettings]]:
    """Every class of settings in the package."""
    serving = importlib.import_module("hermes.serving")
    for module in pkgutil.walk_packages(serving.__path__, "hermes.serving."):
        importlib.import_module(module.name)
    return BaseSettings.__subclasses__()


def settings() -> str:
    """One row a setting, by the name of its environment variable."""
    rows = []
    for cls in setting_classes():
        prefix, notes = cls.model_config.get("env_prefix", ""), comments(inspect.getsource(cls))
        for name, field in cls.model_fields.items():
            variable, default = f"`{prefix}{name}`".upper(), field.get_default()
            shown = "" if default is None else f"`{default}`"
            rows.append((variable, field.description or notes.get(name, ""), shown))
    return table(("environment variable", "meaning", "unless given"), rows)


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of each operation of the OpenAPI document."""
    document = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def routes() -> str:
    """One row a route."""
    rows = [
        (f"`{method} {path}`", operation.get("summary", ""), operation.get("description", ""))
        for method, path, operation in operations()
    ]
    return table(("route", "what", "more"), rows)
