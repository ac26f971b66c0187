"""Which records of two sources are the same thing: by title, year, and who made it.

Titles come in many spellings, see `titles`. Records that share a spelling, a title without its
subtitle, or their two rarest words are compared (blocking: never all with all), every pair gets a
score from 0 to 1, and a pair is a match when both are each other's best above the threshold.
Fellegi, Sunter. A theory for record linkage. JASA 1969, with weights set by hand: what a difference
in years says depends on how telling the title is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from hermes.core.errors import ConfigError

from .groups import Groups
from .titles import BRACKETS, folded, shorter, spellings, turned

COMMON = 3000  # records that share a word beyond which it finds nothing
Pairs = frozenset[tuple[str, str]]
SCHEMA = {"left": pl.String(), "right": pl.String(), "score": pl.Float64(), "why": pl.String()}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What counts as the same."""

    threshold: float = 0.8
    alike: float = 0.85  # share of letter triples that two spellings have in common, at least
    apart: int = 2  # years

    def __post_init__(self) -> None:
        """Refuse a threshold that no score can be compared with."""
        if not 0 < self.threshold <= 1:
            raise ConfigError(f"threshold {self.threshold}: must be above 0 and at most 1")


@dataclass(frozen=True, slots=True)
class Record:
    """What is compared of an asset."""

    id: str
    year: int | None
    spellings: tuple[str, ...]  # the title first, then what else it is called
    shorter: frozenset[str]  # without subtitle, or without whose it is
    bare: str  # the title in lower case, its article kept
    makers: frozenset[str]


@dataclass
class Block:
    """Records by what may find them."""

    records: dict[str, Record]
    by: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def of(cls, records: Iterable[Record]) -> Block:
        """An index of words and of spellings without spaces."""
        block = cls({record.id: record for record in records})
        for record in block.records.values():
            for key in keys(record):
                block.by[key].add(record.id)
        return block

    def near(self, record: Record) -> set[str]:
        """Ids of those worth comparing."""
        found = {one for key in keys(record) if key[0] == "=" for one in self.by.get(key, ())}
        for title in record.spellings:
            words = sorted({f"#{word}" for word in title.split()}, key=self.held)
            for word in words[:2]:
                if self.held(word) <= COMMON:
                    found |= self.by.get(word, set())
        return found

    def held(self, key: str) -> int:
        """How many have it."""
        return len(self.by.get(key, ()))


def matches(
    left: pl.DataFrame, right: pl.DataFrame, plan: Plan = Plan(), never: Pairs = frozenset()
) -> pl.DataFrame:
    """Pairs of assets that are the same thing, each asset in one pair at most.

    Frames with asset_id, title, published_at, and creators where they are known; `never` holds
    (left, right) of which it is known that they are two things.
    -> left, right, score, why, the surest first
    """
    ours = Block.of(record(row) for row in left.iter_rows(named=True))
    block = Block.of(record(row) for row in right.iter_rows(named=True))
    near = ((one, other) for one, mine in ours.records.items() for other in block.near(mine))
    taken: set[tuple[str, str]] = set()
    rows = []
    for mine, theirs, score, why in surest(near, ours, block, plan, never):
        if ("left", mine) not in taken and ("right", theirs) not in taken:
            taken |= {("left", mine), ("right", theirs)}
            rows.append((mine, theirs, score, why))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def twins(assets: pl.DataFrame, plan: Plan = Plan(), never: Pairs = frozenset()) -> pl.DataFrame:
    """Pairs of assets of one frame that are the same thing: as few as join all that are.

    -> left (the one that comes first in the frame), right, score, why, the surest first
    """
    block = Block.of(record(row) for row in assets.iter_rows(named=True))
    place = {one: n for n, one in enumerate(block.records)}
    near = {
        (min(one, other, key=place.__getitem__), max(one, other, key=place.__getitem__))
        for one, mine in block.records.items()
        for other in block.near(mine) - {one}
    }
    groups = Groups()
    rows = [pair for pair in surest(near, block, block, plan, never) if groups.join(*pair[:2])]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def surest(
    near: Iterable[tuple[str, str]], left: Block, right: Block, plan: Plan, never: Pairs
) -> list[tuple[str, str, float, str]]:
    """Of pairs worth comparing those that are the same, by falling score, with score and why."""
    pairs = []
    for one, other in near:
        if (one, other) not in never:
            score, why = judged(left.records[one], right.records[other], plan)
            if score >= plan.threshold:
                pairs.append((one, other, score, why))
    return sorted(pairs, key=lambda pair: (-pair[2], pair[0], pair[1]))


