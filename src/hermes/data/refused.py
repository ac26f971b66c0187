"""What a lake refused, in few rows: counted by source, field and reason, each with an example.

`python -m hermes.data.refused LAKE` prints it as JSON. A server runs that in a process of its own,
so that none of its workers loads the lake.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import polars as pl

from hermes.core.errors import HermesError

from .lake import Lake

LONGEST = 300  # characters of an example
MOST = 200  # rows


def refused(lake: Lake) -> list[dict[str, Any]]:
    """The commonest first; at most `MOST`."""
    counted = (
        lake.scan("quarantine")
        .group_by("source", "table", "field", "reason")
        .agg(pl.len().alias("count"), pl.col("raw").sort_by("line").first().alias("example"))
        .sort("count", "source", "table", "field", "reason", descending=[True] + [False] * 4)
        .head(MOST)
        .collect()
    )
    return [
        {
            "source": row["source"],
            "field": f"{row['table']}.{row['field']}",
            "code": row["reason"],
            "count": row["count"],
            "example": (row["example"] or "")[:LONGEST],
        }
        for row in counted.to_dicts()
    ]


def main() -> None:
    """Exit 1 with one line when the lake cannot be read."""
    try:
        lake = Lake(Path(sys.argv[1]))
        with lake.guard():
            print(json.dumps(refused(lake)))
    except HermesError as error:
        print(f"hermes: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
