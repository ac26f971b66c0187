"""What is not wanted: `no horror, war or romance`, `nothing scary`, `without vampires`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .gazetteer import ARTICLES
from .phrases import MINUS, Hit, Phrases
from .understood import Constraint

NAMED = frozenset((
    "category", "pair", "creator", "mood", "tag", "colour", "language", "title", "range"
))  # fmt: skip
REACH = 5  # words between a denial and what is denied, at most
LONGEST = 3  # words that must be absent together
Sets = Mapping[str, frozenset[str]]


def deny(phrases: Phrases, sets: Sets) -> list[Constraint]:
    """Marks the hits that are denied; -> words that must be absent."""
    out = list[Constraint]()
    for hit in phrases.hits:
        if hit.kind == "deny":
            place = bridged(phrases, hit.end, sets)
            other = phrases.cover[place] if place < len(phrases.words) else None
            if other is not None and other.kind == "like":
                place = bridged(phrases, other.end, sets)
            if target(phrases, place):
                listed(phrases, place, hit, sets)
            elif hit.name.value in sets["absent"] and told(phrases, hit, sets):
                out += absent(phrases, hit, sets)
        elif MINUS.search(phrases.gap(hit.start)) and hit.kind in NAMED:
            hit.negated, hit.denied = True, hit.start
    return out


def target(phrases: Phrases, k: int) -> Hit | None:
    """What can be denied at a word."""
    hit = phrases.cover[k] if k < len(phrases.words) else None
    return hit if hit is not None and hit.kind in NAMED and hit.start == k else None


def bridged(phrases: Phrases, start: int, sets: Sets) -> int:
    """The first word that is no `a`, `too`, `films with` on the way to what is denied."""
    place = start
    while (
        place < min(start + REACH, len(phrases.words))
        and phrases.words[place] in sets["bridge"]
        and not target(phrases, place)
    ):
        place += 1
    return place


def listed(phrases: Phrases, place: int, cue: Hit, sets: Sets) -> None:
    """Deny a hit and those that a list goes on with; after a comma only where an `or` follows."""
    found, joints = list[Hit](), list[str]()
    joint = "or"
    while joint and (hit := target(phrases, place)) is not None and not (found and hit.range):
        found.append(hit)
        joints.append(joint)
        place, joint = hit.end, ""
        while place < len(phrases.words) and not target(phrases, place):
            if phrases.words[place] in sets["also"] and not joint:
                joint = "or"
            elif phrases.words[place] not in ARTICLES:
                return mark(found, joints, cue)
            place += 1
        if not joint and place < len(phrases.words) and "," in phrases.gap(place):
            joint = ","
    return mark(found, joints, cue)


def mark(found: list[Hit], joints: list[str], cue: Hit) -> None:
    """Deny all up to the last that no mere comma joins."""
    last = max(i for i, joint in enumerate(joints) if joint == "or")
    for hit in found[: last + 1]:
        hit.negated, hit.denied = True, cue.start
    cue.denied = cue.start


def told(phrases: Phrases, cue: Hit, sets: Sets) -> bool:
    """Whether a denial is about what is wanted, not a part of a story: `a man without a past`."""
    before = cue.start - 1
    return (
        before < 0
        or "," in phrases.gap(cue.start)
        or phrases.cover[before] is not None
        or phrases.words[before] == "but"
        or phrases.words[before] in sets["fillers"]
    )


def absent(phrases: Phrases, cue: Hit, sets: Sets) -> Iterator[Constraint]:
    """Plain words that must be absent: `without vampires`."""
    first = cue.end
    while first < len(phrases.words) and phrases.words[first] in ARTICLES:
        first += 1
    end = first
    while (
        end < min(first + LONGEST, len(phrases.words))
        and phrases.cover[end] is None
        and phrases.words[end] not in sets["stops"]
        and phrases.words[end] not in sets["fillers"]
        and (end == first or not phrases.gap(end).strip())
    ):
        end += 1
    after = phrases.words[end] if end < len(phrases.words) else ""
    ends = not after or "," in phrases.gap(end) or after in sets["also"] or after == "but"
    if end > first and (ends or cue.name.value != "no"):
        cue.denied = cue.start
        value = " ".join(phrases.words[first:end])
        span = phrases.starts[cue.start], phrases.ends[end - 1]
        reading = f"without: {value}"
        yield Constraint(kind="word", value=value, negated=True, span=span, reading=reading)
