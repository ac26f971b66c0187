from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from hermes.core.errors import ConfigError, DataError
from hermes.data import mapping
from hermes.data.columns import admit
from hermes.data.infer import draft
from hermes.data.validate import Report, validate
from hermes.domains.table import Table, adapter, of_options

LOG = "user,item,stars,when\na,x,4,2001-02-03\nb,y,5,981173106\nc,x,3,2001-02-03 04:05:06\n"


def judged(text: str | bytes, folder: Path, name: str = "log.csv", **options: str) -> Report:
    raw = text if isinstance(text, bytes) else text.encode()
    (folder / name).write_bytes(raw)
    made = of_options(folder / name, "user", "item", **options)  # type: ignore[arg-type]
    return validate(Table(made), folder)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found_out(tmp_path: Path, separator: str) -> None:
    report = judged(LOG.replace(",", separator), tmp_path, time="when", value="stars")
    assert report.good == {"events": 3} and not report.faults


def test_dates_in_three_forms_are_one_time(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(LOG)
    made = Table(of_options(tmp_path / "log.csv", "user", "item", "when", "stars"))
    frame = next(iter(made.open(tmp_path).parts[0].read(10)))
    assert frame["kind"].to_list() == ["rating"] * 3
    assert frame["line"].to_list() == [2, 3, 4]


def test_a_missing_column_names_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"log.csv: no column 'star'; did you mean 'stars'"):
        judged(LOG, tmp_path, value="star")


