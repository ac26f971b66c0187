from __future__ import annotations

import os
import subprocess
import sys
import time

import numpy as np
import pytest

from hermes.core.errors import ArtifactError, DataError
from hermes.encoders.ngrams import NGrams, NGramsConfig

CRIMES = ("murder", "killing", "robbery", "theft", "heist")
POLICE = ("detective", "policeman", "sheriff", "sleuth")
CROPS = ("wheat", "barley", "maize", "rye", "oats")
FARMERS = ("farmer", "peasant", "grower", "miller")
SMALL = NGramsConfig(d=16)


def texts() -> list[str]:
    """Each crime with each of the police, each crop with each who grows it."""
    out = [f"the {p} solves the {c} in town" for p in POLICE for c in CRIMES]
    return 3 * (out + [f"the {f} harvests the {c} in town" for f in FARMERS for c in CROPS])


@pytest.fixture(scope="module")
def encoder() -> NGrams:
    return NGrams.fit(texts(), np.random.default_rng(0), SMALL)


def likeness(encoder: NGrams, a: str, b: str) -> float:
    first, second = encoder.encode([a, b])
    return float(first @ second)


def test_words_of_one_company_are_alike_without_a_word_in_common(encoder: NGrams) -> None:
    near = likeness(encoder, "sheriff and robbery", "detective, murder")
    assert near > 0.5 > likeness(encoder, "sheriff and robbery", "farmer, wheat")


def test_rows_are_of_length_one_or_zero(encoder: NGrams) -> None:
    rows = encoder.encode(["murder", "", " \t", "?!", "x" * 100_000])
    assert np.linalg.norm(rows, axis=1).round(5).tolist() == [1, 0, 0, 0, 0]


def test_a_word_misspelled_is_near_what_was_meant(encoder: NGrams) -> None:
    assert "detecitve" not in encoder.words
    meant = likeness(encoder, "detecitve", "detective")
    assert meant > max(likeness(encoder, "detecitve", other) for other in (*CROPS, *FARMERS))


def test_any_script_is_learned() -> None:
    known = ["مملكة السماء", "سماء زرقاء", "مملكة قديمة"] * 50 + ["千と千尋の神隠し"] * 50
    encoder = NGrams.fit(known, np.random.default_rng(0), SMALL)
    rows = encoder.encode(["السماء", "千尋", "latin"])
    assert np.linalg.norm(rows, axis=1).round(5).tolist() == [1, 1, 0]


def test_restored_it_is_the_same_encoder(encoder: NGrams) -> None:
    again = NGrams.restore(encoder.arrays())
    assert again.identity == encoder.identity
    np.testing.assert_array_equal(again.encode(texts()[:9]), encoder.encode(texts()[:9]))


def test_other_texts_or_settings_make_another_identity(encoder: NGrams) -> None:
    fewer = NGrams.fit(texts(), np.random.default_rng(0), NGramsConfig(d=8))
    other = NGrams.fit(texts()[:90], np.random.default_rng(0), SMALL)
    assert len({encoder.identity, fewer.identity, other.identity}) == 3
    assert encoder.identity.startswith("text:ngrams:")


def test_the_same_seed_learns_the_same(encoder: NGrams) -> None:
    assert NGrams.fit(texts(), np.random.default_rng(0), SMALL).identity == encoder.identity


def test_another_process_learns_the_same() -> None:
    """Sets of words come in another order in each process."""
    code = (
        "import numpy as np; from hermes.encoders.ngrams import NGrams, NGramsConfig; "
        f"print(NGrams.fit({[*CRIMES, *CROPS]!r} * 3 + {texts()[:40]!r}, "
        "np.random.default_rng(0), NGramsConfig(d=8)).identity)"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1


def test_ten_thousand_words_are_read_in_a_moment(encoder: NGrams) -> None:
    began = time.process_time()
    encoder.encode([" ".join(f"murder{i}" for i in range(10_000))])
    assert time.process_time() - began < 0.5


def test_a_query_takes_less_than_a_millisecond(encoder: NGrams) -> None:
    encoder.encode(["warm"])
    took = []
    for _ in range(50):
        began = time.process_time()
        encoder.encode(["a detecitve looks for the one who did the murder in a small town"])
        took.append(time.process_time() - began)
    assert np.median(took) < 1e-3


def test_a_bundle_without_an_array_is_refused(encoder: NGrams) -> None:
    arrays = encoder.arrays()
    short = arrays | {"table": arrays["table"][:-1]}
    with pytest.raises(ArtifactError, match="do not belong together"):
        NGrams.restore(short)
    with pytest.raises(ArtifactError, match="lacks array 'table'"):
        NGrams.restore({k: v for k, v in arrays.items() if k != "table"})


@pytest.mark.parametrize("nothing", [[], [""], ["?!", " "], ["one"]])
def test_nothing_is_learned_from_no_words(nothing: list[str]) -> None:
    with pytest.raises(DataError, match="needs texts"):
        NGrams.fit(nothing, np.random.default_rng(0))
