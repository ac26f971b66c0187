"""Films of TMDB: what its API said, kept in a folder by `hermes fetch tmdb`, one object a line.

`films.jsonl` holds the details of each film with its credits and keywords. People are creators by
what they did (director, writer, the first `CAST` actors, studios), keywords are tags, and the
collection stands in the attributes as its series. A film that is known to have cost less than
`CHEAP` dollars, or of unknown cost and with fewer than `FEW` votes, is independent. This product
uses the TMDB API but is not endorsed or certified by TMDB.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from hermes.core.errors import DataError
from hermes.data.fetch import Care
from hermes.data.files import lines
from hermes.data.polite import Service
from hermes.data.rules import WEIGHTS
from hermes.data.source import Part, Source
from hermes.data.tabular import told

API, PICTURES = "https://api.themoviedb.org/3", "https://image.tmdb.org/t/p/w500"
CHEAP, FEW, CAST = 5_000_000, 500, 10
FILE = "films.jsonl"
JOBS = {"Director": "director", "Writer": "writer", "Screenplay": "writer", "Author": "author"}
Film = dict[str, Any]
ASSET = {
    **dict.fromkeys(("asset_id", "domain", "title", "text_content", "image_uri"), pl.String()),
    "creators": pl.List(pl.Struct({"name": pl.String, "role": pl.String})),
    "categories": pl.List(pl.String),
    "tags": pl.List(pl.String),
    **dict.fromkeys(("language", "published_at", "cohort", "attributes"), pl.String()),
    "line": pl.Int64(),
    "malformed": pl.String(),
}


class TMDB:
    """Films only; who watched them is told elsewhere."""

    name = "tmdb"
    weights: Mapping[str, float] = WEIGHTS

    def open(self, path: Path) -> Source:
        """A folder with `films.jsonl`; `DataError` when there is none."""
        file = path / FILE
        if not file.is_file():
            raise DataError(f"{path}: holds no {FILE}; `hermes fetch tmdb {path}` makes it")
        return Source(self.name, self.name, (Part("assets", file, partial(films, file)),))


def service(key: str, folder: Path, base: str = API, private: bool = False) -> Service:
    """The API with a key of version 4 (a bearer token)."""
    host = base.partition("://")[2].partition("/")[0]
    care = Care(hosts=(host,), kinds=("application/json",), seconds=30.0, private=private)
    headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
    return Service(base, folder / "answers", care, headers)


def collect(
    api: Service, folder: Path, pages: int, said: Callable[[int, int], None] | None = None
) -> int:
    """Write the films of the first `pages` pages, those with most votes first; returns how many.

    said: told after each page how many there are, and of how many films.
    """
    found: dict[int, Film] = {}
    for page in range(1, pages + 1):
        listed = api.get("discover/movie", sort_by="vote_count.desc", page=page) or {}
        for one in listed.get("results") or ():
            if isinstance(one, dict) and isinstance(number := one.get("id"), int):
                film = api.get(f"movie/{number}", append_to_response="credits,keywords")
                if film is not None:
                    found[number] = film
        if said:
            said(len(found), len(found) + 20 * (pages - page))
        if page >= int(listed.get("total_pages") or page):
            break
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{FILE}.part"
    part.write_text("".join(json.dumps(film) + "\n" for film in found.values()), "utf-8")
    part.replace(folder / FILE)
    return len(found)


def films(file: Path, rows: int) -> Iterator[pl.DataFrame]:
    """One row a film."""
    for frame in lines(file):
        made = []
        for line, text in frame.rows():
            made.append(row(text) | {"line": line})
        yield pl.DataFrame(made, schema=ASSET)


def row(text: str) -> dict[str, Any]:
    """A line as a row of the contract; one that is no film, or of another shape, stays as it is."""
    film = told(text)
    try:
        return {"malformed": text} if film is None else asset(film)
    except (AttributeError, KeyError, TypeError):
        return {"malformed": text}


def asset(film: Film) -> dict[str, Any]:
    """A film's details as a row of the contract."""
    number, poster = film.get("id"), film.get("poster_path")
    series = film.get("belongs_to_collection") or {}
    facts = {
        "series": series.get("name"),
        "minutes": film.get("runtime") or None,
        "votes": film.get("vote_count"),
        "rating": film.get("vote_average"),
        "imdb": film.get("imdb_id"),
    }
    return {
        "asset_id": None if number is None else str(number),
        "domain": "tmdb",
        "title": film.get("title"),
        "text_content": film.get("overview") or None,
        "image_uri": f"{PICTURES}{poster}" if poster else None,
        "creators": list(creators(film)),
        "categories": names(film.get("genres")),
        "tags": names((film.get("keywords") or {}).get("keywords")),
        "language": film.get("original_language"),
        "published_at": film.get("release_date") or None,
        "cohort": cohort(film),
        "attributes": json.dumps({k: v for k, v in facts.items() if v is not None}),
    }


def names(listed: Iterable[Film] | None) -> list[str]:
    """Of a list of things with a name."""
    return [one["name"] for one in listed or () if one.get("name")]


def creators(film: Film) -> Iterator[dict[str, str]]:
    """Who made it, as what; nobody twice in one part."""
    credits = film.get("credits") or {}
    played = sorted(credits.get("cast") or (), key=lambda one: one.get("order", 1 << 20))[:CAST]
    told = [(one.get("name"), JOBS.get(one.get("job", ""))) for one in credits.get("crew") or ()]
    told += [(one.get("name"), "actor") for one in played]
    told += [(name, "studio") for name in names(film.get("production_companies"))]
    for name, role in dict.fromkeys(told):
        if name and role:
            yield {"name": name, "role": role}


def cohort(film: Film) -> str:
    """By what it cost, else by how many voted."""
    budget = film.get("budget") or 0
    small = budget < CHEAP if budget else (film.get("vote_count") or 0) < FEW
    return "independent" if small else "mainstream"


adapter = TMDB()
