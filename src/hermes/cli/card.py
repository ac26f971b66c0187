"""hermes card: what each model of a bundle is, learned from, achieved, cost, and cannot do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hermes.artifacts.bundle import Bundle
from hermes.core.errors import ArtifactError, ConfigError, nearest


def command(
    bundle: Annotated[Path, typer.Argument(help="The bundle's folder.")],
    name: Annotated[str, typer.Argument(help="One model of it; unless given, all.")] = "",
) -> None:
    """Print the model cards that training wrote into a bundle, in Markdown."""
    whole = Bundle.load(bundle)
    files = {Path(f).stem: f for f in whole.manifest["files"] if f.startswith("cards/")}
    if not files:
        raise ArtifactError(f"{bundle}: it has no cards, an older version made it; train it again")
    if name and name not in files:
        raise ConfigError(f"{bundle}: no model {name!r}{nearest(name, files)}")
    for wanted in [name] if name else files:
        typer.echo((bundle / files[wanted]).read_text("utf-8"))
