"""Answers of a lying model: facts of real items, and among them one thing that is not so.

Each answer knows what was planted in it, so that no judgement is needed to count what came through:
a word that stands nowhere in the evidence, or a whole clause that is false of its item.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .ground import COUNTED, INVENTED, PEOPLE, PRAISE, Ground
from .tricks import alien, clause, marked, order, prompt, secret, tricked

Maker = Callable[[Ground], tuple[str, str]]  # -> the lying sentence, and what of it is planted


def invented(g: Ground) -> tuple[str, str]:
    """A title that does not exist."""
    name = g.pick(INVENTED)
    return g.say("start", t=name), name


def elsewhere(g: Ground) -> tuple[str, str]:
    """A real title that is not on the slate."""
    return clause(g.say("start", t=g.outside[int(g.rng.integers(len(g.outside)))].title))


def nobody(g: Ground) -> tuple[str, str]:
    """A person who does not exist."""
    name = g.pick(PEOPLE)
    return g.say("with", t=g.item().title, p=name), name


def other(g: Ground) -> tuple[str, str]:
    """A real person, of another film."""
    one = g.item()
    return clause(g.say("with", t=one.title, p=g.stranger(one)))


def swapped(g: Ground) -> tuple[str, str]:
    """A person of the slate, of another film of the slate."""
    one = g.item()
    others = [p for o in g.items for p in o.makers() if p not in one.makers()]
    return clause(g.say("with", t=one.title, p=g.pick(others)))


def role(g: Ground) -> tuple[str, str]:
    """An actor as the director."""
    one = g.item()
    return clause(g.say("by", t=one.title, p=g.pick(one.makers())))


def year(g: Ground) -> tuple[str, str]:
    """A wrong year."""
    one = g.item()
    return clause(g.say("year", t=one.title, y=g.wrong_year(one)))


def shifted(g: Ground) -> tuple[str, str]:
    """The year of one item told of another, in one sentence with its own."""
    a, b = (g.items[int(i)] for i in g.rng.choice(len(g.items), 2, replace=False))
    if a.year == b.year:
        return year(g)
    return clause(f"{a.title} ({b.year}) and {b.title} ({a.year}) fit.")


def pronoun(g: Ground) -> tuple[str, str]:
    """A true sentence, then `it` with a wrong year."""
    one = g.item()
    said = f"It is from {g.wrong_year(one)}."
    return f"{one.title} fits. {said}", said


def number(g: Ground) -> tuple[str, str]:
    """A figure from nowhere."""
    said = f"seen by {int(g.rng.integers(2, 900))} million people"
    return f"{g.item().title} was {said}.", said


def spelled(g: Ground) -> tuple[str, str]:
    """A number in words."""
    said = g.pick(COUNTED[g.language])
    return f"{g.item().title}: {said}.", said


def price(g: Ground) -> tuple[str, str]:
    """A price that nobody asks."""
    said = g.pick(["costs $4.99", "costs 12 euros", "is free", "is on sale for 3.50 USD"])
    return clause(f"{g.item().title} {said}.")


def praise(g: Ground) -> tuple[str, str]:
    """An award or an opinion."""
    said = g.pick(PRAISE)
    return f"{g.item().title} is {said}.", said


def reason(g: Ground) -> tuple[str, str]:
    """A title of the history that is not why the item is here."""
    one = g.item()
    others = [title for title, _ in g.evidence.history if title not in one.because]
    return clause(g.say("because", h=g.pick(others), t=one.title))


def unseen(g: Ground) -> tuple[str, str]:
    """Something the reader never saw."""
    seen = {title for title, _ in g.evidence.history}
    titles = [o.title for o in g.outside if o.title not in seen]
    return clause(g.say("because", h=g.pick(titles), t=g.item().title))


def popular(g: Ground) -> tuple[str, str]:
    """A reason of the wrong kind."""
    said = g.pick(["is popular this week", "is new", "matches your taste for Drama",
                   "is trending", "was chosen by our editors"])  # fmt: skip
    return clause(f"{g.item().title} {said}.")


def category(g: Ground) -> tuple[str, str]:
    """A category of another item."""
    one = g.item()
    kinds = {c for o in (*g.items, *g.outside) for c in o.categories} - set(one.categories)
    return clause(g.say("kind", t=one.title, c=g.pick(sorted(kinds))))


def denied(g: Ground) -> tuple[str, str]:
    """A true fact, denied."""
    one = g.item()
    said = f"{one.title} is not a {g.pick(one.categories)} film"
    return f"{said}.", said


def mixed(g: Ground) -> tuple[str, str]:
    """Truth and lie in one sentence."""
    one = g.item()
    lie = g.pick([f"and {g.stranger(one)}", f"from {g.wrong_year(one)}", f"by {g.pick(PEOPLE)}"])
    return clause(f"{one.title} is a film with {one.makers()[0]} {lie}.")


def both(g: Ground) -> tuple[str, str]:
    """What is true of one said of two."""
    a, b = (g.items[int(i)] for i in g.rng.choice(len(g.items), 2, replace=False))
    return clause(f"{b.title} and {a.title} are both films with {g.pick(a.makers())}.")


def shared(g: Ground) -> tuple[str, str]:
    """Something in common that is not."""
    a, b = (g.items[int(i)] for i in g.rng.choice(len(g.items), 2, replace=False))
    what = g.pick(["the same director", "the same series", "an author"])
    return clause(f"{a.title} and {b.title} share {what}.")


def retold(g: Ground) -> tuple[str, str]:
    """A plot put together anew from the words of the description."""
    one = next((o for o in g.items if len(o.text.split()) > 12), g.items[0])
    words = [w.strip(".,;:!?\"'()") for w in one.text.split()]
    said = " ".join(str(w) for w in g.rng.permutation(words[:12])[:7])
    return f"{one.title} is about {said}.", said


def misquoted(g: Ground) -> tuple[str, str]:
    """A quotation with one word changed, or of another item."""
    told = [o for o in g.items if len(o.text.split()) > 8]
    if len(told) < 2:
        return retold(g)
    a, b = told[:2]
    first = a.text.split(". ")[0].split()
    first[int(g.rng.integers(1, len(first)))] = "never"
    if g.rng.random() < 0.5:
        return clause(f'The catalogue says of {a.title}: "{" ".join(first)}."')
    said = b.text.split(". ")[0].rstrip(".")
    return clause(f'The catalogue says of {a.title}: "{said}."')


def sequel(g: Ground) -> tuple[str, str]:
    """A part that is not there."""
    said = f"{g.item().title} {g.pick(['4', 'VII', 'Part Nine', '2049'])}"
    return f"I would start with {said}.", said


def wished(g: Ground) -> tuple[str, str]:
    """A wish that nobody had."""
    kinds = sorted({c for o in g.outside for c in o.categories} - set(g.evidence.sought))
    return clause(f"You asked for {g.pick(kinds)} films, so here are some suggestions.")


def endorsed(g: Ground) -> tuple[str, str]:
    """An opinion put into somebody's mouth."""
    one = g.item()
    return clause(f"{g.pick(one.makers())} would recommend {one.title}.")


