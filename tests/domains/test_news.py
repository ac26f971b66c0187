from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hermes.core.errors import DataError
from hermes.data import feeds
from hermes.data.columns import admit
from hermes.domains import news

ENTITIES = json.dumps([{"Label": "Mars", "Type": "X"}, {"Label": 'The "Red" one'}])
ARTICLES = [
    ["N1", "science", "space", "To Mars", "We go.", "http://n/1", ENTITIES, "[]"],
    ["N2", "sports", "golf", "A putt", "", "http://n/2", "[]", "[]"],
    ["N3", "sports", "golf"],
]
SHOWN = [
    ["1", "U1", "11/11/2019 9:05:58 AM", "N7 N8", "N1-0 N2-1"],
    ["2", "U1", "11/11/2019 9:00:00 AM", "N7 N8", "N2-0"],
    ["3", "U2", "yesterday", "", "N1-1"],
]
RSS = """<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:media="http://search.yahoo.com/mrss/"><channel><title>The Paper</title>
<language>de</language><item><title>Öl &amp; Wasser</title><guid>g1</guid><link>http://p/1</link>
<description>&lt;p&gt;Eins.&lt;/p&gt;&lt;script&gt;x()&lt;/script&gt;</description>
<pubDate>Mon, 11 Nov 2019 09:00:00 +0100</pubDate><dc:creator>Ada</dc:creator>
<category>Kultur</category><category>Kultur</category><category>Kino</category>
<enclosure url="http://p/1.mp3" type="audio/mpeg"/><media:thumbnail url="http://p/1.jpg"/></item>
<item><description>No title here, only this.</description><link>http://p/2</link></item>
<item><title>Nothing to know it by</title></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Blog</title>
<entry><title type="html">A &lt;i&gt;fine&lt;/i&gt; day</title><id>urn:1</id>
<link rel="self" href="http://b/self"/><link href="http://b/1"/><author><name>Bo</name></author>
<updated>2024-05-01T10:00:00Z</updated><category term="life"/>
<content>Long.</content></entry></feed>"""
BOMB = """<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
<rss><channel><item><title>&b;</title></item></channel></rss>"""
LEAK = """<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<rss><channel><item><title>&x;</title></item></channel></rss>"""


def lines(file: Path, rows: list[list[str]]) -> None:
    file.write_text("".join("\t".join(row) + "\n" for row in rows), "utf-8")


def read(folder: Path, table: str) -> Any:
    part = next(p for p in news.adapter.open(folder).parts if p.table == table)
    return admit(next(iter(part.read(10))), table)


@pytest.fixture
def mind(tmp_path: Path) -> Path:
    lines(tmp_path / "news.tsv", ARTICLES)
    lines(tmp_path / "behaviors.tsv", SHOWN)
    return tmp_path


def test_an_article_of_mind_has_its_topics_and_entities(mind: Path) -> None:
    judged = read(mind, "assets")
    mars, putt = judged.good.to_dicts()
    assert (mars["title"], mars["text_content"]) == ("To Mars", "We go.")
    assert mars["categories"] == ["science", "space"] and mars["cohort"] == "mainstream"
    assert mars["tags"] == ["Mars", 'The "Red" one'] and not putt["tags"]
    assert putt["text_content"] is None
    assert json.loads(mars["attributes"]) == {"url": "http://n/1"}
    assert judged.bad["line"].to_list() == [3]


def test_a_rare_topic_is_independent(tmp_path: Path) -> None:
    golf = [["N" + str(i), "sports", "golf", "t", "", "", "[]", "[]"] for i in range(150)]
    lines(tmp_path / "news.tsv", [*golf, ARTICLES[0]])
    assert read(tmp_path, "assets").good["cohort"].to_list()[-2:] == ["mainstream", "independent"]


def test_what_was_shown_is_an_impression_and_what_was_clicked_a_click_after_it(mind: Path) -> None:
    judged = read(mind, "events")
    good = judged.good.sort("occurred_at").to_dicts()
    told = [(e["kind"], e["asset_id"], e["position"], e["request_id"]) for e in good]
    assert told == [
        ("read", "N7", None, None),
        ("read", "N8", None, None),
        ("impression", "N2", 0, "2"),
        ("impression", "N1", 0, "1"),
        ("impression", "N2", 1, "1"),
        ("click", "N2", 1, "1"),
    ]
    assert good[1]["occurred_at"] < good[2]["occurred_at"] and good[2]["occurred_at"].hour == 9
    assert set(judged.bad["reason"]) <= {"not_a_time", "missing"} and len(judged.bad) == 2


def test_rss_gives_words_people_places_and_times(tmp_path: Path) -> None:
    (tmp_path / "paper.rss").write_text(RSS, "utf-8")
    judged = read(tmp_path, "assets")
    one, two = judged.good.to_dicts()
    assert (one["asset_id"], one["title"], one["text_content"]) == ("g1", "Öl & Wasser", "Eins.")
    assert one["published_at"].hour == 8 and one["language"] == "de"
    assert [c["name"] for c in one["creators"]] == ["Ada", "The Paper"]
    assert one["categories"] == ["Kultur", "Kino"]
    assert (one["image_uri"], one["audio_uri"]) == ("http://p/1.jpg", "http://p/1.mp3")
    assert (two["asset_id"], two["title"]) == ("http://p/2", "No title here, only this.")
    assert judged.bad["field"].to_list() == ["asset_id"]


def test_atom_is_read_by_its_own_names(tmp_path: Path) -> None:
    (tmp_path / "blog.atom").write_text(ATOM, "utf-8")
    (one,) = read(tmp_path, "assets").good.to_dicts()
    assert (one["asset_id"], one["title"], one["text_content"]) == ("urn:1", "A fine day", "Long.")
    assert json.loads(one["attributes"]) == {"url": "http://b/1"}
    assert one["creators"][0] == {"name": "Bo", "role": "author"} and one["language"] == "en"
    assert one["published_at"].year == 2024 and one["categories"] == ["life"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (BOMB, "declares entities"),
        (LEAK, "declares entities"),
        ('<!DOCTYPE r [<!ENTITY % x SYSTEM "http://x/">%x;]><rss/>', "declares entities"),
        ("<rss><channel><item><title>a & b</title></item></channel></rss>", "is no whole XML"),
        ('<?xml version="1.0" encoding="martian"?><rss/>', "is no whole XML"),
        ("<rss><channel>", "is no whole XML"),
        ("", "is no whole XML"),
        ("<html><body>404</body></html>", "neither RSS nor Atom"),
    ],
)
def test_what_is_no_feed_or_a_hostile_one_is_refused(text: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "f.xml").write_text(text)
    with pytest.raises(DataError, match=why):
        read(tmp_path, "assets")


def test_an_empty_feed_is_no_fault_and_an_enormous_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "f.xml").write_text("<rss><channel><title>x</title></channel></rss>")
    assert not len(feeds.articles(tmp_path / "f.xml"))
    monkeypatch.setattr(feeds, "LARGEST", 10)
    with pytest.raises(DataError, match="is larger than"):
        feeds.articles(tmp_path / "f.xml")


def test_a_folder_of_neither_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no news\.tsv of MIND and no feed"):
        news.adapter.open(tmp_path)
