"""Floor 12. The command line: one file a command; each file's `app` is added here."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import typer
from rich.console import Console

from hermes.core.errors import ConfigError, HermesError

app = typer.Typer(
    name="hermes",
    help="One recommender for every catalogue.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def assemble() -> typer.Typer:
    """Every module of this package that has a function `command` becomes a command of its name."""
    for module in pkgutil.iter_modules(__path__):
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        if hasattr(loaded, "command"):
            app.command(name=module.name)(loaded.command)
    return app


def main() -> None:
    """Exit 0 on success, 2 on wrong use, 1 with one line of cause and remedy."""
    try:
        assemble()()
    except ConfigError as error:
        fail(error, 2)
    except HermesError as error:
        fail(error, 1)


def fail(error: HermesError, code: int) -> None:
    """One line on standard error."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"hermes: {error}", markup=False)
    sys.exit(code)
