"""What is on offer, in numbers: genres with moods, creators of two cohorts, items with tastes.

All domains share one space: twelve moods and four directions without a name. A domain sees that
space through loadings of its own, so that what is known of a person's films says something, but not
everything, of their books.
"""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from hermes.core.types import Bools, Ints

from .scale import DOMAINS, Scale
from .wording import words

Reals = NDArray[np.float64]
MOODS = (
    "dark", "tender", "playful", "bold", "thoughtful", "energetic",
    "strange", "classic", "technical", "natural", "urban", "elegant",
)  # fmt: skip
D = len(MOODS) + 4
FIRST_YEAR = (1955, 1962, 1948, 2012, 2026)  # of each domain
INDEPENDENT = 0.42  # share of creators
NEW = 0.07  # share of items that come out while the log runs
NEWS = DOMAINS.index("news")
PRODUCTS = DOMAINS.index("products")


@dataclass(frozen=True, slots=True)
class Genres:
    """G genres, each of one domain."""

    names: tuple[str, ...]  # (G,)
    domain: Ints  # (G,)
    moods: Reals  # (G, D) unit vectors
    period: Reals  # (G,) days of one wave of its fashion
    phase: Reals  # (G,) radians


@dataclass(frozen=True, slots=True)
class Catalogue:
    """I items, the domains one after the other."""

    genres: Genres
    loadings: Reals  # (5, D, D) how each domain sees the shared space
    offsets: Ints  # (6,) domain d holds items offsets[d] to offsets[d+1]
    domain: Ints  # (I,)
    genre: Ints  # (I,) codes of `genres`
    second: Ints  # (I,) another genre of its domain, or the same
    creator: Ints  # (I,) codes within the domain
    independent: Bools  # (I,) the creator's cohort
    vectors: Reals  # (I, D) seen through the domain's loadings
    own: Reals  # (I, D) in the shared space, unit vectors
    quality: Reals  # (I,) standard normal
    form: Ints  # (I,) which of the genre's articles a product is
    price: Reals  # (I,) EUR, NaN for news
    dear: Reals  # (I,) price relative to its domain, standardised logarithm, 0 for news
    published: Reals  # (I,) days after the log's start
    burst: Reals  # (I,) height of its own vogue, mostly 0
    peak: Reals  # (I,) day of that vogue
    width: Reals  # (I,) days

    def __len__(self) -> int:
        return len(self.domain)


def stream(seed: int, name: str) -> np.random.Generator:
    """An independent source of randomness for one part of a world."""
    return np.random.default_rng([seed, crc32(name.encode())])


def genres(seed: int) -> Genres:
    """From the words, in their order."""
    rng = stream(seed, "genres")
    names: list[str] = []
    domain: list[int] = []
    rows: list[Reals] = []
    for d, file in enumerate(DOMAINS):
        for name, facts in words(file)["genres"].items():
            names.append(name)
            domain.append(d)
            moods = [facts["moods"].get(mood, 0.0) for mood in MOODS]
            rows.append(np.concatenate([moods, rng.normal(0, 0.18, D - len(MOODS))]))
    table = np.array(rows)
    return Genres(
        tuple(names),
        np.array(domain),
        table / np.linalg.norm(table, axis=1, keepdims=True),
        rng.uniform(25, 90, len(names)),
        rng.uniform(0, 2 * np.pi, len(names)),
    )


