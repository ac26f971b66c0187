"""What can be read: titles, descriptions, makers and attributes of every item."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from json import dumps
from typing import Any

import numpy as np

from .catalogue import MOODS, NEWS, PRODUCTS, Catalogue, articles, stream
from .scale import DOMAINS, END, Scale
from .wording import Dice, capitalised, coined, fill, person, place, surname, words

ROLES = ("director", "artist", "author", "brand", "publisher")  # of each domain's creator
KIN = ("actor", "publisher", "publisher", None, "author")  # who else is named
TONGUES = ("en", "fr", "es", "de", "ja", "it", "ko", "pt")
SPOKEN = (0.58, 0.1, 0.08, 0.07, 0.06, 0.04, 0.04, 0.03)
TRIES = 24  # at a title, the second half of them with a longer one
Lists = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """One item's facts, as its words need them."""

    code: int
    domain: int
    genre: str
    form: int
    price: float
    at: datetime  # of publication
    maker: str

    @property
    def decade(self) -> str:
        """As one says it."""
        return f"the {self.at.year // 10 * 10}s"


class Cast:
    """All the names of one domain: each creator's, and those who appear beside them."""

    def __init__(self, domain: int, makers: int, dice: Dice) -> None:
        name = (person, band, person, brand, outlet)[domain]
        beside = (person, label, publisher, None, person)[domain]
        self.makers = unique(name, makers, dice)
        self.beside = unique(beside, max(makers, 12), dice) if beside else []


def band(dice: Dice) -> str:
    """A coined band or musician."""
    return coined("band", dice)


def brand(dice: Dice) -> str:
    """A coined brand."""
    return coined("brand", dice)


def outlet(dice: Dice) -> str:
    """A coined newspaper."""
    return coined("outlet", dice)


def publisher(dice: Dice) -> str:
    """A coined publisher of books."""
    return coined("publisher", dice)


def label(dice: Dice) -> str:
    """A coined record label."""
    return f"{coined('brand', dice)} {dice.pick(words('music')['label_word'])}"


def unique(name: Callable[[Dice], str], n: int, dice: Dice) -> list[str]:
    """n distinct names; a namesake gets a middle initial."""
    found: dict[str, None] = {}
    while len(found) < n:
        drawn = name(dice)
        if drawn in found:
            first, _, rest = drawn.partition(" ")
            initial = "ABCDEFGHIJKLMNOPRSTVW"[dice.below(21)]
            drawn = f"{first} {initial}. {rest}" if rest else f"{first}{name(dice).split()[-1]}"
        found[drawn] = None
    return list(found)


def moment(days: float, size: Scale) -> datetime:
    """Days after the log's start as UTC."""
    start = datetime.fromtimestamp(END, UTC) - timedelta(days=size.days)
    return start + timedelta(seconds=round(days * 86_400))


