#!/usr/bin/env bash
# What sport and clothing gain from each other over shared users, beside the same model on one of them. Needs the folder that holds cross-domain.
# frozen on 2026-11-21; run as `runs/transfer.sh DATA`; expect the rows that docs/LOG.md gives under "Across domains".
set -euo pipefail
cd "$(dirname "$0")/.."
.venv/bin/hermes bench transfer --full --data "$1" --work var/bench --readme README.md --json benchmarks/results.json
