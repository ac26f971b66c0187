from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hermes.core.types import Shape
from hermes.data.interactions import Interactions
from hermes.models.retrievers.transition import Transition, TransitionConfig
from hermes.workflows.pantry import Pantry


@pytest.fixture
def log() -> Interactions:
    users, items = np.repeat([1, 2, 3], 4), np.array([1, 2, 3, 4] * 3)
    return Interactions.sort(users, items, np.arange(12.0), np.ones(12, np.float32), Shape(4, 5))


def test_the_same_model_lies_at_the_same_place(tmp_path: Path, log: Interactions) -> None:
    pantry = Pantry(tmp_path)
    place = pantry.place(Transition(), log, 0)
    assert place == pantry.place(Transition(), replace(log, items=log.items.copy()), 0)


def test_another_config_event_or_seed_is_another_place(tmp_path: Path, log: Interactions) -> None:
    pantry, changed = Pantry(tmp_path), log.items.copy()
    changed[5] = 1
    places = {
        pantry.place(Transition(), log, 0),
        pantry.place(Transition(), log, 1),
        pantry.place(Transition(TransitionConfig(alpha=0.25)), log, 0),
        pantry.place(Transition(), replace(log, items=changed), 0),
        pantry.place(Transition(), replace(log, shape=Shape(4, 6)), 0),
    }
    assert len(places) == 5


def test_what_is_torn_is_not_taken(tmp_path: Path, log: Interactions) -> None:
    pantry = Pantry(tmp_path)
    place, model = pantry.place(Transition(), log, 0), Transition().fit(log)
    pantry.keep(place, model.arrays(), 2.5)
    found = pantry.taken(place)
    assert found is not None and set(found[0]) == set(model.arrays()) and found[1] == 2.5
    place.write_bytes(place.read_bytes()[:50])
    assert pantry.taken(place) is None
