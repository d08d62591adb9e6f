"""Drawings as a PDF, through reportlab. Its y axis grows upwards and counts in points; ours down and in mm."""

from collections.abc import Sequence
from functools import singledispatchmethod
from io import BytesIO

from reportlab.lib.units import mm  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

from talktag.drawing import EDGE, HAIRLINE, Border, Drawing, Element, Icon, Rule, Square, Text, icons
from talktag.render.letters import Letters
from talktag.symbol import QUIET, outline

_GREY = {"black": 0.0, "grey": 0.45}
_FAINT = 0.8
_EVEN_ODD = 0


def pdf(pages: Sequence[Drawing], letters: Letters, title: str) -> bytes:
    """One PDF with a page for each drawing; the same drawings give the same bytes."""
    out = BytesIO()
    canvas = Canvas(out, invariant=1, pageCompression=1)
    canvas.setTitle(title)
    canvas.setCreator("talktag")
    for page in pages:
        canvas.setPageSize((page.width * mm, page.height * mm))
        pen = _Pen(canvas, letters, page.height)
        for element in page.elements:
            pen.draw(element)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


class _Pen:
    def __init__(self, canvas: Canvas, letters: Letters, height: float) -> None:
        self.canvas, self.letters, self.height = canvas, letters, height

    @singledispatchmethod
    def draw(self, element: Element) -> None:
        raise TypeError(element)

    @draw.register
    def _(self, text: Text) -> None:
        self.canvas.setFillGray(_GREY[text.ink])
        self.canvas.setFont(self.letters.name(text.face, text.text), text.size * mm)
        self.canvas.drawString(text.x * mm, self._up(text.y), text.text)

    @draw.register
    def _(self, rule: Rule) -> None:
        self._stroke(HAIRLINE, 0)
        self.canvas.line(rule.x * mm, self._up(rule.y), (rule.x + rule.width) * mm, self._up(rule.y))

    @draw.register
    def _(self, border: Border) -> None:
        self._stroke(EDGE, _FAINT)
        corner = (border.x * mm, self._up(border.y + border.height))
        self.canvas.roundRect(*corner, border.width * mm, border.height * mm, border.corner * mm)

    @draw.register
    def _(self, square: Square) -> None:
        module = square.symbol.module(square.side)
        path = self.canvas.beginPath()
        for loop in outline(square.symbol.rows):
            points = [
                ((square.x + (x + QUIET) * module) * mm, self._up(square.y + (y + QUIET) * module)) for x, y in loop
            ]
            path.moveTo(*points[0])
            for point in points[1:]:
                path.lineTo(*point)
            path.close()
        self.canvas.setFillGray(0)
        self.canvas.drawPath(path, stroke=0, fill=1, fillMode=_EVEN_ODD)

    @draw.register
    def _(self, icon: Icon) -> None:
        scale = icon.size / 24
        path = self.canvas.beginPath()
        for command, points in _steps(icons()[icon.name]):
            placed = [value for x, y in points for value in ((icon.x + x * scale) * mm, self._up(icon.y + y * scale))]
            getattr(path, {"M": "moveTo", "L": "lineTo", "C": "curveTo", "Z": "close"}[command])(*placed)
        self._stroke(1.75 * scale, 0)
        self.canvas.setLineCap(1)
        self.canvas.setLineJoin(1)
        self.canvas.drawPath(path, stroke=1, fill=0)
        self.canvas.setLineCap(0)
        self.canvas.setLineJoin(0)

    def _up(self, y: float) -> float:
        return float((self.height - y) * mm)

    def _stroke(self, width: float, grey: float) -> None:
        self.canvas.setLineWidth(width * mm)
        self.canvas.setStrokeGray(grey)


def _steps(path: str) -> list[tuple[str, list[tuple[float, float]]]]:
    steps: list[tuple[str, list[float]]] = []
    for word in path.replace("Z", " Z ").split():
        if word[0] in "MLCZ":
            steps.append((word[0], []))
            word = word[1:]
        if word:
            steps[-1][1].append(float(word))
    return [(command, list(zip(values[::2], values[1::2], strict=True))) for command, values in steps]
