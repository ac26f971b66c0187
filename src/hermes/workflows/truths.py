"""Answers of a truthful model, in the manners in which people and models word such facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hermes.explain.evidence import Evidence, Item

# t title, u another title, y year, d decade, p, q people, c, e categories, h of the history, s a
# sentence of the description, w what was wished for
SAYINGS: Mapping[str, tuple[str, ...]] = {
    "en": (
        "I would start with {t}.",
        "Here are some suggestions: {t} and {u}.",
        "You could begin with {t}, a film from {y} with {p}.",
        "{t} ({y}) is a {c} film starring {p} and {q}.",
        "{t} was released in {y}.",
        "{t} came out in {y} and stars {p}.",
        "{t}, with {p}, is from the {d}s.",
        "The cast of {t} includes {p} and {q}.",
        "{p} and {q} play in {t}.",
        "{p} stars in {t}.",
        "Starring {p}, {t} is a {c} film from {y}.",
        "Because you watched {h}, you may enjoy {t}.",
        "{t} is here because you watched {h}.",
        "Since you watched {h}, I picked {t}.",
        "As you have seen {h}, {t} might be a good fit.",
        "You asked for {w}, and {t} fits that.",
        "You wanted {w}, so here are a few options.",
        "{t} is listed under {c} and {e}.",
        "{t} belongs to the categories {c} and {e}.",
        "Its categories are {c} and {e}.",
        'The catalogue says of {t}: "{s}"',
        '{t} is described as follows: "{s}"',
        "You might also like {t}.",
        "Another option is {u}, released in {y2}.",
        "Then there is {u} from {y2}.",
        "Both {t} and {u} are in the catalogue.",
        "How about {t}?",
        "If you want something from the {d}s, try {t}.",
        "Let me suggest {t}, which features {p}.",
        "{t} is a {y} film with {p}, {q} and others.",
        "My first pick is {t}.",
        "You may also want to look at {u}.",
        "{t} dates from {y}.",
        "I found {t} for you.",
        "The film {t} has {p} in the cast.",
        "Next on the list is {u}.",
    ),
    "de": (
        "Ich würde mit {t} anfangen.",
        "{t} ist ein Film von {y} mit {p} und {q}.",
        "{t} ({y}) passt zu deiner Suche.",
        "Weil du {h} gesehen hast, könnte dir {t} gefallen.",
        "{p} spielt in {t}.",
        "In {t} spielen {p} und {q}.",
        "{t} erschien {y}.",
        "Ich empfehle {t} und {u}.",
        "{t} stammt aus dem Jahr {y}.",
        'Der Katalog sagt über {t}: "{s}"',
    ),
    "fr": (
        "Je commencerais par {t}.",
        "{t} est un film de {y} avec {p} et {q}.",
        "Je vous propose {t} et {u}.",
        "Parce que vous avez vu {h}, {t} pourrait vous plaire.",
        "{p} joue dans {t}.",
        "{t} est sorti en {y}.",
        "{t} date de {y}.",
        "Vous pourriez aussi aimer {u}.",
        'Le catalogue dit de {t} : "{s}"',
        "Les acteurs de {t} sont {p} et {q}.",
    ),
    "es": (
        "Yo empezaría con {t}.",
        "{t} es una película de {y} con {p} y {q}.",
        "Te recomiendo {t} y {u}.",
        "Como viste {h}, prueba {t}.",
        "{p} actúa en {t}.",
        "{t} se estrenó en {y}.",
        "{t} es del año {y}.",
        "También podría gustarte {u}.",
        'El catálogo dice de {t}: "{s}"',
        "Los actores de {t} son {p} y {q}.",
    ),
}


def truths(evidence: Evidence, language: str) -> Iterator[tuple[str, str]]:
    """Every saying that the facts of a slate allow, and which it is."""
    for k, saying in enumerate(SAYINGS[language]):
        one, two = (evidence.items[(k + i) % len(evidence.items)] for i in range(2))
        values = facts(one, two, evidence)
        try:
            yield saying, saying.format(**values)
        except KeyError:
            continue  # the facts do not allow it


def facts(one: Item, two: Item, evidence: Evidence) -> dict[str, object]:
    """What there is to say."""
    out: dict[str, object] = {"t": one.title, "u": two.title}
    people = one.makers("actor")
    out |= dict(zip("pq", people, strict=False)) if len(people) > 1 else {}
    out |= dict(zip("ce", one.categories, strict=False)) if len(one.categories) > 1 else {}
    out |= {"h": one.because[0]} if one.because else {}
    out |= {"y": one.year, "d": one.year // 10 * 10} if one.year else {}
    out |= {"y2": two.year} if two.year else {}
    out |= {"w": f"{evidence.sought[0]} films"} if evidence.sought else {}
    if evidence.sought and evidence.sought[0] not in one.categories:
        out.pop("w", None)
    first = one.text.split(". ")[0]
    if 3 < len(first.split()) < 40 and not set(first) & set('"“”<>[]'):
        out["s"] = first.rstrip(".") + "."
    return out
