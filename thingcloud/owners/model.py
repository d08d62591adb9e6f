"""Who owns things: accounts, ways in, scopes; decisions only."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from thingcloud.plumbing.errors import BadInput, Conflict

Door = Literal["owner", "vendor"]
DOORS: Final[tuple[Door, ...]] = ("owner", "vendor")

_MINUTE = 60_000
_DAY = 24 * 60 * _MINUTE
LINK_MINUTES = 15
LINK_LIFE = LINK_MINUTES * _MINUTE
SESSION_DAYS = 90
SESSION_LIFE = SESSION_DAYS * _DAY

READ, WRITE = "read", "write"
SCOPES: Final = (READ, WRITE)
TOKEN_PREFIX = "tc_"  # noqa: S105 - not a secret: it lets a scanner of leaked files know one

LONGEST_NAME = 80
_LONGEST_ADDRESS = 254
_ADDRESS = re.compile(r"[^\s@<>(),;:\"\\]{1,64}@[^\s@<>(),;:\"\\.]+(\.[^\s@<>(),;:\"\\.]+)*")


@dataclass(frozen=True)
class Account:
    """Somebody who signs in; the contact is kept apart."""

    id: str
    name: str


@dataclass(frozen=True)
class Link:
    """A one-time way in, as it is stored; times in ms."""

    account_id: str
    door: Door
    expires_at: int
    used_at: int | None

    def open_for(self, door: Door, now: int) -> None:
        """Refuse a link that was used, is old, or belongs to another door."""
        if self.used_at is not None:
            raise Conflict("This link was used already.", hint="Ask for a new one.", reason="link-used")
        if now >= self.expires_at:
            raise Conflict(
                f"This link is older than {LINK_MINUTES} minutes.", hint="Ask for a new one.", reason="link-old"
            )
        if self.door != door:
            raise Conflict("This link opens another door.", hint="Ask for a new one here.", reason="link-door")


@dataclass(frozen=True)
class Session:
    """A signed-in browser as its owner sees it; times in ms."""

    id: str
    browser: str
    made_at: int
    expires_at: int


@dataclass(frozen=True)
class Token:
    """A key for programs as its owner sees it: never the secret; times in ms."""

    id: str
    name: str
    scopes: tuple[str, ...]
    made_at: int


def door(text: str) -> Door:
    """The door a path or payload names."""
    for known in DOORS:
        if text == known:
            return known
    raise BadInput("There is no such door.", reason="unknown-door")


def person_name(text: str) -> str:
    """A person's name as it may be kept: one line, 1 to 80 characters."""
    name = " ".join(text.replace("\x00", "").split())
    if not name:
        raise BadInput("A name is missing.", hint="Any name will do; finders never see it.", reason="name-empty")
    if len(name) > LONGEST_NAME:
        raise BadInput(f"{LONGEST_NAME} characters fit. Yours has {len(name)}.", reason="name-too-long")
    if not name.isprintable():
        raise BadInput("This name has a character that cannot be shown.", reason="name-unprintable")
    return name


def address(text: str) -> str:
    """A mail address as it is written to; whether somebody reads it only a mail can tell."""
    found = text.strip()
    if len(found) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(found) or not found.isprintable():
        # The address itself stays out of the text: errors are logged.
        raise BadInput("This is not a whole mail address.", hint="Example: name@my.example", reason="not-an-address")
    return found


def same_address(text: str) -> str:
    """What two spellings of one address have in common; used to compare, never to write to."""
    return text.strip().casefold()


def scopes(wanted: tuple[str, ...]) -> tuple[str, ...]:
    """The scopes of a token in their usual order; at least one."""
    unknown = sorted(set(wanted) - set(SCOPES))
    if unknown or not wanted:
        raise BadInput(
            f"A key may {READ} or {WRITE}, not {unknown[0] if unknown else 'nothing'}.", reason="unknown-scope"
        )
    return tuple(scope for scope in SCOPES if scope in wanted)


_BROWSERS: Final = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
_SYSTEMS: Final = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"),
    ("Windows", "Windows"), ("Mac OS", "Mac"), ("Linux", "Linux"),
)  # fmt: skip


def browser(agent: str) -> str:
    """What a browser says it is, roughly: enough for its owner to know it again."""
    name = next((said for mark, said in _BROWSERS if mark in agent), "A browser")
    system = next((said for mark, said in _SYSTEMS if mark in agent), "")
    return f"{name} on {system}" if system else name