def rows(items: Catalogue, size: Scale, seed: int, ids: list[str]) -> Iterator[dict[str, Any]]:
    """Every asset in the contract's columns, in the order of the codes; titles never repeat."""
    titles: set[str] = set()
    for d in range(len(DOMAINS)):
        dice = Dice(stream(seed, f"words of {DOMAINS[d]}"))
        cast = Cast(d, max(size.items[d] // 6, 8), dice)
        for code in range(items.offsets[d], items.offsets[d + 1]):
            at = moment(float(items.published[code]), size)
            maker = cast.makers[items.creator[code]]
            genre = items.genres.names[items.genre[code]]
            form, price = int(items.form[code]), float(items.price[code])
            item = Item(code, d, genre, form, price, at, maker)
            yield asset(item, items, size, cast, dice, titles) | {"asset_id": ids[code]}


def asset(
    item: Item, items: Catalogue, size: Scale, cast: Cast, dice: Dice, titles: set[str]
) -> dict[str, Any]:
    """One row, without its id."""
    lists, kin, attributes = vocabulary(item, cast, dice)
    title = titled(item, lists, dice, titles)
    lists["title"] = title
    second = items.genres.names[items.second[item.code]]
    creators = [{"name": item.maker, "role": ROLES[item.domain]}]
    creators += [{"name": name, "role": KIN[item.domain] or ""} for name in kin]
    listed = max(float(items.published[item.code]), -400 - 300 * dice.roll())
    spoken = item.domain < 2
    tongue = TONGUES[np.searchsorted(np.cumsum(SPOKEN)[:-1], dice.roll())] if spoken else "en"
    return {
        "domain": DOMAINS[item.domain],
        "title": title,
        "text_content": capitalised(
            fill(dice.pick(words(DOMAINS[item.domain])["body"]), lists, dice)
        ),
        "creators": creators,
        "cohort": "independent" if items.independent[item.code] else "mainstream",
        "categories": list(dict.fromkeys([item.genre, second])),
        "tags": tags(item, items),
        "price": None if np.isnan(item.price) else item.price,
        "currency": None if np.isnan(item.price) else "EUR",
        "language": tongue,
        "published_at": item.at,
        "created_at": moment(listed, size),
        "attributes": dumps(attributes, separators=(",", ":"), ensure_ascii=False),
    }


def tags(item: Item, items: Catalogue) -> list[str]:
    """Its two strongest moods and its decade."""
    strongest = np.argsort(-items.own[item.code, : len(MOODS)], kind="stable")[:2]
    era = [f"{item.at.year // 10 * 10}s"] if item.domain < 3 else []
    return [MOODS[m] for m in strongest] + era


def titled(item: Item, lists: Lists, dice: Dice, titles: set[str]) -> str:
    """A title that nothing else in the world has.

    After many tries it gets a second half, products a model number; then it becomes a sequel.
    """
    own = lists.get("title")
    templates = own if own is not None else words(DOMAINS[item.domain])["titles"]
    wanted = {k: v for k, v in lists.items() if k != "title"}
    for tries in range(TRIES):
        title = capitalised(fill(dice.pick(templates), wanted, dice))
        if tries > TRIES // 2:
            if item.domain == PRODUCTS:
                title += f" {10 + dice.below(990)}"
            elif item.domain == NEWS:
                title += f", {lists['name']} {surname(dice)} reports"
            else:
                title += ": " + capitalised(fill(dice.pick(templates), wanted, dice))
        if title not in titles:
            titles.add(title)
            return title
    part = 2
    while f"{title} ({part})" in titles:
        part += 1
    titles.add(f"{title} ({part})")
    return f"{title} ({part})"


def vocabulary(item: Item, cast: Cast, dice: Dice) -> tuple[Lists, list[str], dict[str, Any]]:
    """What its phrases may draw on, who else made it, and its attributes."""
    name = DOMAINS[item.domain]
    lists: Lists = {**words("names"), **words(name), **words(name)["genres"][item.genre]}
    lists |= {
        "name": dice.pick(words("names")["given"]),
        "place": place(dice),
        "place2": place(dice),
        "year": str(item.at.year),
        "decade": item.decade,
        "genre_low": low(item.genre, name),
    }
    return DETAILS[item.domain](item, lists, cast, dice)


def low(genre: str, domain: str) -> str:
    """A genre as a thing one holds, in the middle of a sentence."""
    own: dict[str, str] = words(domain).get("called", {})
    return "".join(own.get(genre, (genre.lower(),)))


def film(item: Item, lists: Lists, cast: Cast, dice: Dice) -> tuple[Lists, list[str], Any]:
    """Two actors and a running time."""
    kin = list(dict.fromkeys(dice.pick(tuple(cast.beside)) for _ in range(3)))[:2]
    lists |= {"director": item.maker, "actor": kin[0], "actor2": kin[-1]}
    minutes = 78 + dice.below(75)
    return lists, kin, {"minutes": minutes, "age": (0, 6, 12, 16)[dice.below(4)]}


def record(item: Item, lists: Lists, cast: Cast, dice: Dice) -> tuple[Lists, list[str], Any]:
    """A label and a number of tracks."""
    kin = [dice.pick(tuple(cast.beside))]
    tracks = 7 + dice.below(8)
    lists |= {"artist": item.maker, "label": kin[0], "count": NUMBERS[tracks - 7]}
    return lists, kin, {"tracks": tracks, "minutes": tracks * 4 + dice.below(9)}


def book(item: Item, lists: Lists, cast: Cast, dice: Dice) -> tuple[Lists, list[str], Any]:
    """A publisher and a number of pages."""
    kin = [dice.pick(tuple(cast.beside))]
    most = 64 if item.genre == "Children" else 460
    pages = most // 3 + dice.below(most)
    lists |= {"author": item.maker, "publisher": kin[0], "pages": str(pages)}
    return lists, kin, {"pages": pages, "binding": ("paperback", "hardback")[dice.below(2)]}


def product(item: Item, lists: Lists, cast: Cast, dice: Dice) -> tuple[Lists, list[str], Any]:
    """A shape, a material and a colour."""
    name, shape, _ = articles(item.genre)[item.form].split(":")
    material = dice.pick(lists["materials"])
    colour = dice.pick(lists["colour"])
    model = dice.pick(lists["model"])
    code = f"{'ABCDEFGHKLMNPRSTVX'[dice.below(18)]}{1 + dice.below(99)}"
    lists |= {"item": name, "material": material, "material_low": material.lower(), "code": code}
    lists |= {"colour": colour, "colour_low": colour.lower(), "brand": item.maker}
    lists["model"] = model
    facts = {"article": name, "shape": shape, "material": material, "colour": colour}
    return lists, [], facts


def story(item: Item, lists: Lists, cast: Cast, dice: Dice) -> tuple[Lists, list[str], Any]:
    """A byline and a length."""
    kin = [dice.pick(tuple(cast.beside))]
    score = f"{1 + dice.below(5)}-{dice.below(2)}"
    pages = 20 + dice.below(300)
    lists |= {"outlet": item.maker, "brand": brand(dice), "score": score, "pages": str(pages)}
    for name in ("act", "work", "subject", "found", "finding"):  # title and text speak of one thing
        if name in lists:
            lists[name] = dice.pick(lists[name])
    return lists, kin, {"words": 280 + dice.below(1200), "place": lists["place"]}


NUMBERS = (
    "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve", "Thirteen", "Fourteen",
)  # fmt: skip
DETAILS = (film, record, book, product, story)
