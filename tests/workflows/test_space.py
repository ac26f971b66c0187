from __future__ import annotations

from pathlib import Path

import pytest

from hermes.core.errors import ConfigError
from hermes.workflows.space import Range, of_file, of_words


def test_words_and_a_file_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "space.toml").write_text(
        '["rank.keep"]\nlow = 10\nhigh = 50\n["rank.config.lr"]\nlow = 1e-3\nhigh = 0.1\n'
        'log = true\n["rank.rich"]\nchoices = [true, false]\n'
    )
    words = ["rank.keep=10:50", "rank.config.lr=1e-3:0.1:log", "rank.rich=true|false"]
    assert of_words(words) == of_file(tmp_path / "space.toml")


@pytest.mark.parametrize(
    "word", ["rank.keep", "=1:2", "rank.keep=", "rank.keep=1:2:lg", "rank.keep=1:2:log:x"]
)
def test_a_word_that_is_no_space_says_how_to_write_one(word: str) -> None:
    with pytest.raises(ConfigError, match="write key=low:high"):
        of_words([word])


@pytest.mark.parametrize(
    ("word", "why"),
    [("x=5:2", "low must be below high"), ("x=0:2:log", "low must be above 0"), ("x=a:b", "x.low")],
)
def test_a_range_that_holds_nothing_is_refused(word: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        of_words([word])


def test_choices_and_bounds_exclude_each_other() -> None:
    with pytest.raises(ConfigError, match="give one of the two"):
        Range(low=1, choices=(1, 2))


def test_a_file_without_tables_shows_what_to_write(tmp_path: Path) -> None:
    (tmp_path / "space.toml").write_text("keep = 3\n")
    with pytest.raises(ConfigError, match=r'write \["keep"\], low, high'):
        of_file(tmp_path / "space.toml")
