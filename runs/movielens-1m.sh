#!/usr/bin/env bash
# The cascade of recipe `quality` on MovieLens-1M, leave one out. Needs the folder with ratings.dat as its argument.
# frozen on 2026-11-21; run as `runs/movielens-1m.sh FOLDER`; expect a quarter of an hour on two cores and the figures that
# the README's table gives for recipe quality.
set -euo pipefail
cd "$(dirname "$0")/.."
.venv/bin/hermes ingest movielens "$1" --lake var/movielens-1m
.venv/bin/hermes evaluate quality --lake var/movielens-1m --protocol loo --set data.min_item_events=5 --report var/report
