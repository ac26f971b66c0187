"""What a domain gains from another: one model learned on both, beside the same on one alone.

Amazon's sport and clothing with the users they share. Who has few events in the target is judged
two ways (see `crossed`): `thinned`, users of whom none to three are left, and `held`, users of whom
three or fewer are left when two are held out, and beside them all others, who shall not be harmed.
Both models have the same settings to choose from and choose on users of their own. `twins` leaves
in what is sold in both domains, as the data came: what it shows is a leak, and no floor is claimed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from hermes.core.config import resolve
from hermes.core.errors import ConfigError
from hermes.core.types import Bools, Floats, Ints
from hermes.data.build import dataset
from hermes.data.dataset import Dataset
from hermes.data.interactions import Interactions
from hermes.data.lake import Lake
from hermes.data.spec import DataSpec
from hermes.evaluation.intervals import bootstrap, flip_test
from hermes.evaluation.metrics import hit_rate, ndcg
from hermes.evaluation.splits import Cases
from hermes.models.base import Retriever

from .bench import Place, figure
from .bench_quality import Ground, Row, above
from .crossed import MOST, Crossed, Protocol, held, ranks, ratio, thinned, twins, without
from .stages import made

HOME = "hermes.models.retrievers"
MODEL = f"{HOME}.bridge:Bridge"
SETTINGS: tuple[dict[str, Any], ...] = ({"d": 256}, {"d": 512})  # both choose among
PEERS = {
    "most popular": (f"{HOME}.popularity:Popularity", {"half_life": np.inf}),
    "item neighbours": (f"{HOME}.itemknn:ItemKNN", {"decay": 0.0, "length": 1000}),
}
PROTOCOLS: dict[str, Protocol] = {"thinned": thinned, "held": held, "twins": thinned}
FLOOR = 1.10  # NDCG@10 with the other domain, over that without
SEED = 0
Found = tuple[Cases, Ints]  # who was asked, and the ranks of their targets


@dataclass(frozen=True)
class Shops:
    """The data, read when it is first asked for."""

    place: Place

    @cached_property
    def data(self) -> Dataset:
        """All domains in one lake."""
        ground = Ground(self.place)
        adapter = resolve("hermes.domains.crossing:adapter")
        lake = ground.lake("cross-domain", adapter, ground.raw("cross-domain"))
        return dataset(Lake(lake), DataSpec())

    def crossed(self, protocol: str, target: str) -> Crossed:
        """The log with something held out of one domain, and without twins unless wished."""
        data = self.data.interactions
        own: Bools = self.data.catalogue.domain == self.data.catalogue.domains.code(target)
        clean = data if protocol == "twins" else without(data, twins(data, own))
        return PROTOCOLS[protocol](clean, own, np.random.default_rng(SEED))


def measure(place: Place) -> list[Row]:
    """Rows of each protocol and target; `twins` and the peers when `place.full` or asked for.

    `only` names protocols. Raises `ConfigError` without data or for a name nobody knows.
    """
    if place.data is None:
        raise ConfigError("bench transfer needs --data, a folder that holds cross-domain")
    usual = [p for p in PROTOCOLS if place.full or p != "twins"]
    wanted = place.named("transfer", PROTOCOLS, usual)
    shops = Shops(place)
    names = shops.data.catalogue.domains.names[1:]
    return [row for p in wanted for target in names for row in rows(shops, p, target)]


def rows(shops: Shops, protocol: str, target: str) -> Iterator[Row]:
    """Alone, with transfer, and what that gains; then the peers."""
    crossed = shops.crossed(protocol, target)
    alone, chosen_alone = best(crossed, crossed.alone())
    both, chosen_both = best(crossed, crossed.train)
    note = f"chose {chosen_alone} alone, {chosen_both} with the other domain"
    count = crossed.counts(crossed.test)
    groups = {"at most 3 events": count <= MOST, "more": count > MOST}
    if (count == 0).any():
        groups |= {"none": count == 0, "1 to 3": (count > 0) & (count <= MOST)}
    for group, who in groups.items():
        if who.any():
            name = f"{target}, {protocol}, {group}"
            yield from compared(name, crossed.test, (alone, both), who, protocol, note)
            note = ""
    if protocol == "thinned":
        for name, (model, config) in PEERS.items():
            fitted: Retriever[Any] = made(model, config, name, Retriever)
            fitted.fit(crossed.alone())
            value = each(crossed.test, ranks(fitted, crossed, crossed.test))
            mean = bootstrap(value[0], np.random.default_rng(0))[0]
            yield above(f"{target}, {protocol}, {name}: NDCG@10", mean, "", None, "alone")


def best(crossed: Crossed, log: Interactions) -> tuple[Ints, str]:
    """Ranks for those who judge, by the settings that those who choose find best."""
    reached = list[tuple[float, int, Ints]]()
    few = crossed.counts(crossed.valid) <= MOST
    for number, config in enumerate(SETTINGS):
        model: Retriever[Any] = made(MODEL, config, "bench transfer", Retriever)
        model.fit(log)
        value = each(crossed.valid, ranks(model, crossed, crossed.valid))[0][few].mean()
        reached.append((float(value), -number, ranks(model, crossed, crossed.test)))
    value, number, found = max(reached, key=lambda one: one[:2])
    return found, ", ".join(f"{k} = {v}" for k, v in SETTINGS[-number].items())


def each(cases: Cases, found: Ints) -> tuple[Floats, Floats]:
    """NDCG@10 and HR@10 of every user.  -> (Q,), (Q,)"""
    return ndcg(found, cases.offsets, 10), hit_rate(found, cases.offsets, 10)


def compared(
    name: str, cases: Cases, found: tuple[Ints, Ints], who: Bools, protocol: str, note: str
) -> Iterator[Row]:
    """NDCG@10 without and with the other domain for some of the users, and their ratio."""
    (alone, hits_alone), (both, hits_both) = ([v[who] for v in each(cases, f)] for f in found)
    people, interval = f"{int(who.sum()):,} users", partial(bootstrap, rng=np.random.default_rng(0))
    yield above(
        f"{name}: NDCG@10 alone", interval(alone)[0], "", None,
        f"{people}; HR@10 {figure(float(hits_alone.mean()))}",
    )  # fmt: skip
    yield above(
        f"{name}: NDCG@10 with transfer", interval(both)[0], "", None,
        f"HR@10 {figure(float(hits_both.mean()))}",
    )  # fmt: skip
    gain, low, high = ratio(both, alone, np.random.default_rng(0))
    p = flip_test(both - alone, np.random.default_rng(0))
    floor = FLOOR if protocol != "twins" and name.endswith("events") else None
    said = f"p = {p:.4f}" + (f"; {note}" if note else "")
    if protocol == "twins":
        said = f"a leak: the same purchase stands in both domains; {said}"
    row = above(f"{name}: ratio", gain, "", floor, said)
    yield row | {"low": low, "high": high}
