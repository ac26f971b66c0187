from __future__ import annotations

import numpy as np
import pytest

from hermes.pipeline.explicit import FACTS, LEARNED, explicitness, facts, leaning
from hermes.retrieval.understood import Constraint, Understood

NOTHING = Understood(text="movies", length=1)
TITLE = Understood(
    text="heat", constraints=(Constraint(kind="title", value="Heat", items=(3,), hard=False),)
)
PERSON = Understood(
    text="ada", constraints=(Constraint(kind="creator", value="ada", names=("ada",)),)
)
GENRE = Understood(text="horror", constraints=(Constraint(kind="category", value="Horror"),))
STORY = Understood(text="a lonely pilot", words=("lonely", "pilot"), known=2)
MOOD = Understood(text="scary", constraints=(Constraint(kind="mood", value="scary", hard=False),))
BABBLE = Understood(text="xqzt", words=("xqzt",))


def test_nothing_asked_is_zero() -> None:
    assert explicitness(NOTHING) == 0
    assert explicitness(NOTHING, [12.0]) == 0


@pytest.mark.parametrize("scores", [None, (14.0, 9.0)])
def test_what_names_more_is_more_explicit(scores: tuple[float, ...] | None) -> None:
    values = [explicitness(q, scores) for q in (TITLE, PERSON, GENRE, STORY, MOOD)]
    assert values == sorted(values, reverse=True)
    assert all(0 < value < 1 for value in values)


def test_words_that_nobody_knows_say_little() -> None:
    assert explicitness(BABBLE, ()) < 0.2 < explicitness(STORY, ())


def test_what_full_text_is_surer_of_is_more_explicit() -> None:
    assert explicitness(STORY, [30.0]) > explicitness(STORY, [3.0]) > explicitness(STORY, ())


def test_every_fact_has_a_coefficient_and_a_value() -> None:
    assert tuple(LEARNED) == FACTS
    assert facts(STORY, np.array([3.0], np.float32)).shape == (len(FACTS),)


def test_content_rises_with_explicitness_and_behaviour_keeps_its_weight() -> None:
    roles = {"text": "content", "graph": "content", "sasrec": "behaviour"}
    table = [leaning(e, roles, {"text": 2.0, "sasrec": 3.0}) for e in np.linspace(0, 1, 21)]  # type: ignore[arg-type]
    for name in ("text", "graph"):
        steps = np.diff([row[name] for row in table])
        assert (steps >= 0).all() and steps.sum() > 1
    assert {row["sasrec"] for row in table} == {3.0}
    assert all(value > 0 for row in table for value in row.values())
    assert table[10] == {"text": 2.0, "graph": 1.0, "sasrec": 3.0}
