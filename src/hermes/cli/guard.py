"""hermes guard: which texts give orders to whoever answers."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from hermes.core.errors import ConfigError
from hermes.core.progress import progress
from hermes.explain.guard import FILE, Guard, Verdict

LIMIT = 1 << 20  # bytes of a line that are read at once
SHOWN = 80  # characters of a text that a person sees
NONE = Verdict(False, 0.0, "")


def command(
    file: Annotated[
        str, typer.Argument(help="One text a line, or JSONL with `text`; - reads standard input.")
    ],
    arrays: Annotated[Path, typer.Option(help="A guard of your own, made by --fit.")] = FILE,
    fit: Annotated[
        Path | None,
        typer.Option(help="Learn from FILE, JSONL with `text` and a `label` of 0 or 1, into this."),
    ] = None,
    hold: Annotated[
        int, typer.Option(help="The fold of five that --fit leaves out; -1: none.", min=-1, max=4)
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Judge texts from outside: attack or harmless, how surely, and by which rule."""
    if fit is not None and file == "-":
        raise ConfigError("guard: --fit learns from a file; give its path")
    if file != "-" and not Path(file).exists():
        raise ConfigError(f"guard: no file {file}; give one, or - for standard input")
    if fit is not None:
        learn(Path(file), fit, hold)
        return
    guard, attacks, number = Guard.load(arrays), 0, 0
    with ExitStack() as stack:
        stream = sys.stdin.buffer if file == "-" else stack.enter_context(Path(file).open("rb"))
        advance = stack.enter_context(progress("guard", None, "texts"))
        for number, (text, verdict) in enumerate(judged(guard, stream), 1):
            attacks += verdict.attack
            said, score = "attack" if verdict.attack else "harmless", round(verdict.score, 4)
            if as_json:
                row = {"line": number, "verdict": said, "score": score, "rule": verdict.rule}
                typer.echo(json.dumps(row))
            else:
                typer.echo(f"{said:8} {score:.2f}  {verdict.rule or '-':20}  {shown(text)}")
            advance(1)
    if not as_json:
        typer.echo(f"texts: {number:,}, attacks: {attacks:,}", err=True)


def judged(guard: Guard, stream: BinaryIO) -> Iterator[tuple[str, Verdict]]:
    """Each line's text and the verdict on it; of a line too long for one look the worst part's."""
    head, worst = "", NONE
    while chunk := stream.readline(LIMIT):
        text = written(chunk)
        verdict = guard.judge(text)
        worst = verdict if verdict.score > worst.score else worst
        head = head or text[:LIMIT]
        if chunk.endswith(b"\n") or len(chunk) < LIMIT:
            yield head, worst
            head, worst = "", NONE
    if head:
        yield head, worst


def written(line: bytes) -> str:
    """The `text` of a JSON object, else the line itself; what is no UTF-8 becomes a sign for it.

    >>> written(b'{"text": "Hello", "id": 1}'), written(b"Hello"), written(b"[1]")
    ('Hello', 'Hello', '[1]')
    """
    plain = line.decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r\n")
    if plain.lstrip().startswith("{"):
        try:
            row = json.loads(plain)
        except (ValueError, RecursionError):
            return plain
        if isinstance(row, dict) and isinstance(row.get("text"), str):
            return str(row["text"])
    return plain


def shown(text: str) -> str:
    """The beginning of a text without what a terminal might obey."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * SHOWN]).split())
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"


def learn(file: Path, out: Path, hold: int) -> None:
    """Fit and save, and say what cross-validation says."""
    from hermes.workflows.attacks import labelled, own
    from hermes.workflows.guard import Study

    with progress("guard", None, "texts"):
        study = Study(labelled(file), own())
        texts = study.without(hold)
        made, right = study.fit(texts)
        made.save(out)
    size = out.stat().st_size / 1e6
    typer.echo(
        f"{out}: {size:.1f} MB from {len(texts):,} texts; {right:.1%} of {file.name} right where "
        "its fold was not learned from"
    )
