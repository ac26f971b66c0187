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


def nearest(word: str, valid: Iterable[str]) -> str:
    """' (did you mean X?)' or the list of what is valid; ends a `ConfigError` message.

    >>> nearest("lengt", ["length", "heads"])
    "; did you mean 'length'?"
    >>> nearest("zzz", ["length", "heads"])
    '; valid: heads, length'
    """
    options = sorted(valid)
    close = get_close_matches(word, options, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; valid: {', '.join(options)}"
