"""What goes over the wire in a conversation with the agent, as msgspec structures."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from .schemas import Answer, Id, Reading, wrong


class Talk(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """One turn of a conversation with the agent."""

    conversation: Annotated[str, Meta(max_length=100)] = ""  # empty: a new one
    user: Id = ""
    text: Annotated[str, Meta(max_length=2000)] = ""  # empty: only `remove`
    remove: Annotated[list[Annotated[str, Meta(max_length=100)]], Meta(max_length=64)] = []
    k: Annotated[int, Meta(ge=1, le=1000)] = 10
    domains: Annotated[list[str], Meta(max_length=64)] = []
    language: Annotated[str, Meta(max_length=20)] = "en"  # of the answer: en, de, fr or es


class Step(msgspec.Struct, gc=False):
    """A state that an answer passed through."""

    state: str  # Understand, Recommend, FetchAttribution, ConstructPrompt, HeuristicCheck ...
    milliseconds: float
    note: str = ""


class Told(msgspec.Struct, gc=False):
    """What the agent answers."""

    conversation: str  # its id, for the next turn
    text: str
    by: str  # templates or model
    model: str  # its name, empty where no model spoke
    chips: list[Reading]  # wishes in force; an id in `remove` takes one back
    slate: Answer | None  # None where nothing new was asked for
    about: list[str]  # ids of items that the answer speaks of
    trace: list[Step]


TALK = msgspec.json.Decoder(Talk)


def talk(body: bytes) -> Talk:
    """As `ask`, for a turn of a conversation."""
    try:
        return TALK.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise wrong(error) from error
