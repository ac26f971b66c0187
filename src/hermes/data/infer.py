"""A draft of a mapping from the files themselves: names of columns, then what is in them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from hermes.core.errors import DataError

from .columns import admit
from .mapping import Mapping, Source
from .rules import TABLES, names
from .tabular import Format, sniff, table

SAMPLE = 2000  # rows
USER = ("user_id", "userid", "user", "uid", "reviewerid", "customer_id", "customer", "visitorid")
ITEM = (
    "asset_id", "item_id", "itemid", "item", "iid", "movieid", "movie_id", "product_id", "asin",
    "productid", "book_id", "artistid", "artist_id", "news_id", "track_id", "sku", "id",
)  # fmt: skip
WORDS: dict[str, tuple[str, ...]] = {
    "user_id": USER,
    "asset_id": ITEM,
    "occurred_at": (
        "occurred_at", "timestamp", "time", "ts", "datetime", "date", "created_at", "event_time",
        "unixreviewtime", "position", "order",
    ),
    "value": ("value", "rating", "score", "stars", "overall", "weight", "count", "plays"),
    "kind": ("kind", "event", "event_type", "type", "action", "behavior"),
    "event_id": ("event_id", "eventid"),
    "session_id": ("session_id", "sessionid", "session"),
    "split": ("split", "fold"),
    "title": ("title", "name", "original_title", "product_name", "headline"),
    "text_content": ("text_content", "description", "summary", "extract", "abstract", "overview"),
    "creators": ("creators",),
    "categories": ("categories", "genres", "category", "genre", "topics"),
    "tags": ("tags", "keywords"),
    "price": ("price",),
    "currency": ("currency",),
    "language": ("language", "language_code", "lang"),
    "image_uri": (
        "image_uri", "image_url", "image", "img", "poster", "cover", "pictureurl", "thumbnail",
    ),
    "published_at": (
        "published_at", "year", "original_publication_year", "release_date", "publication_date",
        "published",
    ),
    "gender": ("gender", "sex"),
    "age_band": ("age_band", "age"),
    "occupation": ("occupation", "job"),
    "country": ("country",),
}  # fmt: skip
ADDRESSES = ("href", "url", "link")  # name an item where nothing else does
ROLES = {
    "director": ("directors", "director"),
    "writer": ("writers", "writer"),
    "actor": ("cast", "actors", "actor", "starring"),
    "author": ("authors", "author"),
    "artist": ("artists", "artist"),
    "brand": ("brand",),
    "publisher": ("publisher",),
}


TEXT = pl.String()
LISTED = ("categories", "tags", "creators", *ROLES)


def draft(files: list[Path], domain: str = "table") -> Mapping:
    """Which file holds what; `DataError` when none holds events or assets."""
    found: dict[str, list[Source]] = {"assets": [], "users": [], "events": []}
    for file in files:
        form = sniff(file)
        kind = role(form)
        if kind is None:
            raise DataError(
                f"{file}: no column names a user or an item; columns: {', '.join(form.columns)}"
            )
        found[kind].append(source(file, kind, form))
    if not found["events"] and not found["assets"]:
        raise DataError(f"{', '.join(map(str, files))}: neither events nor assets among them")
    return Mapping(
        domain=domain,
        assets=tuple(found["assets"]),
        users=tuple(found["users"]),
        events=tuple(found["events"]),
    )


def plain(column: str) -> str:
    """A name as it is compared."""
    return column.strip().lower().replace(" ", "_").replace("-", "_")


def guess(field: str, columns: tuple[str, ...]) -> str | None:
    """The column that the field is usually called."""
    return called(WORDS.get(field, (field,)), columns)


def called(words: Iterable[str], columns: tuple[str, ...]) -> str | None:
    """The first column that has one of the names."""
    by_name = {plain(c): c for c in reversed(columns)}
    return next((by_name[word] for word in words if word in by_name), None)


def role(form: Format) -> str | None:
    """events, assets or users, from who is named in the columns."""
    user, item = guess("user_id", form.columns), guess("asset_id", form.columns)
    if user and item and plain(item) != "id":
        return "events"
    if user:
        return "users"
    return "assets" if item or guess("title", form.columns) else None


def source(file: Path, kind: str, form: Format) -> Source:
    """The columns of one file, each only where most of a sample passes the contract."""
    columns: dict[str, str] = {}
    for field in names(TABLES[kind]):
        column = guess(field, form.columns)
        if column is not None and column not in columns.values():
            columns[field] = column
    makers, key = makers_of(kind, columns, form), tuple[str, ...]()
    given = dict(columns)
    for frame in table(
        file, SAMPLE, columns | {f"creators.{r}": c for r, c in makers.items()}, form
    ):
        sample = frame.head(SAMPLE)
        given = {f: c for f, c in columns.items() if passes(sample, f, kind)}
        kinds = {role: sample.schema[f"creators.{role}"] for role in makers}
        makers = {r: c for r, c in makers.items() if kinds[r] in (TEXT, pl.List(TEXT))}
        break
    if kind == "assets" and "asset_id" not in given:
        address = called(ADDRESSES, form.columns)
        if address and alone(file, address, form):
            given = {"asset_id": address} | given
        else:
            parts = (given.get("title"), given.get("published_at"), address)
            key = tuple(part for part in parts if part)
    default = "" if "kind" in given or kind != "events" else "interaction"
    return Source(
        file=file,
        columns=given,
        separator=form.separator if form.kind == "csv" else None,
        encoding=form.encoding,
        kind="rating" if default and "value" in given else default,
        lists=separator_of_lists(file, given | makers, form),
        creators=makers,
        key=key,
    )


def makers_of(kind: str, columns: dict[str, str], form: Format) -> dict[str, str]:
    """Columns of people by what they did, unless one column names all creators."""
    if kind != "assets" or "creators" in columns:
        return {}
    found = {role: called(words, form.columns) for role, words in ROLES.items()}
    return {role: column for role, column in found.items() if column}


def alone(file: Path, column: str, form: Format) -> bool:
    """Whether a column tells the rows of a file apart, all of them."""
    frames = table(file, 1_000_000, {"asset_id": column}, form)
    said = pl.concat(frame.select(pl.col("asset_id").cast(TEXT, strict=False)) for frame in frames)
    ids = said["asset_id"]
    return not (ids.is_null() | (ids.str.strip_chars() == "")).any() and ids.n_unique() == len(ids)


def passes(frame: pl.DataFrame, field: str, kind: str) -> bool:
    """Whether at least half of what is said in a column passes; lists are split later."""
    rule = next(r for r in TABLES[kind] if r.name == field)
    said = frame.filter(pl.col(field).is_not_null()).select(field, "line")
    if rule.kind in ("texts", "creators") or not len(said):
        return True
    bad = admit(said, kind).bad.filter(pl.col("field") == field)
    return len(bad) * 2 <= len(said)


def separator_of_lists(file: Path, columns: dict[str, str], form: Format) -> str:
    """What stands between the entries of a list."""
    listed = {f: c for f, c in columns.items() if f in LISTED}
    if not listed:
        return "|"
    frame = next(table(file, SAMPLE, listed, form)).head(SAMPLE)
    text = "".join(
        v for f in listed if frame.schema[f] == pl.String for v in frame[f].drop_nulls().to_list()
    )
    return max("|;,", key=text.count)
