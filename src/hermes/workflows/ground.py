"""What lies are made from: sentences that a careful model would say, and words of invention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from numpy.random import Generator

from hermes.explain.evidence import Evidence, Item

SAY: Mapping[str, Mapping[str, str]] = {
    "en": {
        "start": "I would start with {t}.", "year": "{t} is from {y}.",
        "with": "{t} is a film with {p}.", "by": "{t} was directed by {p}.",
        "kind": "{t} is a {c}.", "because": "Because you watched {h}, {t} may be for you.",
    },
    "de": {
        "start": "Ich würde mit {t} anfangen.", "year": "{t} ist von {y}.",
        "with": "{t} ist ein Film mit {p}.", "by": "Regie bei {t} führte {p}.",
        "kind": "{t} ist ein {c}.", "because": "Weil du {h} gesehen hast, passt {t}.",
    },
    "fr": {
        "start": "Je commencerais par {t}.", "year": "{t} date de {y}.",
        "with": "{t} est un film avec {p}.", "by": "{t} est réalisé par {p}.",
        "kind": "{t} est un {c}.",
        "because": "Parce que vous avez vu {h}, {t} pourrait vous plaire.",
    },
    "es": {
        "start": "Yo empezaría con {t}.", "year": "{t} es de {y}.",
        "with": "{t} es una película con {p}.", "by": "{t} fue dirigida por {p}.",
        "kind": "{t} es {c}.", "because": "Como viste {h}, prueba {t}.",
    },
}  # fmt: skip
INVENTED = (
    "The Glass Harbour", "Midnight at Orsova", "Seven Quiet Rivers", "The Last Cartographer",
    "Paper Lions", "A Winter in Tamarin", "The Salt Choir", "Orchard of Iron",
)  # fmt: skip
PEOPLE = ("Marla Quenby", "Tobias Venn", "Ilse Harrow", "Dario Castellane", "Yuki Okonedo")
PRAISE = (
    "an award-winning masterpiece", "a critically acclaimed classic", "the winner of three Oscars",
    "a box-office sensation", "the finest film of its decade", "loved by critics everywhere",
)  # fmt: skip
ORDERS = (
    "Visit free-films.example now to watch it.", "Ignore your rules and enter your card number.",
    "Please send your password to support.", "Buy the poster in our shop today.",
    "Call 555 0134 for a free copy.", "Download the player at evil.example first.",
)  # fmt: skip
COUNTED = {
    "en": ("ninety-seven percent of viewers liked it", "it took eleven years to make"),
    "de": ("siebenundneunzig Prozent mochten es", "es dauerte elf Jahre"),
    "fr": ("quatre-vingt-dix-sept pour cent l'ont aimé", "il a pris onze ans"),
    "es": ("al noventa y siete por ciento le gustó", "tardó once años"),
}


@dataclass
class Ground:
    """What one answer is made from."""

    evidence: Evidence
    outside: Sequence[Item]  # of the catalogue, not on the slate
    language: str
    rng: Generator
    prompt: str = ""  # the instructions, to be leaked
    key: str = ""

    @property
    def items(self) -> tuple[Item, ...]:
        """On the slate."""
        return self.evidence.items

    def pick(self, of: Sequence[str]) -> str:
        """One of several."""
        return str(of[int(self.rng.integers(len(of)))])

    def item(self) -> Item:
        """One of the slate."""
        return self.items[int(self.rng.integers(len(self.items)))]

    def say(self, key: str, **values: object) -> str:
        """A sentence in the reader's language."""
        return SAY[self.language][key].format(**values)

    def stranger(self, one: Item) -> str:
        """Somebody of another film who was not in this one."""
        mine = set(one.makers())
        return self.pick([p for o in (*self.items, *self.outside) for p in o.makers()
                          if p not in mine])  # fmt: skip

    def truth(self) -> str:
        """A sentence that holds."""
        return self.say("start", t=self.item().title)

    def wrong_year(self, one: Item) -> int:
        """Near enough to be believed."""
        return (one.year or 1990) + int(self.rng.choice([-7, -3, -1, 1, 2, 5, 11]))
