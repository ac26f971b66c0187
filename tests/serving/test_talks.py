"""What conversations remember: by whom it is read, for how long, and what of turns at once."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any

from hermes.pipeline.agent import Kept
from hermes.pipeline.wishes import Wish
from hermes.serving.deps import Deps
from hermes.serving.talks import Talks, fresh

Make = Callable[..., Any]


def kept(n: int) -> Kept:
    return Kept(turn=n, wishes=[Wish(id="1", kind="year", text="1990", low=1990.0)])


def test_conversations_are_shared_by_processes_and_survive_them(tmp_path: Path) -> None:
    one, two, name = Talks(tmp_path / "t.db", 10), Talks(tmp_path / "t.db", 10), fresh()
    assert one.put(name, "ann", kept(1), 0)
    assert two.get(name, "ann") == kept(1)
    assert two.put(name, "ann", kept(2), 1)
    one.close()
    assert Talks(tmp_path / "t.db", 10).get(name, "ann") == kept(2)


def test_conversations_are_bounded_by_number_and_age(tmp_path: Path) -> None:
    now = [1e9]
    talks = Talks(tmp_path / "t.db", 5, days=1.0, clock=lambda: now[0])
    names = [fresh() for _ in range(130)]
    for name in names:
        now[0] += 1
        talks.put(name, "ann", kept(1), 0)
    left = [name for name in names if talks.get(name, "ann")]
    assert names[-1] in left
    assert len(left) <= 5 + 64
    now[0] += 2 * 86400
    assert talks.get(names[-1], "ann") is None


def test_a_turn_is_remembered_only_over_the_one_it_has_heard(tmp_path: Path) -> None:
    one, two, name = Talks(tmp_path / "t.db", 10), Talks(tmp_path / "t.db", 10), fresh()
    assert one.put(name, "ann", kept(1), 0)
    assert one.put(name, "ann", kept(2), 1)
    assert not two.put(name, "ann", Kept(turn=2), 1)
    assert two.get(name, "ann") == kept(2)
    assert two.put(name, "ann", Kept(turn=2), 2)  # a turn may add to itself
    assert one.get(name, "ann") == Kept(turn=2)


def test_one_that_went_since_it_was_read_is_remembered_as_it_is(tmp_path: Path) -> None:
    talks, name = Talks(tmp_path / "t.db", 10), fresh()
    assert talks.put(name, "ann", kept(7), 6)
    assert talks.get(name, "ann") == kept(7)


async def at_once(clients: list[Any], bodies: list[dict[str, Any]]) -> list[Any]:
    """Each by the next of the clients."""
    pairs = zip(cycle(clients), bodies, strict=False)
    sent = (client.send("POST", "/v1/agent", json=body) for client, body in pairs)
    return list(await asyncio.gather(*sent))


def test_of_turns_at_once_on_two_workers_no_wish_is_lost(make: Make) -> None:
    clients = [make(), make()]
    first = clients[0].post("/v1/agent", json={"text": "drama", "k": 2}).json()["conversation"]
    denied = ("zombies", "castles", "robots", "pirates", "vampires", "ghosts")
    bodies = [{"text": f"without {word}", "k": 2, "conversation": first} for word in denied]
    answers = asyncio.run(at_once(clients, bodies))
    assert [answer.status_code for answer in answers] == [200] * len(bodies)
    assert {answer.json()["conversation"] for answer in answers} == {first}
    last = clients[1].post("/v1/agent", json={"text": "hello", "conversation": first}).json()
    texts = [chip["text"] for chip in last["chips"]]
    assert sorted(texts) == sorted(["genre: drama", *(f"without: {word}" for word in denied)])
    assert len({chip["id"] for chip in last["chips"]}) == len(texts)


class Overtaken(Talks):
    """Before a turn is remembered, another worker remembers one of its own."""

    times = 0

    def get(self, conversation: str, user: str) -> Kept | None:
        held = super().get(conversation, user)
        if held is not None and self.times:
            self.times -= 1
            name = f"other-{self.times}"
            wish = Wish(id=name, kind="words", text="words: other", words="other", filters=False)
            other = Kept(turn=held.turn + 1, wishes=[*held.wishes, wish])
            assert Talks(self.path, 10).put(conversation, user, other, held.turn)
        return held


def test_a_turn_that_is_overtaken_is_heard_on_what_the_other_left(client: Any, deps: Deps) -> None:
    first = client.post("/v1/agent", json={"text": "drama", "k": 2}).json()["conversation"]
    deps.talks = talks = Overtaken(deps.talks.path, 10)
    talks.times = 2
    found = client.post("/v1/agent", json={"text": "without item-3", "conversation": first}).json()
    assert [chip["id"] for chip in found["chips"]][1:3] == ["other-1", "other-0"]
    assert len(found["chips"]) == 4


def test_a_turn_that_is_overtaken_without_end_is_a_409(client: Any, deps: Deps) -> None:
    first = client.post("/v1/agent", json={"text": "drama", "k": 2}).json()["conversation"]
    deps.talks = talks = Overtaken(deps.talks.path, 10)
    talks.times = 99
    answer = client.post("/v1/agent", json={"text": "without item-3", "conversation": first})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert "send this one again" in answer.json()["detail"]
    deps.log.close()
    with sqlite3.connect(deps.log.path) as file:
        assert file.execute("SELECT count(*) FROM exposures").fetchone() == (1,)  # of the first


def test_a_turn_that_is_refused_is_not_remembered(client: Any) -> None:
    first = client.post("/v1/agent", json={"text": "drama", "k": 2}).json()
    body = {"text": "without item-3", "conversation": first["conversation"]}
    assert client.post("/v1/agent", json={**body, "domains": ["nowhere"]}).status_code == 422
    after = client.post("/v1/agent", json={**body, "text": "hello"}).json()
    assert after["chips"] == first["chips"]
