"""A lake for the scientist: seven figures; of a bundle what its DIN reads and diversity costs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np

from hermes.artifacts.bundle import Bundle
from hermes.core.progress import progress
from hermes.core.types import Ints
from hermes.data.build import dataset
from hermes.data.dataset import Dataset
from hermes.data.lake import Lake
from hermes.evaluation import bundle_plots as plots
from hermes.evaluation.attention import EVENTS, FEWEST, attention, attentive
from hermes.evaluation.survey import STEPS, survey
from hermes.evaluation.survey_report import PARTS, Figure, figures, write
from hermes.evaluation.tradeoff import tradeoff
from hermes.pipeline.assemble import Engine, assemble
from hermes.pipeline.queries import after
from hermes.pipeline.recipe import parse

from .evaluate import Plan, agree, divided, mark, suits

READ = 200  # users whose histories are read for attention
HEAT = "DIN's attention over a history"
PRICE = "What diversity costs"


def report(
    lake: Path,
    out: Path,
    now: datetime,
    *,
    domains: tuple[str, ...] = (),
    bundle: Path | None = None,
    users: int = 500,
    seed: int = 0,
    say: Callable[[str], None] = lambda line: None,
) -> Path:
    """Write `lake.html`, `lake.md` and their pictures below `out`; returns the page.

    bundle: one that was trained on the lake; users: at most so many held-out ones for what
    diversity costs. `say` is told what could not be shown. Raises `ConfigError` for a domain the
    lake does not hold and for a bundle of another lake, `DataError` for a lake without events.
    """
    with progress("survey", STEPS + len(PARTS), "steps") as advance:
        found = survey(Lake(lake), domains, seed, advance)
        shown = figures(found, advance)
    if bundle is not None:
        more = of_bundle(Lake(lake), bundle, users, seed)
        for figure in more:
            if not figure.svg:
                say(f"{figure.title}: {figure.said}")
        shown += more
    return write(found, shown, out, now)


def of_bundle(lake: Lake, path: Path, users: int = 500, seed: int = 0) -> list[Figure]:
    """Attention and the price of diversity; what cannot be shown says why and has no picture."""
    bundle = Bundle.load(path)
    data = dataset(lake, parse(dict(bundle.manifest["recipe"])).data)
    plan = trained_for(str(bundle.manifest.get("protocol", "none")), users, seed)
    held = suits(
        dict(bundle.manifest), data, mark(divided(data, plan), plan) if plan else "", str(path)
    )
    engine = assemble(path)
    agree(engine, data, path)
    out = heat_maps(bundle, engine, data, seed)
    if plan is None or not held:
        said = (
            f"{path.name} has learned from every event, so that nothing is left to measure it on;"
            " `hermes evaluate RECIPE --lake LAKE --protocol loo --out BUNDLE` makes one that has"
            " not."
        )
        return [*out, Figure("diversity", PRICE, said, "")]
    return [*out, priced(engine, data, plan)]


def trained_for(protocol: str, users: int, seed: int) -> Plan | None:
    """The plan under which a bundle has not seen the test; None where it has seen everything.

    >>> trained_for("temporal@11231.5+repeats", 500, 0).at
    11231.5
    """
    if protocol == "none":
        return None
    whole, plus, _ = protocol.partition("+repeats")
    name, _, moment = whole.partition("@")
    at = float(moment) if moment else None
    return Plan(protocol=name, at=at, repeats=bool(plus), users=users, seed=seed)


def heat_maps(bundle: Bundle, engine: Engine, data: Dataset, seed: int) -> list[Figure]:
    """One map for each of two people, or why there is none."""
    name = attentive(bundle)
    if not name:
        said = "No ranker of this bundle is a DIN with attention; recipe `full` has one."
        return [Figure("attention", HEAT, said, "")]
    chosen = readers(data, np.random.default_rng(seed))
    with progress("attention", len(chosen), "users") as advance:
        queries = after(data.interactions, chosen, size=EVENTS)
        found = attention(bundle, engine, queries, name, advance)
    note = (
        "Weights of the activation unit as they are (Zhou et al., KDD 2018): not normalised, and"
        " below zero where an event speaks against the candidate. A deviation is one of the weights"
        " of a candidate; 95 % percentile bootstrap over users."
    )
    out = []
    for number, one in enumerate(found.readings, 1):
        title = f"{HEAT}: {one.user}"
        out.append(Figure(f"attention-{number}", title, plots.read(found), plots.heat(one), note))
    return out


def readers(data: Dataset, rng: np.random.Generator) -> Ints:
    """Up to `READ` users with enough events, those who fill a picture first; (n,)."""
    counts = np.diff(data.interactions.offsets())
    order = rng.permutation(np.flatnonzero(counts >= FEWEST))
    fills = counts[order] >= EVENTS
    return np.concatenate([order[fills], order[~fills]])[:READ]


def priced(engine: Engine, data: Dataset, plan: Plan) -> Figure:
    """Every held-out user at every lambda."""
    cases = divided(data, plan).test
    with progress("diversity", len(cases), "users") as advance:
        found = tradeoff(
            engine.recommender, cases, engine.item_vectors, data.catalogue.category,
            advance=advance, seed=plan.seed,
        )  # fmt: skip
    note = (
        f"Held out by {plan.protocol}. MMR reads the vectors of the first sequence model, or"
        " categories where there is none; 95 % percentile bootstrap over users; NDCG at"
        " the left with the interval of the loss of the same users."
    )
    return Figure("diversity", PRICE, plots.paid(found), plots.price(found), note)
