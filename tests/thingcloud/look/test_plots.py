import re
from datetime import UTC
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from tests.thingcloud.look import specimen
from thingcloud.plumbing import axes
from thingcloud.plumbing.clock import DAY, HOUR, MINUTE
from thingcloud.plumbing.plots import Lane, Line, plot, sentence, sparkline

NOW = specimen.NOW - specimen.NOW % DAY
EVERY_HOUR = [(NOW - DAY + n * HOUR, float(n % 7)) for n in range(25)]
SILENT = [point for point in EVERY_HOUR if not 8 <= (point[0] - NOW + DAY) // HOUR <= 14]


def drawn(*lines: Line, **facts: object) -> ET.Element:
    return ET.fromstring(plot(lines, NOW - DAY, NOW, zone=UTC, **facts))  # type: ignore[arg-type]


def marks(picture: ET.Element, tag: str, marks: str) -> list[ET.Element]:
    return [part for part in picture.iter(tag) if part.get("class") == marks]


@pytest.mark.parametrize(
    ("low", "high"), [(0, 10), (3.7, 9.2), (-21.3, -5), (0.001, 0.002), (1013, 1013), (-1e9, 1e9), (0, 1), (99, 101)]
)
def test_ticks_are_round_few_and_span_the_values(low: float, high: float) -> None:
    steps = axes.ticks(low, high)
    assert 3 <= len(steps) <= 5
    assert steps[0] <= low
    assert steps[-1] >= high
    step = steps[1] - steps[0]
    assert f"{step:.0e}"[0] in "125"


def test_a_tick_has_a_real_minus_and_just_its_places() -> None:
    assert [axes.label(value, 5) for value in (-10, 0, 5)] == ["−10", "0", "5"]
    assert axes.label(0.5, 0.5) == "0.5"
    assert axes.label(2000, 1000) == "2,000"


def test_a_gap_is_a_gap() -> None:
    picture = drawn(Line(SILENT))
    assert len(marks(picture, "path", "p0")) == 2
    assert len(marks(picture, "rect", "gap")) == 1
    assert "silent" in [text.text for text in picture.iter("text")]
    assert len(marks(drawn(Line(EVERY_HOUR)), "path", "p0")) == 1


def test_one_reading_alone_is_a_dot() -> None:
    alone = [*SILENT[:3], (NOW - 10 * HOUR, 2.0), *SILENT[-3:]]
    picture = drawn(Line(alone))
    assert len(marks(picture, "circle", "dot")) == 2
    assert len(marks(drawn(Line([(NOW - HOUR, 1.0)])), "path", "p0")) == 0


def test_the_limit_is_dashed_with_its_value_and_firings_are_dots() -> None:
    picture = drawn(Line(EVERY_HOUR), limit=5, unit="°C", fired=[(NOW - 2 * HOUR, 5.5)])
    assert len(marks(picture, "path", "pl")) == 1
    assert [text.text for text in marks(picture, "text", "lim")] == ["5 °C"]
    assert len(marks(picture, "circle", "fired")) == 1


def test_three_lines_have_names_at_their_ends_apart_from_each_other_and_a_fourth_is_left_out() -> None:
    lines = [Line([(NOW - DAY, 1.0), (NOW, 2.0 + n / 100)], name) for n, name in enumerate("abcd")]
    picture = drawn(*lines)
    ends = [part for part in picture.iter("text") if part.text in {"a", "b", "c", "d"}]
    assert {part.text for part in ends} == {"a", "b", "c"}
    heights = sorted(float(part.get("y", "0")) for part in ends)
    assert all(later - earlier >= 14 for earlier, later in pairwise(heights))


def test_yes_or_no_has_a_lane_and_the_shortest_bar_is_seen() -> None:
    lane = Lane("Door", [(NOW - DAY, NOW, False), (NOW - HOUR, NOW - HOUR, True)])
    picture = drawn(Line(EVERY_HOUR), lanes=[lane])
    (bar,) = marks(picture, "rect", "lane")
    assert float(bar.get("width", "0").rstrip("%")) > 0
    assert "Door" in [text.text for text in picture.iter("text")]


def test_without_a_reading_the_axes_say_so() -> None:
    assert "Waiting for the first reading" in [text.text for text in drawn().iter("text")]
    assert drawn(Line([])).get("aria-label") == "Waiting for the first reading."
    assert sparkline([], NOW - DAY, NOW) == ""


def test_the_plot_is_told_in_one_sentence() -> None:
    said = sentence([Line(SILENT)], "°C", limit=5)
    assert said == "0 to 6 °C, now 3 °C, silent once, above 5 °C twice."
    assert drawn(Line(SILENT), unit="°C", limit=5).get("aria-label") == said


def test_names_never_become_markup() -> None:
    picture = plot([Line(EVERY_HOUR, "<b>"), Line(EVERY_HOUR, '"x')], NOW - DAY, NOW, lanes=[Lane("<i>", [])])
    assert "<b>" not in picture
    assert "<i>" not in picture
    ET.fromstring(picture)


@pytest.mark.parametrize("span", [HOUR, DAY, 7 * DAY, 30 * DAY, 365 * DAY])
def test_the_time_axis_is_never_crowded(span: int) -> None:
    found = axes.marks(NOW - span, NOW, UTC)
    assert 1 <= len(found) <= 13
    assert all(mark.words for mark in found)
    assert any(mark.edge for mark in found) == (span > DAY)


def test_a_spark_ends_in_a_dot_inside_its_card() -> None:
    picture = ET.fromstring(sparkline(EVERY_HOUR, NOW - DAY, NOW, limit=5))
    (dot,) = marks(picture, "circle", "dot")
    assert dot.get("cx") == "96.00%"
    assert not re.search(r"nan|inf", ET.tostring(picture, encoding="unicode"))


def test_equal_values_and_odd_times_draw_something() -> None:
    for points in ([(NOW, 5.0)] * 3, [(NOW - 2 * DAY, 1.0), (NOW + DAY, 2.0)], [(NOW - MINUTE, -0.0), (NOW, 0.0)]):
        assert marks(drawn(Line(points)), "circle", "dot")
