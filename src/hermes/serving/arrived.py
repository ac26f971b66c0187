"""Items put online while the server runs: what can bring them, and what they lie beside."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from hermes.core.protocols import Channel
from hermes.core.types import Ints
from hermes.retrieval.channels import Bounded
from hermes.retrieval.cold_start import ColdStart

from .reports import Arrival
from .schemas import Named

if TYPE_CHECKING:
    from .deps import Deps

MOST = 100  # arrivals that are listed
BESIDE = 6  # neighbours of each
WAITS = "kept; it is taken in within a minute, and until then found by nobody"
PLACED = "placed by what it is: it has seats in every pool, without waiting for events"
FOUND = "found by its words and relations; this bundle places nothing new by its content"


def arrivals(deps: Deps, since: float) -> list[Arrival]:
    """What came after a moment (seconds since the epoch), newest first."""
    came = [(at, name) for name, at in deps.shelf.came.items() if at >= since]
    out = []
    for at, name in sorted(came, reverse=True)[:MOST]:
        card = deps.shelf.card(name)
        if card is not None:
            out.append(placed(deps, name, card, at))
    return out


def placed(deps: Deps, name: str, card: bytes, at: float) -> Arrival:
    """One of them."""
    code = deps.engine.catalogue.items.code(name)
    sources = deps.engine.recommender.sources.sources
    channels = [s.channel for s in sources if code and brings(s.channel, code)]
    cold = any(isinstance(channel, ColdStart) for channel in channels)
    when = datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
    names = [channel.name for channel in channels]
    note = PLACED if cold else FOUND if code else WAITS
    return Arrival(msgspec.Raw(card), when, bool(code), beside(deps, code), names, note)


def brings(channel: Channel, code: int) -> bool:
    """Whether a channel could bring an item at all."""
    if isinstance(channel, Bounded):
        return code < channel.n
    return not isinstance(channel, ColdStart) or bool(np.isin(code, channel.items))


def beside(deps: Deps, code: int) -> list[Named]:
    """The nearest on offer by what is written of them; without an encoder, who shares most with
    it, or else the words of its title."""
    finder, shelf = deps.engine.finder, deps.engine.catalogue
    if not code:
        return []
    hidden: Ints = np.append(np.flatnonzero(~shelf.available), code)
    if finder.semantic is not None and (finder.semantic.owner == code).any():
        own = finder.semantic.vectors[finder.semantic.owner == code].mean(0)[None]
        codes = finder.semantic.near(own, BESIDE, hidden).items.tolist()
    else:
        links = finder.graph.around(code, BESIDE)
        near = dict.fromkeys(item for link in links for item in link.items)
        codes = [item for item in near if shelf.available[item]][:BESIDE]
        codes = codes or finder.search.find(shelf.titles[code], BESIDE, hidden).items.tolist()
    return [Named(shelf.items.names[one], shelf.titles[one]) for one in codes]
