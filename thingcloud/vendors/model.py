"""What a vendor is, what an owner allows it to hear, and the one gate that decides."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from thingcloud.plumbing.errors import BadInput
from thingseal import agreement, frame, keys
from thingseal.refusal import Refused

STRANGER = "stranger"
SCANNERS = ("owner", "member")
EVENTS = ("scan", "reading")
_MOST_STREAMS = 8
_MOST_STREAM_LETTERS = 200
_ROSTER = Path(__file__).parent / "roster"


@dataclass(frozen=True)
class Terms:
    """One text of the roster; agreements name it by address and digest."""

    name: str
    title: str
    text: str

    @property
    def digest(self) -> bytes:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).digest()


ROSTER = {"support-only-1": Terms("support-only-1", "Support only", (_ROSTER / "support-only-1.txt").read_text())}


@dataclass(frozen=True)
class Vendor:
    """A call centre that may ask to hear of things."""

    id: str
    name: str
    domain: str
    checked: bool
    public: bytes
    seed: bytes | None = field(repr=False)
    webhook_url: str
    webhook_secret: bytes = field(repr=False)
    accepts: tuple[str, ...]


@dataclass(frozen=True)
class Agent:
    """A person who answers for a vendor; scanners see the label only."""

    account_id: str
    vendor_id: str
    label: str


@dataclass(frozen=True)
class Scope:
    """What an agreement covers: streams of readings, kinds of event, kinds of scanner."""

    streams: tuple[str, ...] = ()
    events: tuple[str, ...] = ("scan",)
    scanners: tuple[str, ...] = SCANNERS

    def __post_init__(self) -> None:
        if STRANGER in self.scanners or not set(self.scanners) <= set(SCANNERS):
            raise BadInput("A stranger's scan is never told to a vendor.", reason="scanner")
        if not set(self.events) <= set(EVENTS) or not self.events:
            raise BadInput("There is no such kind of event.", hint="Choose from: scan, reading.", reason="event")


@dataclass(frozen=True)
class Agreement:
    """What was agreed, as bytes, and each side's signed message over them."""

    id: str
    thing_id: str
    vendor_id: str
    terms: str
    scope: Scope
    payload: bytes
    owner_signed: bytes
    vendor_signed: bytes | None
    at: int

    @property
    def accepted(self) -> bool:
        """Whether both sides have signed."""
        return self.vendor_signed is not None


@dataclass(frozen=True)
class Grant:
    """The owner's permission for one vendor and one thing, under one agreement."""

    id: str
    thing_id: str
    vendor_id: str
    handle: str
    agreement: Agreement
    at: int
    withdrawn_at: int | None


@dataclass(frozen=True)
class Happening:
    """Something a vendor might be told of."""

    thing_id: str
    kind: str
    scanner: str = ""
    stream: str = ""


@dataclass(frozen=True)
class Hearing:
    """One event as one vendor was told of it, and how far the vendor has got with it."""

    id: str
    vendor_id: str
    grant_id: str
    scan_id: str
    handle: str
    thing_kind: str
    scanner: str
    words: str
    case_id: str | None
    at: int
    state: str
    agent_id: str | None
    taken_at: int | None


@dataclass(frozen=True)
class Answer:
    """An answer card: the cause and what is fine, until when, what to do; shown to the one who scanned."""

    id: str
    hearing_id: str
    scan_id: str
    vendor_name: str
    vendor_domain: str
    vendor_checked: bool
    agent: str
    title: str
    words: str
    until: int | None
    at: int
    seen_at: int | None
    helped: str


@dataclass(frozen=True)
class Value:
    """The newest reading of a stream that the vendor may see."""

    name: str
    unit: str
    value: str
    at: int


def may_hear(grant: Grant, happening: Happening) -> bool:
    """The gate: whether what happened may be told under this grant. Nothing is told to a vendor but through here."""
    scope = grant.agreement.scope
    if grant.withdrawn_at is not None or not grant.agreement.accepted:
        return False
    if happening.thing_id != grant.thing_id or happening.kind not in scope.events:
        return False
    if happening.kind == "scan":
        return happening.scanner in scope.scanners and happening.scanner != STRANGER
    return happening.stream in scope.streams


