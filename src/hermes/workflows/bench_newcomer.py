"""How soon a newcomer becomes someone: five clicks in one genre, then the first twenty.

A real server answers somebody it has never heard of. The newcomer opens the stream, clicks the
first item of the genre that stands on it, opens it again, and so on; where none is on the stream
they look at the page of the domain, and failing that take what is most chosen of the genre.
After the fifth click it is counted how much of the first twenty is of the genre or of its
neighbours, see `evaluation/kin`: on the page of the genre's own domain, and on the whole stream,
where of another domain the genres nearest to the clicked one count.

It makes sense to ask of a genre that has neighbours in its domain by what people choose, of which
there are at least `ENOUGH` items besides those clicked, and which is not most of the domain anyway.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from hermes.artifacts.bundle import Bundle
from hermes.core.errors import Unavailable
from hermes.core.progress import progress
from hermes.core.types import Array, Bools, Ints
from hermes.data.build import dataset
from hermes.data.dataset import Dataset
from hermes.data.spec import DataSpec
from hermes.evaluation.intervals import bootstrap
from hermes.evaluation.kin import Kin
from hermes.learn.run import Run

from . import beginners, demo
from .bench import Place
from .bench_serve import running

Row = dict[str, Any]
CLICKS, FIRST, ENOUGH = 5, 20, 40
MOST = 0.5  # of a domain that a genre and its neighbours may be
HALF = 0.5  # of the first twenty
RECIPES = {"world": "shown", "movielens": "quick"}
PARTS = ("world", "movielens", "ordinary")
PEOPLE = 3  # newcomers a genre, of whom each skips one item more before the first click


@dataclass(frozen=True, slots=True)
class Shop:
    """What is served, and what is known of it without the models."""

    name: str
    bundle: Path
    data: Dataset
    kin: Kin

    def pages(self) -> list[int]:
        """Genres of which it makes sense to ask."""
        here, whole = self.data.catalogue.available, self.data.catalogue.domain
        out = []
        for genre, domain in enumerate(self.kin.domain.tolist()):
            family = self.kin.family(genre)[here & (whole == domain)]
            near = len(self.kin.near(genre, domain))
            own = int(self.kin.of[:, [genre]].sum())
            if near and own >= FIRST and family.sum() >= ENOUGH and family.mean() <= MOST:
                out.append(genre)
        return out

    def title(self, genre: int) -> str:
        """Of a genre."""
        return self.data.catalogue.categories.names[int(self.kin.category[genre])]


@dataclass
class Newcomer:
    """Somebody at a browser."""

    link: http.client.HTTPConnection
    user: str
    had: list[str] = field(default_factory=list)  # asset ids that were clicked
    spent: list[float] = field(default_factory=list)  # milliseconds of answers after a click

    def look(self, domains: tuple[str, ...] = ()) -> list[str]:
        """The first twenty of the stream, or of a domain's page."""
        answer = self.send("recommendations", {"user": self.user, "k": FIRST, "domains": domains})
        if self.had and not domains:
            self.spent.append(answer["milliseconds"]["total"])
        return [item["asset_id"] for item in answer["items"]]

    def click(self, asset: str) -> None:
        """Durable when it returns."""
        at = datetime.now(UTC) - timedelta(seconds=1)
        event = {"user_id": self.user, "asset_id": asset, "kind": "click"}
        self.send("events", event | {"occurred_at": at.isoformat()})
        self.had.append(asset)

    def send(self, route: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer's JSON; raises `Unavailable` on a refusal."""
        head = {"content-type": "application/json"}
        self.link.request("POST", f"/v1/{route}", json.dumps(body), head)
        answer = self.link.getresponse()
        said = answer.read()
        if answer.status not in (200, 202):
            raise Unavailable(f"POST /v1/{route}: {answer.status} {said[:300]!r}")
        found: dict[str, Any] = json.loads(said)
        return found


@dataclass(frozen=True, slots=True)
class Visit:
    """Shares of the family among the first twenty."""

    genre: int
    before: float  # on the domain's page, as a stranger sees it
    own: float  # on the domain's page, after the clicks
    stream: float  # on the whole stream, after the clicks
    met: int  # of the clicked items that stood on the stream or the page


def measure(place: Place) -> list[Row]:
    """The world as `hermes demo` has it, with data MovieLens-1M under recipe `quick` as well, and
    what ordinary users gain or lose by it."""
    wanted = place.named("newcomer", PARTS, PARTS[::2] if place.data is None else PARTS)
    out: list[Row] = []
    for name in wanted:
        out += ordinary(place) if name == "ordinary" else rows(shop(place, name))
    return out


def ground(place: Place, name: str) -> demo.Demo:
    """Where its lake and its bundles lie."""
    work = place.work / "newcomer"
    if name == "world":
        return demo.Demo(work=work)
    return demo.Demo(work=work, source=f"movielens:{place.folder() / 'movielens-1m'}")


def shop(place: Place, name: str) -> Shop:
    """A lake and a bundle of it, made unless they are there."""
    wanted, recipe, quiet = ground(place, name), RECIPES[name], lambda _: None
    lake = demo.fill(wanted, datetime.now(UTC), quiet)
    bundle, data = demo.learn(wanted, lake, recipe, Run(), quiet)
    return of(f"{name}, recipe {recipe}", bundle, data)


def ordinary(place: Place) -> list[Row]:
    """What it is worth to people as they are: those of MovieLens-1M, without data of the world."""
    name = "world" if place.data is None else "movielens"
    wanted = ground(place, name)
    lake = demo.fill(wanted, datetime.now(UTC), lambda _: None)
    return beginners.rows(name, dataset(lake, DataSpec()), wanted.home / "held")


def of(name: str, bundle: Bundle, data: Dataset) -> Shop:
    """Its genres by the log."""
    return Shop(name, bundle.path, data, Kin.read(data.catalogue, data.interactions))


def rows(shop: Shop) -> list[Row]:
    """A row a domain, one of the whole stream, and how long an answer takes."""
    spent: list[float] = []
    with (
        running(shop.bundle, 2, workers=1) as server,
        closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as link,
    ):
        visits = list(visited(shop, link, spent))
    out = []
    domains = shop.data.catalogue.domains.names
    for domain in sorted({int(shop.kin.domain[v.genre]) for v in visits}):
        own = [v for v in visits if shop.kin.domain[v.genre] == domain]
        out.append(shared(shop, own, domains[domain], lambda v: v.own, domain))
    if len(domains) > 2:
        out.append(shared(shop, visits, "whole stream", lambda v: v.stream, 0))
    late = float(np.percentile(spent, 99))
    note = f"{len(spent)} answers, in the server, one worker, tier 2; p99 {late:.1f} ms"
    name = f"{shop.name}: the stream after a click, p50"
    return [*out, {"name": name, "value": float(np.median(spent)), "unit": "ms", "note": note}]


def visited(shop: Shop, link: http.client.HTTPConnection, spent: list[float]) -> Iterator[Visit]:
    """Every newcomer to every genre."""
    pages = shop.pages()
    with progress("newcomers", len(pages) * PEOPLE, "people") as advance:
        for genre in pages:
            for skipped in range(PEOPLE):
                person = Newcomer(link, f"newcomer-{genre}-{skipped}")
                yield visit(shop, person, genre, skipped)
                spent += person.spent
                advance(1)


def visit(shop: Shop, person: Newcomer, genre: int, skipped: int) -> Visit:
    """Five clicks, and what is shown then."""
    shelf, family = shop.data.catalogue, shop.kin.family(genre)
    page = (shelf.domains.names[int(shop.kin.domain[genre])],)
    before, met = share(shop, person.look(page), family), 0
    for turn in range(CLICKS):
        asset, seen = wanted(shop, person, genre, page, skipped if turn == 0 else 0)
        met += seen
        person.click(asset)
    stream = share(shop, person.look(), family)
    own = share(shop, person.look(page), family)
    return Visit(genre, before, own, stream, met)


def wanted(
    shop: Shop, person: Newcomer, genre: int, page: tuple[str, ...], skip: int
) -> tuple[str, bool]:
    """What is clicked next, and whether it was shown."""
    items, names = shop.data.catalogue.items, shop.data.catalogue.items.names
    member = np.asarray(shop.kin.of[:, [genre]].toarray()).ravel() > 0
    for domains in ((), page):
        shown = [a for a in person.look(domains) if member[items.code(a)] and a not in person.had]
        if len(shown) > skip:
            return shown[skip], True
    log = shop.data.interactions
    counts = np.bincount(log.items, minlength=len(member)) * member * shop.data.catalogue.available
    order = [names[i] for i in np.argsort(-counts, kind="stable")[: CLICKS + skip + 1]]
    return [a for a in order if a not in person.had][skip], False


def share(shop: Shop, assets: list[str], family: Bools) -> float:
    """Of these, those of the family."""
    codes = np.array([shop.data.catalogue.items.code(a) for a in assets], np.int64)
    return float(family[codes].mean()) if len(codes) else 0.0


def shared(
    shop: Shop, visits: list[Visit], where: str, value: Callable[[Visit], float], domain: int
) -> Row:
    """The mean over genres, beside what chance and the crowd would show."""
    by_genre: dict[int, list[Visit]] = {}
    for v in visits:
        by_genre.setdefault(v.genre, []).append(v)
    means = np.array([np.mean([value(v) for v in some]) for some in by_genre.values()])
    span = bootstrap(means, np.random.default_rng(0))[0]
    order = np.argsort(means)
    least = [f"{shop.title(list(by_genre)[i])} {means[i]:.2f}" for i in order[:2]]
    chance, crowd = np.mean([by_chance(shop, g, domain) for g in by_genre], axis=0)
    before = f", before the clicks {np.mean([v.before for v in visits]):.2f}" if domain else ""
    note = (
        f"{(means >= HALF).sum()} of {len(means)} genres reach half, least {', '.join(least)};"
        f" by chance {chance:.2f}, most chosen {crowd:.2f}{before};"
        f" {np.mean([v.met for v in visits]):.1f} of {CLICKS} clicks on what was shown"
    )
    name = f"{shop.name}, {where}: share of the first {FIRST}"
    bounds = {"low": span.low, "high": span.high}
    holds = {"floor": HALF, "holds": bool(span.mean >= HALF)}
    return {"name": name, "value": span.mean, "note": note} | bounds | holds


def by_chance(shop: Shop, genre: int, domain: int) -> Array:
    """The family's share of what is available, and of the `FIRST` most chosen.  -> (2,)"""
    shelf, log = shop.data.catalogue, shop.data.interactions
    family = shop.kin.family(genre)
    there = shelf.available & ((shelf.domain == domain) if domain else True)
    counts = np.bincount(log.items, minlength=len(shelf)) * there
    best: Ints = np.argsort(-counts, kind="stable")[:FIRST]
    return np.array([family[there].mean(), family[best].mean()])
