"""Who may connect to the broker, and what they may say and hear there."""

import re
from collections.abc import Callable
from dataclasses import dataclass

_TOPIC = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*(/#)?")


@dataclass(frozen=True)
class Permissions:
    """The topics a client may publish to and the filters it may subscribe to; nothing beside them.

    Only whole topics and `topic/#` can be named: ValueError for anything else.
    With `seconds` the connection ends after that time, and the client has to ask again.
    """

    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()
    seconds: int = 0

    def __post_init__(self) -> None:
        subjects(self.publish + self.subscribe)


Admission = Callable[[str, str, str], Permissions | None]
"""Decides by client id, user name and password; None refuses. It is called from the broker's own thread."""


def subject(topic: str) -> str:
    """The broker's own spelling of an MQTT topic; ValueError for what could mean something else there."""
    if not _TOPIC.fullmatch(topic):
        raise ValueError(f"not a topic that the cloud uses: {topic!r}")
    return topic.replace("/", ".").replace("#", ">")


def subjects(filters: tuple[str, ...]) -> list[str]:
    """The same for a list of filters; `a/#` covers `a` too, as MQTT has it."""
    found = [subject(item) for item in filters]
    return found + [item.removesuffix(".>") for item in found if item.endswith(".>")]
