"""What an answer may say: facts of items, what the reader did, and what the reader wished for."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

TOLD = 1200  # characters of a description that count as evidence


class Creator(msgspec.Struct):
    """A name and what it stands for."""

    name: str
    role: str = "creator"


class Card(msgspec.Struct):
    """The facts of a card."""

    title: str = ""
    domain: str = ""
    creators: list[Creator] = []
    categories: list[str] = []
    year: int | None = None
    price: float | None = None
    currency: str | None = None
    series: str | None = None
    minutes: float | None = None
    pages: float | None = None
    text_content: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item and what the catalogue says of it."""

    id: str
    title: str
    domain: str = ""
    year: int | None = None
    creators: tuple[tuple[str, str], ...] = ()  # name and role
    categories: tuple[str, ...] = ()
    price: float | None = None
    currency: str = ""
    series: str = ""
    minutes: float | None = None
    pages: float | None = None
    text: str = ""  # its description; from outside, so data and never instruction
    reason: str = ""  # why it is on the slate, as a sentence without a subject
    code: str = ""  # of that reason
    because: tuple[str, ...] = ()  # titles that the reason names

    @property
    def cost(self) -> str:
        """Its price as it is written, empty where there is none."""
        return "" if self.price is None else f"{self.price:.2f} {self.currency}".strip()

    def makers(self, role: str = "") -> tuple[str, ...]:
        """Names of those who made it, all or of one role."""
        return tuple(dict.fromkeys(n for n, r in self.creators if not role or r == role))


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that a model is told and may tell."""

    items: tuple[Item, ...] = ()  # on the slate, or asked about
    about: tuple[str, ...] = ()  # ids of those that "it" may mean before one is named
    history: tuple[tuple[str, str], ...] = ()  # titles, and what the reader did with each
    wishes: tuple[str, ...] = ()  # in force, as they read
    sought: tuple[str, ...] = ()  # names of categories and people that those name
    denied: tuple[str, ...] = ()  # names of those that must not be
    years: tuple[int, ...] = ()  # that the wishes name


def item(
    asset_id: str, card: bytes, reason: str = "", code: str = "", because: tuple[str, ...] = ()
) -> Item:
    """The facts of a card, and why the item is on a slate.

    >>> item("a", b'{"title": "Alien", "year": 1979}').year
    1979
    """
    told = msgspec.json.decode(card, type=Card)
    return Item(
        id=asset_id,
        title=told.title or asset_id,
        domain=told.domain,
        year=told.year,
        creators=tuple((c.name, c.role) for c in told.creators),
        categories=tuple(told.categories),
        price=told.price,
        currency=told.currency or "",
        series=told.series or "",
        minutes=told.minutes,
        pages=told.pages,
        text=" ".join((told.text_content or "").split())[:TOLD],
        reason=reason,
        code=code,
        because=because,
    )