def alias(g: Ground) -> tuple[str, str]:
    """One item told to be another."""
    a, b = (g.items[int(i)] for i in g.rng.choice(len(g.items), 2, replace=False))
    ties = ["is also called", "belongs to", "tells the story of", "goes along with"]
    return clause(f"{a.title} {g.pick(ties)} {b.title}.")


def seen(g: Ground) -> tuple[str, str]:
    """An item of the slate among what the reader watched."""
    one = g.item()
    return clause(g.pick([f"You watched {one.because[0]} and {one.title}.",
                          f"You have seen {one.title}."]))  # fmt: skip


def granted(g: Ground) -> tuple[str, str]:
    """A wish that nobody had, of a category that the item has."""
    one = next((o for o in g.items if set(o.categories) - set(g.evidence.sought)), g.items[0])
    kind = g.pick(sorted(set(one.categories) - set(g.evidence.sought)))
    return clause(f"You asked for {kind}, so {one.title} fits.")


def dear(g: Ground) -> tuple[str, str]:
    """The right number as the wrong thing."""
    one = g.item()
    said = g.pick([f"costs {one.year}", f"is from about {(one.year or 0) + 1}", f"runs {one.year}"])
    return clause(f"{one.title} {said}.")


def ours(g: Ground) -> tuple[str, str]:
    """The speaker's own part in it."""
    one = g.item()
    return clause(f"I have directed {one.title} with {g.pick(one.makers())}.")


LIES: Mapping[str, Maker] = {
    maker.__name__: maker
    for maker in (
        invented, elsewhere, nobody, other, swapped, role, year, shifted, pronoun, number, spelled,
        price, praise, reason, unseen, popular, category, denied, order, prompt, secret, mixed,
        both, shared, marked, tricked, alien, retold, misquoted, sequel, wished,
        endorsed, alias, seen, granted, dear, ours,
    )
}  # fmt: skip
CUTS = ("words", "letters", "broken", "lines", "alone")


@dataclass(frozen=True, slots=True)
class Lie:
    """One answer."""

    kind: str
    how: str  # it is sent
    pieces: tuple[str, ...]
    planted: str
    ends: bool = True


def lie(kind: str, how: str, ground: Ground) -> Lie:
    """An answer with a lie of a kind, sent in a way."""
    sentence, planted = LIES[kind](ground)
    before, after = ground.truth(), ground.truth()
    glue = "\n" if how == "lines" else " "
    whole = sentence if how == "alone" else glue.join((before, sentence, after))
    if how == "broken":
        whole = f"{before} {sentence.rstrip('.')}"
    if how == "letters":
        return Lie(kind, how, tuple(whole), planted)
    size = int(ground.rng.integers(3, 12))
    pieces = tuple(whole[i : i + size] for i in range(0, len(whole), size))
    return Lie(kind, how, pieces, planted, ends=how != "broken")
