"""Everything that is measured, in one table: the parts are measured elsewhere and gathered here."""

from __future__ import annotations

import importlib
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from hermes.core.config import build
from hermes.core.errors import ConfigError, DataError, HermesError, nearest

PARTS = {
    "quality": True,
    "retrievers": True,
    "graph": True,
    "transfer": True,
    "ctr": True,
    "losses": True,
    "serve": False,
    "ann": False,
    "ingest": False,
    "train": False,
    "scale": False,
    "delayed": False,
    "resolve": False,
    "cold": True,
    "newcomer": True,
    "knowledge": True,
    "query": True,
    "speed": True,
    "encoders": True,
    "fusion": True,
    "search": True,
    "blend": False,
    "features": True,
    "guard": True,
    "agent": True,
    "policy": False,
    "shown": False,
    "explain": True,
}  # in the order of their tables; whether `only` can name measurements of it
LIBRARIES = (
    "numpy",
    "torch",
    "polars",
    "duckdb",
    "faiss-cpu",
    "onnxruntime",
    "lightgbm",
    "granian",
)
MARKS = ("<!-- bench: begin -->", "<!-- bench: end -->")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure, and what it has to be."""

    name: str
    value: float | None  # None: could not be measured here; `note` says why
    unit: str = ""
    floor: float | None = None  # what it must reach, or must not exceed
    holds: bool | None = None  # None: nothing was asked
    low: float | None = None  # of a 95 % interval
    high: float | None = None
    note: str = ""
    part: str = ""
    commit: str = ""  # of the code that was measured
    cores: int = 0  # it could use; 0: not recorded


@dataclass(frozen=True, slots=True)
class Place:
    """Where a benchmark finds its data and may write."""

    data: Path | None  # the folder of real data sets; None: the simulated world is used
    work: Path
    full: bool = False  # the long benchmarks as well
    only: tuple[str, ...] = ()  # measurements of a part; empty: all that `full` allows
    peer: Path | None = None  # the interpreter of an environment that holds RecBole
    log: Path | None = None  # of `delayed`; None: the simulated world
    window: float = 4.0  # days, of `log`

    def folder(self) -> Path:
        """The folder of data sets; raises `ConfigError` without one."""
        if self.data is None:
            raise ConfigError("this is measured on public data: give their folder with --data")
        return self.data

    def named(
        self, part: str, known: Iterable[str], usual: Iterable[str] | None = None
    ) -> tuple[str, ...]:
        """The measurements of a part that `only` names, else the usual ones, else all.

        Raises `ConfigError` for a name that is none of them.
        """
        every = tuple(known)
        for name in self.only:
            if name not in every:
                raise ConfigError(f"bench {part}: no measurement {name!r}{nearest(name, every)}")
        return self.only or (every if usual is None else tuple(usual))


def parts(word: str) -> tuple[str, ...]:
    """`all`, or one part; `ConfigError` with the nearest word."""
    if word == "all":
        return tuple(PARTS)
    if word not in PARTS:
        raise ConfigError(f"no benchmark {word!r}{nearest(word, (*PARTS, 'all'))}")
    return (word,)


def gather(chosen: Iterable[str], place: Place, say: Callable[[str], None]) -> list[Row]:
    """The rows of the chosen parts, in order.

    A part of several that cannot be measured is a row that says why; a part alone raises.
    """
    several = tuple(chosen)
    if place.only and (whole := [part for part in several if not PARTS[part]]):
        raise ConfigError(f"bench {whole[0]}: is measured as one; leave out --only")
    rows, code = list[Row](), commit()
    for part in several:
        say(f"measuring {part}")
        try:
            found = measured(part, place)
        except HermesError as error:
            if len(several) == 1:
                raise
            found = [{"name": part, "value": None, "note": str(error)}]
        made = {"part": part, "commit": code, "cores": len(os.sched_getaffinity(0))}
        rows += [build(Row, row | made, part) for row in found]
    return rows


def measured(part: str, place: Place) -> list[dict[str, Any]]:
    """What one part found."""
    module = importlib.import_module(f"hermes.workflows.bench_{part}")
    given: dict[str, Any] = {"long": place.full} if part == "ann" else {"place": place}
    rows: list[dict[str, Any]] = module.measure(**given)
    return rows


def document(rows: Iterable[Row], at: datetime) -> dict[str, Any]:
    """The rows, and what they were measured with."""
    return {
        "at": at.isoformat(timespec="seconds"),
        "commit": commit(),
        "machine": {
            "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
            "processor": processor(),
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.release()}",
        },
        "versions": {name: installed(name) for name in ("hermes-recommender", *LIBRARIES)},
        "rows": [asdict(row) for row in rows],
    }


def installed(name: str) -> str:
    """The version of a distribution, empty where it is not there."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def renewed(
    before: Mapping[str, Any], report: dict[str, Any], whole: bool = True
) -> dict[str, Any]:
    """A report whose other parts are those of an earlier one, each row with its own commit.

    whole: all rows of a part that was measured go, else only those of the same name.
    """
    key = (lambda row: row["part"]) if whole else (lambda row: (row["part"], row["name"]))
    measured = {key(row) for row in report["rows"]}
    kept = [
        {**row, "commit": row.get("commit") or before["commit"]}
        for row in before["rows"]
        if key(row) not in measured
    ]
    rows = sorted([*kept, *report["rows"]], key=lambda row: [*PARTS].index(row["part"]))
    return {**report, "rows": rows}


