"""Good rows on their way into silver: events each once, assets and users by versions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from hermes.core.types import Array

from . import quarantine, transforms
from .lake import SCHEMAS, VERSIONED, Lake
from .rules import KEYS, TABLES, names


@dataclass
class State:
    """What must be known of a lake to judge a row against it."""

    lake: Lake
    domain: str | None  # of the adapter
    described: bool  # the source brings assets, so that an unknown item is a fault
    owners: dict[str, str]  # the domain of each asset
    seen: Seen

    @classmethod
    def of(cls, lake: Lake, domain: str | None, described: bool) -> State:
        """As the lake stands."""
        assets = lake.scan("silver/assets").filter("current")
        known = assets.select("asset_id", "domain", "placeholder").collect()
        owners = dict(known.select("asset_id", "domain").iter_rows())
        whole = known.filter(~pl.col("placeholder"))
        if domain is not None:
            whole = whole.filter(pl.col("domain") == domain)
        seen = Seen()
        for file in lake.files("silver/events"):
            ids = pl.read_parquet(file, columns=["event_id"])["event_id"]
            seen.remember(np.sort(ids.hash(seed=0).to_numpy()))
        return cls(lake, domain, described or domain is None or len(whole) > 0, owners, seen)

    def prepare(
        self, table: str, good: pl.DataFrame, now: datetime
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Rows for silver, and rows that only the lake could refuse (line, reason, field, raw)."""
        if table == "events":
            return self.events(good, now)
        if table == "users":
            return good, quarantine.refuse(good.clear(), "", "")
        owner = pl.col("asset_id").replace_strict(self.owners, default=None, return_dtype=pl.String)
        taken = (owner != pl.col("domain")).fill_null(False)
        mine = good.filter(~taken)
        self.owners |= dict(mine.select("asset_id", "domain").iter_rows())
        refused = quarantine.refuse(good.filter(taken), "id_taken", "asset_id")
        return mine.with_columns(placeholder=pl.lit(False)), refused

    def events(self, good: pl.DataFrame, now: datetime) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Each with an id and the domain of its asset; its asset must be known."""
        owned = pl.DataFrame(
            {"asset_id": list(self.owners), "domain": list(self.owners.values())},
            schema={"asset_id": pl.String, "domain": pl.String},
        )
        good = good.join(owned, on="asset_id", how="left", maintain_order="left")
        refused = [quarantine.refuse(good.clear(), "", "")]
        if self.domain is not None and set(self.owners.values()) - {self.domain}:
            wrong = (pl.col("domain") != self.domain).fill_null(False)
            taken = good.filter(wrong).drop("domain")
            refused.append(quarantine.refuse(taken, "id_taken", "asset_id"))
            good = good.filter(~wrong)
        if good["domain"].null_count():
            strange = good.filter(pl.col("domain").is_null())
            if self.described:
                told = quarantine.refuse(strange.drop("domain"), "unknown_item", "asset_id")
                refused.append(told)
                good = good.filter(pl.col("domain").is_not_null())
            else:
                self.place(strange, now)
                good = good.with_columns(pl.col("domain").fill_null(self.domain))
        return identified(good), pl.concat(refused)

    def place(self, events: pl.DataFrame, now: datetime) -> None:
        """A placeholder for each asset of which only the id is known."""
        assert self.domain is not None
        some = events.unique("asset_id", keep="first", maintain_order=True)
        rows = some.select(
            "asset_id",
            pl.lit(self.domain).alias("domain"),
            pl.col("asset_id").alias("title"),
            pl.lit(True).alias("available"),
            pl.lit(True).alias("placeholder"),
            "source",
            "batch",
            "line",
        )
        schema = SCHEMAS["silver/assets"]
        absent = [pl.lit(None, t).alias(n) for n, t in schema.items() if n not in rows.columns]
        ids = rows["asset_id"].to_list()
        name = f"placeholders/{hashlib.sha256(chr(31).join(ids).encode()).hexdigest()[:16]}"
        self.write("assets", rows.with_columns(absent), name, 1, now)
        self.owners |= dict.fromkeys(ids, self.domain)

    def write(self, table: str, ready: pl.DataFrame, app: str, upto: int, now: datetime) -> None:
        """Into silver, once."""
        name = f"silver/{table}"
        done = self.lake.progress(name, app)
        if done >= upto:
            return
        if done >= 0:
            ready = ready.filter(pl.col("line") > done)
        if table == "events":
            fresh = ready.filter(self.seen.fresh(ready["event_id"]))
            self.lake.append(name, fresh.select(list(SCHEMAS[name])), app, upto)
            return
        key = KEYS[table]
        told = content(ready, table).unique(key, keep="last", maintain_order=True)
        plain = [c for c in SCHEMAS[name] if c not in VERSIONED]
        history = self.lake.scan(name).collect()
        made = transforms.run(
            lambda history, incoming: transforms.versions(history, incoming, key, now),
            history=history,
            incoming=told.select(*plain, "content"),
        )
        schema: Any = SCHEMAS[name]
        made = made.select(list(schema)).cast(schema).sort(key, "valid_from")
        self.lake.replace(name, made, app, upto)


def identified(events: pl.DataFrame) -> pl.DataFrame:
    """Events with an id; one without is given a hash of its content."""
    if not events["event_id"].null_count():
        return events
    columns = ("user_id", "asset_id", "kind", "value", "occurred_at")
    needed = events.select(*columns).with_row_index("row")
    made = transforms.run(transforms.event_id, events=needed)
    ids = made.sort("row")["made"]
    return events.with_columns(pl.col("event_id").fill_null(ids))


def content(rows: pl.DataFrame, table: str) -> pl.DataFrame:
    """Adds a hash of all the fields of the contract."""
    texts = rows.select(pl.struct(names(TABLES[table])).struct.json_encode()).to_series()
    hashes = [hashlib.sha256(t.encode()).hexdigest()[:32] for t in texts.to_list()]
    return rows.with_columns(pl.Series("content", hashes, pl.String))


@dataclass
class Seen:
    """The hashes of all event ids, as sorted runs that double in size."""

    runs: list[Array] = field(default_factory=list)

    def fresh(self, ids: pl.Series) -> pl.Series:
        """True where an id is seen for the first time; remembers it.  (n,)"""
        keys = ids.hash(seed=0)
        ordered = np.sort(keys.to_numpy())
        twice = ordered[1:][ordered[1:] == ordered[:-1]]
        known = [hits(run, ordered) for run in self.runs]
        fresh = pl.repeat(True, len(keys), eager=True)
        if len(twice):
            same = keys.is_in(pl.Series(twice).implode()).arg_true()
            fresh[same.filter(~keys.gather(same).is_first_distinct())] = False
        for found in known:
            if len(found):
                fresh &= ~keys.is_in(pl.Series(found).implode())
        self.remember(ordered)
        return fresh

    def remember(self, ordered: Array) -> None:
        """A new run, merged with the last while that is not twice as long."""
        self.runs.append(ordered)
        while len(self.runs) > 1 and len(self.runs[-2]) < 2 * len(self.runs[-1]):
            last = self.runs.pop()
            merged = np.concatenate([self.runs[-1], last])
            self.runs[-1] = np.sort(merged, kind="stable")  # two sorted runs: one linear merge


def hits(run: Array, ordered: Array) -> Array:
    """The keys that a run holds.  (n,) -> (m,)"""
    place = np.searchsorted(run, ordered)
    found: Array = ordered[run[np.minimum(place, len(run) - 1)] == ordered]
    return found
