"""How long recipe `quick` learns, as a whole and model by model, on the data `quality` uses."""

from __future__ import annotations

from hermes.artifacts.bundle import Bundle

from .bench import Place
from .bench_quality import REFERENCE, Ground, Row, current, world
from .evaluate import opened

WHOLE = 300.0  # seconds, at most, on two cores
TRANSITION = 5.0  # seconds


def measure(place: Place) -> list[Row]:
    """Seconds by the clock on the wall; a bundle that this very code left there is read, not made
    again."""
    ground = Ground(place)
    name, settings = ("world", ()) if place.data is None else ("movielens-1m", REFERENCE)
    kept = place.work / f"quick-{name}"
    if not current(kept, opened("quick", settings)[0]):
        world(ground) if place.data is None else ground.cascade(
            "quick", name, ground.films(), settings
        )
    return rows(Bundle.load(kept).manifest["seconds"], name)


def rows(seconds: dict[str, float], data: str) -> list[Row]:
    """The whole first, then each model; the floors are those of MovieLens-1M.

    >>> [(r["name"], r["holds"]) for r in rows({"all": 400.0, "transition": 2.0}, "movielens-1m")]
    [('quick', False), ('quick, transition', True)]
    """
    real = data == "movielens-1m"
    most = {"all": WHOLE, "transition": TRANSITION} if real else {}
    return [
        {
            "name": "quick" if model == "all" else f"quick, {model}",
            "value": took,
            "unit": "s",
            "floor": most.get(model),
            "holds": took <= most[model] if model in most else None,
            "note": f"{data}, wall clock",
        }
        for model, took in sorted(seconds.items(), key=lambda pair: -pair[1])
    ]
