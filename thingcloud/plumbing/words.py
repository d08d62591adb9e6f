"""How times, numbers and languages are put into words."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from thingcloud.plumbing.clock import DAY, HOUR, MINUTE

BROKEN: Final = (
    "Something broke on our side.",
    "Nothing you sent before is lost. Please try again in a minute.",
)


def choose(wanted: str, ours: Sequence[str]) -> str:
    """The first of our languages that an Accept-Language header names, by weight; else our first."""
    ranked = []
    for place, part in enumerate(wanted[:500].split(",")):
        name, _, weight = part.strip().partition(";q=")
        try:
            ranked.append((-float(weight or 1), place, name.partition("-")[0].lower()))
        except ValueError:
            continue
    return next((name for _, _, name in sorted(ranked) if name in ours), ours[0])


def _local(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC).astimezone()


def iso(at: int) -> str:
    """A time in milliseconds as RFC 3339, UTC."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def clock(at: int) -> str:
    """The time of day in the host's zone: 14:02."""
    return _local(at).strftime("%H:%M")


def day(at: int) -> str:
    """Day and time in the host's zone: 12 Nov, 14:02."""
    then = _local(at)
    return f"{then.day} {then:%b}, {then:%H:%M}"


def ago(at: int, now: int) -> str:
    """How long ago in few words: now, 4 min ago, 2 h ago, 3 days ago."""
    passed = max(0, now - at)
    if passed < MINUTE:
        return "now"
    if passed < HOUR:
        return f"{passed // MINUTE} min ago"
    if passed < 2 * DAY:
        return f"{passed // HOUR} h ago"
    return f"{passed // DAY} days ago"


def count(number: int) -> str:
    """A whole number with its thousands apart: 4,312."""
    return f"{number:,}"


def amount(number: float | Decimal | bool | str, digits: int = 3) -> str:
    """A value as people read it: about `digits` figures, a real minus, yes or no for a truth."""
    if isinstance(number, bool):
        return "yes" if number else "no"
    if isinstance(number, str):
        return number
    size = len(f"{abs(number):.0f}")
    text = f"{number:,.{max(0, digits - size)}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", "−") if text != "-0" else "0"


FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "iso": iso, "clock": clock, "day": day, "ago": ago, "count": count, "amount": amount,
}  # fmt: skip
