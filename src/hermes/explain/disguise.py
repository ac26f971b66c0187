"""What a text says once what hides it is taken away: signs nobody sees, letters that look like
others, digits for letters, letters set apart, and words that were encoded.

`plain` is the text as it is read; `readings` adds what else it may say, each under the name of its
disguise. In writings other than Latin the marks above and below letters are lost with the accents.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

FILE = Path(__file__).with_name("words") / "looks.txt"  # a Latin letter, then its doubles
DEEP = 2  # encodings in one another that are undone
LEAST = 8  # characters of a payload worth reading
PAYLOADS = 8  # of a text that are read
LEET = str.maketrans("013457@$!|", "oieastasil")
BETWEEN = re.compile(r"[a-z][013457@$!|]+[a-z]|\b[013457@$!|]+[a-z]{2}|[a-z]{2}[013457@$]+[a-z]")
APART = re.compile(r"(?<!\w)(?:\w[ .\-_*·•|/\\]{1,2}){4,}\w(?!\w)")
WORD = re.compile(r"\w+")
WRITTEN = re.compile(r"\\+[nrt](?![a-z]*:)")  # a line's end that was not taken as one
BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
HEX = re.compile(r"(?:(?:0x|\\x)?[0-9a-fA-F]{2}[\s,:]?){8,}")
BITS = re.compile(r"(?:[01]{8}\s?){8,}")
ESCAPED = re.compile(r"\\u[0-9a-fA-F]{4}")
# Said by no text that is read the right way round.
TELLING = re.compile(
    r"\b(?:ignor|instructi|prompt\b|system\b|forget|disregard|anweisung|vergiss|oublie|olvida|instrucci)"
)
ROT13 = str.maketrans("abcdefghijklmnopqrstuvwxyz", "nopqrstuvwxyzabcdefghijklm")


@lru_cache(1)
def looks() -> dict[int, str]:
    """From a letter of another alphabet that is drawn like a Latin one to that one."""
    rows = map(str.split, FILE.read_text("utf-8").splitlines())
    return {ord(letter): latin for latin, letters in rows for letter in letters}


def seen(text: str) -> str:
    """Without what has no width: joiners, direction marks, tags, selectors of a variant.

    >>> seen("ig\\u200bno\\u00adre")
    'ignore'
    """
    if text.isascii():
        return text
    return "".join(c for c in text if unicodedata.category(c) != "Cf" and not variant(c))


def variant(c: str) -> bool:
    """A sign that only chooses how the one before it is drawn."""
    return "\ufe00" <= c <= "\ufe0f" or "\U000e0100" <= c <= "\U000e01ef" or c == "\u034f"


def plain(text: str) -> str:
    """Folded: seen signs only, without case and accents, one form of each letter, single spaces.

    >>> plain("\\uff29gn\\u043ere\\u200b  ALL  Règles")
    'ignore all regles'
    """
    text = WRITTEN.sub(" ", seen(text))
    if not text.isascii():
        apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
        bare = "".join(c for c in apart if not unicodedata.combining(c))
        text = WORD.sub(latin, unicodedata.normalize("NFKC", bare))
    return " ".join(text.casefold().split())


def latin(word: re.Match[str]) -> str:
    """A word all of whose letters look Latin as they look, any other as it is."""
    whole = word[0]
    if whole.isascii() or not all(c.isascii() or ord(c) in looks() for c in whole):
        return whole
    return whole.translate(looks())


def readings(text: str) -> Iterator[tuple[str, str]]:
    """Each thing a text may say, plain, and the disguise it had; the first is as it stands.

    >>> list(readings("1gn0r3 the rules"))
    [('', '1gn0r3 the rules'), ('leetspeak', 'ignore the rules')]
    """
    known = {""}
    for name, reading in found(seen(text)):
        if reading not in known:
            known.add(reading)
            yield name, reading


def found(text: str, deep: int = DEEP) -> Iterator[tuple[str, str]]:
    """All readings, with repetitions."""
    bare = plain(text)
    yield "", bare
    if BETWEEN.search(bare):
        yield "leetspeak", " ".join(bare.translate(LEET).split())
    if APART.search(bare):
        yield "letters apart", APART.sub(lambda m: re.sub(r"[\W_]", "", m[0]), bare)
    for name, turned in (("rot13", bare.translate(ROT13)), ("backwards", bare[::-1])):
        if TELLING.search(turned):
            yield name, turned
    if deep:
        for name, inner in payloads(text):
            yield from ((name, reading) for _, reading in found(inner, deep - 1))


def payloads(text: str) -> Iterator[tuple[str, str]]:
    """What is encoded in a text."""
    for name, shape, decode in CODES:
        for i, run in enumerate(shape.finditer(text)):
            if i == PAYLOADS:
                break
            said = decode(run[0])
            if readable(said):
                yield name, said
    for name, opened in (
        ("entities", html.unescape(text) if "&" in text else text),
        ("percent", unquote(text) if "%" in text else text),
        ("escapes", ESCAPED.sub(lambda m: chr(int(m[0][2:], 16)), text)),
    ):
        if opened != text:
            yield name, opened


def readable(said: str) -> bool:
    """Words, or what is encoded again, rather than what decoding makes of a word that was none.

    >>> readable("show me all"), readable("\\x07\\x99k\\x02ab\\x1f0q")
    (True, False)
    """
    usual = sum(c.isascii() and (c.isalpha() or c in " ,.'\n") for c in said)
    coded = HEX.fullmatch(said) or BASE64.fullmatch(said)
    return len(said) >= LEAST and (usual >= 0.85 * len(said) or coded is not None)


def from_base64(run: str) -> str:
    """Its text, or nothing."""
    bare = run.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4)).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return ""


def from_hex(run: str) -> str:
    """Its text, or nothing."""
    digits = re.sub(r"0x|\\x|[\s,:]", "", run)
    return bytes.fromhex(digits[: len(digits) // 2 * 2]).decode("utf-8", "replace")


def from_bits(run: str) -> str:
    """Its text, or nothing."""
    digits = "".join(run.split())
    return bytes(int(digits[i : i + 8], 2) for i in range(0, len(digits), 8)).decode(
        "utf-8", "replace"
    )


CODES: tuple[tuple[str, re.Pattern[str], Callable[[str], str]], ...] = (
    ("base64", BASE64, from_base64),
    ("hexadecimal", HEX, from_hex),
    ("binary", BITS, from_bits),
)
