"""Things with a look and things with a story, and questions for either.

Clothes: the photographs of `clothing`, of each its class for a text, which says nothing of colour.
Films: plots of Wikipedia with title and genres, every other one with a poster that `world.pictures`
draws from them; the others have no picture. A film's text lacks the longest sentence of its story,
which is the question, without words of the title. A look is asked for by colour and class: the
colours are those that `encoders.naming` sees, for the clothes that are asked about those a person
saw.

Questions and answers are of items that nothing was learned on, in words that lead to the look
("visually stunning") that no learned question had.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from hermes.core.errors import ConfigError
from hermes.core.types import Bools, Ints
from hermes.data.script import tokens
from hermes.encoders.cache import Cache, encoded
from hermes.encoders.colours import WORDS
from hermes.encoders.naming import Hues, Naming
from hermes.encoders.passages import sentences
from hermes.world.pictures import picture

from . import films

JUDGED = Path(__file__).parents[3] / "tests" / "data"
SEEN = ("clothing_colours.csv", "clothing_colours_second.csv")
FILMS, ASKED = 600, 150  # films in all, and those that nothing is learned on
LEAST = 250  # characters of a plot that is long enough to keep some and ask for some
MAKING = re.compile(  # a sentence of how it was made tells no plot
    r"\b(films?|movies?|direct\w*|star\w*|releas\w*|produc\w*|novel|cast|award\w*|sequel\w*|remake"
    r"|premier\w*|screenplay|adapt\w*|version|scenes?|shot|studios?"
    r"|box office|critics?|role|based)\b",
    re.I,
)
PLAIN = (
    "{}", "stylish {}", "beautiful {}", "elegant {}", "a nice {} like in the picture",
    "really pretty {}", "gorgeous looking {}", "eye-catching {}", "i want a lovely {}",
    "wonderful {} for a summer evening", "{} that looks great", "truly striking {}",
    "fabulous {} to fall in love with", "show me a fancy {}", "incredibly charming {}",
)  # fmt: skip
EACH = 5  # of them that one thing is asked for by, in turn
FINE = "visually stunning {}"
GENRES = {
    "Drama": "Drama", "Comedy": "Comedy", "Thriller": "Thriller", "Horror": "Horror",
    "Science Fiction": "Science Fiction", "Romance": "Romance", "Western": "Western",
    "Noir": "Noir", "Animated": "Animation", "Documentary": "Documentary",
    "Adventure": "Adventure", "Fantasy": "Fantasy",
}  # fmt: skip  # of the plots, and of the posters


@dataclass(frozen=True, slots=True)
class Thing:
    """One item, and what may be asked about it."""

    name: str
    text: str
    picture: bytes | None
    noun: str  # what its look is asked for by: a class, or a poster
    colours: tuple[str, ...]  # the first for what is learned; empty without a picture
    plot: str | None  # a question of its text
    held: bool  # out of learning


@dataclass(frozen=True, slots=True)
class Questions:
    """Texts, and which items answer each."""

    texts: tuple[str, ...]  # (Q,)
    look: Bools  # (Q,) whether it is about a look
    answers: Bools  # (Q, I)


def stock(data: Path, cache: Cache | None = None) -> list[Thing]:
    """Clothes and films; `ConfigError` where the photographs or judgements are not there.

    `cache` keeps what was seen of pictures.
    """
    return [*clothes(data / "clothing", cache), *told(data, cache)]


def clothes(folder: Path, cache: Cache | None = None) -> Iterable[Thing]:
    """Photographs, in their order."""
    judged, files = judgements(), sorted(folder.glob("*/*.jpg"))
    if not files:
        raise ConfigError(f"no photographs in {folder}; give the parent of clothing")
    for file in files:
        name, body = f"{file.parent.name}/{file.name}", file.read_bytes()
        held = name in judged
        seen = judged[name] if held else first(body, cache)
        yield Thing(name, file.parent.name, body, file.parent.name, seen, None, held)


def judgements() -> dict[str, tuple[str, ...]]:
    """Main colours that a person saw, by file."""
    out = dict[str, tuple[str, ...]]()
    for name in SEEN:
        if not (JUDGED / name).is_file():
            raise ConfigError(f"no {name} in {JUDGED}: run this from a checkout")
        with (JUDGED / name).open(encoding="utf-8") as lines:
            out |= {row["file"]: tuple(row["colours"].split()) for row in csv.DictReader(lines)}
    return out


def first(body: bytes, cache: Cache | None = None) -> tuple[str, ...]:
    """The word for the largest share of a picture."""
    shares = encoded(Hues(Naming.load()), [body], cache).vectors.rows[0]
    return (WORDS[int(shares.argmax())],)


def told(data: Path, cache: Cache | None = None) -> Iterable[Thing]:
    """Films with a question, every other one with a poster."""
    whole = films.plots(data).filter(
        pl.col("extract").str.len_chars() > LEAST,
        pl.col("genres").list.eval(pl.element().is_in(list(GENRES))).list.any(),
        pl.col("published_at") >= datetime(1930, 1, 1, tzinfo=UTC),
        pl.col("cast").list.len() > 0,
    )
    made = 0
    for film in whole.sample(fraction=1.0, seed=0, shuffle=True).iter_rows(named=True):
        parts = list(sentences(film["extract"]))
        story = [part for part in parts[1:] if not MAKING.search(part)]
        if len(story) < 2:
            continue
        known, longest = set(tokens(film["title"])), max(story, key=len)
        asked = " ".join(word for word in tokens(longest) if word not in known)
        rest = " ".join(part for part in parts if part != longest)
        text = f"{film['title']}. {', '.join(film['genres'])}. {rest}"
        body = poster(film) if made % 2 == 0 else None
        noun = f"poster of a {genre(film).lower()} film"
        name = f"{film['title']} ({film['published_at'].year})"
        yield Thing(name, text, body, noun, first(body, cache) if body else (), asked, made < ASKED)
        made += 1
        if made == FILMS:
            return


def genre(film: Mapping[str, object]) -> str:
    """The first for which posters are drawn."""
    found = film["genres"]
    assert isinstance(found, list)
    return next(GENRES[name] for name in found if name in GENRES)


def poster(film: Mapping[str, object]) -> bytes:
    """Drawn from title, genre, year and cast."""
    cast = film["cast"]
    assert isinstance(cast, list)
    makers = [{"name": name, "role": "actor"} for name in cast[:3]]
    told_of = {"creators": makers, "categories": [genre(film)], "domain": "films"}
    return picture({**film, **told_of, "attributes": None})


def kinds(things: Iterable[Thing]) -> Ints:
    """A code for each noun in each first colour, 0 without one.  -> (I,)"""
    codes = dict[tuple[str, str], int]()
    named = [(t.noun, t.colours[0]) if t.colours else None for t in things]
    return np.array([0 if n is None else codes.setdefault(n, len(codes) + 1) for n in named])


def lessons(things: list[Thing]) -> tuple[list[str], Ints, Ints]:
    """Questions to learn from: texts, the thing each means, and the kind it asks for or 0."""
    rows, codes = list[tuple[str, int, int]](), kinds(things)
    for place, thing in enumerate(things):
        if thing.plot:
            rows += [(thing.plot, place, 0)] * 2
        if thing.colours:
            look = f"{thing.colours[0]} {thing.noun}"
            forms = [PLAIN[(place * EACH + i) % len(PLAIN)] for i in range(EACH)]
            rows += [(form.format(look), place, int(codes[place])) for form in forms]
    texts, items, asks = zip(*rows, strict=True)
    return list(texts), np.array(items), np.array(asks)


def questions(things: list[Thing]) -> Questions:
    """Each look that is there once, in words nobody learned, and each plot."""
    rows = list[tuple[str, bool, set[int]]]()
    looked = dict[str, set[int]]()
    for place, thing in enumerate(things):
        for colour in thing.colours:
            looked.setdefault(f"{colour} {thing.noun}", set()).add(place)
        if thing.plot:
            rows.append((thing.plot, False, {place}))
    rows += [(FINE.format(look), True, places) for look, places in looked.items()]
    answers = np.zeros((len(rows), len(things)), bool)
    for row, (_, _, places) in enumerate(rows):
        answers[row, list(places)] = True
    return Questions(tuple(r[0] for r in rows), np.array([r[1] for r in rows]), answers)
