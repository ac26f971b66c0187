import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hermes.core.errors import ArtifactError, ConfigError, DataError
from hermes.workflows import bench

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ROWS = [
    bench.Row(name="HR@10", value=0.33, floor=0.329, holds=True, part="quality"),
    bench.Row(name="p99", value=9.0, unit="ms", floor=8.1, holds=False, part="serve", cores=2),
    bench.Row(name="recbole", value=None, note="a | b", part="train"),
]


def test_an_unknown_part_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'quality'"):
        bench.parts("qualty")


def test_all_is_every_part_that_there_is() -> None:
    assert bench.parts("all") == tuple(bench.PARTS)


def test_a_figure_that_misses_its_floor_says_no() -> None:
    table = bench.markdown(bench.document(ROWS, AT))
    assert "| p99 | 9.00 ms | 8.10 ms | no |" in table


def test_each_part_says_how_many_of_its_floors_hold() -> None:
    table = bench.markdown(bench.document(ROWS, AT))
    assert "<b>quality</b>: 1 of 1 floors hold, 1 rows" in table
    assert "<b>serve</b>: 0 of 1 floors hold, 1 rows" in table
    assert "<b>train</b>: nothing was asked, 1 rows" in table


def test_what_could_not_be_measured_says_so_and_why() -> None:
    table = bench.markdown(bench.document(ROWS, AT))
    assert "| recbole | not measured |  |  | a \\| b |" in table


def test_the_table_names_when_and_on_what_it_was_measured() -> None:
    table = bench.markdown(bench.document(ROWS, AT))
    assert "2026-01-02T03:04:05+00:00" in table
    assert "serve at commit" in table and "on 2 cores" in table


def test_one_part_renews_its_rows_and_every_row_keeps_its_commit() -> None:
    before = {**bench.document(ROWS, AT), "commit": "old"}
    again = bench.Row(name="p99", value=7.0, unit="ms", part="serve", commit="new")
    found = bench.renewed(before, bench.document([again], AT))
    assert [(r["part"], r["value"], r["commit"]) for r in found["rows"]] == [
        ("quality", 0.33, "old"), ("serve", 7.0, "new"), ("train", None, "old")
    ]  # fmt: skip
    assert "quality, train at commit `old`; serve at commit `new`" in bench.markdown(found)


def test_one_measurement_of_a_part_renews_its_own_rows_only() -> None:
    two = [*ROWS, bench.Row(name="p50", value=3.0, unit="ms", part="serve")]
    again = bench.Row(name="p99", value=7.0, unit="ms", part="serve")
    found = bench.renewed(bench.document(two, AT), bench.document([again], AT), whole=False)
    assert {r["name"]: r["value"] for r in found["rows"] if r["part"] == "serve"} == {
        "p50": 3.0, "p99": 7.0
    }  # fmt: skip


def test_rewriting_changes_only_what_is_between_the_marks(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{bench.MARKS[0]}\nold\n{bench.MARKS[1]}\nafter\n")
    bench.rewrite(readme, "new")
    assert readme.read_text() == f"before\n{bench.MARKS[0]}\nnew\n{bench.MARKS[1]}\nafter\n"


def test_a_readme_without_marks_is_left_alone(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("nothing\n")
    with pytest.raises(DataError, match="lacks the lines"):
        bench.rewrite(readme, "new")
    assert readme.read_text() == "nothing\n"


def test_a_row_with_a_key_nobody_knows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Part:
        @staticmethod
        def measure(place: bench.Place) -> list[dict[str, object]]:
            return [{"name": "x", "value": 1.0, "flor": 2.0}]

    monkeypatch.setitem(sys.modules, "hermes.workflows.bench_serve", Part)
    with pytest.raises(ConfigError, match="did you mean 'floor'"):
        bench.gather(["serve"], bench.Place(None, Path()), print)


@pytest.mark.parametrize("part", list(bench.PARTS))
def test_a_measurement_nobody_knows_is_refused_before_anything_is_made(
    part: str, tmp_path: Path
) -> None:
    place = bench.Place(None, tmp_path / "work", only=("nothing-like-it",))
    said = "no measurement" if bench.PARTS[part] else "is measured as one; leave out --only"
    if part in ("encoders", "graph", "transfer", "agent", "guard"):
        place = replace(place, data=tmp_path)
    with pytest.raises(ConfigError, match=f"bench {part}: {said}"):
        bench.gather([part], place, print)
    assert not place.work.exists()


class Broken:
    """A part of the bench that finds nothing to measure."""

    @staticmethod
    def measure(place: bench.Place) -> list[dict[str, object]]:
        raise ArtifactError(f"no bundle at {place.work}")


def test_a_part_of_several_that_fails_becomes_a_row_that_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "hermes.workflows.bench_serve", Broken)
    rows = bench.gather(["serve", "quality"], bench.Place(tmp_path / "no-data", tmp_path), print)
    assert [(row.part, row.value) for row in rows] == [("serve", None), ("quality", None)]
    assert "no data set movielens-1m" in rows[1].note


def test_a_part_by_itself_that_fails_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "hermes.workflows.bench_serve", Broken)
    with pytest.raises(ArtifactError, match="no bundle"):
        bench.gather(["serve"], bench.Place(None, tmp_path), print)
