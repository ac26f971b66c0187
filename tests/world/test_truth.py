from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from hermes.core.errors import NotFound
from hermes.world import Truth
from hermes.world.catalogue import NEWS
from hermes.world.people import DEVICES
from hermes.world.scale import DOMAINS

ALARM = 4.5  # standard errors: one false alarm in 150,000 independent checks


@pytest.fixture(scope="module")
def log(written: Any, truth: Truth) -> pl.DataFrame:
    """Each impression with its codes, its day, and what followed."""
    key = ["request_id", "asset_id"]
    frame = written.events.filter(pl.col("kind") == "impression")
    frame = frame.with_columns(
        user=pl.Series(truth.user_codes(frame["user_id"])),
        item=pl.Series(truth.item_codes(frame["asset_id"])),
        day=truth.days(frame["occurred_at"].dt.epoch("us").to_numpy() / 1e6),
        device=frame["context"].str.json_path_match("$.device").replace_strict(
            list(DEVICES), range(len(DEVICES)), return_dtype=pl.Int64
        ),
    )  # fmt: skip
    for kind in ("click", "dismiss", "play", "read", "purchase"):
        one = written.events.filter(pl.col("kind") == kind).select(
            *key, pl.col("occurred_at").alias(kind)
        )
        frame = frame.join(one, on=key, how="left", maintain_order="left")
    return frame


def law(truth: Truth, frame: pl.DataFrame, name: str) -> np.ndarray:
    """A law of the truth for the rows of a frame."""
    columns = [frame[c].to_numpy() for c in ("user", "item", "day")]
    return getattr(truth, name)(*columns)


def clicks(truth: Truth, frame: pl.DataFrame) -> np.ndarray:
    """The probability of a click for each row."""
    columns = [frame[c].to_numpy() for c in ("user", "item", "day", "position", "device")]
    return truth.click(*columns)


def surprise(happened: np.ndarray, chance: np.ndarray) -> float:
    """Observed less expected, in standard errors."""
    return float(abs((happened - chance).sum()) / np.sqrt((chance * (1 - chance)).sum()))


@pytest.mark.parametrize("by", ["position", "device", "policy_version", "domain", "decile"])
def test_clicks_are_as_frequent_as_the_truth_says(truth: Truth, log: pl.DataFrame, by: str) -> None:
    chance = clicks(truth, log)
    groups = {
        "domain": truth.items.domain[log["item"].to_numpy()],
        "decile": np.digitize(chance, np.quantile(chance, np.arange(0.1, 1, 0.1))),
    }.get(by)
    groups = log[by].to_numpy() if groups is None else groups
    clicked = log["click"].is_not_null().to_numpy()
    for group in np.unique(groups):
        rows = groups == group
        assert rows.sum() > 500
        assert surprise(clicked[rows], chance[rows]) < ALARM, group


def test_the_place_on_the_page_matters_by_the_stated_power(truth: Truth, log: pl.DataFrame) -> None:
    appeal = law(truth, log, "appeal")
    clicked = log["click"].is_not_null().to_numpy()
    for device in range(len(DEVICES)):
        for position in (0, 3, 9):
            rows = ((log["device"] == device) & (log["position"] == position)).to_numpy()
            seen = clicked[rows].sum() / appeal[rows].sum()
            error = np.sqrt(clicked[rows].sum()) / appeal[rows].sum()
            stated = truth.examined(np.array([position]), np.array([device]))[0]
            assert abs(seen - stated) < ALARM * error


def test_dismissals_are_as_frequent_as_the_truth_says(truth: Truth, log: pl.DataFrame) -> None:
    seen = truth.examined(log["position"].to_numpy(), log["device"].to_numpy())
    passed = seen * (1 - law(truth, log, "appeal"))
    chance = passed * law(truth, log, "dismissal")
    assert surprise(log["dismiss"].is_not_null().to_numpy(), chance) < ALARM


@pytest.mark.parametrize("kind", ["play", "read"])
def test_plays_follow_clicks_as_the_truth_says(truth: Truth, log: pl.DataFrame, kind: str) -> None:
    news = truth.items.domain[log["item"].to_numpy()] == NEWS
    here = log.filter(pl.col("click").is_not_null() & pl.Series(news == (kind == "read")))
    assert surprise(here[kind].is_not_null().to_numpy(), law(truth, here, "play")) < ALARM


