"""What is made of what, written once as Ibis expressions; DuckDB runs them here, Spark there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import ibis
import polars as pl
from ibis import Table, Value


def run(build: Any, **tables: pl.DataFrame | list[str]) -> pl.DataFrame:
    """`build(**tables)` on DuckDB; a list names Parquet files."""
    engine = ibis.duckdb.connect()
    try:
        for name, table in tables.items():
            given = table if isinstance(table, pl.DataFrame) else pl.scan_parquet(table).collect()
            arrow = given.to_arrow(compat_level=pl.CompatLevel.oldest())
            engine.con.register(name, arrow)
        found: pl.DataFrame = build(**{name: engine.table(name) for name in tables}).to_polars()
        return found
    finally:
        engine.disconnect()


def event_id(events: Table) -> Table:
    """Adds `made`: MD5 of user, asset, kind, time and value, whatever line they came on."""
    micros = (
        events.occurred_at.epoch_seconds().cast("string")
        + "."
        + (events.occurred_at.microsecond().cast("string"))
    )
    value = (events.value * 1000000).round().cast("int64").cast("string").fill_null("")
    parts = [events.user_id, events.asset_id, events.kind, micros, value]
    text: Value = ibis.literal("\x1f").join(parts)
    return events.mutate(made=text.hexdigest("md5"))


def versions(history: Table, incoming: Table, key: str, now: datetime) -> Table:
    """Slowly changing dimensions, type 2: what changed ends at `now`, and its new version begins.

    `incoming` has the columns of `history` but for validity; the first version of a key is valid
    from `created_at`, or from 1970, since events may be older than the day they were ingested.
    """
    moment = ibis.literal(now, type="timestamp('UTC', 6)")
    current = history.filter(history.current).select(key, "content")
    changed = incoming.anti_join(current, [key, "content"])
    gone = changed.select(key).mutate(superseded=True)
    ended = history.left_join(gone, key).drop(f"{key}_right")
    over = ended.current & ended.superseded.fill_null(False)
    kept = ended.mutate(
        valid_to=ibis.ifelse(over, moment, ended.valid_to), current=ended.current & ~over
    ).drop("superseded")
    known = history.select(key).distinct().mutate(known=True)
    fresh = changed.left_join(known, key).drop(f"{key}_right")
    since = fresh.created_at.fill_null(
        ibis.literal(datetime(1970, 1, 1, tzinfo=UTC), "timestamp('UTC', 6)")
    )
    begun = fresh.mutate(
        valid_from=ibis.ifelse(fresh.known.fill_null(False), moment, since),
        valid_to=ibis.null("timestamp('UTC', 6)"),
        current=True,
    ).drop("known")
    return kept.cast(history.schema()).union(begun.select(history.columns).cast(history.schema()))


def resolved(events: Table, links: Table) -> Table:
    """Events of an asset that is another one seen elsewhere, as events of that one.

    `links` says asset_id, kept and the domain of the kept one; see `merges.links`.
    """
    known = links.select("asset_id", "kept", home="domain")
    found = events.left_join(known, "asset_id")
    return found.mutate(
        asset_id=found.kept.fill_null(found.asset_id), domain=found.home.fill_null(found.domain)
    ).select(events.columns)


def histories(events: Table) -> Table:
    """Each user's events, oldest first: user_id, assets, kinds, times, events."""
    order = [events.occurred_at, events.line, events.event_id]
    return events.group_by("user_id").agg(
        assets=events.asset_id.collect(order_by=order),
        kinds=events.kind.collect(order_by=order),
        times=events.occurred_at.collect(order_by=order),
        events=events.count(),
    )


def cooccurrence(events: Table, reach: int = 5) -> Table:
    """How often one user's `then` came at most `reach` events after `first`: first, then, pairs."""
    window = ibis.window(
        group_by="user_id", order_by=[events.occurred_at, events.line, events.event_id]
    )
    ahead = [
        events.select(first=events.asset_id, then=events.asset_id.lead(step).over(window))
        for step in range(1, reach + 1)
    ]
    pairs = ibis.union(*ahead)
    pairs = pairs.filter(pairs.then.notnull() & (pairs.first != pairs.then))
    return pairs.group_by("first", "then").agg(pairs=pairs.count())


def popularity(events: Table) -> Table:
    """What each asset had in each calendar month: asset_id, domain, month, events, users."""
    month = events.occurred_at.truncate("M")
    return events.group_by("asset_id", "domain", month=month).agg(
        events=events.count(), users=events.user_id.nunique()
    )
