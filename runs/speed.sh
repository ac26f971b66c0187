#!/usr/bin/env bash
# Time to the same quality beside RecBole, which gets an environment of its own. Needs the folder of data sets as its argument.
# frozen on 2026-11-21; run as `runs/speed.sh DATA`; expect an hour on two cores, nearly all of it RecBole's.
set -euo pipefail
cd "$(dirname "$0")/.."
test -x var/peer/bin/python || python3 -m venv var/peer
var/peer/bin/pip install --quiet torch==2.13.0
var/peer/bin/pip install --quiet -r benchmarks/recbole.txt
.venv/bin/hermes bench speed --data "$1" --work var/bench --peer var/peer/bin/python --readme README.md --json benchmarks/results.json