def test_purchases_seen_before_the_end_are_as_many_as_the_truth_says(
    truth: Truth, log: pl.DataFrame
) -> None:
    bought = log.filter(pl.col("click").is_not_null())
    age = truth.size.days - truth.days(bought["click"].dt.epoch("us").to_numpy() / 1e6)
    chance = law(truth, bought, "conversion") * (1 - np.exp(-law(truth, bought, "hazard") * age))
    happened = bought["purchase"].is_not_null().to_numpy()
    assert happened.sum() > 1000
    assert surprise(happened, chance) < ALARM
    late = age < 10  # where censoring hides a good part
    assert surprise(happened[late], chance[late]) < ALARM


def test_delays_are_exponential_with_the_stated_hazard(truth: Truth, log: pl.DataFrame) -> None:
    bought = log.filter(pl.col("purchase").is_not_null())
    click = bought["click"].dt.epoch("us").to_numpy() / 1e6
    delay = bought["purchase"].dt.epoch("us").to_numpy() / 1e6 - click
    hazard = law(truth, bought, "hazard")
    left = truth.size.days - truth.days(click)
    uniform = (1 - np.exp(-hazard * delay / 86_400)) / (1 - np.exp(-hazard * left))
    assert stats.kstest(uniform, "uniform").pvalue > 1e-4
    assert delay.max() / 86_400 > 7


def test_news_is_never_bought_and_books_are_never_played(truth: Truth) -> None:
    items = np.arange(len(truth.items))
    users, days = np.zeros(len(items), np.int64), np.full(len(items), 30.0)
    news = truth.items.domain == NEWS
    assert not truth.conversion(users, items, days)[news].any()
    books = truth.items.domain == DOMAINS.index("books")
    assert not truth.play(users, items, days)[books].any()
    assert truth.conversion(users, items, days)[~news].all()


def test_a_taste_for_a_kind_of_film_is_a_taste_for_that_kind_of_book(truth: Truth) -> None:
    kinds = truth.items.genres
    genre = {
        (DOMAINS[d], name): g
        for g, (name, d) in enumerate(zip(kinds.names, kinds.domain.tolist(), strict=True))
    }
    users = np.arange(len(truth.people))

    def liking(domain: str, name: str) -> np.ndarray:
        items = np.flatnonzero(truth.items.genre == genre[domain, name])[:20]
        pairs = np.repeat(users, len(items)), np.tile(items, len(users))
        found = truth.preference(*pairs, np.zeros(len(pairs[0])))
        return found.reshape(len(users), -1).mean(axis=1)

    films = liking("films", "Science Fiction")
    same = np.corrcoef(films, liking("books", "Science Fiction"))[0, 1]
    other = np.corrcoef(films, liking("books", "Romance"))[0, 1]
    assert same > max(0.3, other + 0.25)


def test_tastes_drift(truth: Truth) -> None:
    users = np.arange(len(truth.people))
    start = truth.people.tastes(users, np.zeros(len(users)))
    end = truth.people.tastes(users, np.full(len(users), float(truth.size.days)))
    likeness = np.sum(start * end, axis=1)
    assert np.allclose(np.linalg.norm(end, axis=1), 1)
    assert 0.4 < likeness.mean() < 0.9


def test_a_vogue_shows_in_the_clicks(truth: Truth, log: pl.DataFrame) -> None:
    items = truth.items
    codes, day = log["item"].to_numpy(), log["day"].to_numpy()
    hot = (items.burst[codes] > 0) & (np.abs(day - items.peak[codes]) < items.width[codes])
    cold = (items.burst[codes] > 0) & (np.abs(day - items.peak[codes]) > 4 * items.width[codes])
    clicked = log["click"].is_not_null().to_numpy()
    assert clicked[hot].mean() > 1.15 * clicked[cold].mean()


def test_ids_lead_back_to_codes_and_strangers_are_refused(truth: Truth) -> None:
    ids = truth.asset_ids()
    assert truth.item_codes([ids[7], ids[0]]).tolist() == [7, 0]
    with pytest.raises(NotFound, match="seed"):
        truth.user_codes(["nobody"])
