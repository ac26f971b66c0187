"""The row door and the column door give one verdict."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest

from hermes.data.columns import admit
from hermes.data.contract import ROWS, Fault, judge
from hermes.data.rules import REASONS, TABLES, names

IDS = [
    "1",
    "a/b",
    "quote'\"",
    "\U0001f3ac film",
    "x" * 512,
    "x" * 513,
    "y" * 10_000,
    "",
    "  ",
    None,
]
IDS += ["tab\tinside", "nul\x00", "\x7f", "é", "　", "007", "-5", "1.0", "nan"]
TIMES = ["0", "956703932", "956703932000", "1.5e9", "2001-02-03", "2001-02-03T04:05:06Z", "", None]
TIMES += ["2001-02-03 04:05:06", "2001-02-03T04:05:06.250+05:30", "2001-02-03 04:05", "yesterday"]
TIMES += [
    "2001-02-30",
    "2001-13-01",
    "03/02/2001",
    "nan",
    "inf",
    "-1",
    "1e30",
    "2101-01-01",
    "2001",
]
TIMES += ["1969-12-31 23:59:59", "2001-02-03T24:00:00", "2001-02-03T04:05:60", "0001-01-01", " 5 "]
VALUES = [
    "4.5",
    "0",
    "-1",
    "nan",
    "NaN",
    "-inf",
    "Infinity",
    "",
    None,
    "four",
    "1e400",
    "1e12",
    "1e13",
]
VALUES += [" 3 ", "1_000", "0x10", "5.", ".5", "+2", "1,5", "--1", "1e", "e5"]
KINDS = ["rating", "Click", " play ", "", None, "teleport", "RATING"]
PLACES = ["0", "3", "1.0", "1.5", "-1", "x", "", None, "1000001", "nan"]
CHANCES = ["0.5", "1", "0", "1.01", "-0.1", "nan", None, ""]
CONTEXT = [None, "", '{"device":"phone"}', "[1]", "{broken", '{"a":null}', "text"]
NAIVE = [datetime.fromisoformat("2001-02-03T04:05:06"), datetime.fromisoformat("1950-01-01"), None]
SPLITS = [None, "train", "Test", "holdout", ""]


def events(n: int) -> list[dict[str, Any]]:
    rng = np.random.default_rng(0)
    pools = {
        "event_id": IDS, "user_id": IDS, "asset_id": IDS, "kind": KINDS, "value": VALUES,
        "occurred_at": TIMES, "position": PLACES, "propensity": CHANCES, "context": CONTEXT,
        "split": SPLITS, "colour": [None, None, "red"],
    }  # fmt: skip
    good = {"user_id": "u", "asset_id": "i", "kind": "rating", "occurred_at": "956703932"}
    rows = []
    for _ in range(n):
        wild = rng.choice(list(pools), rng.integers(0, 4), replace=False)
        row = dict.fromkeys(pools) | good
        rows.append(row | {str(f): pools[f][rng.integers(len(pools[f]))] for f in wild})
    return rows


def compare(table: str, rows: list[dict[str, Any]], frame: pl.DataFrame) -> tuple[int, int]:
    """Both doors on the same rows; returns how many were good and bad."""
    by_column = admit(frame.with_columns(line=pl.int_range(1, len(rows) + 1)), table)
    bad = {row["line"]: (row["reason"], row["field"]) for row in by_column.bad.to_dicts()}
    good = {row["line"]: row for row in by_column.good.to_dicts()}
    for line, row in enumerate(rows, 1):
        verdict = judge(
            table, {k: v for k, v in row.items() if v is not None or k in ROWS[table].rules}
        )
        if isinstance(verdict, Fault):
            assert bad.get(line) == (verdict.reason, verdict.field), row
            continue
        assert line in good, (row, bad.get(line))
        for name in names(TABLES[table]):
            told, seen = getattr(verdict, name), good[line][name]
            if isinstance(told, tuple):
                told = [t if isinstance(t, str | float) else t.model_dump() for t in told]
                seen = seen or []
            assert told == (True if name == "available" and seen is None else seen), (name, row)
    assert len(good) + len(bad) == len(rows)
    return len(good), len(bad)


def test_a_thousand_written_events_get_the_same_verdicts_and_values() -> None:
    rows = events(1000)
    schema = dict.fromkeys(rows[0], pl.String)
    good, bad = compare("events", rows, pl.DataFrame(rows, schema=schema))
    assert good > 250 and bad > 400


def test_each_single_value_gets_the_same_verdict_in_a_column_of_its_own() -> None:
    base = {"user_id": "u", "asset_id": "i", "kind": "rating", "occurred_at": "956703932"}
    for field, pool in (("user_id", IDS), ("occurred_at", TIMES), ("value", VALUES)):
        for value in pool:
            row = base | {field: value}
            compare("events", [row], pl.DataFrame([row], schema=dict.fromkeys(row, pl.String)))


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("user_id", [1, 2, -3]),
        ("user_id", [1.0, 1.5, float("nan"), float("inf"), 1e300]),
        ("user_id", [True, False]),
        ("value", [1, -1, 5]),
        ("value", [0.5, float("nan"), float("-inf"), -0.5, 2e12]),
        ("value", [True]),
        ("occurred_at", [0, 956703932, 956703932123, 956703932123456, -5, 10**18]),
        ("occurred_at", [1.5, float("nan"), 956703932.25]),
        ("occurred_at", NAIVE),
        ("occurred_at", [datetime(2001, 2, 3, 4, 5, 6, 7, tzinfo=UTC)]),
        ("occurred_at", [date(2001, 2, 3), date(2200, 1, 1)]),
        ("occurred_at", [True]),
        ("kind", [1]),
        ("position", [0, 2_000_000, None]),
        ("context", [{"device": "tv"}, None]),
    ],
)
def test_typed_columns_get_the_same_verdicts(field: str, values: list[Any]) -> None:
    base = {"user_id": "u", "asset_id": "i", "kind": "rating", "occurred_at": "956703932"}
    rows = [base | {field: value} for value in values]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    compare("events", rows, pl.DataFrame(columns))


def test_assets_and_users_get_the_same_verdicts() -> None:
    base = {"asset_id": "1", "domain": "films", "title": "Heat"}
    wild: list[dict[str, Any]] = [
        {}, {"title": ""}, {"title": "t" * 1001}, {"domain": None}, {"price": "-1"},
        {"price": "9.99"}, {"published_at": "1995"}, {"published_at": "1995-12-15"},
        {"published_at": "someday"}, {"cohort": "Independent"}, {"cohort": "underground"},
        {"available": "false"}, {"available": "perhaps"}, {"attributes": '{"b":1,"a":2}'},
        {"attributes": "no"}, {"currency": "EURO"}, {"text_content": "line\nbreak"},
    ]  # fmt: skip
    rows = [dict.fromkeys({k for w in wild for k in w}) | base | w for w in wild]
    compare("assets", rows, pl.DataFrame(rows, schema=dict.fromkeys(rows[0], pl.String)))
    nested: list[dict[str, Any]] = [
        base | {"categories": ["a", "b"], "creators": [{"name": "Mann", "role": "director"}]},
        base | {"categories": ["a", None], "creators": []},
        base | {"categories": ["x" * 600], "creators": []},
        base | {"categories": [], "creators": [{"name": "", "role": "actor"}]},
    ]
    compare("assets", nested, pl.DataFrame(nested))
    vectors = [base | {"dense_features": [0.5] * n} for n in (768, 3)]
    compare("assets", vectors, pl.DataFrame(vectors))
    people: list[dict[str, Any]] = [{"user_id": "1", "gender": "F"}, {"user_id": "", "gender": "x"}]
    compare("users", people, pl.DataFrame(people))


def test_the_contract_has_the_fields_of_the_rules_in_their_order() -> None:
    for table, rules in TABLES.items():
        assert list(ROWS[table].model_fields) == names(rules)


def test_a_refused_row_keeps_what_was_given() -> None:
    frame = pl.DataFrame({"user_id": ["u"], "value": [float("nan")], "line": [7]})
    bad = admit(frame, "events").bad.row(0, named=True)
    assert bad["line"] == 7 and json.loads(bad["raw"]) == {"user_id": "u", "value": "NaN"}
    assert bad["reason"] in REASONS


def test_a_lone_surrogate_is_no_text() -> None:
    row = {"user_id": "\ud800", "asset_id": "i", "kind": "rating", "occurred_at": 1}
    assert judge("events", row) == Fault("not_text", "user_id")
