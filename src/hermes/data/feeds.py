"""RSS (0.9 to 2.0, 1.0 in RDF) and Atom as rows of assets; elements go by their local names.

A feed is somebody else's text: entities and external references are refused before they expand, a
file above `LARGEST` is not read, and markup in titles and summaries becomes plain words.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import polars as pl
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from hermes.core.errors import DataError

from .files import opened
from .markup import words

LARGEST = 64 << 20  # bytes
LONGEST = 100_000  # characters of text the contract takes
ITEMS = ("item", "entry")
BODIES = ("encoded", "content", "description", "summary")  # the first that says something
SCHEMA = {
    "line": pl.Int64(),
    **dict.fromkeys(("asset_id", "title", "text_content", "image_uri", "audio_uri"), pl.String()),
    "creators": pl.List(pl.Struct({"name": pl.String, "role": pl.String})),
    "categories": pl.List(pl.String),
    **dict.fromkeys(("language", "published_at", "attributes"), pl.String()),
}


def articles(file: Path) -> pl.DataFrame:
    """One row an item, `line` its number in the feed; raises `DataError` on what is no feed."""
    if opened(file).stat().st_size > LARGEST:
        raise DataError(f"{file}: is larger than {LARGEST >> 20} MB; no feed is")
    try:
        root = fromstring(file.read_bytes())
    except DefusedXmlException as error:
        raise DataError(f"{file}: declares entities, which a feed has no need of") from error
    except (ParseError, ValueError, LookupError) as error:
        raise DataError(f"{file}: is no whole XML: {error}") from error
    found = [one for one in root.iter() if name(one) in ITEMS]
    if not found and name(root) not in ("rss", "RDF", "feed"):
        raise DataError(f"{file}: is XML, but neither RSS nor Atom")
    spoken, source = language(root), publisher(root)
    rows = [article(one, spoken, source) | {"line": n} for n, one in enumerate(found, 1)]
    return pl.DataFrame(rows, schema=SCHEMA)


def name(element: Element) -> str:
    """Without its namespace."""
    return str(element.tag).rpartition("}")[2]


def below(element: Element, *names: str) -> Iterator[Element]:
    """Children of these names, by the order of the names."""
    for wanted in names:
        yield from (child for child in element if name(child) == wanted)


def said(element: Element, *names: str) -> str | None:
    """The words of the first such child that has any."""
    found = (words("".join(child.itertext())) for child in below(element, *names))
    return next((text for text in found if text), None)


def article(item: Element, spoken: str | None, source: str | None) -> dict[str, Any]:
    """An item or an entry as an asset."""
    link, body = address(item), said(item, *BODIES)
    authors = list(dict.fromkeys(person for person in people(item) if person))
    creators = [{"name": person, "role": "author"} for person in authors]
    creators += [{"name": source, "role": "publisher"}] if source else []
    topics = (child.get("term") or words("".join(child.itertext()))
              for child in below(item, "category", "subject"))  # fmt: skip
    title = said(item, "title")
    return {
        "asset_id": said(item, "guid", "id") or link,
        "title": title or (body.partition("\n")[0][:200] if body else None),
        "text_content": body[:LONGEST] if body else None,
        "image_uri": medium(item, "image"),
        "audio_uri": medium(item, "audio"),
        "creators": creators or None,
        "categories": list(dict.fromkeys(topic for topic in topics if topic)) or None,
        "language": said(item, "language") or spoken,
        "published_at": moment(said(item, "pubDate", "published", "date", "updated", "issued")),
        "attributes": json.dumps({"url": link}) if link else None,
    }


def address(item: Element) -> str | None:
    """Where it is read: the text of `link` in RSS, its `href` in Atom."""
    for link in below(item, "link"):
        if link.get("rel", "alternate") == "alternate":
            found = (link.get("href") or link.text or "").strip()
            if found:
                return found
    return None


def people(item: Element) -> Iterator[str | None]:
    """Who wrote it: names, `mail (name)` in RSS."""
    for author in below(item, "creator", "author", "contributor"):
        text = said(author, "name") or words("".join(author.itertext()))
        inside = text.rpartition("(")[2].rstrip(") ") if text.endswith(")") else text
        yield inside or None


def medium(item: Element, kind: str) -> str | None:
    """The address of its first picture or sound."""
    for child in item.iter():
        at = child.get("url") or child.get("href")
        told = f"{child.get('type', '')} {child.get('medium', '')}"
        if at and name(child) in ("enclosure", "content", "link") and kind in told:
            return at
        if at and name(child) == "thumbnail" and kind == "image":
            return at
    return None


def moment(text: str | None) -> str | None:
    """RFC 822 as ISO 8601; anything else as it is, for the contract to judge."""
    try:
        at = parsedate_to_datetime(text or "")
    except (TypeError, ValueError):
        return text
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat()


def language(root: Element) -> str | None:
    """Of the whole feed."""
    spoken = next((said(one, "language") for one in root.iter() if name(one) == "channel"), None)
    return spoken or root.get("{http://www.w3.org/XML/1998/namespace}lang")


def publisher(root: Element) -> str | None:
    """What the feed is called."""
    whole = next((one for one in root.iter() if name(one) == "channel"), root)
    return said(whole, "title")
