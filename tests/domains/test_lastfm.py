from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hermes.core.errors import DataError
from hermes.data.columns import admit
from hermes.data.validate import validate
from hermes.domains import lastfm


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "artists.dat": "id\tname\turl\tpictureURL\n1\tBjörk\thttp://a\thttp://b\n2\tAir\n3\tLow\tu\tp\n",
        "user_artists.dat": "userID\tartistID\tweight\n"
        + "".join(f"{user}\t1\t{user * 7}\n" for user in range(1, 11))
        + "1\t3\t5\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def read(folder: Path, table: str) -> Any:
    part = next(p for p in lastfm.adapter.open(folder).parts if p.table == table)
    return admit(next(iter(part.read(10))), table)


def test_an_artist_few_people_played_is_independent(folder: Path) -> None:
    judged = read(folder, "assets")
    one, three = judged.good.to_dicts()
    assert (one["title"], one["cohort"]) == ("Björk", "mainstream")
    assert (three["title"], three["cohort"]) == ("Low", "independent")
    assert one["creators"] == [{"name": "Björk", "role": "artist"}] and not one["tags"]
    assert judged.bad["line"].to_list() == [3]


def test_plays_are_events_of_their_count_in_no_order_of_it(folder: Path) -> None:
    good = read(folder, "events").good
    assert good["kind"].unique().to_list() == ["listen"] and len(good) == 11
    assert good.filter(good["user_id"] == "10")["value"].to_list() == [70.0]
    assert good["occurred_at"].n_unique() == 11
    assert good.sort("occurred_at")["value"].to_list() != good["value"].to_list()
    assert read(folder, "events").good.equals(good)


def test_tags_are_those_that_several_people_gave_to_the_artist(folder: Path) -> None:
    words = "tagID\ttagValue\n1\ticelandic\n2\tseen live\n3\tmelancholy\n4\tpop\n5\tcaf\xe9\n"
    (folder / "tags.dat").write_text(words, "latin-1")
    given = [(1, 1), (2, 1), (3, 1), (1, 2), (2, 2), (1, 3), (2, 4), (3, 4), (4, 5), (5, 5)]
    lines = [f"{user}\t1\t{tag}\t1\t4\t2009\n" for user, tag in given]
    header = "userID\tartistID\ttagID\tday\tmonth\tyear\n"
    (folder / "user_taggedartists.dat").write_text(header + "".join(lines))
    assert read(folder, "assets").good["tags"].to_list()[0] == ["icelandic", "café", "pop"]


def test_friends_stand_in_the_attributes_of_a_user(folder: Path) -> None:
    (folder / "user_friends.dat").write_text("userID\tfriendID\n1\t9\n1\t4\n7\n4\t1\n")
    judged = read(folder, "users")
    one, four = judged.good.to_dicts()
    assert json.loads(one["attributes"]) == {"friends": ["9", "4"]} and four["user_id"] == "4"
    assert judged.bad["line"].to_list() == [4]


def test_a_folder_without_plays_says_what_is_missing(folder: Path) -> None:
    (folder / "user_artists.dat").unlink()
    with pytest.raises(DataError, match=r"holds no user_artists\.dat"):
        lastfm.adapter.open(folder)


def test_hetrec_is_whole(shared_data: Path) -> None:
    report = validate(lastfm.adapter, shared_data / "lastfm-hetrec")
    assert report.good == {"assets": 17_632, "users": 1_892, "events": 92_834}
    assert not report.faults
