"""Written queries with what must be understood of them and how answers are judged.

One JSON object a line: split, kind, text, asks, rule, items, genres. An ask is `category=Sci-Fi`,
`creator=Tom Hanks`, `year=1990..1999` (either end may lack), `title=318`, `like=1`, `mood=funny`,
a `!` before it denies it, a `|` separates what will do as well. A rule is one of

| rule | an answer is right where |
|---|---|
| first N | one of `items` is among the first N |
| some N M | at least M of the first N are of `items` |
| all N | all of the first N meet the asks that filter |
| genres N M | at least M of the first N are of one of `genres` |
| before N M YEAR | at least M of the first N are of a year before it |
| behaviour | it is the answer to no text at all |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from hermes.core.errors import DataError
from hermes.data.catalogue import Catalogue
from hermes.retrieval.understood import Constraint, Understood

KINDS = ("title", "entity", "descriptive", "mood", "empty")
ACTING = ("category", "creator", "year", "price", "domain", "word", "title", "like", "mood")


class Judged(msgspec.Struct, frozen=True):
    """One query."""

    split: str  # tune or test
    kind: str
    text: str
    asks: tuple[str, ...]
    rule: str
    items: tuple[int, ...] = ()  # asset ids
    genres: tuple[str, ...] = ()
    typo: bool = False


@dataclass(frozen=True, slots=True)
class Shelf:
    """What is known of items where answers are judged: by asset id."""

    catalogue: Catalogue

    def year(self, item: str) -> float:
        """NaN where unknown."""
        day = float(self.catalogue.published[self.catalogue.items.code(item)])
        if np.isnan(day):
            return day
        return float(np.datetime64(int(day // 1), "D").astype("datetime64[Y]").item().year)

    def of(self, item: str, kind: str) -> set[str]:
        """Its categories or creators."""
        code, shelf = self.catalogue.items.code(item), self.catalogue
        table, names = (
            (shelf.category, shelf.categories) if kind == "category"
            else (shelf.creator, shelf.creators)
        )  # fmt: skip
        return {names.names[c] for c in table.indices[table.indptr[code] : table.indptr[code + 1]]}

    def meets(self, item: str, ask: str) -> bool:
        """Whether an item is what was asked for; what does not filter is always met."""
        denied, kind, value = parted(ask)
        if kind == "year":
            low, high = ends(value)
            return (low <= self.year(item) <= high) != denied
        if kind not in ("category", "creator"):
            return True
        return bool(self.of(item, kind).intersection(value.split("|"))) != denied


def read(path: Path, split: str | None = None) -> list[Judged]:
    """The queries of a file, or of one split of it; raises `DataError` for a line that is none."""
    try:
        rows = [msgspec.json.decode(line, type=Judged) for line in path.read_bytes().splitlines()]
    except msgspec.DecodeError as error:
        raise DataError(f"{path}: a line is no judged query: {error}") from error
    return [row for row in rows if split in (None, row.split)]


def judged(
    rows: Iterable[Judged], answer: Callable[[str], Sequence[str]], catalogue: Catalogue
) -> dict[str, float]:
    """The share of queries whose answer is right, of each kind and of all.

    answer: asset ids, best first, to a text; the empty text is answered by behaviour alone.
    """
    shelf, usual = Shelf(catalogue), list(answer(""))
    found: dict[str, list[bool]] = {}
    for row in rows:
        right = satisfied(row, list(answer(row.text)), shelf, usual)
        found.setdefault(row.kind, []).append(right)
    out = {kind: float(np.mean(found[kind])) for kind in KINDS if kind in found}
    every = [right for kind in found.values() for right in kind]
    return out | {"all": float(np.mean(every))} if every else out


def satisfied(row: Judged, given: Sequence[str], shelf: Shelf, usual: Sequence[str]) -> bool:
    """Whether an answer is right by the row's rule; raises `DataError` for a rule nobody knows."""
    name, *numbers = row.rule.split()
    if name == "behaviour":
        return list(given) == list(usual)
    n, *more = (int(number) for number in numbers)
    top, wanted = given[:n], {str(item) for item in row.items}
    if name == "first":
        return not wanted.isdisjoint(top)
    if name == "some":
        return len(wanted.intersection(top)) >= more[0]
    if name == "all":
        return bool(top) and all(shelf.meets(item, ask) for item in top for ask in row.asks)
    if name == "genres":
        return sum(not shelf.of(i, "category").isdisjoint(row.genres) for i in top) >= more[0]
    if name == "before":
        return sum(shelf.year(item) < more[1] for item in top) >= more[0]
    raise DataError(f"{row.text!r}: no rule {row.rule!r}")


def accuracy(
    rows: Iterable[Judged], reader: Callable[[str], Understood], catalogue: Catalogue
) -> Mapping[str, float]:
    """Precision and recall of what was understood, over all asks, and the share read exactly."""
    right = told = recalled = asked = exact = n = 0
    for row in rows:
        acting = [c for c in reader(row.text).constraints if acts(c)]
        met = sum(any(same(ask, one, catalogue) for one in acting) for ask in row.asks)
        hits = sum(any(same(ask, one, catalogue) for ask in row.asks) for one in acting)
        right, told, n = right + hits, told + len(acting), n + 1
        recalled, asked = recalled + met, asked + len(row.asks)
        exact += met == len(row.asks) and hits == len(acting)
    return {
        "precision": right / told if told else 1.0,
        "recall": recalled / asked if asked else 1.0,
        "exact": exact / n if n else 1.0,
    }


def acts(one: Constraint) -> bool:
    """Whether it filters, names an item, or is a mood."""
    return one.kind in ACTING and (one.hard or one.kind in ("title", "like", "mood"))


def same(ask: str, one: Constraint, catalogue: Catalogue) -> bool:
    """Whether a constraint is what an ask says."""
    denied, kind, value = parted(ask)
    if denied != one.negated or kind != one.kind:
        return False
    if kind in ("title", "like"):
        return not {catalogue.items.names[i] for i in one.items}.isdisjoint(value.split("|"))
    if kind in ("year", "price"):
        return (one.low, one.high) == ends(value)
    return not {one.value, *one.names}.isdisjoint(value.split("|"))


def parted(ask: str) -> tuple[bool, str, str]:
    """Whether it is denied, its kind, its value.

    >>> parted("!category=Horror")
    (True, 'category', 'Horror')
    """
    kind, _, value = ask.removeprefix("!").partition("=")
    return ask.startswith("!"), kind, value


def ends(value: str) -> tuple[float, float]:
    """Of a range.

    >>> ends("1991.."), ends("..1979")
    ((1991.0, inf), (-inf, 1979.0))
    """
    low, _, high = value.partition("..")
    return float(low or "-inf"), float(high or "inf")
