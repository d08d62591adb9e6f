"""One label as a PNG: the PDF's picture, with the square drawn anew at a whole number of dots a module."""

from collections.abc import Iterator
from io import BytesIO

import pypdfium2  # type: ignore[import-untyped]
from PIL import Image, ImageDraw

from talktag.drawing import Drawing, Square
from talktag.refusal import Refused
from talktag.render.letters import Letters
from talktag.render.pdf import pdf
from talktag.symbol import QUIET

INCH = 25.4
MOST_DOTS = 100_000_000


def png(drawing: Drawing, letters: Letters, dpi: int = 300) -> bytes:
    """The drawing as a grey PNG with its resolution in it. Raises Refused with reason `room` below 2 dots a module."""
    (picture,) = pictures(pdf([drawing], letters, "talk-tag"), dpi)
    for square in drawing.squares:
        _redraw(picture, square, dpi / INCH)
    out = BytesIO()
    picture.save(out, "PNG", dpi=(dpi, dpi), optimize=True)
    return out.getvalue()


def module_at(square: Square, dpi: int) -> float:
    """Millimetres of one module in the PNG, where each is a whole number of dots."""
    return _dots(square, dpi / INCH) * INCH / dpi


def pictures(document: bytes, dpi: int) -> Iterator[Image.Image]:
    """Every page of a PDF as a grey picture. Raises ValueError for a page of more than 100 million dots."""
    opened = pypdfium2.PdfDocument(document)
    try:
        for page in opened:
            if page.get_width() * page.get_height() * (dpi / 72) ** 2 > MOST_DOTS:
                raise ValueError("a page is too large")
            yield page.render(scale=dpi / 72, grayscale=True).to_pil().convert("L")
    finally:
        opened.close()


def _redraw(picture: Image.Image, square: Square, dots: float) -> None:
    side, across, module = round(square.side * dots), square.symbol.across, _dots(square, dots)
    if module < 2:
        raise Refused("room", "fewer than 2 dots for a module of the square", "raise --dpi, or take a larger label")
    x, y = round(square.x * dots), round(square.y * dots)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((x, y, x + side - 1, y + side - 1), fill=255)
    margin = (side - module * across) // 2 + QUIET * module
    for down, row in enumerate(square.symbol.rows):
        for right, black in enumerate(row):
            if black:
                left, top = x + margin + right * module, y + margin + down * module
                pen.rectangle((left, top, left + module - 1, top + module - 1), fill=0)


def _dots(square: Square, dots: float) -> int:
    return round(square.side * dots) // square.symbol.across
