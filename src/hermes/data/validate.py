"""What an ingestion would refuse, found without writing anything."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from . import quarantine
from .columns import admit
from .ingest import Told, gathered
from .source import ROWS, Adapter


@dataclass(frozen=True, slots=True)
class Report:
    """Rows, good rows by table, and every reason with its number of rows and first places."""

    rows: dict[str, int] = field(default_factory=dict)
    good: dict[str, int] = field(default_factory=dict)
    faults: list[dict[str, object]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def validate(adapter: Adapter, path: Path, told: Told | None = None, rows: int = ROWS) -> Report:
    """Judge every row; an event of an item that no asset of the source describes is a fault."""
    report, refused = Report(), []
    source = adapter.open(path)
    known: set[str] = set()
    for part in source.parts:
        for frame in gathered(part.read(rows), rows):
            judged = admit(frame, part.table)
            good, bad = judged.good, judged.bad
            if part.table == "assets":
                known |= set(good["asset_id"].to_list())
            if part.table == "events" and known:
                strange = ~pl.col("asset_id").is_in(pl.Series(sorted(known)).implode())
                unknown = quarantine.refuse(good.filter(strange), "unknown_item", "asset_id")
                good, bad = good.filter(~strange), pl.concat([bad, unknown])
            report.rows[part.table] = report.rows.get(part.table, 0) + len(frame)
            report.good[part.table] = report.good.get(part.table, 0) + len(good)
            if len(bad):
                refused.append(quarantine.rows(bad, part.table, part.file.name, ""))
            if told:
                told(part.table, len(frame))
    if refused:
        report.faults.extend(quarantine.summary(pl.concat(refused)))
    return report
