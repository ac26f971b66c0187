"""Every error hermes raises on purpose.

HermesError
├── DataError        a row, file or folder breaks the contract
├── ConfigError      a setting, recipe or argument is wrong; names the nearest valid word
├── ShapeError       an array does not have the shape its name promises
├── ArtifactError    a bundle is missing, damaged or foreign
├── Unavailable      a part that should answer does not; carries what to do
├── NotFound         a user, item or resource nobody knows
└── Conflict         what was to be changed was changed by another meanwhile

A message names what was wrong, where, and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class HermesError(Exception):
    """Root of the tree; the command line prints its message and exits 1."""


class DataError(HermesError):
    """A row, file or folder breaks the contract."""


class ConfigError(HermesError):
    """A setting, recipe or argument is wrong; the command line exits 2."""


class ShapeError(HermesError):
    """An array does not have the shape its name promises."""


class ArtifactError(HermesError):
    """A bundle is missing, damaged or foreign."""


class Unavailable(HermesError):
    """A part that should answer does not."""


class NotFound(HermesError):
    """A user, item or resource nobody knows."""


class Conflict(HermesError):
    """What was to be changed was changed by another meanwhile; asking again may do."""


LISTED = 30  # names that a message lists at most
MANY = 2000  # names that are compared at most


def nearest(word: str, valid: Iterable[str]) -> str:
    """'; did you mean X?', else what is valid where that is a few; ends a `ConfigError` message.

    Of many names none is listed, and of very many only those that begin as the word does are
    compared, so that a wrong word costs a server neither its time nor a long answer.

    >>> nearest("lengt", ["length", "heads"])
    "; did you mean 'length'?"
    >>> nearest("zzz", ["length", "heads"])
    '; valid: heads, length'
    """
    options = list(valid)
    alike, size = options, 0
    while len(alike) > MANY and size < len(word):
        size += 1
        begin = word[:size].casefold()
        alike = [one for one in alike if one[:size].casefold() == begin]
    if close := get_close_matches(word, alike[:MANY], n=1):
        return f"; did you mean {close[0]!r}?"
    return f"; valid: {', '.join(sorted(options))}" if len(options) <= LISTED else ""
