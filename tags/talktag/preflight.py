"""Every label is read back from the very file that is about to be written, as a phone would read it.

This is a software check, not a print grade (ISO/IEC 15415): it says nothing about ink, paper or the printer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from math import dist
from pathlib import Path
from typing import cast

import pypdfium2  # type: ignore[import-untyped]
import zxingcpp
from PIL import Image, UnidentifiedImageError

from talktag.drawing import Drawing, Square
from talktag.refusal import Refused
from talktag.render.png import INCH, module_at, pictures
from talktag.render.svg import squares_of
from talktag.symbol import GOOD_MODULE, LARGEST_VERSION, LEAST_MODULE, modules

DPI = 150
LARGEST_FILE = 64 * 1024 * 1024
_READ_DPI = 300
_UNREADABLE = (
    pypdfium2.PdfiumError,
    UnidentifiedImageError,
    Image.DecompressionBombError,
    OSError,
    OverflowError,
    ValueError,
)
_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


@dataclass(frozen=True)
class Found:
    """A square that was read: its text, its level, and the mm of a module where the file says how large it is."""

    text: str
    level: str
    module: float | None


def advice(drawings: Sequence[Drawing], dpi: int | None = None) -> list[str]:
    """What is worth a note before printing; `dpi` is that of a PNG.

    Raises Refused with reason `module` below 0.33 mm.
    """
    squares = [square for drawing in drawings for square in drawing.squares]
    module = _least(squares, dpi)
    said = []
    if module < GOOD_MODULE:
        said.append(f"modules of {module:.2f} mm: read from close up only; {GOOD_MODULE} mm reads well")
    squares_used = {(square.symbol.version, square.symbol.level) for square in squares}
    for version, level in sorted(squares_used):
        if version > LARGEST_VERSION or (version == LARGEST_VERSION and level != "H"):
            said.append(
                f"the front is long: square {version}-{level}, modules of {module:.2f} mm, less dirt is forgiven; "
                "a front of up to 25 characters gets level H"
            )
    return said


def prove(kind: str, data: bytes, drawings: Sequence[Drawing], expected: Sequence[str]) -> None:
    """Read each square back at its place in `data`, a file of `kind` pdf, png or svg.

    `expected` are the addresses in the order of the squares. Raises Refused with reason `unread`, or `module` below
    0.33 mm.
    """
    _least([square for drawing in drawings for square in drawing.squares], None)
    pages = (picture for picture, _ in _pictures(kind, data, DPI))
    places = zip(pages, drawings, strict=True)
    cut = [_cut(page, drawing, square) for page, drawing in places for square in drawing.squares]
    for number, (piece, address) in enumerate(zip(cut, expected, strict=True), start=1):
        if [code.text for code in _read(piece)] != [address]:
            raise Refused("unread", f"label {number} could not be read back, so no file was written")


def found(kind: str, data: bytes) -> list[Found]:
    """Every QR code in a file of `kind` pdf, svg, png, jpg or jpeg. Raises Refused with reason `file`."""
    return [
        Found(code.text, code.ec_level, _module(code) * INCH / dpi if dpi else None)
        for picture, dpi in _pictures(kind, data, _READ_DPI)
        for code in _read(picture)
    ]


def opened(path: Path) -> tuple[str, bytes]:
    """The kind and the bytes of a file to read. Raises Refused with reason `file`."""
    kind = path.suffix.lower().removeprefix(".")
    if kind not in ("pdf", "svg", "png", "jpg", "jpeg"):
        raise Refused("file", f"{path} is not a pdf, svg, png or jpg file")
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise Refused("file", f"{path} is larger than {LARGEST_FILE // 1024 // 1024} MB")
        return kind, path.read_bytes()
    except OSError as error:
        raise Refused("file", f"{path} cannot be read: {error.strerror}") from None


def _least(squares: Sequence[Square], dpi: int | None) -> float:
    """The smallest module in mm."""
    module = min(module_at(square, dpi) if dpi else square.symbol.module(square.side) for square in squares)
    if module < LEAST_MODULE:
        raise Refused(
            "module",
            f"the square's modules would be {module:.2f} mm, no phone reads less than {LEAST_MODULE} mm",
            "take a larger label or a shorter front",
        )
    return module


def _pictures(kind: str, data: bytes, dpi: int) -> Iterator[tuple[Image.Image, float | None]]:
    try:
        if kind == "pdf":
            for page in pictures(data, dpi):
                yield page, dpi
        elif kind == "svg":
            yield squares_of(data, dpi), dpi
        else:
            with Image.open(BytesIO(data)) as picture:
                said = picture.info.get("dpi")
                yield picture.convert("L"), float(said[0]) if said else None
    except _UNREADABLE as error:
        raise Refused("file", f"this is not a {kind} that can be read: {error}") from None


def _cut(page: Image.Image, drawing: Drawing, square: Square) -> Image.Image:
    scale = page.width / drawing.width
    left, top = square.x * scale, square.y * scale
    side = square.side * scale
    return page.crop((int(left), int(top), int(left + side) + 1, int(top + side) + 1))


def _read(picture: Image.Image) -> list[zxingcpp.Barcode]:
    return zxingcpp.read_barcodes(picture, formats=_QR, try_invert=False)


def _module(code: zxingcpp.Barcode) -> float:
    left, right = code.position.top_left, code.position.top_right
    said = cast("dict[str, str]", code.extra)  # zxing-cpp declares it as object
    return dist((left.x, left.y), (right.x, right.y)) / modules(int(said["Version"]))
