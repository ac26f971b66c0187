from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from hermes.artifacts.bundle import Bundle
from hermes.data.dataset import Dataset
from hermes.workflows.train import train


def test_networks_learn_on_from_the_labels_once_the_rankers_stand(
    tiny_recipe: dict[str, Any], tiny_data: Dataset, tmp_path: Path
) -> None:
    def items(refresh: int) -> Any:
        table = {**tiny_recipe, "channels": [dict(c) for c in tiny_recipe["channels"]]}
        network = next(c for c in table["channels"] if c["model"].endswith(":SASRec"))
        schedule = {**network["config"]["schedule"], "refresh": refresh}
        network["config"] = {**network["config"], "schedule": schedule}
        train(table, tiny_data, tmp_path / f"b{refresh}")
        return Bundle.load(tmp_path / f"b{refresh}").arrays(f"models/{network['name']}")

    before, after = items(0), items(1)
    assert not np.array_equal(before["items.weight"], after["items.weight"])
