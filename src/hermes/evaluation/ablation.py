"""An ablation as a page of tables, and a picture for each question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .intervals import Comparison, Interval
from .plots import MUTED, OTHERS, bars_of, canvas


@dataclass(frozen=True, kw_only=True)
class Study:
    """A question, and the settings that answer it."""

    name: str  # of its picture
    title: str  # above its table
    axis: str = ""  # what the names of the variants measure, where they are numbers
    system: str = "cascade"  # whose figures: cascade, fusion or channel.NAME
    without: bool = False  # each channel left out in turn is a variant too
    variants: dict[str, Any] = field(default_factory=dict)  # name -> settings


@dataclass(frozen=True, slots=True)
class Finding:
    """One variant's figures."""

    name: str
    figures: Mapping[str, Interval]
    gain: Comparison | None  # of the first figure over the recipe as it is; None for itself
    similarity: float  # mean cosine of the attributes within a list
    coverage: float  # share of the catalogue on any list
    minutes: float  # of training


def write(
    heading: Sequence[str], found: Iterable[tuple[Study, Sequence[Finding]]], page: Path
) -> list[Path]:
    """The page, and the pictures in `images` beside it; returns all files."""
    images, made = page.parent / "images", list[Path]()
    images.mkdir(parents=True, exist_ok=True)
    lines = list(heading)
    for study, findings in found:
        picture = images / f"ablation-{study.name}.svg"
        picture.write_text(drawn(study, findings), "utf-8")
        made.append(picture)
        lines += ["", f"## {study.title}", "", *rows(study, findings), ""]
        lines.append(f"![{study.title}](images/{picture.name})")
    page.write_text("\n".join(lines) + "\n", "utf-8")
    return [page, *made]


def rows(study: Study, findings: Sequence[Finding]) -> list[str]:
    """One line a variant."""
    names = list(findings[0].figures)
    columns = [study.axis or "variant", *names, "difference", "p", "similarity", "coverage"]
    columns.append("minutes")
    out = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    for one in findings:
        cells = [one.name, *(spanned(one.figures[name]) for name in names)]
        cells += ["", ""] if one.gain is None else [spanned(one.gain, "+"), f"{one.gain.p:.4f}"]
        cells += [f"{one.similarity:.3f}", f"{one.coverage:.3f}", f"{one.minutes:.1f}"]
        out.append("| " + " | ".join(cells) + " |")
    return out


def spanned(value: Interval | Comparison, sign: str = "") -> str:
    """A mean and its interval.

    >>> spanned(Interval(0.25, 0.2, 0.3)), spanned(Interval(0.01, -0.02, 0.04), "+")
    ('.2500 (.2000 to .3000)', '+.0100 (-.0200 to +.0400)')
    """
    mean, low, high = (
        f"{x:{sign}.4f}".replace("0.", ".", 1) for x in (value.mean, value.low, value.high)
    )
    return f"{mean} ({low} to {high})"


def drawn(study: Study, findings: Sequence[Finding]) -> str:
    """A curve where the variants are numbers, else a dot for each, with intervals."""
    metric = next(iter(findings[0].figures))
    points = {f.name: f.figures[metric] for f in findings}
    if not study.axis:
        with canvas(7.2, 0.8 + 0.36 * len(points)) as (axes, out):
            bars_of(axes[0], points, lambda name: OTHERS[2 if name == findings[0].name else 0])
            axes[0].set_xlabel(metric.upper())
        return out[0]
    own = [f for f in findings if number(f.name) is not None]
    own.sort(key=lambda f: number(f.name) or 0.0)
    places = [number(f.name) or 0.0 for f in own]
    with canvas(6.4, 3.4) as (axes, out):
        axes[0].fill_between(
            places,
            [f.figures[metric].low for f in own],
            [f.figures[metric].high for f in own],
            color=OTHERS[0],
            alpha=0.15,
        )
        axes[0].plot(places, [f.figures[metric].mean for f in own], "o-", color=OTHERS[0])
        axes[0].axhline(points[findings[0].name].mean, color=MUTED, lw=1, ls=":")
        axes[0].set_xlabel(study.axis)
        axes[0].set_ylabel(metric.upper())
    return out[0]


def number(text: str) -> float | None:
    """The number a name is, if it is one.

    >>> number("0.5"), number("as it is")
    (0.5, None)
    """
    try:
        return float(text)
    except ValueError:
        return None
