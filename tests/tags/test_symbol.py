import re

import pytest
import zxingcpp
from PIL import Image

from talktag.code import new, parse
from talktag.refusal import Refused
from talktag.symbol import QUIET, Symbol, outline, symbol
from talktag.terminal import lines
from talktag.url import address

CODE = parse("7K3Q-X9M2-PDRZ-S7")
WIDE = 34.0


def front(length: int) -> str:
    return "x" * (length - len(".example")) + ".example"


def drawn(rows: list[list[bool]], dots: int = 4) -> Image.Image:
    picture = Image.new("L", (len(rows[0]), len(rows)), 255)
    picture.putdata([0 if black else 255 for row in rows for black in row])
    return picture.resize((picture.width * dots, picture.height * dots), Image.Resampling.NEAREST)


def read(picture: Image.Image) -> str:
    (found,) = zxingcpp.read_barcodes(picture)
    return found.text


def framed(square: Symbol) -> list[list[bool]]:
    rows = [[False] * square.across for _ in range(square.across)]
    for y, row in enumerate(square.rows):
        rows[y + QUIET][QUIET : QUIET + len(row)] = row
    return rows


@pytest.mark.parametrize(
    ("length", "square_mm", "version", "level"),
    [
        (10, WIDE, 3, "H"),
        (11, WIDE, 4, "H"),
        (25, WIDE, 4, "H"),
        (26, WIDE, 4, "Q"),
        (42, WIDE, 4, "Q"),
        (43, WIDE, 4, "M"),
        (22, 19.0, 3, "Q"),
        (22, 21.0, 4, "H"),
        (23, 19.0, 4, "H"),
        (10, 15.5, 3, "H"),
    ],
)
def test_a_front_gets_the_highest_level_its_width_allows(
    length: int, square_mm: float, version: int, level: str
) -> None:
    made = symbol(address(front(length), CODE), square_mm)
    assert (made.version, made.level) == (version, level)
    assert read(drawn(framed(made))) == address(front(length), CODE)


def test_a_very_long_front_gets_a_larger_square() -> None:
    long = ".".join(["x" * 50] * 4)
    made = symbol(address(long, CODE), WIDE)
    assert made.version > 4
    assert read(drawn(framed(made))) == address(long, CODE)


def test_modules_share_the_width_with_the_quiet_zone() -> None:
    made = symbol(address("my.example", CODE), WIDE)
    assert made.across == 29 + 2 * QUIET
    assert made.module(WIDE) == pytest.approx(0.919, abs=0.001)


@pytest.mark.parametrize("text", ["https://my.example/T/7", "HTTPS://Ä", "HTTPS://X/" + "A" * 5000])
def test_what_fits_no_square_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        symbol(text, WIDE)
    assert refused.value.reason == "address"


def test_the_outline_fills_to_the_same_modules() -> None:
    for _ in range(5):
        rows = symbol(address("my.example", new()), WIDE).rows
        loops, side = outline(rows), range(len(rows))
        assert tuple(tuple(_inside(loops, x, y) for x in side) for y in side) == rows


def test_areas_that_touch_at_a_corner_have_outlines_of_their_own() -> None:
    loops = outline(((True, False), (False, True)))
    assert sorted(map(sorted, loops)) == [
        [(0, 0), (0, 1), (1, 0), (1, 1)],
        [(1, 1), (1, 2), (2, 1), (2, 2)],
    ]


def test_a_ring_has_an_outer_and_an_inner_outline() -> None:
    loops = outline(((True, True, True), (True, False, True), (True, True, True)))
    assert sorted(len(loop) for loop in loops) == [4, 4]


def test_the_terminal_shows_the_square_black_on_white_with_its_quiet_zone() -> None:
    made = symbol(address("http://192.168.1.20:8080", CODE), WIDE)
    shown = lines(made)
    assert {line[:8] for line in shown} == {"\x1b[30;107"[:8]}
    assert all(line.endswith("\x1b[0m") for line in shown)
    plain = [re.sub("\x1b\\[[0-9;]*m", "", line) for line in shown]
    assert {len(line) for line in plain} == {made.across}
    halves = [[(mark in "▀█", mark in "▄█") for mark in line] for line in plain]
    rows = [[half[side] for half in line] for line in halves for side in (0, 1)]
    assert read(drawn(rows)) == address("http://192.168.1.20:8080", CODE)


def _inside(loops: list[list[tuple[int, int]]], x: int, y: int) -> bool:
    """Even and odd: count the vertical edges left of the module's middle."""
    crossed = 0
    for loop in loops:
        for (x1, y1), (x2, y2) in zip(loop, loop[1:] + loop[:1], strict=True):
            if x1 == x2 and x1 <= x and min(y1, y2) <= y < max(y1, y2):
                crossed += 1
    return crossed % 2 == 1
