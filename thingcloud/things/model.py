"""A thing, its tags, routes and journal; decisions only."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from talktag import code as codes
from talktag.refusal import Refused
from thingcloud.plumbing.errors import BadInput
from thingcloud.things.kinds import KINDS

Role = Literal["owner", "member"]
OWNER: Final = "owner"
MEMBER: Final = "member"

LOST_AND_FOUND: Final = "lost-and-found"
SUPPORT: Final = "support"
ROUTE_KINDS: Final = (LOST_AND_FOUND, SUPPORT, "manual", "emergency", "link")
_WITH_ADDRESS: Final = ("manual", "link")
_ONCE_A_TAG: Final = (LOST_AND_FOUND, "emergency")

EVERYONE: Final = "everyone"
HOUSEHOLD: Final = "household"
AUDIENCES: Final = (EVERYONE, HOUSEHOLD)

ON: Final = "on"
OFF: Final = "off"
OPEN: Final = "open"
CONTACT: Final = "contact"
PRIVATE: Final = "private"
VISIBILITIES: Final = (OPEN, CONTACT, PRIVATE)

LONGEST_NAME: Final = 80
LONGEST_MESSAGE: Final = 500
LONGEST_REWARD: Final = 20
LONGEST_LABEL: Final = 40
LONGEST_NOTE: Final = 1000
_LONGEST_TARGET: Final = 500
_LONGEST_EVENT: Final = 2000
GENESIS: Final = b""
CHECKED: Final = 500


@dataclass(frozen=True)
class Thing:
    """What is owned; times in ms."""

    id: str
    owner_id: str
    name: str
    kind: str
    lost: bool = False
    message: str = ""
    reward: str = ""
    place: str = ""
    made_at: int = 0


@dataclass(frozen=True)
class Tag:
    """A printed code on a thing. `state` is on or off; `visibility` open, contact (kind not told) or private."""

    code: str
    thing_id: str
    state: str = ON
    visibility: str = OPEN

    @property
    def grouped(self) -> str:
        """The code as it is printed: `7K3Q-X9M2-PDRZ-S7`."""
        return codes.Code(self.code).grouped


@dataclass(frozen=True)
class Route:
    """A button on a tag's page; `audience` is everyone, or the household (owner and members)."""

    id: str
    tag_code: str
    kind: str
    label: str
    target: str = ""
    order: int = 0
    audience: str = EVERYONE


@dataclass(frozen=True)
class TagFacts:
    """All that the page of a tag needs, in one look-up."""

    code: str
    state: str
    visibility: str
    thing_id: str
    owner_id: str
    kind: str
    name: str
    lost: bool
    message: str
    reward: str
    routes: tuple[Route, ...]

    @property
    def answers(self) -> bool:
        """Whether a stranger gets a page at all."""
        return self.state == ON and self.visibility != PRIVATE


@dataclass(frozen=True)
class Event:
    """An entry of a journal; `number` counts from 1 per thing, `at` is in ms, `digest` ties it to those before."""

    id: str
    thing_id: str
    at: int
    kind: str
    text: str
    facts: dict[str, Any] = field(default_factory=dict)
    private: bool = True
    number: int = 0
    digest: bytes = field(default=b"", repr=False, compare=False)


def chained(before: bytes, event: Event) -> bytes:
    """The SHA-256 that ties an entry to the one before it, so that history cannot be rewritten quietly."""
    told = [event.id, event.thing_id, event.number, event.at, event.kind, event.text, event.facts, event.private]
    flat = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(before + flat.encode()).digest()


def first_misfit(entries: Sequence[Event], *, begun: bool) -> int | None:
    """The number of the first entry that does not fit the one before it; `begun` if the first begins the journal."""
    last, number = (GENESIS, 0) if begun or not entries else (entries[0].digest, entries[0].number)
    for event in entries if begun else entries[1:]:
        last, number = chained(last, event), number + 1
        if event.number != number or event.digest != last:
            return number
    return None


def line(text: str, field_name: str, most: int, *, needed: bool = False) -> str:
    """One line of words as it may be kept; a refusal's reason begins with the field's name."""
    return _fitting(" ".join(text.replace("\x00", "").split()), field_name, most, needed=needed)


