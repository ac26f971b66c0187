"""Which assets of a lake are one thing, recorded so that each merge can be taken back.

`silver/merges` only grows: a row says that one asset is another one seen elsewhere, a later row of
the same pair takes that back, and the last row of a pair counts. Assets and events stay as they
came; whoever builds from the lake reads the merges in force and sees one asset. All rows of one
call are one commit: a run that dies has recorded all of them or none.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import polars as pl

from hermes.core.errors import ConfigError, DataError, nearest

from . import transforms
from .groups import Groups
from .lake import SCHEMAS, Lake, digest, stamp
from .resolve import SCHEMA, Plan, matches, twins

TABLE, APP = "silver/merges", "merges"
LINKS = {"asset_id": pl.String(), "kept": pl.String(), "domain": pl.String(), "place": pl.Int64()}


def standing(lake: Lake) -> pl.DataFrame:
    """The merges in force, in the order in which they were made."""
    return last(lake).filter(~pl.col("undone"))


def last(lake: Lake) -> pl.DataFrame:
    """The last word on every pair that ever was merged."""
    rows = lake.scan(TABLE).collect().sort("number")
    return rows.unique("merge", keep="last", maintain_order=True)


def links(lake: Lake) -> pl.DataFrame:
    """Every asset that is one with another: asset_id, kept, domain of the kept one, place.

    Merges chain: what is kept of a group is what was kept by the merge that made it, and whose
    group was kept by later ones. `place` is 0 for the kept one, then grows by the order of merging.
    """
    found, groups = standing(lake), Groups()
    domain = dict(found.select("kept", "kept_domain").iter_rows())
    for kept, other in found.select("kept", "other").iter_rows():
        groups.join(kept, other)
    rows = [
        (one, root, domain[root], place)
        for root in dict.fromkeys(groups.root(kept) for kept in found["kept"])
        for place, one in enumerate(groups.members(root))
    ]
    return pl.DataFrame(rows, schema=LINKS, orient="row")


def resolved(events: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Events of assets that were merged away as events of the kept one, in its domain; any order.

    Needs the columns asset_id and domain.
    """
    others = links.filter(pl.col("place") > 0)
    moved = pl.col("asset_id").is_in(others["asset_id"].implode())
    theirs = events.filter(moved)
    if not len(theirs):
        return events
    made = transforms.run(transforms.resolved, events=theirs, links=others)
    return pl.concat([events.filter(~moved), made.cast(events.schema)])


def proposed(
    lake: Lake, left: str, right: str, plan: Plan = Plan(), again: bool = False
) -> pl.DataFrame:
    """Pairs of assets of two domains, or of one, that are the same thing and not merged yet.

    A pair whose merge was undone is left alone, unless `again`. -> left, right, score, why
    Raises `ConfigError` for an unknown domain, `DataError` when the lake holds no asset.
    """
    with lake.guard():
        assets = lake.scan("silver/assets").filter("current").collect()
        told, joined = last(lake), links(lake)
    if not len(assets):
        raise DataError(f"lake {lake.path}: holds no asset; ingest two sources first")
    known = assets["domain"].unique().to_list()
    for domain in (left, right):
        if domain not in known:
            raise ConfigError(f"lake {lake.path}: no domain {domain!r}{nearest(domain, known)}")
    described = assets.filter(~pl.col("placeholder")).sort("asset_id")
    parts = [described.filter(pl.col("domain") == domain) for domain in (left, right)]
    gone = told.filter("undone" if not again else pl.lit(False)).select("kept", "other").rows()
    never = frozenset(gone) | {(other, kept) for kept, other in gone}
    if left == right:
        root = dict(joined.select("asset_id", "kept").iter_rows())
        found = twins(parts[0], plan, never)
        return found.filter(
            pl.Series(
                [root.get(a, a) != root.get(b, b) for a, b in found.select("left", "right").rows()],
                dtype=pl.Boolean,
            )
        )
    ours, theirs = apart(parts, joined)
    return matches(ours, theirs, plan, never)