def record(row: Mapping[str, Any]) -> Record:
    """An asset as it is compared."""
    title, at = str(row["title"] or ""), row.get("published_at")
    makers = (one["name"] for one in row.get("creators") or ())
    return Record(
        id=str(row["asset_id"]),
        year=getattr(at, "year", None),
        spellings=spellings(title),
        shorter=frozenset(shorter(title)),
        bare=folded(turned(BRACKETS.sub(" ", title))),
        makers=frozenset(folded(str(name)) for name in makers),
    )


def keys(record: Record) -> Iterator[str]:
    """`=` and a spelling without spaces, `#` and a word."""
    for name in {*record.spellings, *record.shorter}:
        yield "=" + name.replace(" ", "")
    for name in record.spellings:
        yield from (f"#{word}" for word in name.split())


def judged(a: Record, b: Record, plan: Plan) -> tuple[float, str]:
    """How sure it is that two records are one, and by what."""
    gap = None if a.year is None or b.year is None else abs(a.year - b.year)
    if gap is not None and gap > plan.apart:
        return 0.0, ""
    score, why = titled(a, b, plan, gap)
    if not score:
        return 0.0, ""
    if gap is None:
        score, why = score - 0.1, f"{why}, year unknown"
    elif gap:
        telling = max(len(a.spellings[0].split()), 1)
        score -= {1: 0.06, 2: 0.17}[gap] + (0.1 if telling == 1 else 0.05 if telling == 2 else 0.0)
        why = f"{why}, {gap} year{'s' * (gap > 1)} apart"
    if a.makers and b.makers:
        if shared := a.makers & b.makers:
            return min(score + 0.1, 1.0), f"{why}, both by {min(shared)}"
        if min(len(a.makers), len(b.makers)) > 2:
            return score - 0.25, f"{why}, nobody in common"
    return score, why


def titled(a: Record, b: Record, plan: Plan, gap: int | None) -> tuple[float, str]:
    """How alike the titles are; 0 when they are not."""
    first, second = a.spellings, b.spellings
    if not first or not second:
        return 0.0, ""
    if first[0] == second[0]:
        same = a.bare == b.bare
        return (1.0, "same title") if same else (0.96, "same title, other spelling")
    squeezed = [{one.replace(" ", "") for one in names} for names in (first, second)]
    if squeezed[0] & squeezed[1]:
        return 0.95, "same title, other spelling"
    short = ({second[0]} & a.shorter) | ({first[0]} & b.shorter)
    if short:
        name = min(short)
        telling = len(name.split()) > 3 or bool(numbers(name))
        alone = " " not in name and name not in (a.bare, b.bare)  # the boys are not boys
        if (not gap or telling) and not alone:
            return 0.9, "one title is the other with more"
    likeness = alike(first[0], second[0])
    if likeness >= plan.alike and numbers(first[0]) == numbers(second[0]):
        return likeness, "similar title"
    return 0.0, ""


def numbers(title: str) -> list[str]:
    """Of a title, in order."""
    return sorted(word for word in title.split() if word.isdigit())


def alike(a: str, b: str) -> float:
    """Dice's coefficient of the triples of letters of two texts.

    >>> alike("us marshalls", "us marshals") > 0.85 > alike("american pimp", "american pie")
    True
    """
    first, second = (Counter(f"  {t} "[i : i + 3] for i in range(len(t) + 1)) for t in (a, b))
    return 2 * (first & second).total() / (first.total() + second.total())
