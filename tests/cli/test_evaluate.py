from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from hermes.cli.evaluate import depths, table
from hermes.core.errors import ConfigError
from hermes.evaluation.intervals import Interval
from hermes.evaluation.summary import Evaluation


@pytest.fixture
def found() -> Evaluation:
    metrics = ("hr@10", "ndcg@10", "recall@200")
    figures = {m: Interval(0.12345, 0.1, 0.15) for m in metrics}
    better = {m: Interval(0.22345, 0.2, 0.25) for m in metrics}
    return Evaluation(
        name="small",
        protocol="loo",
        users=3,
        items=4,
        targets=3,
        data_hash="ab" * 32,
        seconds=0.1,
        repeats=0,
        fresh=0,
        degraded={},
        ks=(10, 200),
        systems={"channel.popularity": figures, "cascade": better},
        paired=(),
        funnel={},
        segments={},
        sizes={},
        sampled={},
        beyond={},
        curves={},
        lorenz={},
    )


def test_the_table_fits_a_terminal_and_puts_the_best_first(found: Evaluation) -> None:
    console = Console(width=80, file=StringIO())
    console.print(table(found))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "…" not in text
    assert text.index("cascade") < text.index("channel.popularity")
    assert "0.1000-0.1500" in text


@pytest.mark.parametrize("text", ["", "10,x", "1.5"])
def test_depths_that_are_no_numbers_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="not a list of numbers"):
        depths(text)
