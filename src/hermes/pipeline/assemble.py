"""A bundle becomes a recommender, in the size of the tier it is served on.

Tier 1 runs the networks in PyTorch, tier 2 their exported graphs in ONNX Runtime, tier 3 runs none:
closed forms and indexes only. Tiers 2 and 3 never import torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hermes.artifacts.bundle import Bundle
from hermes.core.errors import ArtifactError
from hermes.core.types import Array, Floats, Ints, Queries
from hermes.core.vocab import Vocabulary
from hermes.data.arrivals import Card, grown
from hermes.data.catalogue import Catalogue
from hermes.data.dataset import vocabularies
from hermes.explain.reasons import Reasons
from hermes.features.snapshot import Snapshot
from hermes.policy.diversity import MMR
from hermes.policy.exploration import EpsilonGreedy
from hermes.policy.exposure import Parity
from hermes.policy.quota import Quota
from hermes.policy.rules import Rules
from hermes.policy.slatewise import Slatewise
from hermes.ranking.intent import Intent
from hermes.retrieval.channels import Bounded, TrendingChannel
from hermes.retrieval.effects import odds_of
from hermes.retrieval.embedding import EmbeddingChannel, Remembered
from hermes.retrieval.text_search import TextSearch

from . import lead
from .attributed import Attributor
from .blend import Blend, Scale
from .channels import COLD, bounded, by_content, channel_of, servable
from .content import Finder
from .rankers import gate_of, groups_of, stages
from .recipe import Recipe, parse
from .recommender import Recommender
from .sources import Source, Sources

NOTHING = np.zeros(1, np.int64), np.zeros(0, np.int64)  # nobody turned anything down
SCALES: dict[str, Scale] = {"rrf": "rank", "normalised": "zscore", "learned": "zscore"}


@dataclass(frozen=True)
class Engine:
    """A bundle that answers, and what a server needs beside the recommender."""

    recommender: Recommender
    catalogue: Catalogue
    finder: Finder
    users: Vocabulary
    contexts: tuple[Vocabulary, ...]  # of page, device and referrer; empty where none is known
    offsets: Ints  # (U+1,) user u's events are rows offsets[u] to offsets[u+1]
    items: Ints  # (N,)
    times: Array  # (N,) days since the epoch
    manifest: Mapping[str, Any]
    tier: int
    item_vectors: Floats  # (I, D) unit rows, for diversity
    path: Path
    deeds: Ints  # (N,) what was done, see data/deeds; (0,) where the bundle does not know
    turned: tuple[Ints, Ints] = NOTHING  # (U+1,), (M,) user u turned down rows u to u+1

    @property
    def search(self) -> TextSearch:
        """Full text over the catalogue."""
        return self.finder.search

    def history(self, user: int) -> tuple[Ints, Array]:
        """Items and times of a user's events in the bundle; empty for a stranger."""
        span = slice(self.offsets[user], self.offsets[user + 1]) if user else slice(0, 0)
        return self.items[span], self.times[span]

    def refused(self, user: int) -> Ints:
        """Items that a user turned down, ascending; empty for a stranger.  -> (n,)"""
        offsets, items = self.turned
        known = 0 < user < len(offsets) - 1
        return items[offsets[user] : offsets[user + 1]] if known else items[:0]

    def done(self, user: int) -> Ints:
        """What a user did with each item of the history; empty where nobody knows.  -> (H,)"""
        span = slice(self.offsets[user], self.offsets[user + 1]) if user else slice(0, 0)
        return self.deeds[span]


def assemble(
    path: Path, tier: int = 2, arrivals: Sequence[Card] = (), cache: Path | None = None
) -> Engine:
    """Load a bundle and build its recommender; raises `ArtifactError` when it is not whole.

    arrivals: items that came since it was trained; they get codes behind the others, and what is
    known of them is what they are. cache: a file that keeps the vectors of their pictures and
    sound for the next engine, and for other processes.
    """
    bundle = Bundle.load(path)
    try:
        return engine(bundle, path, tier, arrivals, cache)
    except KeyError as error:
        raise ArtifactError(
            f"{path}: it lacks {error}, so another version made it; train it again"
        ) from error


