from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from hermes.core.errors import ConfigError, DataError
from hermes.data.ingest import ingest
from hermes.data.lake import Lake
from hermes.domains import movielens
from hermes.evaluation import beyond, survey_words
from hermes.evaluation.powerlaw import PowerLaw
from hermes.evaluation.survey import STEPS, Survey, gini_of, survey
from hermes.evaluation.survey_plots import periods
from hermes.evaluation.survey_report import PARTS, Figure, figures, write

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = 86_400
MIDNIGHT = 1_000_080_000  # 2001-09-10
FILMS = "movieId,title,genres\n1,A (1990),Drama|War\n2,B & <b> (1991),Drama\n3,C (1992),Comedy\n"
RATINGS = [  # user, film, stars, day, hour
    (1, 1, 5, 0, 1), (1, 2, 4, 0, 1), (2, 1, 4, 0, 23), (2, 2, 4, 2, 5), (3, 1, 1, 2, 5),
]  # fmt: skip


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Five ratings of two of three films by three people on two of three days."""
    folder = tmp_path_factory.mktemp("films")
    lines = [
        f"{user},{film},{stars},{MIDNIGHT + DAY * day + 3600 * hour}"
        for user, film, stars, day, hour in RATINGS
    ]
    (folder / "movies.csv").write_text(FILMS)
    (folder / "ratings.csv").write_text("userId,movieId,rating,timestamp\n" + "\n".join(lines))
    made = Lake(folder / "lake")
    ingest(made, movielens.adapter, folder, NOW)
    return made


@pytest.fixture(scope="module")
def found(lake: Lake) -> Survey:
    return survey(lake)


@pytest.fixture(scope="module")
def shown(found: Survey) -> list[Figure]:
    return figures(found)


def test_users_and_films_are_counted_the_untouched_too(found: Survey) -> None:
    assert sorted(found.by_user) == [1, 2, 2]
    assert sorted(found.by_item) == [0, 2, 3]
    assert found.kinds == {"rating": 5}
    assert found.ratings == {1.0: 1, 4.0: 3, 5.0: 1}
    assert found.name == "movielens"


def test_days_are_counted_in_utc_the_empty_ones_too(found: Survey) -> None:
    assert found.days.first == datetime(2001, 9, 10, tzinfo=UTC)
    assert found.days.clock.sum(axis=1).tolist() == [3, 0, 2]
    assert found.days.clock[0, 23] == 1
    assert found.days.active.tolist() == [2, 0, 2]


def test_a_user_is_cold_until_six_events_before_the_day(tmp_path: Path) -> None:
    rows = [f"1,1,4,{MIDNIGHT + n}" for n in range(6)] + [f"1,2,4,{MIDNIGHT + DAY}"]
    rows += [f"2,1,4,{MIDNIGHT + n}" for n in range(5)] + [f"2,2,4,{MIDNIGHT + DAY}"]
    (tmp_path / "movies.csv").write_text(FILMS)
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n" + "\n".join(rows))
    lake = Lake(tmp_path / "lake")
    ingest(lake, movielens.adapter, tmp_path, NOW)
    days = survey(lake).days
    assert days.active.tolist() == [2, 2]
    assert days.cold.tolist() == [2, 1]


def test_a_film_of_two_categories_counts_in_both(found: Survey) -> None:
    shares = {c.name: (c.items, c.events) for c in found.categories}
    assert shares["Drama"] == pytest.approx((2 / 3, 1.0))
    assert shares["War"] == pytest.approx((1 / 3, 3 / 5))
    assert shares["Comedy"] == pytest.approx((1 / 3, 0.0))


def test_gini_of_grouped_amounts_is_that_of_each() -> None:
    amounts = np.random.default_rng(0).integers(0, 9, 200)
    values, often = np.unique(amounts, return_counts=True)
    assert gini_of(values, often) == pytest.approx(beyond.gini(amounts))


def test_too_few_films_have_no_slope(found: Survey) -> None:
    assert found.tail is None
    assert "too few" in survey_words.popularity(found)


@pytest.mark.parametrize(
    ("ratio", "p", "said"),
    [(-0.1, 0.2, "no law is proved"), (-0.1, 0.01, "it bends"), (0.1, 0.01, "fits that tail bet")],
)
def test_what_is_said_of_the_slope_is_what_the_test_says(
    found: Survey, ratio: float, p: float, said: str
) -> None:
    law = PowerLaw(2.345, 2.1, 2.6, 40, 77, 0.02, ratio, p)
    sentence = survey_words.popularity(replace(found, tail=law))
    assert said in sentence
    assert "2.35 [2.10, 2.60]" in sentence


def test_sentences_hold_the_numbers_of_the_lake(found: Survey) -> None:
    said = {stem: say(found) for stem, (_, say) in PARTS.items()}
    assert "mean 3.60" in said["ratings"]
    assert "4 (60%)" in said["ratings"]
    assert "3 users have at most 2 events" in said["activity"]
    assert "for 3 days there were 5 events" in said["time"]
    assert "1 (33%) were never chosen" in said["inequality"]
    assert "On a usual day 100%" in said["cold"]


def test_a_domain_the_lake_does_not_hold_is_refused(lake: Lake) -> None:
    with pytest.raises(ConfigError, match="did you mean 'movielens'"):
        survey(lake, ("movielen",))


def test_a_lake_without_events_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="ingest a source first"):
        survey(Lake(tmp_path / "none"))


def test_every_step_is_told(lake: Lake) -> None:
    steps: list[float] = []
    survey(lake, step=steps.append)
    assert len(steps) == STEPS


def test_the_page_needs_nothing_from_elsewhere_and_holds_all_seven(
    found: Survey, shown: list[Figure], tmp_path: Path
) -> None:
    page = write(found, shown, tmp_path, NOW).read_text("utf-8")
    assert page.count("<svg") == 7
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?!#)""", page.replace("xlink:href", ""))
    for figure in shown:
        ElementTree.fromstring(figure.svg)
        assert figure.said in page


def test_the_markdown_shows_pictures_that_are_there(
    found: Survey, shown: list[Figure], tmp_path: Path
) -> None:
    write(found, shown, tmp_path, NOW)
    linked = re.findall(r"\]\((.*?)\)", (tmp_path / "lake.md").read_text("utf-8"))
    assert len(linked) == 7
    assert all((tmp_path / name).is_file() for name in linked)


def test_a_name_can_not_break_the_page(found: Survey, tmp_path: Path) -> None:
    odd = replace(found, name="<script>", categories=())
    page = write(odd, figures(odd), tmp_path, NOW).read_text("utf-8")
    assert "<script>" not in page
    assert page.count("<svg") == 6


def test_a_period_is_as_long_as_keeps_the_picture_readable(found: Survey) -> None:
    for days, name in ((3, "hour"), (90, "day"), (500, "week"), (20_000, "year")):
        clock = np.ones((days, 24), int)
        starts, counts, said = periods(replace(found.days, clock=clock))
        assert said == name
        assert len(starts) == len(counts) <= 120
        assert counts.sum() == 24 * days


def test_a_figure_shows_itself_in_a_notebook(shown: list[Figure]) -> None:
    said = shown[0]._repr_html_()
    assert "<svg" in said
    assert "mean 3.60" in said
