"""What must hold of a blend, whatever the channels bring."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hermes.core.types import Candidates
from hermes.pipeline.blend import SCALES, Blend, Scale, tabulate

Pools = dict[str, Candidates]
scale = st.sampled_from(SCALES)


@st.composite
def pools(draw: st.DrawFn) -> Pools:
    """One to four channels, each with some of 30 items, best first."""
    out = {}
    for c in range(draw(st.integers(1, 4))):
        items = draw(st.lists(st.integers(1, 30), unique=True, max_size=12))
        scores = draw(st.lists(st.integers(-5, 5), min_size=len(items), max_size=len(items)))
        falling = np.array(sorted(scores, reverse=True), np.float32)
        out[f"c{c}"] = Candidates(np.array(items, np.int64), {"score": falling})
    return out


@given(pools(), scale)
def test_a_blend_holds_each_item_that_any_channel_brought_once(given: Pools, how: Scale) -> None:
    pool = Blend(scale=how)(given)
    brought = {i for p in given.values() for i in p.items.tolist()}
    assert pool.items.tolist() == sorted(brought)
    assert np.isfinite(pool.columns["blend"]).all()


@given(pools())
def test_a_blend_keeps_what_every_channel_said(given: Pools) -> None:
    pool = Blend()(given)
    for name, brought in given.items():
        if not len(brought):
            continue
        score, rank = pool.columns[f"retrieval.{name}"], pool.columns[f"rank.{name}"]
        known = ~np.isnan(rank)
        triples = zip(pool.items[known], score[known], rank[known], strict=True)
        said = {i: (s, r) for i, s, r in triples}
        assert list(said) == sorted(brought.items.tolist())
        for place, item in enumerate(brought.items.tolist(), start=1):
            assert said[item] == (brought.columns["score"][place - 1], place)


@given(pools(), scale)
def test_the_order_of_the_channels_does_not_matter(given: Pools, how: Scale) -> None:
    one = Blend(scale=how)(given)
    other = Blend(scale=how)(dict(reversed(given.items())))
    np.testing.assert_array_equal(one.items, other.items)
    np.testing.assert_allclose(one.columns["blend"], other.columns["blend"], atol=1e-5)


@given(pools(), st.sampled_from(["zscore", "minmax"]), st.integers(-100, 100), st.integers(1, 9))
def test_scaling_forgives_a_channel_its_units(
    given: Pools, how: Scale, shift: int, stretch: int
) -> None:
    moved = {
        n: Candidates(p.items, {"score": p.columns["score"] * stretch + np.float32(shift)})
        for n, p in given.items()
    }
    np.testing.assert_allclose(
        Blend(scale=how)(moved).columns["blend"],
        Blend(scale=how)(given).columns["blend"],
        atol=2e-3,
    )


@given(pools(), scale)
def test_what_a_channel_did_not_bring_is_no_better_than_its_worst(given: Pools, how: Scale) -> None:
    alone = Blend(scale=how, weights=dict.fromkeys(list(given)[1:], 0.0))(given)
    first = next(iter(given.values()))
    if len(first):
        inside = np.isin(alone.items, first.items)
        blend = alone.columns["blend"]
        assert blend[~inside].max(initial=-np.inf) <= blend[inside].min() + 1e-6


@given(pools())
def test_an_empty_channel_changes_nothing(given: Pools) -> None:
    nobody = Candidates(np.zeros(0, np.int64), {"score": np.zeros(0, np.float32)})
    np.testing.assert_array_equal(
        Blend()({**given, "silent": nobody}).columns["blend"], Blend()(given).columns["blend"]
    )
    assert "silent" not in tabulate({**given, "silent": nobody}).channels
