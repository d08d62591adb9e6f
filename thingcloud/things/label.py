"""Labels of a tag to download, drawn and read back by talktag."""

from dataclasses import dataclass
from typing import Final

from talktag.code import Code
from talktag.refusal import Refused
from thingcloud.plumbing.errors import BadInput, NotFound

KINDS: Final = {"pdf": "application/pdf", "svg": "image/svg+xml", "png": "image/png"}
STOCK: Final = "L7160"


@dataclass(frozen=True)
class Wish:
    """What is to be printed; `line` is the owner's own, `start` the label of the sheet to begin with."""

    code: str
    front: str
    stock: str = STOCK
    line: str = ""
    start: int = 1


def draw(wish: Wish, kind: str) -> bytes:
    """One label: as a sheet of the stock in PDF, alone in SVG and PNG. Takes a moment: it is read back before."""
    if kind not in KINDS:
        raise NotFound("A label comes as PDF, SVG or PNG.", reason="unknown-format")
    try:
        return _drawn(wish, kind)
    except Refused as why:
        said = str(why)
        raise BadInput(f"{said[:1].upper()}{said[1:]}.", hint=why.hint, reason=f"label-{why.reason}") from why


def _drawn(wish: Wish, kind: str) -> bytes:
    # Loaded when used: the drawing libraries would cost every start of the cloud a quarter of a second and 30 MB.
    from talktag import label, preflight, sheet
    from talktag.render.letters import Letters
    from talktag.render.pdf import pdf
    from talktag.render.png import png
    from talktag.render.svg import svg
    from talktag.stock import stock
    from talktag.url import address

    letters, paper, code = Letters(), stock(wish.stock), Code(wish.code)
    drawing = label.label(paper, wish.front, label.Wish(code, wish.line), letters.measure)
    if kind == "pdf":
        pages = sheet.sheets(paper, [drawing], wish.start, letters.measure)
        data = pdf(pages, letters, "talk-tag")
    else:
        pages = [drawing]
        data = svg(drawing, letters) if kind == "svg" else png(drawing, letters)
    preflight.prove(kind, data, pages, [address(wish.front, code)])
    return data


def stocks() -> list[tuple[str, str]]:
    """The label sheets that are known: name and what they are."""
    from talktag.stock import stocks as known

    return [(name, f"{name}: {found.about}") for name, found in known().items()]
