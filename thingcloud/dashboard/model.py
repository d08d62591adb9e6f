"""What the owner's home page says; decisions only."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from markupsafe import Markup

from thingcloud.things.model import Event, Thing

_HOUR: Final = 60 * 60_000
_DAY: Final = 24 * _HOUR
SILENT_AFTER: Final = _HOUR
_NOON, _EVENING = 12, 18
_NUMBERS: Final = (
    "Nothing", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve",
)  # fmt: skip
SPANS: Final = {
    "hour": ("Hour", _HOUR), "day": ("Day", _DAY), "week": ("Week", 7 * _DAY),
    "month": ("Month", 30 * _DAY), "year": ("Year", 365 * _DAY),
}  # fmt: skip
ICONS: Final = {
    "temperature": "thermo", "inside": "thermo", "humidity": "drop", "door": "door", "power": "bolt", "voltage": "bolt",
    "battery": "battery", "uptime": "clock", "load": "computer", "memory": "computer", "disk": "computer",
}  # fmt: skip


@dataclass(frozen=True)
class Need:
    """Something that waits for the owner, with its one action; `at` in ms."""

    kind: str
    title: str
    text: str
    at: int
    action: str
    href: str
    lost: bool = False


@dataclass(frozen=True)
class Card:
    """A thing on the home page."""

    thing: Thing
    value: str = ""
    unit: str = ""
    spark: Markup = field(default=Markup(""))
    quote: str = ""
    plain: str = ""
    word: str = ""
    state: str = ""
    at: int | None = None


@dataclass(frozen=True)
class Home:
    """The home page; `more` is how many things there are in all."""

    news: str
    needs: Sequence[Need]
    cards: Sequence[Card]
    more: int


@dataclass(frozen=True)
class Now:
    """A value of a thing as it is now."""

    name: str
    label: str
    value: str
    unit: str
    icon: str


@dataclass(frozen=True)
class Overview:
    """The first page of a thing."""

    thing: Thing
    own: bool
    values: Sequence[Now]
    chosen: str
    title: str
    span: str
    plot: Markup
    readings: int
    packs: int
    events: Sequence[Event]
    devices: Sequence[tuple[str, str, int | None]]
    vendors: Sequence[tuple[str, str]]
    time_known: bool


def greeting(now: int) -> str:
    """The words for this time of day at the host."""
    hour = _local(now).hour
    return "Good morning." if hour < _NOON else "Good afternoon." if hour < _EVENING else "Good evening."


def waiting(count: int) -> str:
    """How many things need the owner, as a sentence."""
    if count == 1:
        return "One thing needs you."
    if count == 0:
        return "Nothing needs you."
    return f"{_NUMBERS[count] if count < len(_NUMBERS) else f'{count:,}'} things need you."


def last_time(now: int) -> tuple[int, str]:
    """From when on the news are told, in ms and in words."""
    midnight = _local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    if _local(now).hour < _NOON:
        return _ms(midnight - timedelta(hours=24 - _EVENING)), "Since last evening"
    return _ms(midnight), "Since this morning"


def news(words: str, scans: int, answers: int, readings: int) -> str:
    """What happened since last time, without what did not."""
    told = [
        f"{count:,} {one if count == 1 else more}"
        for count, one, more in (
            (scans, "scan", "scans"),
            (answers, "answer", "answers"),
            (readings, "signed reading", "signed readings"),
        )
        if count
    ]
    return f"{words}: {', '.join(told)}." if told else f"{words}: all quiet."


def label(name: str) -> str:
    """The name of a series as a heading."""
    words = name.replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]


def silence(since: int, now: int) -> str:
    """How long a thing has been silent; empty while it still speaks."""
    passed = now - since
    if passed < SILENT_AFTER:
        return ""
    if passed < 2 * _HOUR:
        return "Silent for an hour."
    if passed < 2 * _DAY:
        return f"Silent for {passed // _HOUR} hours."
    return f"Silent for {passed // _DAY} days."


def quoted(words: str, most: int = 60) -> str:
    """The beginning of what somebody said, cut at a word."""
    said = " ".join(words.split())
    if len(said) <= most:
        return said
    return said[:most].rsplit(" ", 1)[0].rstrip(" .,;:!?") + "…"


def _local(now: int) -> datetime:
    return datetime.fromtimestamp(now / 1000, UTC).astimezone()


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
