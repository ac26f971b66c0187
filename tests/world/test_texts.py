from __future__ import annotations

import re
from typing import Any

import numpy as np
import polars as pl
import pytest

from hermes.world.wording import Dice, fill, words


def test_no_two_titles_are_the_same(written: Any) -> None:
    titles = written.assets["title"]
    assert titles.n_unique() == len(titles)
    assert (titles.str.len_chars() > 2).all()
    assert not titles.str.contains(r"\(\d+\)$").any()


def test_descriptions_hardly_repeat(written: Any) -> None:
    texts = written.assets["text_content"]
    assert texts.value_counts()["count"].max() <= 4
    assert texts.n_unique() > 0.98 * len(texts)
    assert (texts.str.len_chars() > 40).all()


@pytest.mark.parametrize("column", ["title", "text_content"])
def test_sentences_are_whole(written: Any, column: str) -> None:
    broken = re.compile(r"[{}|]|  |\b(\w+) \1\b|\ba [aeio]\w|\.\.|,,| ,", re.IGNORECASE)
    assert [t for t in written.assets[column] if broken.search(t)] == []


def test_no_title_has_two_articles_in_a_row(written: Any) -> None:
    titles = written.assets["title"]
    assert titles.filter(titles.str.contains(r"(?i)\b(the|an?) (the|an?)\b")).to_list() == []
    assert titles.str.contains(r"^The (Hundred|Thousand) ").sum() > 2


def test_of_two_articles_the_first_stays_and_chance_goes_on_as_before() -> None:
    lists = {"number": ("A Thousand", "A Hundred"), "noun": ("Moons", "Stars")}
    one, two = (Dice(np.random.default_rng(0)) for _ in range(2))
    assert fill("The {number} {noun}", lists, one) == "The Hundred Stars"
    assert fill("{number} {noun}", lists, two) == "A Hundred Stars"
    assert one.roll() == two.roll()


def test_a_description_names_who_made_it_and_when(written: Any) -> None:
    films = written.assets.filter(pl.col("domain") == "films")
    for text, makers, at in films.select("text_content", "creators", "published_at").iter_rows():
        years = re.findall(r"\b(?:19|20)\d\d", text)
        assert makers[0]["name"] in text or makers[1]["name"] in text
        assert all(abs(int(year) - at.year) < 10 for year in years)


def test_creators_have_roles_and_keep_to_one_cohort(written: Any) -> None:
    makers = written.assets.select(
        "domain", "cohort", maker=pl.col("creators").list.first().struct.field("name")
    )
    assert makers.group_by("domain", "maker").agg(pl.col("cohort").n_unique())["cohort"].max() == 1
    roles = written.assets.explode("creators")["creators"].struct.field("role").unique()
    assert set(roles) == {"director", "actor", "artist", "author", "publisher", "brand"}


def test_works_span_decades_and_news_days(written: Any) -> None:
    span = written.assets.group_by("domain").agg(
        days=(pl.col("published_at").max() - pl.col("published_at").min()).dt.total_days()
    )
    days = dict(span.iter_rows())
    assert days["news"] < 130
    assert all(days[domain] > 40 * 365 for domain in ("films", "music", "books"))


def test_prices_are_given_for_all_but_news(written: Any) -> None:
    news = written.assets["domain"] == "news"
    assert (written.assets["price"].is_null() == news).all()
    assert (written.assets.filter(~news)["price"] > 0).all()


def test_a_slot_keeps_its_value_within_a_text_and_its_second_differs() -> None:
    dice = Dice(np.random.default_rng(0))
    lists = {"x": ("one", "two", "three")}
    for _ in range(30):
        a, b, c, d = fill("{x} {x_cap} {x2} {x}", lists, dice).split()
        assert a == d == b.lower() != c


def test_every_genre_has_its_own_moods() -> None:
    for name in ("films", "music", "books", "products", "news"):
        table = words(name)["genres"]
        moods = {tuple(sorted(facts["moods"].items())) for facts in table.values()}
        assert len(moods) == len(table) >= 10
