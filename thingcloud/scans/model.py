"""What a scan is, what each kind of scanner is shown, and what to ask before words are sent; decisions only."""

import re
from dataclasses import dataclass, field
from typing import Final, Literal

from talktag import code as codes
from talktag.refusal import Refused
from thingcloud.plumbing.errors import BadInput
from thingcloud.things import kinds
from thingcloud.things.model import CONTACT, EVERYONE, LOST_AND_FOUND, SUPPORT, Route, TagFacts

STRANGER: Final = "stranger"
OWNER: Final = "owner"
MEMBER: Final = "member"
Scanner = Literal["stranger", "owner", "member"]

MOST_WORDS: Final = 2000
MOST_LINE: Final = 120

# What a finder may choose under "I left it at…"; the last two need no name of a place.
PLACES: Final = (
    ("desk", "reception or desk"),
    ("lost-property", "lost property office"),
    ("shop", "shop"),
    ("police", "police"),
    ("neighbour", "a neighbour"),
    ("kept", "I keep it for now"),
    ("elsewhere", "elsewhere"),
)
_PLACE_WORDS: Final = dict(PLACES)

_MAIL: Final = re.compile(r"[^\s@<>()]+@[^\s@<>()]+\.[A-Za-z]{2,}")
_LINK: Final = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_PHONE: Final = re.compile(r"(?<![\w.,])\+?\(?\d[\d\s()/.-]{5,}\d(?!\w)")
_DATE: Final = re.compile(r"\b\d{1,4}([./-])\d{1,2}\1\d{2,4}\b")
_MONEY: Final = re.compile(
    r"(?:[€$£]\s*\d)|(?:\d\s*(?:[€$£]|euro?s?\b|dollars?\b|pounds?\b))|\b(?:pay(?:pal|ment)?|money|bitcoin|ransom)\b",
    re.IGNORECASE,
)
_FEWEST_DIGITS: Final = 7


@dataclass(frozen=True)
class Scan:
    """A person's action on a tag, never a bare page view. Times in ms."""

    id: str
    tag_code: str
    thing_id: str
    at: int
    scanner: str
    action: str
    account_id: str | None = None
    case_id: str | None = None


@dataclass(frozen=True)
class Recorded:
    """A scan that was just recorded; `secret` opens the finder's page of its case."""

    scan_id: str
    case_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Face:
    """What a stranger sees of a tag. It has no field for a contact, a name or an address of the owner."""

    code: str
    kind: str
    title: str
    text: str
    box: str
    words: str
    reward: str
    vital: str
    writes: bool
    links: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Risk:
    """Something in a message that the writer should think about before it goes."""

    kind: str
    title: str
    text: str


_RISKS: Final = {
    "phone": Risk("phone", "You wrote a phone number.", "The owner will see it. Answers reach you here without it."),
    "mail": Risk("mail", "You wrote an address.", "The owner will see it. Answers reach you here without it."),
    "link": Risk("link", "You wrote a link.", "Many people never open links from strangers."),
    "money": Risk("money", "You wrote about money.", "Owners are warned when a message asks for money."),
}


def face(facts: TagFacts) -> Face:
    """A tag as a stranger sees it: title, request and promise by kind, state and what the owner chose to show."""
    shown = [route for route in facts.routes if route.audience == EVERYONE and route.kind != SUPPORT]
    writes = any(route.kind == LOST_AND_FOUND for route in shown)
    vital = next((route.target or route.label for route in shown if route.kind == "emergency"), "")
    title, text = _said(facts, writes=writes, vital=vital)
    hidden = facts.visibility == CONTACT
    return Face(
        code=facts.code,
        kind="thing" if hidden else "medical" if vital and not writes else facts.kind,
        title=title,
        text=text,
        box="Where is it?" if facts.lost and not hidden else "Your message",
        words=facts.message if facts.lost and not hidden else "",
        reward=facts.reward if facts.lost and not hidden else "",
        vital=vital if writes else "",
        writes=writes,
        links=tuple((route.kind, route.label, route.target) for route in shown if _leads_out(route)),
    )


