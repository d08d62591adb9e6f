"""Plots drawn here as SVG: times in per cent, values in pixels, so that text keeps its size at every width."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from html import escape
from itertools import pairwise
from typing import Final

from markupsafe import Markup

from thingcloud.plumbing.axes import START, WIDTH, Point, Scale, label, marks, runs, ticks
from thingcloud.plumbing.words import amount, day

_INNER: Final = 1000  # width of the stretched inner drawing
_LANE: Final = 40
_WORDS_FIT: Final = 4.5  # per cent a silent stretch needs to be named
_APART: Final = 14
_THINNEST: Final = 0.2  # per cent; the outline of a bar adds a pixel


@dataclass(frozen=True)
class Line:
    """One series: `points` are (time in ms, value); `band` are (time, lowest, highest) when zoomed out."""

    points: Sequence[Point]
    name: str = ""
    band: Sequence[tuple[int, float, float]] = ()


@dataclass(frozen=True)
class Lane:
    """Yes or no over time: (from, until, true); what is in no stretch is unknown."""

    name: str
    stretches: Sequence[tuple[int, int, bool]]


def sparkline(
    points: Sequence[Point], since: int, until: int, *, limit: float | None = None, height: int = 40
) -> Markup:
    """A small plot of one series for a card: light fill, a dot at the end, the rule's limit dashed."""
    if not points:
        return Markup("")
    values = [value for _, value in points] + ([] if limit is None else [limit])
    low, high = min(values), max(values)
    scale = _Spark(since, until, low, high if high > low else low + 1, 5, height - 10)
    inner = "".join(
        f'<path class="band light" d="{_path(scale, run)}V{height}H{_in(scale, run[0][0])}z"/>'
        f'<path class="p0" d="{_path(scale, run)}"/>'
        for run in runs(points)
        if len(run) > 1
    )
    if limit is not None:
        inner += f'<path class="pl" d="M0 {scale.y(limit):.1f}H{_INNER}"/>'
    at, value = points[-1]
    dots = [run[0] for run in runs(points)[:-1] if len(run) == 1] + [(at, value)]
    return Markup(
        f'<svg class="plot" height="{height}" aria-hidden="true"><svg width="96%" height="{height}" '
        f'viewBox="0 0 {_INNER} {height}" preserveAspectRatio="none">{inner}</svg>{_dots(scale, dots)}</svg>'
    )


def plot(
    lines: Sequence[Line],
    since: int,
    until: int,
    *,
    unit: str = "",
    limit: float | None = None,
    fired: Iterable[Point] = (),
    lanes: Sequence[Lane] = (),
    height: int = 200,
    gap: int = 0,
    zone: tzinfo | None = None,
) -> Markup:
    """The plot of a thing's page: at most three lines on one axis, lanes of yes or no below, time from left to right.

    Without a reading the axes stand there with one sentence. `gap` is the silence in ms after which a line ends.
    """
    lines = lines[:3]
    scale = _scale(lines, since, until, limit, height)
    whole = height + 20 + _LANE * len(lanes) + 24
    below = height + 20
    parts = [_grid(scale), _edges(scale, below + _LANE * len(lanes) - 4, zone)]
    parts += [_silence(scale, runs(line.points, gap), height) for line in lines[:1]]
    parts.append(_curves(scale, lines, limit, height + 20, gap))
    if limit is not None:
        parts.append(_text(START + WIDTH + 1, scale.y(limit) + 4, f"{amount(limit)} {unit}".strip(), "lim"))
    parts += [f'<circle class="fired" cx="{scale.x(at):.2f}%" cy="{scale.y(v) - 8:.1f}" r="4"/>' for at, v in fired]
    parts.append(_ends(scale, lines, gap))
    parts += [_lane(scale, lane, below + _LANE * n) for n, lane in enumerate(lanes)]
    if not any(line.points for line in lines):
        parts.append(_text(START + WIDTH / 2, height / 2, "Waiting for the first reading", "now", "middle"))
    said = escape(sentence(lines, unit, limit, gap))
    return Markup(f'<svg class="plot" height="{whole}" role="img" aria-label="{said}">{"".join(parts)}</svg>')


def sentence(lines: Sequence[Line], unit: str = "", limit: float | None = None, gap: int = 0) -> str:
    """The plot in words: range, now, silences, how often the limit was crossed."""
    said = []
    for line in lines:
        if not line.points:
            continue
        values = [value for _, value in line.points]
        name = f"{line.name}: " if line.name else ""
        said.append(f"{name}{amount(min(values))} to {amount(max(values))} {unit}".rstrip())
        said[-1] += f", now {amount(values[-1])} {unit}".rstrip()
        breaks = len(runs(line.points, gap)) - 1
        if breaks:
            said[-1] += f", silent {_times(breaks)}"
        if limit is not None:
            over = sum(a <= limit < b for a, b in pairwise(values))
            said[-1] += f", above {amount(limit)} {unit}".rstrip() + f" {_times(over)}"
    return ". ".join(said) + "." if said else "Waiting for the first reading."


