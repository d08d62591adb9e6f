"""From a wish to the bytes of a file, read back before anybody gets them."""

from collections.abc import Sequence
from dataclasses import dataclass

from talktag import label, preflight, sheet, url
from talktag.drawing import Drawing
from talktag.label import Wish
from talktag.refusal import Refused
from talktag.render.letters import Letters
from talktag.render.pdf import pdf
from talktag.render.png import png
from talktag.render.svg import svg
from talktag.stock import Stock

KINDS = ("pdf", "svg", "png")


@dataclass(frozen=True)
class Printed:
    """A file that reads back as it should, and what a person should know before printing it."""

    data: bytes
    notes: tuple[str, ...]


def one(kind: str, stock: Stock, front: str, wish: Wish, letters: Letters | None = None, dpi: int = 300) -> Printed:
    """One label as a file of `kind` pdf, svg or png; `dpi` is that of a png.

    Raises Refused with a reason of docs/tags.md, section 7.
    """
    if kind not in KINDS:
        raise Refused("file", f"a label comes as {', '.join(KINDS)}, not as {kind!r}")
    letters = letters or Letters()
    drawing = label.label(stock, front, wish, letters.measure)
    notes = _notes(front, [drawing], dpi if kind == "png" else None)
    if kind == "pdf":
        data = pdf([drawing], letters, "talk-tag")
    else:
        data = svg(drawing, letters) if kind == "svg" else png(drawing, letters, dpi)
    preflight.prove(kind, data, [drawing], [url.address(front, wish.code)])
    return Printed(data, notes)


def sheets(stock: Stock, front: str, wishes: Sequence[Wish], start: int = 1, letters: Letters | None = None) -> Printed:
    """Sheets of labels as a pdf, the first on label `start`. Raises Refused as `one` does."""
    if not wishes:
        raise Refused("empty", "no code was given for a sheet")
    letters = letters or Letters()
    labels = [label.label(stock, front, wish, letters.measure) for wish in wishes]
    notes = _notes(front, labels, None)
    pages = sheet.sheets(stock, labels, start, letters.measure)
    data = pdf(pages, letters, f"talk-tags, {stock.name}")
    preflight.prove("pdf", data, pages, [url.address(front, wish.code) for wish in wishes])
    return Printed(data, notes)


def _notes(front: str, drawings: Sequence[Drawing], dpi: int | None) -> tuple[str, ...]:
    texts = (said for drawing in drawings for said in label.advice(drawing))
    return tuple(dict.fromkeys([*url.advice(front), *preflight.advice(drawings, dpi), *texts]))
