"""Series are told from titles, and a lone clue is not enough where it could mislead."""

from __future__ import annotations

import pytest

from hermes.data.series import Kin, numeral, parsed, series


def together(*titles: str, kin: Kin = Kin()) -> list[bool]:
    """Whether each title is in the series of the first."""
    names = series(titles, kin)
    return [bool(name) and name == names[0] for name in names]


@pytest.mark.parametrize(
    "titles",
    [
        ("Toy Story", "Toy Story 2"),
        ("Rocky", "Rocky II", "Rocky V"),
        ("The Godfather", "The Godfather: Part II", "The Godfather: Part III"),
        ("Alien", "Alien\u00b3"),
        ("Airport", "Airport 1975", "Airport '77", "The Concorde: Airport '79"),
        ("Fantasia", "Fantasia 2000"),
        ("Jaws", "Jaws 3-D"),
        ("F/X", "F/X 2"),
        ("The Naked Gun 2 1/2: The Smell of Fear", "Naked Gun 33 1/3: The Final Insult"),
        ("Friday the 13th", "Friday the 13th Part V: A New Beginning"),
        ("Prom Night", "Hello Mary Lou: Prom Night II"),
        ("The Karate Kid", "The Karate Kid, Part II"),
        ("Karate Kid, The", "Karate Kid, Part II, The"),
        ("Kitchen, Part One", "Kitchen, Part Two"),
        ("Star Trek: Generations", "Star Trek: First Contact"),
    ],
)
def test_a_number_or_a_shared_name_makes_a_series(titles: tuple[str, ...]) -> None:
    assert all(together(*titles))


@pytest.mark.parametrize(
    "titles",
    [
        ("Apollo 13", "Heat"),
        ("Air Force", "Air Force One"),
        ("Malcolm", "Malcolm X"),
        ("Ghost", "Ghosts"),
        ("Boys", "Boys Don't Cry"),
        ("Love: A Portrait", "Love: The Movie"),
        ("Psycho", "Psycho"),
        ("Winchester '73", "Winchester '73"),
        ("Die Hard", "Hard 8"),
        ("Insidious: Chapter 2", "John Wick: Chapter 2"),
        ("", "2"),
        ("\u6771\u4eac\u7269\u8a9e", "\u79cb\u65e5\u548c"),
    ],
)
def test_without_a_second_clue_they_are_not_one(titles: tuple[str, ...]) -> None:
    assert not any(together(*titles))


@pytest.mark.parametrize(
    "titles",
    [
        ("Alien", "Aliens"),
        ("Batman", "Batman Returns"),
        ("Planet of the Apes", "Beneath the Planet of the Apes"),
        ("Babe", "Babe: Pig in the City"),
        ("Indiana Jones and the Last Crusade", "Indiana Jones and the Temple of Doom"),
        ("Mad Max", "Mad Max Beyond Thunderdome"),
    ],
)
def test_a_weak_clue_needs_a_maker_or_categories_in_common(titles: tuple[str, ...]) -> None:
    same, other = frozenset({1, 2}), frozenset({3})
    years = [1980.0] * 2
    assert all(together(*titles, kin=Kin(years, [same, frozenset({2, 7})])))
    assert all(together(*titles, kin=Kin(years, [frozenset()] * 2, [same] * 2)))
    assert not any(together(*titles, kin=Kin(years, [same, other], [same] * 2)))
    assert not any(together(*titles, kin=Kin([1920.0, 1980.0], [same] * 2)))


def test_two_makers_in_common_join_a_title_with_one_that_goes_on() -> None:
    both, one = frozenset({1, 2, 3}), frozenset({1, 9})
    assert all(together("The Matrix", "The Matrix Revolutions", kin=Kin([], [both, both])))
    assert not any(together("The Matrix", "The Matrix Revolutions", kin=Kin([], [both, one])))


def test_of_homonyms_the_last_before_the_sequel_is_meant() -> None:
    kin = Kin([1936.0, 1994.0, 1997.0, 2005.0])
    assert series(["Speed", "Speed", "Speed 2", "Speed"], kin) == ["", "Speed", "Speed", ""]


def test_and_with_a_companion_joins_only_what_is_a_series_already() -> None:
    kin = Kin([1990.0] * 3, [], [frozenset({1, 2})] * 3)
    assert series(["Batman", "Batman & Robin", "Batman Returns"], kin) == ["Batman"] * 3
    assert series(["Anna", "Anna and the King", "Heat"], kin) == [""] * 3


def test_a_series_is_called_by_what_its_titles_share() -> None:
    titles = ["Mission: Impossible 2", "Mission: Impossible", "Star Wars: Episode V - The Empire"]
    assert series([*titles, "Star Wars: Episode VI - The Return"]) == [
        *["Mission: Impossible"] * 2,
        *["Star Wars"] * 2,
    ]


def test_an_unknown_year_is_no_obstacle() -> None:
    nan = float("nan")
    assert all(together("Toy Story", "Toy Story 2", kin=Kin([nan, nan])))


def test_titles_of_operators_and_great_length_are_read() -> None:
    assert series(["(((", ")(", ":::", "a " * 500, "?!*", "2", "II", "Part 2"]) == [""] * 8


def test_what_counts_the_parts() -> None:
    assert [numeral(w, False) for w in ("2", "21", "1999", "iv", "x", "one", "1")] == [
        *(True, False, True, True, False, False, False)
    ]
    assert all(numeral(w, True) for w in ("x", "one", "1", "i"))


def test_the_article_of_another_language_is_part_of_the_name() -> None:
    assert parsed("Die Hard").whole == "die hard"