def commit() -> str:
    """Of the checkout hermes runs from, with a + when it was changed since; empty outside one."""
    folder, git = Path(__file__).parent, shutil.which("git")
    if git is None:
        return ""
    command = [git, "-C", str(folder), "describe", "--always", "--dirty=+", "--exclude=*"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def processor() -> str:
    """Its name, as the kernel has it."""
    info = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*:\s*(.+)", info.read_text("utf-8")) if info.exists() else None
    return found[1] if found else platform.machine()


def shown(row: Row) -> tuple[str, str, str, str, str]:
    """Name, value with its interval, what was asked, whether it holds, and the note.

    >>> shown(Row(name="HR@10", value=0.33012, floor=0.329, holds=True, low=0.3185, high=0.342))
    ('HR@10', '0.330 [0.319, 0.342]', '0.329', 'yes', '')
    """
    value = "not measured" if row.value is None else f"{figure(row.value)} {row.unit}".strip()
    if row.low is not None and row.high is not None:
        value += f" [{figure(row.low)}, {figure(row.high)}]"
    asked = "" if row.floor is None else f"{figure(row.floor)} {row.unit}".strip()
    return row.name, value, asked, {True: "yes", False: "no", None: ""}[row.holds], row.note


def figure(value: float) -> str:
    """Three digits that matter, and no more.

    >>> [figure(v) for v in (0.33012, 3.176, 61.234, 1234567.0, 0.0)]
    ['0.330', '3.18', '61.2', '1,234,567', '0']
    """
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return (
        f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}"
    )


def markdown(report: Mapping[str, Any]) -> str:
    """The tables of the README, one a part to be opened, and what they were measured with."""
    rows = [Row(**found) for found in report["rows"]]
    lines = [
        line for part in dict.fromkeys(row.part for row in rows) for line in folded(part, rows)
    ]
    machine, codes = report["machine"], dict[str, list[str]]()
    for row in rows:
        where = f" on {row.cores} core{'s' * (row.cores > 1)}" if row.cores else ""
        code = row.commit or report["commit"]
        codes.setdefault(f"at commit `{code}`{where}", []).append(row.part)
    made = "; ".join(f"{', '.join(dict.fromkeys(p))} {how}" for how, p in codes.items())
    lines.append(
        f"Measured by `hermes bench`, last at {report['at']}: {made}; "
        f"{machine['processor']}, {machine['memory_gb']} GB, "
        f"Python {machine['python']}. Intervals are 95 %."
    )
    return "\n".join(lines)


def folded(part: str, rows: Iterable[Row]) -> list[str]:
    """The lines of one part's table, under a line that says how much of what was asked holds."""
    own = [row for row in rows if row.part == part]
    asked = [row.holds for row in own if row.holds is not None]
    said = f"{sum(asked)} of {len(asked)} floors hold" if asked else "nothing was asked"
    lines = [f"<details><summary><b>{part}</b>: {said}, {len(own)} rows</summary>", ""]
    lines += ["| what | measured | asked | holds | note |", "|---|---|---|---|---|"]
    for row in own:
        cells = [cell.replace("|", "\\|") for cell in shown(row)]
        lines.append("| " + " | ".join(cells) + " |")
    return [*lines, "", "</details>", ""]


def rewrite(readme: Path, table: str) -> None:
    """Put the table between its marks; `DataError` when they are not there."""
    text = readme.read_text("utf-8")
    begin, end = (text.find(mark) for mark in MARKS)
    if not 0 <= begin < end:
        raise DataError(f"{readme} lacks the lines {MARKS[0]} and {MARKS[1]}; add them")
    readme.write_text(f"{text[: begin + len(MARKS[0])]}\n{table}\n{text[end:]}", "utf-8")
