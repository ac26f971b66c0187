from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hermes.core.errors import Unavailable
from hermes.data.ingest import ingest
from hermes.data.lake import Lake
from hermes.domains.table import Table, of_options
from hermes.workflows.bench_scale import Curve, Load, apart, learned, rows


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Load:
    """Forty people and a small network."""
    home = tmp_path_factory.mktemp("home")
    lines = [f"u{u},i{(7 * u + s) % 30}" for u in range(40) for s in range(6)]
    (home / "log.csv").write_text("u,i\n" + "\n".join(lines) + "\n")
    table = Table(of_options(home / "log.csv", "u", "i"))
    ingest(Lake(home / "lake"), table, home, datetime(2026, 1, 1, tzinfo=UTC))
    return Load(lake=str(home / "lake"), epochs=3, batch=8, d=8, length=5)


def test_two_processes_learn_along_the_curve_of_one(load: Load) -> None:
    one, two = learned(load, 1), learned(load, 2)
    assert one.events == two.events == 240
    assert len(one.losses) == len(two.losses) == len(two.ends) == 3
    assert apart(one, two) < 0.05  # dropout differs
    assert two.rate > 0


def test_processes_that_fail_say_why(load: Load, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"1 processes ended with 1: .*ingest a source"):
        learned(Load(lake=str(tmp_path)), 1)


def test_a_curve_within_the_noise_of_two_seeds_holds_and_one_beyond_does_not() -> None:
    one, two = (Curve(losses=(5.0, x), ends=(0.0, 1.0), events=9) for x in (4.0, 4.1))
    assert [rows(one, two, noise, "toy")[-1]["holds"] for noise in (0.03, 0.02)] == [True, False]