def catalogue(size: Scale, seed: int) -> Catalogue:
    """Every item of a world, without its words; the same for the same arguments."""
    kinds = genres(seed)
    rng = stream(seed, "catalogue")
    loadings = 0.85 * np.eye(D) + rng.normal(0, 0.07, (len(DOMAINS), D, D))
    parts = [shelf(d, n, size, kinds, rng) for d, n in enumerate(size.items)]
    columns = {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
    domain = np.repeat(np.arange(len(DOMAINS)), size.items)
    vectors = np.einsum("id,ide->ie", columns["own"], loadings[domain])
    n = len(domain)
    bursts = (rng.random(n) < 0.08) & (domain != NEWS)
    return Catalogue(
        genres=kinds,
        loadings=loadings,
        offsets=np.concatenate([[0], np.cumsum(size.items)]),
        domain=domain,
        vectors=vectors,
        burst=np.where(bursts, rng.uniform(0.8, 1.8, n), 0.0),
        peak=rng.uniform(0, size.days, n),
        width=rng.uniform(3, 9, n),
        **columns,
    )


def shelf(
    d: int, n: int, size: Scale, kinds: Genres, rng: np.random.Generator
) -> dict[str, NDArray[np.generic]]:
    """The n items of domain d as columns."""
    here = np.flatnonzero(kinds.domain == d)
    makers = max(n // 6, 8)
    home = rng.choice(here, makers)
    alone = rng.random(makers) < INDEPENDENT
    bent = rng.normal(0, 0.5 / np.sqrt(D), (makers, D))
    fame = rng.pareto(1.6, makers) + 0.4
    creator = rng.choice(makers, n, p=fame / fame.sum())
    genre = np.where(rng.random(n) < 0.8, home[creator], rng.choice(here, n))
    own = kinds.moods[genre] + bent[creator] + rng.normal(0, 0.55 / np.sqrt(D), (n, D))
    form = rng.integers(0, 4, n)
    price = prices(d, genre, form, alone[creator], kinds, rng)
    dear = np.zeros(n)
    if d != NEWS:
        dear = (np.log(price) - np.log(price).mean()) / np.log(price).std()
    return {
        "genre": genre,
        "second": np.where(rng.random(n) < 0.35, rng.choice(here, n), genre),
        "creator": creator,
        "independent": alone[creator],
        "own": own / np.linalg.norm(own, axis=1, keepdims=True),
        "quality": rng.normal(size=n),
        "form": form,
        "price": price,
        "dear": dear,
        "published": dates(d, creator, makers, size, rng),
    }


def dates(d: int, creator: Ints, makers: int, size: Scale, rng: np.random.Generator) -> Reals:
    """Days after the log's start: decades for works, days for news.  -> (n,)"""
    n = len(creator)
    if d == NEWS:
        return rng.uniform(-21, size.days - 0.5, n)
    years = 2026 - FIRST_YEAR[d]
    debut = years * rng.beta(1.2, 1.8, makers)  # years before the log
    age = debut[creator] - rng.uniform(0, 28, n)
    age = np.where(age < 0.1, rng.uniform(0.1, 1 + 0.5 * debut[creator]), age)
    fresh = rng.random(n) < NEW
    return np.where(fresh, rng.uniform(0, size.days - 2, n), np.floor(-age * 365.25))


def prices(
    d: int, genre: Ints, form: Ints, alone: Bools, kinds: Genres, rng: np.random.Generator
) -> Reals:
    """EUR, ending in .90; independents ask a little less for works, more for products.  -> (n,)"""
    n = len(genre)
    if d == NEWS:
        return np.full(n, np.nan)
    if d == PRODUCTS:
        table = {
            g: [float(article.split(":")[2]) for article in articles(kinds.names[g])]
            for g in np.unique(genre).tolist()
        }
        base = np.array([table[g][f] for g, f in zip(genre.tolist(), form.tolist(), strict=True)])
        raw = base * rng.lognormal(0, 0.22, n) * np.where(alone, 1.15, 1.0)
    else:
        raw = (7.0, 17.0, 16.0)[d] * rng.lognormal(0, 0.32, n) * np.where(alone, 0.9, 1.0)
    return np.round(np.maximum(np.floor(raw), 2) + 0.9, 2)


def articles(genre: str) -> tuple[str, ...]:
    """A product genre's articles, each `name:shape:price`."""
    found: tuple[str, ...] = words("products")["genres"][genre]["items"]
    return found
