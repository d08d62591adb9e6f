"""How somebody is reached: the steps of a policy, what is due when, what a letter holds; decisions only."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from thingcloud.plumbing.errors import BadInput

PAGE, EMAIL = "page", "email"
_HOUR = 60 * 60_000
_LONGEST_ADDRESS = 254


@dataclass(frozen=True)
class Step:
    """One step of a policy; `after` and `every` in ms; `repeat` counts the times beyond the first."""

    after: int
    channels: tuple[str, ...]
    repeat: int = 0
    every: int = 0
    min_urgency: int = 0


@dataclass(frozen=True)
class Policy:
    """How one owner is reached: the steps in order, and whether mail may be sent at all."""

    steps: tuple[Step, ...]
    mail: bool = True


# At once on the page and by mail, then two reminders: nobody has to edit this.
USUAL: Final = Policy((Step(0, (PAGE, EMAIL)), Step(2 * _HOUR, (EMAIL,)), Step(24 * _HOUR, (EMAIL,))))


@dataclass(frozen=True)
class Due:
    """One sending that a policy asks for; `after` in ms since the news."""

    step: int
    repeat: int
    channel: str
    after: int

    @property
    def again(self) -> bool:
        """Whether this is a reminder."""
        return self.after > 0


@dataclass(frozen=True)
class Notice:
    """One piece of news for one owner; times in ms."""

    id: str
    account_id: str
    case_key: str
    number: int
    subject: str
    facts: Mapping[str, str]
    at: int
    acknowledged_at: int | None


@dataclass(frozen=True)
class Progress:
    """How far the telling of a case has come; times in ms, None while it has not."""

    told_at: int | None = None
    reminded_at: int | None = None


@dataclass(frozen=True)
class Letter:
    """What a mail says, before it is known to whom it goes.

    `alias` is the local part that an answer goes to, `thread` what it belongs to, `id` the same for every try, so that
    the other side can drop a repeat. A `button` is (label, path on this host); where `public`, links lead to the front.
    """

    id: str
    subject: str
    title: str
    speaker: str = ""
    words: str = ""
    lines: tuple[str, ...] = ()
    button: tuple[str, str] | None = None
    after: tuple[str, ...] = ()
    small: tuple[str, ...] = ()
    alias: str = ""
    thread: str = ""
    stop: str = ""
    public: bool = False
    automatic: bool = False


def plan(policy: Policy, urgency: int) -> list[Due]:
    """Every sending of a policy, earliest first."""
    due = [
        Due(number, repeat, channel, step.after + repeat * step.every)
        for number, step in enumerate(policy.steps)
        if urgency >= step.min_urgency
        for repeat in range(step.repeat + 1)
        for channel in step.channels
    ]
    return sorted(due, key=lambda one: one.after)


def next_mail(policy: Policy, urgency: int, after: int) -> int | None:
    """How long after the news the next mail goes out, in ms; None after the last one."""
    later = (one.after for one in plan(policy, urgency) if one.channel == EMAIL and one.after > after)
    return next(later, None)


def to_text(policy: Policy) -> str:
    """The steps as they are stored."""
    return json.dumps([[s.after, list(s.channels), s.repeat, s.every, s.min_urgency] for s in policy.steps])


def from_text(text: str, *, mail: bool) -> Policy:
    """The policy behind `to_text`."""
    steps = (Step(after, tuple(channels), *rest) for after, channels, *rest in json.loads(text))
    return Policy(tuple(steps), mail)


def span(milliseconds: int) -> str:
    """A wait in words: 2 hours, 24 hours, 15 minutes."""
    number, unit = (milliseconds // _HOUR, "hour") if milliseconds % _HOUR == 0 else (milliseconds // 60_000, "minute")
    return f"{number} {unit}{'' if number == 1 else 's'}"


def sentences(policy: Policy) -> list[tuple[str, str]]:
    """The policy as its owner reads it: (when, how)."""
    names = {PAGE: "on your page", EMAIL: "by mail"}
    told = []
    for step in policy.steps:
        when = "At once" if step.after == 0 else f"Nobody answered after {span(step.after)}"
        told.append((when, " and ".join(names.get(channel, channel) for channel in step.channels)))
    return told


def mail_address(text: str) -> str:
    """A mail address that somebody typed; never repeated in the refusal."""
    found = text.strip()
    local, at, domain = found.partition("@")
    unfit = any(c.isspace() or not c.isprintable() or c in '<>(),;:"\\' for c in found)
    if not local or not at or "@" in domain or unfit or not domain.strip(".") or len(found) > _LONGEST_ADDRESS:
        raise BadInput("This is not a whole mail address.", hint="Example: name@my.example", reason="not-an-address")
    if "." not in domain.strip("."):
        raise BadInput("An ending is missing, such as .com.", reason="no-ending")
    return found