def apart(parts: list[pl.DataFrame], joined: pl.DataFrame) -> list[pl.DataFrame]:
    """The assets of two domains that are not yet one with an asset of the other domain."""
    groups = dict(joined.select("asset_id", "kept").iter_rows())
    held = [{groups[one] for one in part["asset_id"] if one in groups} for part in parts]
    both = held[0] & held[1]
    taken = [one for one, kept in groups.items() if kept in both]
    return [part.filter(~pl.col("asset_id").is_in(taken)) for part in parts]


def by_hand(kept: str, other: str) -> pl.DataFrame:
    """A pair that somebody names, for `record`."""
    return pl.DataFrame([(kept, other, 1.0, "named by hand")], schema=SCHEMA, orient="row")


def record(lake: Lake, pairs: pl.DataFrame, now: datetime, dry: bool = False) -> pl.DataFrame:
    """Merge pairs (left is kept, right, score, why); those in force stay. Returns the new rows.

    Raises `ConfigError` for an asset that the lake does not hold or that is its own pair.
    """
    with lake.writing():
        owners = known(lake, {*pairs["left"], *pairs["right"]})
        held = {frozenset(pair) for pair in standing(lake).select("kept", "other").iter_rows()}
        rows = []
        for row in pairs.iter_rows(named=True):
            kept, other = row["left"], row["right"]
            if kept == other:
                raise ConfigError(f"asset {kept!r}: is itself already; name two assets")
            if frozenset((kept, other)) not in held:
                held.add(frozenset((kept, other)))
                rows.append(
                    owned("kept", kept, owners)
                    | owned("other", other, owners)
                    | {"merge": digest([kept, other]), "undone": False}
                    | {"score": row["score"], "why": row["why"]}
                )
        return written(lake, rows, now, dry)


def undo(
    lake: Lake, wanted: Iterable[str] | None, now: datetime, dry: bool = False
) -> pl.DataFrame:
    """Take merges back by their ids, None: all. Those not in force stay so. Returns the new rows.

    Raises `ConfigError` for an id that was never given.
    """
    with lake.writing():
        told = last(lake)
        ids = set(told["merge"]) if wanted is None else set(wanted)
        for one in sorted(ids - set(told["merge"])):
            raise ConfigError(f"lake {lake.path}: no merge {one!r}{close(one, told['merge'])}")
        found = told.filter(~pl.col("undone") & pl.col("merge").is_in(list(ids)))
        return written(lake, [row | {"undone": True} for row in found.to_dicts()], now, dry)


def written(lake: Lake, rows: list[dict[str, Any]], now: datetime, dry: bool) -> pl.DataFrame:
    """Rows as one commit; none where there are none, or where it is only `dry`."""
    done, at = max(lake.progress(TABLE, APP), 0), stamp(now)
    numbered = [row | {"number": done + n, "at": at} for n, row in enumerate(rows, 1)]
    frame = pl.DataFrame(numbered, schema=SCHEMAS[TABLE])
    if len(frame) and not dry:
        lake.append(TABLE, frame, APP, done + len(frame))
    return frame


def known(lake: Lake, ids: set[str]) -> dict[str, tuple[str, str]]:
    """Domain and source of each; `ConfigError` names the first that the lake does not hold."""
    assets = lake.scan("silver/assets").filter("current").select("asset_id", "domain", "source")
    found = {one: (domain, source) for one, domain, source in assets.collect().iter_rows()}
    for one in sorted(ids - set(found)):
        raise ConfigError(f"lake {lake.path}: no asset {one!r}{close(one, found)}")
    return {one: found[one] for one in ids}


def close(one: str, ids: Iterable[str]) -> str:
    """The nearest of very many, where one is near."""
    hint = nearest(one, ids)
    return hint if "did you mean" in hint else ""


def owned(side: str, one: str, owners: dict[str, tuple[str, str]]) -> dict[str, str]:
    """The columns of one side of a merge."""
    domain, source = owners[one]
    return {side: one, f"{side}_domain": domain, f"{side}_source": source}
