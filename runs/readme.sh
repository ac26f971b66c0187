#!/usr/bin/env bash
# The table of the README: every measurement, the long ones too. Needs the folder of data sets as its argument.
# frozen on 2026-11-21; run as `runs/readme.sh DATA`; expect an hour on two cores.
set -euo pipefail
cd "$(dirname "$0")/.."
.venv/bin/hermes bench all --full --data "$1" --work var/bench --readme README.md --json benchmarks/results.json
