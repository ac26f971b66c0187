"""From the lake to a `Dataset`: filters, codes, a sorted log and a catalogue."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields, replace

import numpy as np
import polars as pl

from hermes.core.errors import DataError
from hermes.core.types import Array, Ints, Shape
from hermes.core.vocab import Vocabulary

from . import context, merges
from .catalogue import Catalogue
from .dataset import Dataset
from .deeds import DEEDS, SHARED, WHOLE
from .interactions import Interactions, no_fields
from .lake import Lake
from .pages import coded, pages
from .rules import WEIGHTS
from .shelf import catalogue
from .spec import DataSpec
from .union import joined

MICROS = 86_400_000_000  # in a day
COLUMNS = (
    "user_id", "asset_id", "weight", "occurred_at", "line", "event_id", "split", "context", "kind",
    "value",
)  # fmt: skip
ATTRIBUTES = ("gender", "age_band", "occupation", "country")
SPLITS = {"train": 0, "valid": 1, "test": 2}
Weights = Mapping[str, Mapping[str, float]]  # by domain, by kind; else `rules.WEIGHTS`


def dataset(lake: Lake, spec: DataSpec, weights: Weights | None = None) -> Dataset:
    """Everything of `lake` that `spec` lets pass, in an order that ingesting again does not change.

    Assets that were merged are one, in the domain of the kept one. Users and items are numbered by
    their ids, numbers before words; events of one moment keep the order of their lines. Raises
    `DataError` when nothing passes.
    """
    with lake.guard():
        links = merges.links(lake)
        events = chosen(lake, spec, weights or {}, links)
        assets = joined(lake.scan("silver/assets").filter("current").collect(), links)
        people = lake.scan("silver/users").filter("current").collect()
    if spec.domains:
        assets = assets.filter(pl.col("domain").is_in(spec.domains))
    counts = events["asset_id"].value_counts()
    frequent = counts.filter(pl.col("count") >= spec.min_item_events)["asset_id"]
    if spec.min_item_events > 0:
        assets = assets.filter(pl.col("asset_id").is_in(frequent.implode()))
    events = events.filter(pl.col("asset_id").is_in(assets["asset_id"].implode()))
    if spec.min_user_events > 1:
        active = events["user_id"].value_counts().filter(pl.col("count") >= spec.min_user_events)
        events = events.filter(pl.col("user_id").is_in(active["user_id"].implode()))
    if (events["weight"] < 0).all():  # or there are none
        raise DataError(nothing(lake, spec))
    users = vocabulary(events["user_id"].unique())
    found = assemble(events, users, catalogue(natural(assets, "asset_id")), people)
    if not spec.shown:
        return found
    with lake.guard():
        liked = passing(lake, spec, weights or {}).filter(pl.col("weight") > 0)
        known = pages(lake, users, found.catalogue.items, links, liked, MICROS)
    digest = hashlib.sha256(found.hash.encode())
    for column in known.arrays():
        digest.update(np.ascontiguousarray(column).tobytes())
    return replace(found, shown=known, hash=digest.hexdigest())


def nothing(lake: Lake, spec: DataSpec) -> str:
    """What to do about a lake of which nothing is left: only filters that were set are named."""
    if not lake.path.exists():
        return f"lake {lake.path}: no such folder; `hermes ingest DOMAIN PATH --lake` makes one"
    said = {one.name: getattr(spec, one.name) for one in fields(spec)}
    usual = DataSpec()
    odd = [f"data.{name} = {it!r}" for name, it in said.items() if it != getattr(usual, name)]
    return (
        f"lake {lake.path}: no event passes {', '.join(odd) or 'the contract'} and speaks for an"
        " item; ingest a source or filter less"
    )


def chosen(lake: Lake, spec: DataSpec, weights: Weights, links: pl.DataFrame) -> pl.DataFrame:
    """Events that pass the filters on events: user_id, asset_id, weight, time, line, split.

    An event is worth what its own domain says, and belongs to the domain of the asset that is kept.
    """
    scan = passing(lake, spec, weights)
    wanted = pl.col("domain").is_in(spec.domains)
    if spec.domains:
        scan = scan.filter(wanted | pl.col("asset_id").is_in(links["asset_id"].implode()))
    if not spec.kinds:
        scan = scan.filter(pl.col("weight") != 0)
    events = merges.resolved(scan.select("domain", *COLUMNS).collect(), links)
    return (events.filter(wanted) if spec.domains else events).drop("domain")


def passing(lake: Lake, spec: DataSpec, weights: Weights) -> pl.LazyFrame:
    """Events of the kinds and values that count, with what each is worth in its domain."""
    scan = lake.scan("silver/events")
    if spec.kinds:
        scan = scan.filter(pl.col("kind").is_in(spec.kinds))
    if spec.min_value is not None:
        scan = scan.filter(pl.col("value").is_null() | (pl.col("value") >= spec.min_value))
    worth = pl.col("kind").replace_strict(WEIGHTS, return_dtype=pl.Float32)
    for domain, own in weights.items():
        here = pl.col("kind").replace_strict(WEIGHTS | dict(own), return_dtype=pl.Float32)
        worth = pl.when(pl.col("domain") == domain).then(here).otherwise(worth)
    return scan.with_columns(weight=worth)


def natural(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Sorted by ids: whole numbers by size, then all else by its letters."""
    digits = pl.col(column).str.extract("^([0-9]{1,18})$").cast(pl.Int64)
    return frame.sort(digits, pl.col(column), nulls_last=True)