def agreement_payload(address: str, terms: Terms, owner: bytes, vendor: bytes, handle: str, scope: Scope) -> bytes:
    """The bytes both sides sign (docs/wire.md, agreements); `handle` is the vendor's own name for the thing."""
    lists = list(scope.streams), list(scope.events), list(scope.scanners)
    try:
        return agreement.encode_agreement(agreement.Agreement(address, terms.digest, owner, vendor, handle, *lists))
    except Refused as refused:
        raise BadInput(f"This cannot be agreed on: {refused.sentence}", reason=refused.reason) from refused


def sign_agreement(payload: bytes, nonce: bytes, at: int, public: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    """One side's signed message over the agreement; `at` in milliseconds."""
    return frame.seal(frame.AGREEMENT, payload, keys.kid(public), nonce, at // 1000, sign)


def check_agreement(
    signed: bytes, payload: bytes, nonce: bytes, public: bytes, verify: Callable[[bytes, bytes, bytes], bool]
) -> None:
    """Refuse a message that is not this side's signature over exactly this agreement."""
    try:
        _, opened = agreement.open_agreement(signed, public, verify)
    except Refused as refused:
        raise BadInput(f"The agreement was not taken: {refused.sentence}", reason=refused.reason) from refused
    if opened.payload != payload or opened.cti != nonce:
        raise BadInput("The signature is over another agreement than the one offered.", reason="other-agreement")


def tells_something(scope: Scope) -> None:
    """Refuse a permission under which nothing would ever be told."""
    if "scan" in scope.events and not scope.scanners:
        raise BadInput("Choose whose scans are told.", hint="You, or people you added.", reason="scanner")
    if "reading" in scope.events and not scope.streams:
        raise BadInput("Name the streams of readings that are told.", hint="Such as: host.", reason="stream")


def fits(field: str, text: str, most: int) -> None:
    """Refuse what is longer than fits, naming the field in the reason."""
    if len(text) > most:
        raise BadInput(f"{most:,} characters fit. Yours has {len(text):,}.", reason=f"too-long:{field}")


def streams(text: str) -> tuple[str, ...]:
    """The streams that an owner named, with spaces or commas between."""
    fits("stream", text, _MOST_STREAM_LETTERS)
    found = tuple(text.replace(",", " ").split())
    if len(found) > _MOST_STREAMS:
        raise BadInput(f"{_MOST_STREAMS} streams fit. You named {len(found)}.", reason="stream")
    return found


def told(scope: Scope) -> list[str]:
    """What the vendor is told, in words for the owner."""
    lines = []
    if "scan" in scope.events:
        who = {"owner": "you", "member": "people you added"}
        lines.append("Scans of this tag by " + " and ".join(who[scanner] for scanner in scope.scanners))
    if "reading" in scope.events and scope.streams:
        lines.append("Readings: " + ", ".join(scope.streams))
    return lines


def heard(scope: Scope) -> list[str]:
    """The same in words for the vendor's desk."""
    who = {"owner": "its owner", "member": "its household"}
    lines = ["Scans by " + " and ".join(who[scanner] for scanner in scope.scanners)] if "scan" in scope.events else []
    return lines + (["Readings of " + ", ".join(scope.streams)] if "reading" in scope.events and scope.streams else [])


def not_told(scope: Scope) -> list[str]:
    """What the vendor is not told, in words for the owner."""
    lines = ["Scans by strangers, and what finders write", "Your name, mail, number and address"]
    if "reading" not in scope.events or not scope.streams:
        lines.append("Readings")
    return lines


def chosen(values: Iterable[str], allowed: Iterable[str]) -> tuple[str, ...]:
    """What of `values` is allowed, in the order of `allowed`."""
    wanted = set(values)
    return tuple(item for item in allowed if item in wanted)
