"""Learn the naming of colours again: `python tools/fit_colours.py DATA`, DATA holding `clothing`.

Reads the judgements of `tests/data/clothing_colours_fit.csv`, prints how many of them are right
when each fifth is named by what the others taught, and writes `src/hermes/encoders/naming.npz`.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

from hermes.encoders.colours import WORDS, palette
from hermes.encoders.pictures import opened
from hermes.learn.naming import learned

ROOT = Path(__file__).parents[1]
PARTS = 5


def main(data: Path) -> None:
    """Check across parts, then learn from all."""
    with (ROOT / "tests/data/clothing_colours_fit.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    seen = [palette(opened((data / "clothing" / row["file"]).read_bytes())) for row in rows]
    judged = np.array([[word in row["colours"].split() for word in WORDS] for row in rows])
    part = np.random.default_rng(0).permutation(len(rows)) % PARTS
    right = np.zeros(len(rows), bool)
    for one in range(PARTS):
        others = [seen[i] for i in np.flatnonzero(part != one)]
        naming = learned(others, judged[part != one])
        for i in np.flatnonzero(part == one):
            right[i] = judged[i, naming.shares(seen[i]).argmax()]
    naming = learned(seen, judged)
    found = [judged[i, naming.shares(one).argmax()] for i, one in enumerate(seen)]
    print(f"right across parts {right.mean():.3f}, on what was learned from {np.mean(found):.3f}")
    np.savez(ROOT / "src/hermes/encoders/naming.npz", table=naming.table, mix=naming.mix)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