def words(text: str, field_name: str, most: int, *, needed: bool = False) -> str:
    """Several lines of words as they may be kept; a refusal's reason begins with the field's name."""
    lines = text.replace("\x00", "").replace("\r\n", "\n").strip().split("\n")
    return _fitting("\n".join(one.replace("\t", " ").rstrip() for one in lines), field_name, most, needed=needed)


def _fitting(said: str, field_name: str, most: int, *, needed: bool) -> str:
    if needed and not said:
        raise BadInput("Something is missing here.", hint="One word is enough.", reason=f"{field_name}-empty")
    if len(said) > most:
        raise BadInput(f"{most:,} characters fit. Yours has {len(said):,}.", reason=f"{field_name}-too-long")
    if not said.replace("\n", "").isprintable():
        raise BadInput("A character here cannot be shown.", hint="Type it again.", reason=f"{field_name}-unprintable")
    return said


def thing_name(text: str) -> str:
    """What a thing is called: one line, 1 to 80 characters."""
    return line(text, "name", LONGEST_NAME, needed=True)


def thing_place(text: str) -> str:
    """Where a thing usually is, for its owner."""
    return line(text, "place", LONGEST_NAME)


def thing_kind(text: str) -> str:
    """The slug of a kind of thing."""
    return _one_of(text, KINDS, "kind of thing", "kind")


def route_kind(text: str) -> str:
    """What a route does."""
    return _one_of(text, ROUTE_KINDS, "kind of button", "route")


def audience(text: str) -> str:
    """Who sees a route."""
    return _one_of(text, AUDIENCES, "audience", "audience")


def visibility(text: str) -> str:
    """How much a tag tells a stranger."""
    return _one_of(text, VISIBILITIES, "way of showing a tag", "visibility")


def _one_of(text: str, known: Iterable[str], what: str, field_name: str) -> str:
    if text not in known:
        shown = text[:30] if text.isprintable() else "this"
        raise BadInput(
            f'There is no {what} "{shown}".', hint=f"Known: {', '.join(known)}.", reason=f"{field_name}-unknown"
        )
    return text


def route_target(kind: str, text: str) -> str:
    """Where a route leads: a web address for manuals and links, words or an id for the others."""
    target = line(text, "target", _LONGEST_TARGET, needed=kind in _WITH_ADDRESS)
    if kind in _WITH_ADDRESS and not _web_address(target):
        raise BadInput(
            "This is not a web address.", hint="Example: https://my.example/manual", reason="target-not-an-address"
        )
    return target


def _web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        whole = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False
    return whole and " " not in text and "@" not in parts.netloc


def once_a_tag(kind: str) -> bool:
    """Whether a tag has at most one route of this kind."""
    return kind in _ONCE_A_TAG


def default_audience(kind: str) -> str:
    """Who sees a new route of this kind: a vendor's answers are never a stranger's."""
    return HOUSEHOLD if kind == SUPPORT else EVERYONE


def code(text: str) -> str:
    """A tag's code in its one form: 14 capitals."""
    try:
        return codes.parse(text).text
    except Refused as why:
        raise BadInput(f"{str(why).capitalize()}.", hint=why.hint.capitalize(), reason=f"code-{why.reason}") from why


def moved(order: list[str], route_id: str) -> list[str]:
    """The order with one route a place further up."""
    at = order.index(route_id)
    if at == 0:
        return order
    return [*order[: at - 1], route_id, order[at - 1], *order[at + 1 :]]


def event_text(text: str) -> str:
    """The sentence of a journal entry, cut rather than refused: an entry must never be lost."""
    said = "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in text)
    return said if len(said) <= _LONGEST_EVENT else said[: _LONGEST_EVENT - 1] + "…"


def cloud_event(event: Event, base_url: str) -> bytes:
    """A journal entry as CloudEvents 1.0 in structured JSON."""
    at = datetime.fromtimestamp(event.at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    told = {
        "specversion": "1.0", "id": event.id, "source": f"{base_url}/things/{event.thing_id}",
        "type": f"thingcloud.{event.kind}", "time": at, "datacontenttype": "application/json",
        "data": {
            "number": event.number,
            "text": event.text,
            "facts": event.facts,
            "digest": event.digest.hex(),
        },
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
