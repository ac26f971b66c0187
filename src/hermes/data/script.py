"""Text as it is compared: without case and accents, in any script."""

from __future__ import annotations

import re
import unicodedata

import tantivy

MARKLESS = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")  # no spaces in between
PART = 128  # characters taken apart at once: marks upon one letter are put in order, all by all
LONGEST = 64  # bytes of a word; longer ones are no words


def folded(text: str) -> str:
    """Without accents and case, a space around each character of a script that uses none.

    >>> folded("Amélie Straße 千と")
    'amelie strasse  千  と '
    """
    if text.isascii():
        return text
    clean = whole(text)
    parts = (clean[i : i + PART] for i in range(0, len(clean), PART))
    apart = "".join(unicodedata.normalize("NFKD", part) for part in parts).casefold()
    return MARKLESS.sub(r" \g<0> ", "".join(c for c in apart if not unicodedata.combining(c)))


def whole(text: str) -> str:
    r"""A question mark for each half of a surrogate pair, which is no character.

    >>> whole("half \ud800 a pair")
    'half ? a pair'
    """
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def analyzer(stemmed: bool) -> tantivy.TextAnalyzer:
    """Folded text to words in lower case, or to their English stems."""
    steps = [tantivy.Filter.lowercase(), tantivy.Filter.ascii_fold()]
    steps += [tantivy.Filter.remove_long(LONGEST)]
    steps += [tantivy.Filter.stemmer("english")] if stemmed else []
    made = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in steps:
        made = made.filter(step)
    return made.build()


WORDS, STEMS = analyzer(stemmed=False), analyzer(stemmed=True)


def tokens(text: str) -> list[str]:
    """The words of a text in their order, folded.

    >>> tokens("Don't LOOK, Amélie!")
    ['don', 't', 'look', 'amelie']
    """
    return WORDS.analyze(folded(text))


def stems(text: str) -> list[str]:
    """The same without English endings.

    >>> stems("Murders in the Amazing Cities")
    ['murder', 'in', 'the', 'amaz', 'citi']
    """
    return STEMS.analyze(folded(text))