def _times(number: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(number, f"{number} times")


class _Spark(Scale):
    def x(self, at: int) -> float:
        return 96 * min(1.0, max(0.0, (at - self.since) / max(1, self.until - self.since)))


def _scale(lines: Sequence[Line], since: int, until: int, limit: float | None, height: int) -> Scale:
    values = [value for line in lines for _, value in line.points]
    values += [edge for line in lines for _, low, high in line.band for edge in (low, high)]
    values += [] if limit is None else [limit]
    if not values:
        values = [0.0, 10.0]
    round_numbers = ticks(min(values), max(values))
    return Scale(since, until, round_numbers[0], round_numbers[-1], 10, height)


def _in(scale: Scale, at: int) -> str:
    share = (at - scale.since) / max(1, scale.until - scale.since)
    return f"{_INNER * min(1.0, max(0.0, share)):.1f}"


def _path(scale: Scale, points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{_in(scale, at)} {scale.y(value):.1f}" for at, value in points)


def _text(x: float, y: float, words: str, marks: str = "", anchor: str = "") -> str:
    extra = f' class="{marks}"' * bool(marks) + f' text-anchor="{anchor}"' * bool(anchor)
    return f'<text x="{x:.2f}%" y="{y:.1f}"{extra}>{escape(words)}</text>'


def _grid(scale: Scale) -> str:
    steps = ticks(scale.low, scale.high)
    step = steps[1] - steps[0]
    return "".join(
        f'<line class="grid" x1="{START}%" x2="{START + WIDTH}%" y1="{scale.y(v):.1f}" y2="{scale.y(v):.1f}"/>'
        + _text(START - 1, scale.y(v) + 4, label(v, step), anchor="end")
        for v in steps
    )


def _edges(scale: Scale, bottom: int, zone: tzinfo | None) -> str:
    drawn = ""
    for mark in marks(scale.since, scale.until, zone):
        if mark.edge:
            x = f"{scale.x(mark.at):.2f}%"
            drawn += f'<line class="grid" x1="{x}" x2="{x}" y1="{scale.top}" y2="{bottom}"/>'
        if mark.middle < scale.until:
            drawn += _text(scale.x(mark.middle), bottom + 18, mark.words, anchor="middle")
    return drawn


def _silence(scale: Scale, found: list[list[Point]], height: int) -> str:
    drawn = ""
    for before, after in pairwise(found):
        start, end = scale.x(before[-1][0]), scale.x(after[0][0])
        drawn += f'<rect class="gap" x="{start:.2f}%" width="{end - start:.2f}%" y="{scale.top}" height="{height}"/>'
        if end - start >= _WORDS_FIT:
            drawn += _text((start + end) / 2, scale.top + height - 8, "silent", anchor="middle")
    return drawn


def _curves(scale: Scale, lines: Sequence[Line], limit: float | None, height: int, gap: int) -> str:
    inner = ""
    for number, line in enumerate(lines):
        inner += _band(scale, line, gap)
        inner += "".join(
            f'<path class="p{number}" d="{_path(scale, run)}"/>' for run in runs(line.points, gap) if len(run) > 1
        )
    if limit is not None:
        inner += f'<path class="pl" d="M0 {scale.y(limit):.1f}H{_INNER}"/>'
    return (
        f'<svg x="{START}%" width="{WIDTH}%" height="{height}" viewBox="0 0 {_INNER} {height}" '
        f'preserveAspectRatio="none">{inner}</svg>'
    )


def _band(scale: Scale, line: Line, gap: int) -> str:
    edges = {at: (low, high) for at, low, high in line.band}
    drawn = ""
    for run in runs([(at, low) for at, low, _ in line.band], gap):
        there = [(at, edges[at][0]) for at, _ in run]
        back = [(at, edges[at][1]) for at, _ in reversed(run)]
        drawn += f'<path class="band" d="{_path(scale, there)}L{_path(scale, back)[1:]}z"/>'
    return drawn


def _dots(scale: Scale, points: Iterable[Point]) -> str:
    return "".join(f'<circle class="dot" cx="{scale.x(at):.2f}%" cy="{scale.y(v):.1f}" r="4.5"/>' for at, v in points)


def _ends(scale: Scale, lines: Sequence[Line], gap: int) -> str:
    drawn, taken = "", -1e9
    several = len(lines) > 1
    for line in sorted((line for line in lines if line.points), key=lambda line: scale.y(line.points[-1][1])):
        at, value = line.points[-1]
        lone = [run[0] for run in runs(line.points, gap) if len(run) == 1]
        drawn += _dots(scale, lone if several else {*lone, (at, value)})
        taken = max(taken + _APART, scale.y(value) + 4)
        x = START + WIDTH + 1 if several else scale.x(at) + 2.2
        drawn += _text(x, taken, line.name if several else amount(value), "" if several else "now")
    return drawn


def _lane(scale: Scale, lane: Lane, top: int) -> str:
    middle = top + 24
    drawn = _text(START, top + 12, lane.name)
    for start, end, true in lane.stretches:
        x, width = scale.x(start), scale.x(end) - scale.x(start)
        if true:
            said = f"{day(start)} to {day(end)}"
            drawn += (
                f'<rect class="lane" x="{x:.2f}%" width="{max(width, _THINNEST):.2f}%" y="{middle - 5.5}" height="11" '
                f'rx="2"><title>{escape(lane.name)}: {said}</title></rect>'
            )
        else:
            drawn += f'<line class="grid" x1="{x:.2f}%" x2="{x + width:.2f}%" y1="{middle}" y2="{middle}"/>'
    return drawn
