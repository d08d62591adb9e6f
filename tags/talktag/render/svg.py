"""One label as an SVG in millimetres. The square is one filled outline, so that cutters and lasers can use it."""

import re
from functools import singledispatchmethod
from xml.sax.saxutils import escape, quoteattr

from PIL import Image, ImageDraw

from talktag.drawing import EDGE, HAIRLINE, Border, Drawing, Element, Icon, Rule, Square, Text, icons
from talktag.render.letters import Letters
from talktag.symbol import QUIET, outline

_INCH, _FINER, _LARGEST = 25.4, 4, 100_000_000  # mm, dots a dot while filling, dots in all
_SIZE = r"\d{1,5}(?:\.\d{1,5})?"
_POINT = r"\d{1,3} \d{1,3}"
_BOX = re.compile(rf'viewBox="0 0 ({_SIZE}) ({_SIZE})"')
_SQUARE = re.compile(
    rf'<path class="square" transform="translate\(({_SIZE}) ({_SIZE})\) scale\(({_SIZE})\)"'
    rf' fill-rule="evenodd" d="((?:M{_POINT}(?:L{_POINT}){{3,}}Z)+)"'
)
_SVG = "http://www.w3.org/2000/svg"
_INK = {"black": "#000", "grey": "#737373"}


def svg(drawing: Drawing, letters: Letters) -> bytes:
    """The drawing as an SVG file."""
    pen = _Pen(letters)
    width, height = _number(drawing.width), _number(drawing.height)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="{_SVG}" width="{width}mm" height="{height}mm" viewBox="0 0 {width} {height}">',
        '<rect width="100%" height="100%" fill="#fff"/>',
        *(pen.drawn(element) for element in drawing.elements),
        "</svg>",
    ]
    return "\n".join(lines).encode() + b"\n"


def squares_of(data: bytes, dpi: int) -> Image.Image:
    """The squares of an SVG that `svg` wrote, filled in a picture of `dpi`. Raises ValueError for any other SVG."""
    text = data.decode("utf-8")
    box = _BOX.search(text)
    if not box:
        raise ValueError("it is not a label of talktag")
    dots = dpi / _INCH
    width, height = (round(float(side) * dots) for side in box.groups())
    if not 0 < width * height * _FINER**2 <= _LARGEST:
        raise ValueError("it is too large")
    picture = Image.new("L", (width * _FINER, height * _FINER), 255)
    for x, y, module, path in _SQUARE.findall(text):
        _fill(picture, path, (float(x), float(y)), float(module), dots * _FINER)
    return picture.resize((width, height), Image.Resampling.BOX)


def _fill(picture: Image.Image, path: str, at: tuple[float, float], module: float, dots: float) -> None:
    pen = ImageDraw.Draw(picture)
    loops = [[_pair(point) for point in loop.split("L")] for loop in path.strip("MZ").split("ZM")]
    for loop in sorted(loops, key=lambda loop: abs(_area(loop)), reverse=True):
        corners = [tuple((at[axis] + point[axis] * module) * dots for axis in (0, 1)) for point in loop]
        pen.polygon(corners, fill=0 if _area(loop) > 0 else 255)


def _pair(point: str) -> tuple[float, float]:
    x, y = point.split(" ")
    return float(x), float(y)


def _area(loop: list[tuple[float, float]]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(loop, loop[1:] + loop[:1], strict=True)) / 2


class _Pen:
    def __init__(self, letters: Letters) -> None:
        self.letters = letters

    @singledispatchmethod
    def drawn(self, element: Element) -> str:
        raise TypeError(element)

    @drawn.register
    def _(self, text: Text) -> str:
        family, weight = self.letters.family(text.face, text.text)
        return (
            f'<text x="{_number(text.x)}" y="{_number(text.y)}" font-size="{_number(text.size)}"'
            f' font-family={quoteattr(family)} font-weight="{weight}" fill="{_INK[text.ink]}"'
            f' textLength="{_number(text.width)}" lengthAdjust="spacingAndGlyphs">{escape(text.text)}</text>'
        )

    @drawn.register
    def _(self, rule: Rule) -> str:
        start, end, y = _number(rule.x), _number(rule.x + rule.width), _number(rule.y)
        return f'<path d="M{start} {y}H{end}" stroke="#000" stroke-width="{HAIRLINE}"/>'

    @drawn.register
    def _(self, border: Border) -> str:
        x, y, width, height = map(_number, (border.x, border.y, border.width, border.height))
        return (
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{_number(border.corner)}"'
            f' fill="none" stroke="#ccc" stroke-width="{EDGE}"/>'
        )

    @drawn.register
    def _(self, square: Square) -> str:
        module = square.symbol.module(square.side)
        x, y = _number(square.x + QUIET * module), _number(square.y + QUIET * module)
        loops = "".join(
            "M" + "L".join(f"{across} {down}" for across, down in loop) + "Z" for loop in outline(square.symbol.rows)
        )
        return (
            f'<path class="square" transform="translate({x} {y}) scale({_number(module)})"'
            f' fill-rule="evenodd" d="{loops}"/>'
        )

    @drawn.register
    def _(self, icon: Icon) -> str:
        return (
            f'<path transform="translate({_number(icon.x)} {_number(icon.y)}) scale({_number(icon.size / 24)})"'
            ' fill="none" stroke="#000" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"'
            f' d="{icons()[icon.name]}"/>'
        )


def _number(value: float) -> str:
    return f"{value:.5f}".rstrip("0").rstrip(".")
