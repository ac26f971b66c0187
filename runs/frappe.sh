#!/usr/bin/env bash
# Every ranker on frappe, whose rows stand alone: AUC and log loss. Needs the folder of data sets as its argument.
# frozen on 2026-11-21; run as `runs/frappe.sh DATA`; expect a quarter of an hour on one core.
set -euo pipefail
cd "$(dirname "$0")/.."
.venv/bin/hermes bench ctr --data "$1" --work var/bench --readme README.md --json benchmarks/results.json
