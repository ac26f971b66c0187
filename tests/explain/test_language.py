"""A real server of our own streams, stalls, drips, sends garbage, redirects, leaks, breaks off."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import pytest

from hermes.core.errors import ConfigError, Unavailable
from hermes.explain.language import Deadlines, Endpoint, Message
from hermes.explain.stream import Limits
from hermes.pipeline.breaker import Breaker
from hermes.workflows.speaker import DONE, STREAM, Script, Speaker, chunk, speaking, spoken

KEY = "sk-not-for-anybody-else"
QUICK = Deadlines(first=0.4, between=0.25, whole=1.0)
ASK = [Message("system", "Speak."), Message("user", "Hello?")]


def endpoint(speaker: Speaker, **more: Any) -> Endpoint:
    given = {"switch": Breaker(3, 60.0), "key": KEY, "deadlines": QUICK} | more
    return Endpoint(speaker.url, "small", **given)


async def heard(model: Endpoint, most: int = 1000) -> list[str]:
    out = []
    async for piece in model.stream(ASK):
        out.append(piece)
        if len(out) == most:
            break
    return out


def tried(script: Script, **more: Any) -> tuple[str, float]:
    """What the endpoint says of an answer that is none, and after how many seconds."""
    with speaking(lambda _: script) as speaker:
        began = time.monotonic()
        with pytest.raises(Unavailable) as error:
            asyncio.run(heard(endpoint(speaker, **more)))
        assert KEY not in str(error.value)
        return str(error.value), time.monotonic() - began


def test_words_arrive_piece_by_piece_as_they_were_sent() -> None:
    with speaking(lambda _: spoken(["Hel", "lo, ", "Zoë 🦊."])) as speaker:
        assert asyncio.run(heard(endpoint(speaker))) == ["Hel", "lo, ", "Zoë 🦊."]
        body = speaker.asked[0]
        assert (body["model"], body["stream"]) == ("small", True)
        assert [m["role"] for m in body["messages"]] == ["system", "user"]
        assert speaker.headers[0]["authorization"] == f"Bearer {KEY}"


def test_events_may_be_cut_anywhere_and_end_their_lines_in_any_way() -> None:
    raw = (
        b": hello\r\n\r\n"
        + chunk("One ").replace(b"\n", b"\r\n")
        + chunk("Zoë").replace(b"\n", b"\r")
    )
    parts = [bytes([b]) for b in raw + DONE]
    with speaking(lambda _: Script(parts=parts)) as speaker:
        assert asyncio.run(heard(endpoint(speaker))) == ["One ", "Zoë"]


def test_a_stream_that_ends_after_its_finish_reason_is_whole() -> None:
    with speaking(lambda _: Script(parts=[chunk("Hi"), chunk("", "stop")])) as speaker:
        assert asyncio.run(heard(endpoint(speaker))) == ["Hi"]


def drip(sign: bytes, pause: float) -> list[bytes | float]:
    return [part for _ in range(100) for part in (sign, pause)]


@pytest.mark.parametrize(
    ("script", "words", "least", "most"),
    [
        (Script(parts=[5.0]), "kept silent", 0.3, 1.6),
        (Script(parts=[chunk("Hi"), 5.0]), "kept silent", 0.2, 1.5),
        (Script(parts=drip(b":", 0.05)), "kept silent", 0.3, 1.6),
        (Script(parts=drip(b": ping\n\n", 0.05)), "kept silent", 0.3, 1.6),
        (Script(parts=drip(chunk("a "), 0.1)), "kept silent", 0.8, 2.8),
        (Script(parts=[chunk("Hi"), *drip(chunk(""), 0.05)]), "kept silent", 0.2, 1.5),
    ],
    ids=["stalls", "stalls later", "drips a line", "pings", "never ends", "empty words"],
)
def test_no_server_holds_a_reader_up(script: Script, words: str, least: float, most: float) -> None:
    said, took = tried(script)
    assert words in said
    assert least <= took <= most


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (Script(status=500), "answered 500"),
        (Script(status=429, headers={"retry-after": "1"}), "answered 429"),
        (Script(status=401), "answered 401"),
        (Script(parts=[b"{}"], headers={"content-type": "application/json"}), "application/json"),
        (Script(parts=[b"x"], headers={}), "not an event stream"),
        (Script(parts=[b"data: nonsense\n\n"]), "no chunk"),
        (Script(parts=[b"data: [1, 2]\n\n"]), "no chunk"),
        (Script(parts=[b"data: \xff\xfe\n\n"]), "not UTF-8"),
        (Script(parts=[b'data: {"error": {"message": "' + KEY.encode() + b'"}}\n\n']), "an error"),
        (Script(parts=[chunk("Alien is")]), "broke off"),
        (Script(parts=[chunk("Alien is"), chunk("", "length")]), "'length'"),
        (Script(parts=[DONE]), "said nothing"),
        (Script(parts=[]), "broke off"),
        (Script(parts=[b"data: " + b"x" * 100_000]), "a line of more than"),
        (Script(parts=[b'data: {"choices":[{"delta":{"tool_calls":[{"id":"1"}]}}]}\n\n']), "tool"),
        (
            Script(parts=[b""], headers={**STREAM, "content-encoding": "gzip"}),
            "packed",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_no_answer_is_refused_and_named(script: Script, words: str) -> None:
    assert words in tried(script)[0]


def test_an_answer_without_an_end_is_cut_by_its_size() -> None:
    parts = [chunk("word " * 100)] * 100
    said, _ = tried(Script(parts=parts), limits=Limits(characters=3000))
    assert "more than 3000 characters" in said
    said, _ = tried(Script(parts=[b": " + b"x" * 500 + b"\n"] * 100), limits=Limits(bytes=20_000))
    assert "more than 20000 bytes" in said


def test_a_redirect_is_not_followed_and_the_key_goes_nowhere_else() -> None:
    with speaking(lambda _: spoken(["trap"])) as trap:
        to = Script(status=307, headers={"location": f"{trap.url}/chat/completions"})
        assert "not followed" in tried(to)[0]
        assert not trap.asked


def test_nobody_at_the_address_is_named() -> None:
    with speaking(lambda _: spoken(["hi"])) as speaker:
        gone = endpoint(speaker)
    with pytest.raises(Unavailable, match="ConnectError"):
        asyncio.run(heard(gone))


def test_after_three_failures_the_server_is_left_alone_and_one_probe_brings_it_back() -> None:
    now, scripts = [0.0], [Script(status=500)] * 3 + [spoken(["back"])]
    breaker = Breaker(3, 20.0, clock=lambda: now[0])
    with speaking(lambda _: scripts.pop(0)) as speaker:
        model = endpoint(speaker, switch=breaker)
        for _ in range(5):
            with pytest.raises(Unavailable):
                asyncio.run(heard(model))
        assert len(speaker.asked) == 3
        now[0] = 21.0
        assert asyncio.run(heard(model)) == ["back"]
        assert breaker.state == "closed"


def test_who_stops_listening_early_is_no_failure_of_the_server() -> None:
    breaker = Breaker(1, 20.0)
    with speaking(lambda _: spoken(["a", "b", "c"])) as speaker:
        assert asyncio.run(heard(endpoint(speaker, switch=breaker), most=1)) == ["a"]
    assert breaker.state == "closed"


def test_a_probe_that_nobody_waits_for_leaves_no_breaker_half_open() -> None:
    now = [0.0]
    breaker = Breaker(1, 10.0, clock=lambda: now[0])
    breaker.note(False)
    now[0] = 11.0
    with speaking(lambda _: spoken(["a", "b"])) as speaker:
        asyncio.run(heard(endpoint(speaker, switch=breaker), most=1))
        now[0] = 22.0
        assert asyncio.run(heard(endpoint(speaker, switch=breaker))) == ["a", "b"]


def test_the_key_is_in_no_log_and_no_representation(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), speaking(lambda _: spoken(["hi"])) as speaker:
        model = endpoint(speaker)
        asyncio.run(heard(model))
        assert KEY not in repr(model)
    assert KEY not in caplog.text


@pytest.mark.parametrize("url", ["ftp://host/v1", "host:80", "http://", "http://user:pw@host/v1"])
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(ConfigError, match="HERMES_LANGUAGE_URL"):
        Endpoint(url, "m", Breaker())


def test_a_key_that_no_header_can_carry_is_refused_without_being_shown() -> None:
    with pytest.raises(ConfigError) as error:
        Endpoint("http://host/v1", "m", Breaker(), key="sk-secret\nx: y")
    assert "sk-secret" not in str(error.value)


def test_an_address_up_to_v1_is_made_whole() -> None:
    whole = "http://host:1/v1/chat/completions"
    assert Endpoint("http://host:1/v1/", "m", Breaker()).url == whole
    assert Endpoint(whole, "m", Breaker()).url == whole
