"""Which label lies where on which sheet. Pure geometry, in millimetres."""

from collections.abc import Sequence

from talktag.drawing import Drawing, Element, Measure, Text, moved
from talktag.refusal import Refused
from talktag.stock import Stock

_SIZE, _FROM_EDGE = 2.4, 7.5


def places(stock: Stock, count: int, start: int = 1) -> list[tuple[int, float, float]]:
    """Sheet number from 0 and upper left corner of `count` labels, the first of them on label `start` of the sheet.

    Raises Refused with reason `start`.
    """
    if not 1 <= start <= stock.per_sheet:
        raise Refused("start", f"{stock.name} has labels 1 to {stock.per_sheet}, not {start}")
    found = []
    for index in range(start - 1, start - 1 + count):
        page, at = divmod(index, stock.per_sheet)
        row, column = divmod(at, stock.columns)
        x, y = stock.first[0] + column * stock.pitch[0], stock.first[1] + row * stock.pitch[1]
        found.append((page, x, y))
    return found


def sheets(stock: Stock, labels: Sequence[Drawing], start: int, measure: Measure) -> list[Drawing]:
    """The pages that hold `labels`, each with a note above and below the labels where the paper has room."""
    pages: dict[int, list[Element]] = {}
    counts: dict[int, int] = {}
    for drawing, (page, x, y) in zip(labels, places(stock, len(labels), start), strict=True):
        pages.setdefault(page, []).extend(moved(drawing.elements, x, y))
        counts[page] = counts.get(page, 0) + 1
    module = min(square.symbol.module(square.side) for drawing in labels for square in drawing.squares)
    finished = []
    for page, elements in pages.items():
        notes = _notes(stock, start if page == 0 else 1, counts[page], module, measure)
        finished.append(Drawing(*stock.paper, (*elements, *notes)))
    return finished


def _notes(stock: Stock, start: int, count: int, module: float, measure: Measure) -> list[Text]:
    head = f"{stock.name} · print at 100 %, then lay this sheet over a blank one and hold both to the light"
    labels = "1 label" if count == 1 else f"{count} labels"
    foot = f"start at label {start} · {labels} · all read back at 150 dpi · smallest module {module:.2f} mm"
    below = stock.paper[1] - stock.first[1] - (stock.rows - 1) * stock.pitch[1] - stock.size[1]
    notes = []
    for text, y, room in ((head, _FROM_EDGE + _SIZE, stock.first[1]), (foot, stock.paper[1] - _FROM_EDGE, below)):
        width = measure("plain", text) * _SIZE
        if room >= _FROM_EDGE + 2 * _SIZE:
            notes.append(Text((stock.paper[0] - width) / 2, y, _SIZE, "plain", text, width, "grey"))
    return notes
