from __future__ import annotations

import time

from hermes.encoders.passages import MOST, PIECES, passages, windows


def test_a_point_after_a_title_or_an_initial_ends_no_sentence() -> None:
    text = (
        "It was written by J. R. Smith and Dr. Strange of St. Louis. Nobody has read it since then."
    )
    assert len(passages(text)) == 2


def test_a_text_of_nothing_but_titles_takes_no_time() -> None:
    before = time.thread_time()
    assert len(passages("Mr. " * 25_000)) <= PIECES
    assert time.thread_time() - before < 1


def test_other_scripts_have_ends_too() -> None:
    assert passages("これは 長い 文 です ね え。次の 文 も とても 長い です ね。") == [
        "これは 長い 文 です ね え。",
        "次の 文 も とても 長い です ね。",
    ]


def test_nothing_has_no_passages() -> None:
    assert passages("") == passages(" \n\t") == windows("  ") == []


def test_a_sentence_without_end_is_cut_and_an_endless_text_is_not_read_to_its_end() -> None:
    pieces = passages("word " * 10_000)
    assert len(pieces) == PIECES
    assert max(len(one.split()) for one in pieces) == MOST


def test_every_word_is_in_a_window() -> None:
    words = [f"w{i}" for i in range(73)]
    assert {w for one in windows(" ".join(words)) for w in one.split()} == set(words)