def vocabulary(ids: pl.Series) -> Vocabulary:
    """Codes in natural order."""
    return Vocabulary.of(natural(ids.to_frame("id"), "id")["id"].to_list())


def assemble(
    events: pl.DataFrame, users: Vocabulary, shelf: Catalogue, people: pl.DataFrame
) -> Dataset:
    """Codes for names, in order of user, time and line."""
    log = events.select(
        coded("user_id", users).alias("user"),
        coded("asset_id", shelf.items).alias("item"),
        "occurred_at", "weight", "split", "line", "event_id", "context", deeds().alias("deed"),
    ).sort("user", "occurred_at", "line", "event_id")  # fmt: skip
    names, user_fields = attributes(people, users)
    context_names, contexts = circumstances(log["context"])
    shape = Shape(
        n_users=len(users),
        n_items=len(shelf),
        item_fields=shelf.cardinalities,
        user_fields=tuple(len(v) for v in names),
        context=context.sizes(context_names),
    )
    times: Array = log["occurred_at"].to_physical().to_numpy() / MICROS  # float64 days
    whole = Interactions(
        log["user"].to_numpy(),
        log["item"].to_numpy(),
        times,
        log["weight"].to_numpy(),
        shape,
        shelf.fields,
        user_fields,
        contexts=contexts,
        deeds=log["deed"].to_numpy(),
    )
    refused, split = whole.weights < 0, None
    interactions = whole.take(~refused)
    if log["split"].null_count() < len(log):
        split = log["split"].replace_strict(SPLITS, default=0, return_dtype=pl.Int64).to_numpy()
        split = split[~refused]
    digest = fingerprint(users, shelf, whole, names, split)
    return Dataset(
        users, shelf, interactions, names, digest, context_names, split,
        refused=whole.take(refused),
    )  # fmt: skip


def deeds() -> pl.Expr:
    """What was done, as `deeds.deed` says it of one event."""
    value = pl.col("value")
    whole = pl.col("kind").is_in(SHARED) & (value >= WHOLE) & (value <= 1)
    known = {name: code for code, name in enumerate(DEEDS)}
    plain = pl.col("kind").replace_strict(known, default=0, return_dtype=pl.Int64)
    return pl.when(whole).then(known["finish"]).otherwise(plain)


def attributes(people: pl.DataFrame, users: Vocabulary) -> tuple[tuple[Vocabulary, ...], Ints]:
    """Vocabularies of the attributes anybody has, and the code of each user's.  -> (U, G)"""
    known = pl.DataFrame({"user_id": users.names}).join(
        people.select("user_id", *ATTRIBUTES), on="user_id", how="left", maintain_order="left"
    )
    names, columns = [], []
    for attribute in ATTRIBUTES:
        values = known[attribute]
        if values.null_count() == len(values):
            continue
        names.append(Vocabulary.of(values.drop_nulls().unique().sort().to_list()))
        columns.append(names[-1].encode(values.fill_null("").to_list()))
    if not columns:
        return (), np.zeros((len(users), 0), np.int64)
    return tuple(names), np.stack(columns, axis=1)


def circumstances(column: pl.Series) -> tuple[tuple[Vocabulary, ...], Ints]:
    """Vocabularies of page, device and referrer, and each event's codes; none where none is known.

    (N,) JSON -> (N, 3) or (0, 0)
    """
    if column.null_count() == len(column):
        return (), no_fields()
    names, columns = [], []
    for field in context.FIELDS:
        values = column.str.json_path_match(f"$.{field}").fill_null("")
        counts = values.filter(values != "").value_counts(name="events")
        common = counts.sort("events", values.name, descending=[True, False]).head(context.MOST)
        names.append(Vocabulary.of(common[values.name].to_list()))
        code = pl.Series(range(1, len(names[-1])), dtype=pl.Int64)
        known = pl.Series(names[-1].names[1:], dtype=pl.String)
        columns.append(values.replace_strict(known, code, default=0, return_dtype=pl.Int64))
    return tuple(names), np.stack([c.to_numpy() for c in columns], axis=1)


def fingerprint(
    users: Vocabulary,
    shelf: Catalogue,
    log: Interactions,
    names: tuple[Vocabulary, ...],
    split: Ints | None,
) -> str:
    """sha256 over all that a model could learn from."""
    total = hashlib.sha256()
    vocabularies = (users, *names)
    for array in (a for v in vocabularies for a in v.arrays().values()):
        total.update(array.tobytes())
    for array in shelf.arrays().values():
        total.update(np.ascontiguousarray(array).tobytes())
    columns = (log.users, log.items, log.times, log.weights, log.user_fields, log.contexts, split)
    for column in columns:
        total.update(b"-" if column is None else np.ascontiguousarray(column).tobytes())
    return total.hexdigest()
