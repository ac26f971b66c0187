#!/usr/bin/env bash
# What each part of the recipe quick is worth, on MovieLens-1M: tables and pictures in docs. Needs the folder of data sets as its argument.
# frozen on 2026-11-21; run as `runs/ablation.sh DATA`; expect an hour on two cores.
set -euo pipefail
cd "$(dirname "$0")/.."
.venv/bin/hermes ingest movielens "$1/movielens-1m" --lake var/ablation/lake
.venv/bin/hermes ablate benchmarks/ablation.toml --lake var/ablation/lake --work var/ablation --out docs/ablation.md
