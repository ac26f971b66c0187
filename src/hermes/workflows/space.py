"""Where a search may look: a range or a choice for each setting of a recipe."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hermes.core.config import build
from hermes.core.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Range:
    """From `low` to `high`, both included, whole numbers when both are; or one of `choices`."""

    low: int | float | None = None
    high: int | float | None = None
    log: bool = False  # every factor is as likely, in place of every difference
    choices: tuple[bool | int | float | str, ...] = ()

    def __post_init__(self) -> None:
        """Raise `ConfigError` for what is neither."""
        if self.choices:
            if self.low is not None or self.high is not None or self.log:
                raise ConfigError("a space has choices, or low and high; give one of the two")
            return
        if self.low is None or self.high is None or not self.low < self.high:
            raise ConfigError(f"a range from {self.low} to {self.high}: low must be below high")
        if self.log and self.low <= 0:
            raise ConfigError(f"a range from {self.low} by factors: low must be above 0")

    @property
    def first(self) -> Any:
        """A value that is in it."""
        return self.choices[0] if self.choices else self.low

    def ask(self, trial: Any, name: str) -> Any:
        """What an Optuna trial proposes."""
        if self.choices:
            return trial.suggest_categorical(name, list(self.choices))
        whole = isinstance(self.low, int) and isinstance(self.high, int)
        suggest = trial.suggest_int if whole else trial.suggest_float
        return suggest(name, self.low, self.high, log=self.log)


def of_words(words: Iterable[str]) -> dict[str, Range]:
    """`key=low:high`, `key=low:high:log` or `key=a|b|c`, each a setting.

    >>> of_words(["rank.keep=10:50"])["rank.keep"]
    Range(low=10, high=50, log=False, choices=())
    >>> of_words(["channels.sasrec.config.loss=softmax|gbce"]).popitem()[1].choices
    ('softmax', 'gbce')
    """
    space = {}
    for word in words:
        name, found, text = word.partition("=")
        low, *rest = text.split(":")
        if not found or not name or not text or len(rest) > 2 or rest[1:] not in ([], ["log"]):
            raise ConfigError(f"--param {word!r}: write key=low:high, key=low:high:log or key=a|b")
        if rest:
            bounds = {"low": plain(low), "high": plain(rest[0]), "log": len(rest) == 2}
            space[name] = build(Range, bounds, name)
        else:
            space[name] = Range(choices=tuple(plain(choice) for choice in text.split("|")))
    return space


def plain(text: str) -> Any:
    """A TOML value, else the bare word."""
    try:
        return tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError:
        return text


def of_file(path: Path) -> dict[str, Range]:
    """A TOML file with a table for each setting: `["rank.keep"]`, `low = 10`, `high = 50`."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"--space {path}: {error}") from error
    if wrong := [name for name, room in table.items() if not isinstance(room, dict)]:
        raise ConfigError(
            f'--space {path}: {wrong[0]} is no table; write ["{wrong[0]}"], low, high'
        )
    return {name: build(Range, room, name) for name, room in table.items()}
