"""What a catalogue teaches of its modalities, where each is planted to answer its own questions."""

from __future__ import annotations

from dataclasses import replace
from zlib import crc32

import msgspec
import numpy as np
import pytest

from hermes.core.errors import ConfigError, DataError
from hermes.core.types import Floats
from hermes.data.catalogue import Catalogue
from hermes.data.script import tokens
from hermes.encoders.base import Vectors
from hermes.encoders.colours import WORDS
from hermes.encoders.passages import spread, windows
from hermes.pipeline.content import Card, texts
from hermes.pipeline.recipe import LEAST, FusionSpec
from hermes.retrieval.fused import FusedSearch
from hermes.workflows.fuse import Fused, Ground, Trial, fit
from hermes.workflows.lessons import SOUNDS, Stock

SPEC = FusionSpec(d=48, epochs=6)
KINDS = ("Drum", "Horn", "Harp", "Bell")
N = 160
HUES = ("red", "blue", "green", "yellow")


class Bag:
    """Each word is a direction of its own."""

    identity, d = "text:bag:1", 64

    def encode(self, things: list[str]) -> Floats:
        out = np.zeros((len(things), self.d), np.float32)
        for row, text in zip(out, things, strict=True):
            for word in tokens(text):
                row[:] += np.random.default_rng(crc32(word.encode())).normal(size=self.d)
        return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)


@pytest.fixture(scope="module")
def ground() -> Ground:
    """Texts tell stories of their own, pictures show colours, recordings their category."""
    rng = np.random.default_rng(0)
    nouns = [
        f"{a}{b}" for a in ("ba", "ko", "mi", "tu", "re") for b in ("lan", "dor", "kis", "pol")
    ]
    say = lambda: " ".join(rng.choice(nouns, 8))
    stories = ["", *(f"{say()} goes. {say()} comes." for _ in range(N))]
    kind, hue = np.arange(N + 1) % 4, rng.integers(0, 4, N + 1)
    cards = [
        {"text_content": stories[i], "categories": [KINDS[kind[i]]]} if i else {}
        for i in range(N + 1)
    ]
    shelf = catalogue(tuple(msgspec.json.encode(card) for card in cards))
    hues = np.zeros((N + 1, len(WORDS)), np.float32)
    hues[np.arange(1, N + 1), [WORDS.index(HUES[h]) for h in hue[1:]]] = 1
    heard = noisy(np.eye(4)[kind], rng)
    hues[::5], heard[::7], heard[0] = 0, 0, 0
    pictures = Vectors(hues, "vision:words:1")
    stock = Stock.of(shelf, [msgspec.convert(c, Card) for c in cards], pictures, heard.any(axis=1))
    said = texts(shelf)
    encoder = Bag()
    pieces, owner = spread([windows(text) for text in said])
    vectors = {
        "text": Vectors(encoder.encode(said), encoder.identity),
        "vision": pictures,
        "audio": Vectors(heard, "audio:planted:1"),
    }
    parts = {"rows": encoder.encode(pieces).astype(np.float16), "owner": owner}
    return Ground(shelf, stock, encoder, vectors, parts, "catalogue")


def catalogue(cards: tuple[bytes, ...]) -> Catalogue:
    """As many items as cards, all on offer."""
    from scipy.sparse import csr_array

    from hermes.core.vocab import Vocabulary

    n = len(cards)
    none = csr_array((n, 2), dtype=np.float32)
    return Catalogue(
        items=Vocabulary.of(f"i{i}" for i in range(1, n)),
        domains=Vocabulary.of(["things"]),
        categories=Vocabulary.of(["thing"]),
        creators=Vocabulary.of(["maker"]),
        domain=np.minimum(np.arange(n), 1),
        category=none,
        creator=none,
        cohort=np.zeros(n, np.int64),
        price=np.full(n, np.nan, np.float32),
        published=np.full(n, np.nan, np.float32),
        available=np.arange(n) > 0,
        titles=("", *(f"Number {i}" for i in range(1, n))),
        cards=cards,
    )


