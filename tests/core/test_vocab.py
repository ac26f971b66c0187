from __future__ import annotations

import numpy as np
import pytest

from hermes.core.errors import ArtifactError, DataError
from hermes.core.vocab import Vocabulary

ODD = [
    "a/b",
    'say "hi"',
    "🦊",
    "👩‍👩‍👧",
    "\ud800",
    "line\nbreak",
    "nul\0",
    "é",
    "e\u0301",
    "x" * 10_000,
    " ",
]


def test_codes_count_from_one_and_zero_is_unknown() -> None:
    names = Vocabulary.of(["b", "a"])
    assert [names.code(n) for n in ("b", "a", "nobody", "")] == [1, 2, 0, 0]
    assert len(names) == 3


def test_many_names_are_encoded_like_one() -> None:
    names = Vocabulary.of(ODD)
    codes = names.encode([*ODD, "nobody"])
    assert codes.tolist() == [*range(1, len(ODD) + 1), 0]
    assert codes.dtype == np.int64


def test_odd_names_come_back_as_they_were() -> None:
    names = Vocabulary.of(ODD)
    again = Vocabulary.restore(names.arrays())
    assert again.names == ("", *ODD)
    assert again.codes == names.codes


def test_no_names_at_all_come_back() -> None:
    assert Vocabulary.restore(Vocabulary.of([]).arrays()).names == ("",)


@pytest.mark.parametrize("twice", [["a", "b", "a"], ["a", ""]])
def test_a_name_twice_or_an_empty_one_is_refused(twice: list[str]) -> None:
    with pytest.raises(DataError, match="distinct, non-empty"):
        Vocabulary.of(twice)


def test_bytes_and_ends_that_disagree_are_refused() -> None:
    arrays = Vocabulary.of(["ab", "c"]).arrays()
    for wrong in ({"bytes": arrays["bytes"][:-1]}, {"ends": arrays["ends"][:0]}):
        with pytest.raises(ArtifactError, match="disagree"):
            Vocabulary.restore(arrays | wrong)
