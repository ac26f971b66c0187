"""Films of Wikipedia as a catalogue, and the actors it knows of another catalogue's films."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from hermes.core.vocab import Vocabulary
from hermes.data.catalogue import Catalogue
from hermes.data.resolve import matches
from hermes.data.shelf import catalogue, table


def with_cast(shelf: Catalogue, plots: pl.DataFrame) -> Catalogue:
    """The catalogue with the actors that another source names, where the two are the same film."""
    ours = pl.DataFrame(
        {"asset_id": shelf.items.names[1:], "title": shelf.titles[1:]}
    ).with_columns(pl.Series("published_at", shelf.published[1:].astype(np.int32)).cast(pl.Date))
    theirs = plots.select(
        "title",
        asset_id=pl.col("row").cast(pl.String),
        published_at=pl.datetime("year", 1, 1),
    )
    same = dict(matches(ours, theirs).select("left", "right").rows())
    cast = plots["cast"].to_list()
    people = [
        list(dict.fromkeys(cast[int(same[i])])) if i in same else [] for i in shelf.items.names[1:]
    ]
    names = Vocabulary.of(sorted({name for row in people for name in row}))
    cards = [b"{}"]
    for card, row in zip(shelf.cards[1:], people, strict=True):
        told: dict[str, Any] = json.loads(card)
        told["creators"] = [{"name": name, "role": "actor"} for name in row]
        cards.append(json.dumps(told, ensure_ascii=False).encode())
    return replace(shelf, creators=names, creator=table(people, names), cards=tuple(cards))


def shelved(plots: pl.DataFrame) -> Catalogue:
    """Films of Wikipedia as a catalogue."""
    nothing = pl.lit(None, pl.String)
    person = pl.struct(name=pl.element(), role=pl.lit("actor"))
    return catalogue(
        plots.select(
            "title",
            asset_id=pl.col("row").cast(pl.String),
            domain=pl.lit("films"),
            creators=pl.col("cast").list.eval(person),
            categories="genres",
            tags=pl.lit(None, pl.List(pl.String)),
            price=pl.lit(None, pl.Float64),
            currency=nothing,
            image_uri=nothing,
            attributes=nothing,
            cohort=nothing,
            published_at=pl.datetime("year", 1, 1, time_zone="UTC"),
            available=pl.lit(True),
        )
    )
