"""Scales of a plot: round numbers upwards, days and months across, and where a series falls silent."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise
from statistics import median
from typing import Final

from thingcloud.plumbing.clock import DAY, HOUR, MINUTE
from thingcloud.plumbing.words import amount

Point = tuple[int, float]
START: Final = 6.0  # per cent left for numbers at the start
WIDTH: Final = 85.0  # per cent for the drawing; the rest holds names and values
_MOST_TICKS: Final = 5
_SILENT_STEPS: Final = 4
_STEPS: Final = (1, 2, 5, 10, 15, 20)  # minutes
_MOST_MARKS: Final = 6


@dataclass(frozen=True)
class Scale:
    """Places times in per cent of the whole picture and values in pixels from the top."""

    since: int
    until: int
    low: float
    high: float
    top: int
    height: int

    def x(self, at: int) -> float:
        """Per cent from the start, kept inside the drawing."""
        share = (at - self.since) / max(1, self.until - self.since)
        return START + WIDTH * min(1.0, max(0.0, share))

    def y(self, value: float) -> float:
        """Pixels from the top."""
        return self.top + self.height * (1 - (value - self.low) / (self.high - self.low))


def ticks(low: float, high: float, most: int = _MOST_TICKS) -> list[float]:
    """Three to five round numbers that span the values; zero is not forced."""
    if high - low < 1e-9 * max(1.0, abs(high)):
        low, high = low - 1, high + 1
    rough = (high - low) / (most - 1)
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * part for part in (1, 2, 5, 10, 20) if _count(low, high, size * part) <= most)
    first = math.floor(low / step + 1e-9)
    return [round((first + n) * step, 12) for n in range(_count(low, high, step))]


def _count(low: float, high: float, step: float) -> int:
    return math.ceil(high / step - 1e-9) - math.floor(low / step + 1e-9) + 1


def label(value: float, step: float) -> str:
    """A tick as text, with just the places its step needs and a real minus."""
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    return amount(f"{value:,.{places}f}" if value else "0").replace("-", "−")


def runs(points: Sequence[Point], gap: int = 0) -> list[list[Point]]:
    """Cut a series where it fell silent: longer than `gap` ms, by default four usual steps."""
    steps = [later[0] - earlier[0] for earlier, later in pairwise(points)]
    longest = gap or (_SILENT_STEPS * median(steps) if steps else 0)
    found: list[list[Point]] = []
    for number, point in enumerate(points):
        if number and steps[number - 1] <= longest:
            found[-1].append(point)
        else:
            found.append([point])
    return found


@dataclass(frozen=True)
class Mark:
    """One place on the time axis: an edge gets a vertical line, `middle` says where the words stand."""

    at: int
    words: str
    edge: bool
    middle: int


def marks(since: int, until: int, zone: tzinfo | None = None) -> list[Mark]:
    """What stands under the plot: minutes, hours of a day, names of days, days of a month, letters of months."""
    span = until - since
    if span <= 2 * HOUR:
        return [Mark(at, f"{then:%H:%M}", edge=False, middle=at) for at, then in _minutes(since, until, zone)]
    if span <= 36 * HOUR:
        return [Mark(at, f"{then:%H:%M}", edge=False, middle=at) for at, then in _hours(since, until, zone)]
    days = list(_days(since, until, zone))
    if span <= 10 * DAY:
        return [Mark(at, f"{then:%a}", edge=True, middle=at + DAY // 2) for at, then in days]
    if span <= 70 * DAY:
        return [Mark(at, f"{then.day} {then:%b}", edge=True, middle=at) for at, then in days if then.weekday() == 0]
    return [Mark(at, f"{then:%b}"[0], edge=True, middle=at + 15 * DAY) for at, then in days if then.day == 1]


def _minutes(since: int, until: int, zone: tzinfo | None) -> Iterator[tuple[int, datetime]]:
    step = next((step for step in _STEPS if until - since <= _MOST_MARKS * step * MINUTE), _STEPS[-1]) * MINUTE
    for at in range(-(-since // step) * step, until + 1, step):
        yield at, _local(at, zone)


def _hours(since: int, until: int, zone: tzinfo | None) -> Iterator[tuple[int, datetime]]:
    step = 6 if until - since > 12 * HOUR else 2 if until - since > 4 * HOUR else 1
    then = _local(since, zone).replace(minute=0, second=0, microsecond=0)
    while (at := int(then.timestamp() * 1000)) <= until:
        if at >= since and then.hour % step == 0:
            yield at, then
        then += timedelta(hours=1)


def _days(since: int, until: int, zone: tzinfo | None) -> Iterator[tuple[int, datetime]]:
    then = _local(since, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    while (at := int(then.timestamp() * 1000)) < until:
        if at >= since:
            yield at, then
        then += timedelta(days=1)


def _local(at: int, zone: tzinfo | None) -> datetime:
    return datetime.fromtimestamp(at / 1000, zone).astimezone(zone)
