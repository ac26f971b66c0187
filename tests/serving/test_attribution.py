"""What a client gets of scores taken apart, and of reasons in its language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hermes.explain.reasons import Reasons
from hermes.pipeline.attributed import Attributor
from hermes.serving.deps import Deps

HOME = "/v1/recommendations"


@pytest.fixture
def client(deps: Deps, make_client: Callable[[Deps], Any]) -> Any:
    small: Any = deps.engine
    made = small.recommender
    channels = {s.channel.name: s.channel for s in made.sources.sources}
    apart = Attributor({"popularity": "popularity", "text": "text"})
    made = replace(made, attributor=apart, explainer=Reasons(small.catalogue, channels))
    deps.engine = replace(small, recommender=made)
    return make_client(deps)


def test_base_and_parts_sum_to_the_score(client: Any) -> None:
    for body in ({"user": "ann"}, {"user": "nobody"}, {"user": "ann", "query": "item-7"}):
        answer = client.post(HOME, json={**body, "k": 5, "attribute": True}).json()
        assert answer["items"]
        for item in answer["items"]:
            found = item["attribution"]
            total = found["base"] + sum(part["value"] for part in found["parts"])
            assert total == pytest.approx(item["score"], abs=2e-6)
            assert found["score"] == item["score"]
            assert "candidates" in found["baseline"]
            sizes = [abs(part["value"]) for part in found["parts"]]
            assert sizes == sorted(sizes, reverse=True)
    names = {part["name"] for item in answer["items"] for part in item["attribution"]["parts"]}
    assert "text" in names or len(answer["items"]) == 1


def test_who_does_not_ask_gets_null(client: Any) -> None:
    answer = client.post(HOME, json={"user": "ann", "k": 3}).json()
    assert [item.get("attribution") for item in answer["items"]] == [None] * 3
    assert "attribution" not in answer["milliseconds"]


def test_the_address_of_a_user_may_ask_for_it(client: Any) -> None:
    answer = client.get(f"{HOME}/users/ann?k=3&attribute=true&language=de").json()
    assert all(item["attribution"] for item in answer["items"])
    assert answer["items"][0]["reasons"][0]["text"] == "Beliebt"


def test_reasons_are_in_the_language_asked_for(client: Any) -> None:
    def texts(language: str) -> set[str]:
        answer = client.post(HOME, json={"k": 3, "language": language}).json()
        return {reason["text"] for item in answer["items"] for reason in item["reasons"]}

    assert [texts(word) for word in ("en", "de", "fr-CA", "xx", "")] == [
        {"Popular"}, {"Beliebt"}, {"Populaire"}, {"Popular"}, {"Popular"},
    ]  # fmt: skip
    assert client.post(HOME, json={"language": "e" * 36}).status_code == 422


def test_an_attribution_that_fails_is_named_and_the_answer_comes(client: Any, deps: Deps) -> None:
    class Broken:
        def __call__(self, *_: Any) -> Any:
            raise ValueError("broken")

    small: Any = deps.engine
    deps.engine = replace(small, recommender=replace(small.recommender, attributor=Broken()))
    answer = client.post(HOME, json={"k": 3, "attribute": True}).json()
    assert [d["stage"] for d in answer["degraded"]] == ["attribution"]
    assert [item.get("attribution") for item in answer["items"]] == [None] * 3