def noisy(rows: Floats, rng: np.random.Generator) -> Floats:
    """Unit rows near these."""
    out = rows + 0.2 * rng.normal(size=rows.shape)
    return (out / np.linalg.norm(out, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def made(ground: Ground) -> Fused:
    return fit(SPEC, ground)


def leans(ground: Ground, made: Fused, forms: list[str]) -> dict[str, float]:
    search = FusedSearch(made.fusion, made.items, ground.encoder)
    found = [search.weights(ground.encoder.encode([text])) for text in forms]
    return {name: float(np.mean([one[name] for one in found])) for name in found[0]}


def test_each_sort_of_question_leans_on_what_answers_it(ground: Ground, made: Fused) -> None:
    looks = leans(ground, made, [f"a splendid {hue}" for hue in HUES])
    sounds = leans(ground, made, [SOUNDS[0].format(kind.lower()) for kind in KINDS])
    told = leans(ground, made, [ground.stock.stories[i][0] for i in range(1, 30)])
    assert looks["vision"] > max(sounds["vision"], told["vision"]) + 0.1
    assert sounds["audio"] > max(looks["audio"], told["audio"]) + 0.1
    assert told["text"] > max(looks["text"], sounds["text"]) + 0.1


def test_what_an_item_lacks_counts_nothing(made: Fused, ground: Ground) -> None:
    search = FusedSearch(made.fusion, made.items, ground.encoder)
    found = search.score(ground.encoder.encode(["a splendid red"]), np.arange(1, N + 1))
    lacking = ~ground.vectors["vision"].present[1:]
    assert lacking.any()
    assert not found.columns["weight.vision"][lacking].any()


def test_what_is_measured_was_not_learned_from(made: Fused) -> None:
    assert (made.told["held"], made.told["learned"]) == (32, 128)
    found = {sort: one["mrr@10"] for sort, one in made.told["measured"].items()}
    assert found["look"]["fused"] > found["look"]["text"]
    assert found["sound"]["fused"] > found["sound"]["text"]
    assert found["story"]["fused"] > max(found["story"][name] for name in ("vision", "audio"))
    assert found["sound"]["audio"] == 1


def test_fusion_is_added_to_hybrid_where_it_helps(made: Fused) -> None:
    assert made.told["hybrid"] > 0
    sound = made.told["measured"]["sound"]["hybrid"]
    assert sound["fused"] > sound["before"]


def test_the_same_seed_learns_the_same(ground: Ground, made: Fused) -> None:
    assert fit(SPEC, ground).told == made.told


def test_what_is_asked_is_not_read(ground: Ground) -> None:
    items = np.array([3, 4])
    cut = ground.cut(items)
    assert not set(ground.stock.stories[3][0].split()) <= set(cut[3].lower().split())
    rows = ground.without(items)["text"].rows
    whole = ground.vectors["text"].rows
    changed = np.flatnonzero((rows != whole).any(1))
    assert changed.tolist() == [3, 4]


def test_too_few_items_are_one_clear_line(ground: Ground) -> None:
    few = replace(ground.stock, stories={}, colours=[""] * (N + 1), heard=np.zeros(N + 1, bool))
    with pytest.raises(DataError, match="0 items have a text of two passages"):
        fit(SPEC, replace(ground, stock=few))


@pytest.mark.parametrize("held", [0.001, 0.009, 0.95, 0.999])
def test_a_share_that_leaves_too_few_names_the_settings(ground: Ground, held: float) -> None:
    with pytest.raises(
        DataError, match=r"of 160 items \d+ are held .* fusion.items and fusion.held"
    ):
        fit(replace(SPEC, held=held), ground)


@pytest.mark.parametrize(("items", "held"), [(LEAST, 0.1), (LEAST, 0.5)])
def test_the_least_that_is_let_pass_is_learned_from(
    ground: Ground, items: int, held: float
) -> None:
    told = fit(replace(SPEC, items=items, held=held, epochs=1), ground).told
    assert told["held"] + told["learned"] == items


def test_a_space_no_wider_than_the_modalities_is_refused(ground: Ground) -> None:
    for d in (1, 3):
        with pytest.raises(ConfigError, match=rf"d {d} is not above the 3 modalities"):
            fit(replace(SPEC, d=d), ground)


def test_without_stories_items_stay_whole_numbers(ground: Ground, made: Fused) -> None:
    silent = replace(ground, stock=replace(ground.stock, stories={}))
    trial = Trial(silent, made.fusion, ground.vectors, np.arange(1, 30))
    hybrid = trial.hybrid(FusedSearch(made.fusion, made.items, ground.encoder))
    assert hybrid.find("a splendid red", 5).items.dtype == np.int64
