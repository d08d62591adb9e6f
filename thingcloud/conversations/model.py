"""Cases and what is said in them; decisions only."""

from dataclasses import dataclass, field
from typing import Final, Literal

from thingcloud.plumbing.errors import BadInput, Conflict, NotAllowed

FINDER: Final = "finder"
OWNER: Final = "owner"
AGENT: Final = "agent:"

FOUND: Final = "found"
SUPPORT: Final = "support"
KINDS: Final = (FOUND, SUPPORT)

OPEN: Final = "open"
ANSWERED: Final = "answered"
CLOSED: Final = "closed"

RETURNED: Final = "returned"
NOT_FOUND: Final = "not-found"
ABUSE: Final = "abuse"
OUTCOMES: Final = (RETURNED, NOT_FOUND, ABUSE)

MOST_WORDS: Final = 2000
MOST_PLACE: Final = 300
_MOST_PARTY: Final = 200
KEPT_DAYS: Final = 30
KEPT: Final = KEPT_DAYS * 24 * 60 * 60_000

# How much one party may write; what is over it is refused with a wait, never dropped.
MOST_MESSAGES: Final = 10
IN_THIS_TIME: Final = 10 * 60_000


@dataclass(frozen=True)
class Case:
    """A masked conversation; its parties are pseudonyms. Times in ms.

    `owner_id` is the account on the owner's side: in a support case whoever asked, owner or member; `desk` is the
    vendor it is with.
    """

    id: str
    thing_id: str
    tag_code: str
    owner_id: str
    kind: str
    state: str
    opened_at: int
    answered_at: int | None = None
    closed_at: int | None = None
    outcome: str = ""
    desk: str = ""

    @property
    def key(self) -> str:
        """Its live topic, which is also its name in notify."""
        return f"case:{self.id}"


@dataclass(frozen=True)
class Message:
    """Something one party said; `number` grows with time, `left_out` names what did not pass from a mail."""

    number: int
    case_id: str
    party: str
    words: str
    at: int
    via: str = "page"
    left_at: str = ""
    place: str = ""
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class CaseLine:
    """A case as a line of a list, with the newest thing said."""

    case: Case
    words: str
    party: str
    at: int
    unread: int

    @property
    def needs_owner(self) -> bool:
        """Whether somebody waits for the owner."""
        return self.case.state != CLOSED and self.party != OWNER


@dataclass(frozen=True)
class Opened:
    """A new case and the secret of whoever opened it, which is told once."""

    case_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Alias:
    """A masked mail address: what is written to it is said by `party` in the case."""

    local: str
    case_id: str
    party: str


Mark = Literal["done", "now", ""]


def check_kind(kind: str) -> str:
    """What a case is about."""
    if kind not in KINDS:
        known = ", ".join(KINDS)
        raise BadInput("There is no such kind of conversation.", hint=f"Known: {known}.", reason="unknown-kind")
    return kind


def check_party(case_kind: str, party: str) -> str:
    """A party of this kind of case. A vendor's agent never speaks where a stranger listens, nor the other way round."""
    agent = party.startswith(AGENT) and len(party) > len(AGENT) and len(party) <= _MOST_PARTY and party.isprintable()
    if party == OWNER or (party == FINDER and case_kind == FOUND) or (agent and case_kind == SUPPORT):
        return party
    raise NotAllowed("This conversation is between others.", reason="not-a-party")


def may_speak(case: Case, party: str) -> None:
    """Refuse words in a closed case, or from somebody who is not part of it."""
    check_party(case.kind, party)
    if case.state == CLOSED:
        raise Conflict("This conversation is closed.", hint="Thank you for your help.", reason="closed")


def check_words(words: str, left_at: str, place: str) -> tuple[str, str, str]:
    """What may be kept of a message: something must be said, within the limits."""
    said = [_clean(words, MOST_WORDS), _clean(left_at, MOST_PLACE), _clean(place, MOST_PLACE)]
    if not any(said):
        raise BadInput("Write a few words, then send.", reason="empty")
    return said[0], said[1], said[2]


def _clean(text: str, most: int) -> str:
    # Line breaks stay, and what joins letters and pictures of some scripts; other control characters do not.
    said = "".join(c for c in text.replace("\r\n", "\n") if c in "\n\u200c\u200d\u00a0" or c.isprintable()).strip()
    if len(said) > most:
        raise BadInput(f"{most:,} characters fit. Yours has {len(said):,}.", reason="too-long")
    return said


def outcome(how: str) -> str:
    """How a case ended."""
    if how not in OUTCOMES:
        known = ", ".join(OUTCOMES)
        raise BadInput("A conversation does not end like that.", hint=f"Known: {known}.", reason="unknown-end")
    return how


def name_of(party: str) -> str:
    """What the other side calls a party."""
    if party.startswith(AGENT):
        name = party.removeprefix(AGENT)
        return name if name.startswith("Agent ") else f"Agent {name}"
    return {OWNER: "The owner", FINDER: "The finder"}[party]


def headline(case: Case, told_at: int | None, reminded_at: int | None) -> tuple[str, str]:
    """The newest news for the finder: (title, sentence); an empty sentence leaves room for the thing's name."""
    if case.state == CLOSED:
        if case.outcome == RETURNED:
            return "It is home again. Thank you!", ""
        return "This conversation is closed.", "Thank you for your help."
    if case.answered_at is not None:
        return "The owner answered.", ""
    if reminded_at is not None:
        return "Still no answer.", "We keep trying."
    return "Sent. Thank you!", "The owner has been told." if told_at is not None else "The owner is being told."


def steps(case: Case, told_at: int | None) -> list[tuple[str, int | None, Mark]]:
    """The four steps of a finder's case: (label, at in ms, mark); the furthest one reached is now."""
    returned = case.closed_at if case.outcome == RETURNED else None
    reached: list[tuple[str, int | None]] = [("Sent", case.opened_at), ("Owner told", told_at)]
    reached += [("Answered", case.answered_at), ("Returned", returned)]
    last = max(place for place, (_, at) in enumerate(reached) if at is not None)
    return [
        (label, at, "now" if place == last else "done" if at is not None else "")
        for place, (label, at) in enumerate(reached)
    ]


def list_of(left_out: tuple[str, ...]) -> str:
    """What was left out, as words: "a phone number and 1 attachment"."""
    if len(left_out) < 2:
        return "".join(left_out)
    return f"{', '.join(left_out[:-1])} and {left_out[-1]}"