def engine(
    bundle: Bundle,
    path: Path,
    tier: int,
    arrivals: Sequence[Card] = (),
    cache: Path | None = None,
) -> Engine:
    """All the parts of a bundle."""
    recipe = parse(dict(bundle.manifest["recipe"]))
    catalogue = grown(Catalogue.restore(bundle.arrays("catalogue")), arrivals)
    known = bundle.arrays("users")
    at = Snapshot.restore(bundle.arrays("snapshot")).grown(catalogue)
    offsets, items, times = known["offsets"], known["items"], known["times"]
    if len(offsets) < 2 or offsets[-1] != len(items) or len(items) != len(times):
        raise ArtifactError(f"{path}: the histories are inconsistent; train the bundle again")
    users, contexts = vocabularies(known)
    finder = Finder.of(bundle, catalogue, np.exp(at.popularity), cache)
    made = recommender(bundle, recipe, catalogue, at, tier, finder)
    if recipe.intent is not None:
        made = replace(made, intent=Intent.of(catalogue, items, recipe.intent.strength))
    recall(bundle, made, offsets, items)
    return Engine(
        recommender=made,
        catalogue=catalogue,
        finder=finder,
        users=users,
        contexts=contexts,
        offsets=offsets,
        items=items,
        times=times,
        manifest=bundle.manifest,
        tier=tier,
        item_vectors=at.vectors,
        path=path,
        deeds=known.get("deeds", np.zeros(0, np.int8)).astype(np.int64),
        turned=(known.get("refused.offsets", NOTHING[0]), known.get("refused.items", NOTHING[1])),
    )


def recall(bundle: Bundle, made: Recommender, offsets: Ints, items: Ints) -> None:
    """Give encoders the vectors of users that training left, under what they were made from."""
    for source in made.sources.sources:
        channel = source.channel.inner if isinstance(source.channel, Bounded) else source.channel
        if not isinstance(channel, EmbeddingChannel):
            continue
        encoder, length = channel.encoder, channel.length
        kept = bundle.manifest["models"][channel.name].get("remembered", 0)
        if isinstance(encoder, Remembered) and kept:
            known = bundle.arrays(f"models/{channel.name}.users")
            rows = np.zeros((kept, length), np.int64)
            for row, user in zip(rows, known["users"], strict=True):
                past = items[offsets[user] : offsets[user + 1]][-length:]
                row[length - len(past) :] = past
            ages = np.zeros(rows.shape, np.float32)
            encoder.learn(Queries(known["users"], rows, ages), known["vectors"])


def recommender(
    bundle: Bundle,
    recipe: Recipe,
    catalogue: Catalogue,
    at: Snapshot,
    tier: int,
    finder: Finder | None = None,
) -> Recommender:
    """The request of a recipe, from the parts of a bundle; without `finder` it reads no text."""
    specs = [c for c in recipe.channels if tier in c.tiers and servable(bundle, c.name, tier)]
    items = int(bundle.manifest["items"])
    channels = [
        Source(channel=bounded(channel_of(bundle, c, recipe.light, tier), items, catalogue),
               deadline=c.deadline)
        for c in specs
    ]  # fmt: skip
    kind = recipe.slate
    learned = bundle.manifest.get("blend", {}).get("3" if tier == 3 else "2", {})
    weights = lead.weighed(learned, [c.name for c in specs])
    channels += by_content(bundle, recipe, catalogue, finder, weights)
    by_name = {source.channel.name: source.channel for source in channels}
    diverse = MMR(
        vectors=at.vectors,
        weight=0.3 if kind.diversity is None else kind.diversity,
        threshold=kind.starts(),
    )
    whole = catalogue.fields[:, 1]
    return Recommender(
        sources=Sources(channels, TrendingChannel("popularity", np.exp(at.popularity))),
        blend=Blend(scale=SCALES[recipe.blend.method], weights=weights),
        rules=Rules.of(catalogue),
        policy=Slatewise(
            diversity=diverse,
            quotas=(Quota(whole, share=kind.quota),) if kind.quota < 1 else (),
            parity=Parity(cohorts=catalogue.cohort, tolerance=kind.tolerance, always=kind.fairness),
            draw=EpsilonGreedy(epsilon=kind.epsilon) if kind.epsilon else None,
        ),
        stages=() if tier == 3 else stages(bundle, recipe, at, tier, by_name),
        gate=gate_of(bundle, at, tier),
        reader=finder.reader if finder else None,
        attributor=Attributor(groups_of(bundle, list(by_name))),
        explainer=Reasons(catalogue, by_name, weigher=odds_of(by_name)[1]),
        retrieve=recipe.light.keep if tier == 3 else recipe.blend.keep,
        seats={COLD: recipe.cold.seats} if recipe.cold is not None else {},
    )
