"""What is held out, what would leak, and the rows of transfer on a small made world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hermes.core.config import build
from hermes.core.errors import ConfigError, DataError
from hermes.core.types import Bools, Shape
from hermes.data.interactions import Interactions
from hermes.workflows import bench, bench_transfer
from hermes.workflows.crossed import held, ranks, ratio, thinned, twins, without

USERS = 160


def text(circle: int, rng: np.random.Generator, user: int) -> str:
    """Five items of the circle's nine."""
    own = rng.choice(np.arange(circle * 10, circle * 10 + 9), 5, replace=False).tolist()
    return "".join(f"{user}\t{item}\t1\n" for item in own)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> bench.Place:
    home, rng = tmp_path_factory.mktemp("transfer"), np.random.default_rng(0)
    for domain, name in enumerate(("books_films", "films_books")):
        folder = home / "data" / "cross-domain" / name
        folder.mkdir(parents=True)
        lines = [text(user % 4, rng, user) for user in range(USERS)]
        (folder / "train.txt").write_text("".join(lines))
        (folder / "test.txt").write_text(f"0\t{domain + 38}\t1\n")
    return bench.Place(home / "data", home / "work")


@pytest.fixture(scope="module")
def data(place: bench.Place) -> tuple[Interactions, Bools]:
    found = bench_transfer.Shops(place).data
    return found.interactions, found.catalogue.domain == found.catalogue.domains.code("films")


def test_a_product_of_both_domains_is_found_by_its_users() -> None:
    target = np.arange(7) <= 3
    chosen = {1: (1, 2, 3), 2: (6,), 4: (1, 2, 3), 5: (1, 4, 5, 6), 6: (6,)}  # users of items
    pairs = [(user, item) for item, users in chosen.items() for user in users]
    who, what = (np.array(c) for c in zip(*sorted(pairs), strict=True))
    ones = np.ones(len(who), np.float32)
    log = Interactions(who, what, ones, ones, Shape(7, 7))
    assert twins(log, target).tolist() == [4]  # 6 has the user of 2, but only one
    assert set(without(log, np.array([4])).items.tolist()) == {1, 2, 5, 6}


def test_thinned_users_keep_three_events_at_most_and_are_asked_for_the_others(
    data: tuple[Interactions, Bools],
) -> None:
    log, target = data
    crossed = thinned(log, target, np.random.default_rng(0))
    for part in (crossed.valid, crossed.test):
        assert set(crossed.counts(part)) <= {0, 1, 2, 3}
        assert target[part.targets].all()
    whole = np.bincount(log.users[target[log.items]], minlength=USERS + 1)
    left = crossed.counts(crossed.test) + np.diff(crossed.test.offsets)
    np.testing.assert_array_equal(left, whole[crossed.test.users])
    assert not np.intersect1d(crossed.valid.users, crossed.test.users).size


@pytest.mark.parametrize("protocol", [thinned, held])
def test_what_is_asked_for_is_not_in_training_and_other_domains_are_whole(
    data: tuple[Interactions, Bools], protocol: Callable[..., Any]
) -> None:
    log, target = data
    crossed = protocol(log, target, np.random.default_rng(0))
    train = {*zip(crossed.train.users.tolist(), crossed.train.items.tolist(), strict=True)}
    for part in (crossed.valid, crossed.test):
        asked = zip(part.users[part.owners()].tolist(), part.targets.tolist(), strict=True)
        assert not train & {*asked}
    assert (~target[crossed.train.items]).sum() == (~target[log.items]).sum()


def test_held_takes_one_of_each_user_twice(data: tuple[Interactions, Bools]) -> None:
    crossed = held(*data, np.random.default_rng(0))
    assert len(crossed.valid) == len(crossed.test) == len(crossed.test.targets) == USERS


def test_alone_is_the_target_without_a_word_of_the_others(
    data: tuple[Interactions, Bools],
) -> None:
    alone = thinned(*data, np.random.default_rng(0)).alone()
    assert data[1][alone.items].all()
    assert not alone.item_fields.size


def test_ranks_are_among_the_target_domain_only(data: tuple[Interactions, Bools]) -> None:
    crossed = held(*data, np.random.default_rng(0))

    class Elsewhere:
        """Likes everything of the other domain better."""

        def score(self, queries: object) -> object:
            rows = len(queries)  # type: ignore[arg-type]
            return np.where(crossed.target, 0.0, 9.0)[None].repeat(rows, 0).astype("f4")

    found = ranks(Elsewhere(), crossed, crossed.test)  # type: ignore[arg-type]
    own = np.bincount(crossed.train.users[crossed.target[crossed.train.items]])
    np.testing.assert_array_equal(found, crossed.target.sum() - own[crossed.test.users])


def test_logs_that_share_nobody_are_refused(data: tuple[Interactions, Bools]) -> None:
    log, target = data
    with pytest.raises(DataError, match="nothing can cross"):
        held(log.take(target[log.items]), target, np.random.default_rng(0))


def test_a_ratio_to_nothing_is_refused() -> None:
    with pytest.raises(DataError, match="no target"):
        ratio(np.ones(3), np.zeros(3), np.random.default_rng(0))


def test_rows_say_what_transfer_gains(place: bench.Place, monkeypatch: pytest.MonkeyPatch) -> None:
    small = {"d": 4, "schedule": {"epochs": 1, "batch": 256}}
    monkeypatch.setattr(bench_transfer, "SETTINGS", (small,))
    rows = [
        build(bench.Row, row) for row in bench_transfer.measure(replace(place, only=("thinned",)))
    ]
    name = "films, thinned, at most 3 events"
    found = {row.name: row for row in rows}
    ratio_row = found[f"{name}: ratio"]
    assert ratio_row.floor == 1.10
    alone, both = (found[f"{name}: NDCG@10 {how}"].value for how in ("alone", "with transfer"))
    assert alone is not None
    assert both is not None
    assert ratio_row.value == pytest.approx(both / alone)
    assert both > alone  # whoever has nothing there is known by their circle elsewhere
    assert any("most popular" in row.name for row in rows)


def test_without_data_or_with_an_unknown_protocol_it_says_what_to_give(place: bench.Place) -> None:
    with pytest.raises(ConfigError, match="--data"):
        bench_transfer.measure(bench.Place(None, Path("w")))
    with pytest.raises(ConfigError, match="did you mean 'held'"):
        bench_transfer.measure(replace(place, only=("hold",)))