def _leads_out(route: Route) -> bool:
    return route.kind in {"manual", "link"} and route.target.startswith(("https://", "http://"))


def _said(facts: TagFacts, *, writes: bool, vital: str) -> tuple[str, str]:
    if vital and not writes:
        return vital, "First call your local emergency number. Then tell the family here."
    if facts.visibility == CONTACT:
        return kinds.UNKNOWN.seen, "Write to its owner here. You stay anonymous."
    said = kinds.kind(facts.kind)
    if said.pet:
        return said.lost, "Thank you! Please tell its family where it is. You stay anonymous."
    if facts.lost:
        return said.lost, "Thank you! Please tell its owner where it is. You stay anonymous."
    return said.seen, "Lost, damaged or in your way? Tell its owner here. You stay anonymous."


def left_at(kind: str, which: str, receipt: str) -> str:
    """Where a finder left the thing, as one line; empty when nothing was chosen."""
    if not kind:
        if which or receipt:
            raise BadInput("Please choose the kind of place too.", reason="empty:kind")
        return ""
    if kind not in _PLACE_WORDS:
        raise BadInput("Please choose a kind of place from the list.", reason="unknown-place:kind")
    fits("which", which, MOST_LINE)
    fits("receipt", receipt, MOST_LINE)
    said = _PLACE_WORDS[kind][0].upper() + _PLACE_WORDS[kind][1:]
    said += f": {which}" if which else ""
    return f"{said}, number {receipt}" if receipt else said


def fits(field: str, text: str, most: int) -> None:
    """Refuse what is longer than fits, naming the field in the reason."""
    if len(text) > most:
        raise BadInput(f"{most:,} characters fit. Yours has {len(text):,}.", reason=f"too-long:{field}")


def risks(words: str) -> list[Risk]:
    """What a writer should be asked about before sending: a phone number, an address, a link, money."""
    found = [kind for kind, pattern in (("mail", _MAIL), ("link", _LINK), ("money", _MONEY)) if pattern.search(words)]
    if _phones(words):
        found.insert(0, "phone")
    return [_RISKS[kind] for kind in found]


def without_risks(words: str) -> str:
    """The same words with numbers, addresses and links taken out."""
    for number in _phones(words):
        words = words.replace(number, "")
    words = _LINK.sub("", _MAIL.sub("", words))
    return "\n".join(" ".join(line.split()) for line in words.split("\n")).strip()


def _phones(words: str) -> list[str]:
    found = (match.group().strip() for match in _PHONE.finditer(_DATE.sub(" ", _LINK.sub(" ", words))))
    return [number for number in found if sum(letter.isdigit() for letter in number) >= _FEWEST_DIGITS]


def needs_something(*parts: str) -> None:
    """Refuse a message in which nothing is said."""
    if not any(parts):
        raise BadInput("Write a few words, then send.", reason="empty")


_UNREAD: Final = {
    "empty": "Type the letters and digits beside the square.",
    "length": "A code has 14 letters and digits. Yours has more or fewer.",
    "character": "A code has only letters and digits. Write ? for each one you cannot read.",
    "unreadable": "Two that you cannot read are the most. Look at the tag again in better light.",
    "check": "No tag has this code. Please compare it with the tag.",
}


def read_code(text: str) -> codes.Reading:
    """A code as a person typed it; raises BadInput that says what to look at again."""
    try:
        return codes.read(text)
    except Refused as why:
        raise BadInput(_UNREAD.get(why.reason, _UNREAD["check"]), reason=f"code-{why.reason}") from why


def marked(reading: codes.Reading) -> list[tuple[str, bool]]:
    """The code in its groups, letter by letter, each with whether it was filled in or changed."""
    letters = [(letter, at in reading.changed) for at, letter in enumerate(reading.code.text)]
    grouped: list[tuple[str, bool]] = []
    for at, one in enumerate(letters):
        if at and at % codes.GROUP == 0:
            grouped.append(("-", False))
        grouped.append(one)
    return grouped
