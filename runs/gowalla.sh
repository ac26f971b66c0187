#!/usr/bin/env bash
# The graph family on Gowalla in LightGCN's split, beside its papers and beside `implicit`. Needs the folder that holds gowalla.
# frozen on 2026-11-21; run as `runs/gowalla.sh DATA`; expect the rows that docs/LOG.md gives under "The graph family".
set -euo pipefail
cd "$(dirname "$0")/.."
.venv/bin/hermes bench graph --only gfcf --only bspm --only lightgcn --only als --only bpr --data "$1" --work var/bench --readme README.md --json benchmarks/results.json
