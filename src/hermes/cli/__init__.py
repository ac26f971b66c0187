"""Floor 12. The command line: one file a command, found by its function `command`."""

from __future__ import annotations

import ast
import errno
import importlib
import os
import pkgutil
import re
import sys
from collections.abc import Callable
from pathlib import Path

import typer
from rich.console import Console

from hermes import __version__
from hermes.core.errors import ConfigError, HermesError

REMEDIES = {
    errno.ENOSPC: "free some space and run it again; what was written is still whole",
    errno.EDQUOT: "free some space and run it again; what was written is still whole",
    errno.EACCES: "ask for permission or choose another path",
    errno.EPERM: "ask for permission or choose another path",
    errno.EROFS: "choose a path that can be written",
    errno.ENOENT: "check the path",
    errno.EADDRINUSE: "another process listens there; choose another --port",
}


def commands() -> dict[str, Path]:
    """Each module of this package that defines `command`, and its file."""
    found = {m.name: Path(__path__[0]) / f"{m.name}.py" for m in pkgutil.iter_modules(__path__)}
    return {name: file for name, file in found.items() if "\ndef command(" in file.read_text()}


def assemble(only: str | None = None) -> typer.Typer:
    """The whole command line; with `only`, the other commands know nothing but their summary.

    A command is imported when it is wanted: `hermes --help` starts without polars and torch.
    """
    app = typer.Typer(
        name="hermes",
        help="One recommender for every catalogue.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    app.callback()(options)
    for name, file in commands().items():
        wanted = only is None or only == name
        app.command(name=name)(load(name) if wanted else summary(file))
    return app


def version(wanted: bool) -> None:
    """Print the version and stop, when asked to."""
    if wanted:
        typer.echo(f"hermes {__version__}")
        raise typer.Exit


def options(
    _: bool = typer.Option(
        False, "--version", callback=version, is_eager=True, help="Print the version."
    ),
) -> None:
    """One recommender for every catalogue."""


def load(name: str) -> Callable[..., object]:
    """The function behind one command."""
    function: Callable[..., object] = importlib.import_module(f"{__name__}.{name}").command
    return function


def summary(file: Path) -> Callable[[], None]:
    """Something with the docstring of `command` in `file`, read without importing it."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    body = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "command"]

    def command() -> None: ...

    command.__doc__ = ast.get_docstring(body[0])
    return command


def main() -> None:
    """Exit 0 on success, 2 on wrong use, 1 with one line of cause and remedy."""
    wanted = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    try:
        assemble(wanted)()
    except ConfigError as error:
        fail(str(error), 2)
    except HermesError as error:
        fail(str(error), 1)
    except OSError as error:
        fail(system(error), 1)
    except ModuleNotFoundError as error:
        if not error.name or error.name.partition(".")[0] == "hermes":
            raise
        fail(f"{error.name} is not installed; run pip install 'hermes-recommender[train]'", 1)
    except Exception as error:
        told = re.search(r"\(os error (\d+)\)", str(error))  # libraries of Rust raise no OSError
        if told is None:
            raise
        fail(system(OSError(int(told[1]), os.strerror(int(told[1])))), 1)


def system(error: OSError) -> str:
    """What the operating system refused, where, and what to do."""
    where = f": {error.filename}" if error.filename else ""
    remedy = REMEDIES.get(error.errno or 0, "see the message of the system")
    return f"{error.strerror or error}{where}; {remedy}"


def fail(message: str, code: int) -> None:
    """One line on standard error."""
    line = " ".join(message.split())
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"hermes: {line}", markup=False)
    sys.exit(code)
