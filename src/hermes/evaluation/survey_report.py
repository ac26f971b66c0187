"""A lake as a page and as Markdown: each figure with the sentence that its numbers say."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hermes.core.progress import Advance

from . import survey_plots as plots
from . import survey_words as words
from .report import environment
from .survey import Survey

TITLES = {
    "ratings": "Ratings and kinds of events",
    "activity": "Activity of users",
    "popularity": "Popularity and its slope",
    "time": "Time",
    "categories": "Categories",
    "cold": "Cold users by day",
    "inequality": "Lorenz curve and Gini",
}
Tell = Callable[[Survey], str]
PARTS: dict[str, tuple[Tell, Tell]] = {
    "ratings": (plots.ratings, words.ratings),
    "activity": (plots.activity, words.activity),
    "popularity": (plots.popularity, words.popularity),
    "time": (plots.time, words.time),
    "categories": (plots.categories, words.categories),
    "cold": (plots.cold, words.cold),
    "inequality": (plots.inequality, words.inequality),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture, what it says, and how it was made; a notebook shows it as it stands."""

    stem: str  # of its file
    title: str
    said: str
    svg: str
    note: str = ""

    def _repr_html_(self) -> str:
        """For a notebook, whose own frame says the rest."""
        title, said, note = map(html.escape, (self.title, self.said, self.note))
        return f"<h3>{title}</h3><p>{said}</p>{self.svg}<p><small>{note}</small></p>"


def figures(s: Survey, step: Advance = lambda _: None) -> list[Figure]:
    """The seven of a lake, in order; categories are left out where no asset has one."""
    out = []
    for stem, (draw, say) in PARTS.items():
        if stem != "categories" or s.categories:
            out.append(Figure(stem, TITLES[stem], say(s), draw(s), words.NOTES[stem]))
        step(1)
    return out


def write(s: Survey, shown: Sequence[Figure], folder: Path, made: datetime) -> Path:
    """`lake.html`, self-contained, and `lake.md` with its pictures; returns the page."""
    folder.mkdir(parents=True, exist_ok=True)
    for figure in shown:
        (folder / f"{figure.stem}.svg").write_text(figure.svg, "utf-8")
    for name in ("lake.html", "lake.md"):
        page = environment(escape=name.endswith("html")).get_template(f"{name}.j2")
        (folder / name).write_text(page.render(s=s, figures=shown, made=made), "utf-8")
    return folder / "lake.html"
