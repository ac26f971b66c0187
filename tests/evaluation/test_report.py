from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from scipy.sparse import csr_array

from hermes.evaluation import plots, report, segments
from hermes.evaluation.cascade import Cascade
from hermes.evaluation.offline import replay
from hermes.evaluation.splits import Split
from hermes.evaluation.summary import Evaluation, summarise

NOW = datetime(2024, 5, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def found(split: Split, make: Any, backwards: Any) -> Evaluation:
    recommender = make(backwards("prerank", 50), backwards("rank", 40))
    genres = csr_array(np.eye(split.train.shape.n_items)[:, :3])
    outcome = replay(split.test, Cascade(recommender))
    return summarise(outcome, split, genres, name="small <b>", data_hash="ab" * 32, ks=(5, 20))


def test_figures_are_the_means_of_users_within_their_intervals(found: Evaluation) -> None:
    for metrics in found.systems.values():
        assert {"hr@5", "ndcg@5", "recall@20", "map@20"} <= set(metrics)
        assert all(i.low - 1e-12 <= i.mean <= i.high + 1e-12 for i in metrics.values())


def test_the_document_is_json_with_the_promised_keys(found: Evaluation) -> None:
    plain = json.loads(json.dumps(found.document()))
    assert list(plain)[:6] == ["protocol", "users", "items", "data_hash", "seconds", "systems"]
    assert set(plain["paired"][0]) == {"a", "b", "metric", "mean", "low", "high", "p"}


def test_cascade_and_fusion_are_tested_against_the_best_channel(found: Evaluation) -> None:
    pairs = {(p.a, p.b) for p in found.paired if p.metric == "ndcg@5"}
    best = max(
        (s for s in found.systems if s.startswith("channel.")),
        key=lambda s: found.systems[s]["ndcg@5"].mean,
    )
    assert pairs == {("fusion", best), ("cascade", best), ("cascade", "fusion")}


def test_segments_by_history_part_the_users(found: Evaluation) -> None:
    thirds = [n for n in found.sizes if "histories" in n]
    assert sum(found.sizes[n] for n in thirds) == found.users


def test_head_and_tail_part_the_targets(split: Split) -> None:
    counts = np.bincount(split.train.items, minlength=split.train.shape.n_items)
    masks = segments.by_item(split.test, counts)
    assert np.array_equal(sum(m.astype(int) for m in masks.values()), np.ones(len(split.test)))


def test_the_page_needs_nothing_from_elsewhere(found: Evaluation, tmp_path: Path) -> None:
    page = report.write(found, tmp_path, NOW).read_text("utf-8")
    assert page.count("<svg") == 5
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?!#)""", page.replace("xlink:href", ""))


def test_a_name_can_not_break_the_page(found: Evaluation, tmp_path: Path) -> None:
    page = report.write(found, tmp_path, NOW).read_text("utf-8")
    assert "small &lt;b&gt;" in page
    assert "small <b>" not in page


def test_page_and_markdown_show_the_same_figures(found: Evaluation, tmp_path: Path) -> None:
    report.write(found, tmp_path, NOW)
    figure = report.figure(found.systems["cascade"]["ndcg@5"].mean)
    for name in ("report.html", "report.md"):
        assert figure in (tmp_path / name).read_text("utf-8")
    linked = re.findall(r"\]\((.*?)\)", (tmp_path / "report.md").read_text("utf-8"))
    assert linked
    assert all((tmp_path / name).is_file() for name in linked)


def test_tables_of_the_markdown_are_whole(found: Evaluation, tmp_path: Path) -> None:
    report.write(found, tmp_path, NOW)
    tables = re.findall(r"(?:^\|.*\n)+", (tmp_path / "report.md").read_text("utf-8"), re.M)
    assert len(tables) == 5
    for text in tables:
        assert len({line.count("|") for line in text.splitlines()}) == 1
        assert len(text.splitlines()) > 2


def test_every_picture_is_well_formed_and_the_same_each_time(found: Evaluation) -> None:
    drawn = plots.pictures(found)
    for svg in drawn.values():
        ElementTree.fromstring(svg)
    assert drawn == plots.pictures(found)


def test_parts_that_failed_are_named(found: Evaluation, tmp_path: Path) -> None:
    page = report.write(replace(found, degraded={"rank": 7}), tmp_path, NOW).read_text("utf-8")
    assert "rank on 7" in page