def test_a_wrong_separator_is_a_missing_column(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no column 'user'"):
        judged(LOG, tmp_path, separator=";")


def test_a_wrong_encoding_names_file_line_and_remedy(tmp_path: Path) -> None:
    text = "user,item\na,x\nb,café\n".encode("latin-1")
    with pytest.raises(DataError, match=r"log.csv: line 3 is not utf-8.*latin-1"):
        judged(text, tmp_path)
    assert judged(text, tmp_path, encoding="latin-1").good == {"events": 2}


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    assert judged(b"\xef\xbb\xbf" + LOG.encode(), tmp_path).good == {"events": 3}


@pytest.mark.parametrize(
    ("name", "raw", "message"),
    [
        ("log.csv", b"user,item\x00\xff\x00", "zero bytes"),
        ("log.csv", b"", "is empty"),
        ("log.parquet", b"PAR1 and then nothing", "no whole Parquet"),
        ("log.csv", b"user,user\na,b\n", "one name"),
        ("log.csv", b'user,item\na,"never closed\n' + b"b,x\n" * 5_000_000, "never closed"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, name: str, raw: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        judged(raw, tmp_path, name)


def test_a_truncated_parquet_file_is_refused(tmp_path: Path) -> None:
    pl.DataFrame({"user": ["a"] * 100, "item": ["x"] * 100}).write_parquet(tmp_path / "whole")
    raw = (tmp_path / "whole").read_bytes()
    with pytest.raises(DataError, match="no whole Parquet"):
        judged(raw[: len(raw) // 2], tmp_path, "log.parquet")


def test_a_truncated_last_line_is_quarantined_and_the_rest_is_good(tmp_path: Path) -> None:
    report = judged(LOG[:-25], tmp_path)
    assert report.rows == {"events": 3} and report.good == {"events": 2}
    assert report.faults[0]["reason"] == "malformed" and report.faults[0]["where"] == ["log.csv:4"]


@pytest.mark.parametrize("separator", ["||", "\n"])
def test_a_separator_is_one_sign(tmp_path: Path, separator: str) -> None:
    with pytest.raises(ConfigError, match="must be one sign"):
        judged(LOG, tmp_path, separator=separator)


def test_quotes_hide_separators_and_line_ends(tmp_path: Path) -> None:
    text = 'user,item\na,"x, the ""first"""\nb,"two\nlines"\nc,y,z\nd,y\n'
    report = judged(text, tmp_path)
    assert report.rows == {"events": 4} and report.good == {"events": 2}
    told = {(f["reason"], f["field"], *f["where"]) for f in report.faults}  # type: ignore[misc]
    assert told == {("malformed", "", "log.csv:5"), ("control_character", "asset_id", "log.csv:4")}


def test_json_lines_of_mixed_types_and_broken_lines(tmp_path: Path) -> None:
    rows = [{"user": 1, "item": "a/b"}, {"user": "two", "item": "\U0001f3ac", "more": [1]}, {}]
    text = "\n".join([*map(json.dumps, rows), "{broken", "[1]"]) + "\n"
    report = judged(text, tmp_path, "log.jsonl")
    assert report.rows == {"events": 5} and report.good == {"events": 2}
    assert sorted((f["reason"], f["rows"]) for f in report.faults) == [
        ("malformed", 2), ("missing", 1),
    ]  # fmt: skip


def test_without_times_the_rows_are_in_order(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("user,item\na,x\na,y\n")
    made = Table(of_options(tmp_path / "log.csv", "user", "item"))
    times = next(iter(made.open(tmp_path).parts[0].read(10)))["occurred_at"].to_list()
    start = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())
    assert times == [start + 2, start + 3]


def test_a_drafted_mapping_reads_its_own_files(tmp_path: Path) -> None:
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,7,4,956703932\n")
    (tmp_path / "movies.csv").write_text('movieId,title,genres\n7,"Heat, the film",Crime|Drama\n')
    made = draft(sorted(tmp_path.glob("*.csv")))
    (tmp_path / "mapping.toml").write_text(mapping.dump(made))
    assert mapping.load(tmp_path / "mapping.toml") == made
    assert validate(adapter, tmp_path).good == {"assets": 1, "events": 1}
    shelf = next(iter(adapter.open(tmp_path).parts[0].read(10)))
    assert shelf["categories"].to_list() == [["Crime", "Drama"]]


def test_a_mapping_with_an_unknown_word_names_the_nearest(tmp_path: Path) -> None:
    file = tmp_path / "m.toml"
    file.write_text('[[events]]\nfile = "x.csv"\n[events.columns]\nuser_idd = "u"\n')
    with pytest.raises(ConfigError, match="did you mean 'user_id'"):
        mapping.load(file)
    file.write_text('domian = "x"\n')
    with pytest.raises(ConfigError, match="did you mean 'domain'"):
        mapping.load(file)


PLOTS = [
    {"title": "Heat", "year": 1995, "cast": ["Al Pacino", " "], "genres": ["Crime"],
     "extract": "A heist.", "href": "Heat", "thumbnail": "h.jpg"},
    {"title": "Heat", "year": 1986, "cast": ["Burt Reynolds"], "genres": [],
     "extract": None, "href": None, "thumbnail": None},
    {"title": "Heat: Uncut", "year": 1995, "cast": [], "genres": ["Crime"],
     "extract": None, "href": "Heat", "thumbnail": None},
]  # fmt: skip


def test_films_with_lists_years_and_no_id_are_drafted_and_read(tmp_path: Path) -> None:
    file = tmp_path / "plots.parquet"
    pl.DataFrame(PLOTS).write_parquet(file)
    made = draft([file], "plots")
    assert made.domain == "plots" and made.assets[0].key == ("title", "year", "href")
    assert made.assets[0].creators == {"actor": "cast"}
    (tmp_path / "mapping.toml").write_text(mapping.dump(made))
    assert mapping.load(tmp_path / "mapping.toml") == made
    part = adapter.open(tmp_path).parts[0]
    judged = admit(next(iter(part.read(10))), "assets")
    heat, older, uncut = judged.good.to_dicts()
    assert (
        not len(judged.bad) and len({heat["asset_id"], older["asset_id"], uncut["asset_id"]}) == 3
    )
    assert (heat["title"], heat["domain"], heat["published_at"].year) == ("Heat", "plots", 1995)
    assert heat["creators"] == [{"name": "Al Pacino", "role": "actor"}]
    assert (heat["text_content"], heat["image_uri"]) == ("A heist.", "h.jpg")
    assert heat["categories"] == ["Crime"] and older["text_content"] is None
    again = next(iter(part.read(10)))
    assert again["asset_id"].to_list() == judged.good["asset_id"].to_list()


def test_an_address_that_tells_all_rows_apart_is_their_id(tmp_path: Path) -> None:
    (tmp_path / "pages.csv").write_text("url,title,director,actors\nu1,A,Bo,Cy|Di\nu2,A,,\n")
    made = draft([tmp_path / "pages.csv"]).assets[0]
    assert made.columns["asset_id"] == "url" and not made.key
    frame = next(iter(Table(draft([tmp_path / "pages.csv"])).open(tmp_path).parts[0].read(10)))
    first, second = admit(frame, "assets").good.to_dicts()
    assert [tuple(c.values()) for c in first["creators"]] == [
        ("Bo", "director"), ("Cy", "actor"), ("Di", "actor"),
    ]  # fmt: skip
    assert not second["creators"]


def test_a_mapping_says_nothing_twice_and_names_people_by_texts(tmp_path: Path) -> None:
    pl.DataFrame(PLOTS).write_parquet(tmp_path / "p.parquet")
    for more in (
        'key = ["title"]\n[assets.columns]\nasset_id = "href"\n',
        '[assets.columns]\ncreators = "cast"\n[assets.creators]\nactor = "cast"\n',
    ):
        (tmp_path / "m.toml").write_text(f'[[assets]]\nfile = "p.parquet"\n{more}')
        with pytest.raises(ConfigError, match="say the same; leave one of them out"):
            mapping.load(tmp_path / "m.toml")
    source = mapping.Source(file=tmp_path / "p.parquet", columns={"asset_id": "title"},
                            creators={"actor": "year"})  # fmt: skip
    part = Table(mapping.Mapping(assets=(source,))).open(tmp_path).parts[0]
    with pytest.raises(DataError, match="column 'year' holds Int64; names are texts or lists"):
        next(iter(part.read(10)))


def test_a_batch_of_an_old_mapping_keeps_its_identity(tmp_path: Path) -> None:
    """A lake that ingested it before roles and keys were known says that nothing changed."""
    (tmp_path / "log.csv").write_text(LOG)
    made = Table(of_options(tmp_path / "log.csv", "user", "item"))
    assert not {"creators", "key"} & set(json.loads(made.open(tmp_path).key)["events"][0])
