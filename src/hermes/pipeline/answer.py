"""A user's name becomes a query, and a slate becomes plain values."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np

from hermes.core.protocols import Query
from hermes.data.deeds import wished

from .assemble import Engine
from .trace import Slate


def ask(
    engine: Engine,
    user: str,
    size: int,
    at: datetime,
    request: str,
    explain: bool = True,
    text: str = "",
    attribute: bool = False,
    language: str = "en",
) -> Query:
    """What `user` asks at a moment; an unknown name is a newcomer."""
    code = engine.users.code(user)
    items, times = engine.history(code)
    deeds, refused = engine.done(code), engine.refused(code)
    rows = wished(items, refused)
    ages = (at.timestamp() / 86400 - times).astype(np.float32)
    return Query(
        id=request, at=at, user=code, history=items[rows], ages=ages[rows],
        deeds=deeds[rows] if len(deeds) else deeds, text=text, size=size, explain=explain,
        attribute=attribute, language=language, exclude=refused,
    )  # fmt: skip


def apart(slate: Slate, row: int) -> dict[str, Any] | None:
    """One item's score taken apart, the largest part first; None where nobody asked."""
    found = slate.attribution
    if found is None:
        return None
    values = {name: float(column[row]) for name, column in found.parts.items()}
    order = sorted(values, key=lambda name: -abs(values[name]))
    return {
        "method": found.method,
        "baseline": found.baseline,
        "base": found.base,
        "score": float(slate.items.columns["score"][row]),
        "parts": [{"name": name, "value": values[name]} for name in order],
    }


def described(engine: Engine, slate: Slate) -> dict[str, Any]:
    """A slate for a person or a program to read."""
    columns, catalogue = slate.items.columns, engine.catalogue
    brought = [n.removeprefix("rank.") for n in columns if n.startswith("rank.")]
    items = []
    for row, code in enumerate(slate.items.items.tolist()):
        reason = slate.reasons[row] if slate.reasons else None
        items.append(
            {
                "asset_id": catalogue.items.names[code],
                "title": catalogue.titles[code],
                "score": float(columns["score"][row]),
                "propensity": float(columns["propensity"][row]),
                "channels": [c for c in brought if np.isfinite(columns[f"rank.{c}"][row])],
                "reason": "; ".join(r.text for r in (reason, *reason.more)) if reason else "",
                "attribution": apart(slate, row),
            }
        )
    return {
        "request_id": slate.query.id,
        "bundle": engine.manifest["version"],
        "tier": engine.tier,
        "items": items,
        "milliseconds": dict(slate.trace.milliseconds),
        "degraded": [{"stage": d.stage, "cause": d.cause} for d in slate.trace.degraded],
    }
