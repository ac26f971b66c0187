from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from hermes.core.errors import DataError
from hermes.encoders.cache import Cache
from hermes.encoders.captions import Seen, told


class Reader:
    """Says what is written in a picture's bytes, and counts what it was asked."""

    def __init__(self, speaker: str = "reader") -> None:
        self.speaker, self.asked = speaker, 0

    def describe(self, things: Sequence[bytes]) -> list[Seen]:
        self.asked += len(things)
        if any(thing == b"bad" for thing in things):
            raise DataError("picture: is bad")
        return [Seen(thing.decode(), ("thing",)) for thing in things]


def test_equal_pictures_are_asked_about_once() -> None:
    reader = Reader()
    done = told(reader, [b"a", b"b", b"a", None])
    assert [seen and seen.caption for seen in done.seen] == ["a", "b", "a", None]
    assert reader.asked == 2


def test_a_bad_picture_costs_only_itself() -> None:
    done = told(Reader(), [b"a", b"bad", b"c"])
    assert [seen and seen.caption for seen in done.seen] == ["a", None, "c"]
    assert done.refused == {1: "picture: is bad"}


def test_what_was_said_is_kept_for_its_speaker_alone(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache.sqlite")
    told(Reader(), [b"a", b"b"], cache)
    again, other = Reader(), Reader("another")
    assert told(again, [b"b", b"c"], cache).reused == 1
    assert again.asked == 1
    told(other, [b"a"], cache)
    assert other.asked == 1


def test_what_was_said_before_an_end_is_not_asked_again(tmp_path: Path) -> None:
    class Dying(Reader):
        def describe(self, things: Sequence[bytes]) -> list[Seen]:
            if self.asked == 2:
                raise KeyboardInterrupt
            return super().describe(things)

    cache = Cache(tmp_path / "cache.sqlite")
    pictures = [b"a", b"b", b"c", b"d"]
    with pytest.raises(KeyboardInterrupt):
        told(Dying(), pictures, cache, batch=2)
    reader = Reader()
    assert told(reader, pictures, cache, batch=2).reused == 2
    assert reader.asked == 2


def test_a_damaged_answer_is_named_with_its_file(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache.sqlite")
    told(Reader(), [b"a"], cache)
    with closing(cache.open()) as db, db:
        db.execute("update captions set said = x'7b'")
    with pytest.raises(DataError, match=r"cache\.sqlite"):
        told(Reader(), [b"a"], cache)
