"""What stands where on one label. Millimetres from the upper left corner; no file format, no font file."""

from dataclasses import dataclass
from unicodedata import normalize

from talktag.code import Code
from talktag.drawing import Border, Drawing, Element, Face, Icon, Measure, Rule, Square, Text, icons
from talktag.refusal import Refused
from talktag.stock import Stock
from talktag.symbol import symbol
from talktag.url import address, shown

CALL, PROMISE = "Found me? Scan me.", "No app. You stay anonymous."
LONGEST_LINE = 18
_LEADING, _TIGHT, _ASCENT = 1.2, 1.1, 0.7
_SMALL = 1.5


@dataclass(frozen=True)
class Wish:
    """What is to be printed: a code, and the owner's line of at most 18 characters with an icon."""

    code: Code
    line: str = ""
    icon: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "line", normalize("NFC", self.line))


def label(stock: Stock, front: str, wish: Wish, measure: Measure) -> Drawing:
    """One label of `stock`. Raises Refused with reason `front`, `line`, `icon`, `script` or `room`."""
    if len(wish.line) > LONGEST_LINE:
        raise Refused("line", f"a label's line has {len(wish.line)} characters, {LONGEST_LINE} fit")
    if wish.icon and wish.icon not in icons():
        raise Refused("icon", f"no icon is called {wish.icon!r}", f"there are {', '.join(icons())}")
    if (wish.line or wish.icon) and not stock.letters.line:
        raise Refused("room", f"{stock.name} has no room for a line of yours", "take a larger label, such as L7160")
    square = Square(*stock.square_at, stock.square, symbol(address(front, wish.code), stock.square))
    border = Border(0, 0, *stock.size, stock.corner)
    return Drawing(*stock.size, (border, square, *_Column(stock, measure).set(front, wish)))


def advice(drawing: Drawing) -> list[str]:
    """What the person should know about the texts before printing."""
    small = [e.text for e in drawing.elements if isinstance(e, Text) and e.ink == "black" and e.size < _SMALL]
    return [f"{text!r} is printed less than {_SMALL} mm high" for text in dict.fromkeys(small)]


class _Column:
    """The text beside the square: call and promise from the top, code and host from the bottom."""

    def __init__(self, stock: Stock, measure: Measure) -> None:
        self.stock, self.letters, self.measure = stock, stock.letters, measure
        self.width = stock.size[0] - self.letters.left - self.letters.right

    def set(self, front: str, wish: Wish) -> list[Element]:
        """All texts, or Refused with reason `room` where they would overlap."""
        letters = self.letters
        head, below = self._down(letters.top)
        groups = wish.code.grouped.split("-")
        lines = [shown(front)] if letters.host else []
        foot, above = self._up(self._stacked(groups), lines)
        if wish.line or wish.icon:
            line, below = self._line(wish, below)
            head += line
        if below > above:
            raise Refused("room", f"{self.stock.name} is too small for these texts", "take a larger label")
        return head + foot

    def _down(self, top: float) -> tuple[list[Element], float]:
        placed: list[Element] = []
        said: list[tuple[Face, str, float]] = [("call", CALL, self.letters.call)]
        if self.letters.line:
            said.append(("plain", PROMISE, self.letters.line))
        for face, text, size in said:
            for line in self._broken(face, text, size):
                placed.append(self._text(line, top + _ASCENT * size, size, face))
                top += _LEADING * size
        return placed, top

    def _line(self, wish: Wish, top: float) -> tuple[list[Element], float]:
        size = self.letters.line
        baseline = top + 0.25 * size + _ASCENT * size
        placed: list[Element] = []
        if wish.icon:
            placed.append(Icon(self.letters.left, baseline - 0.87 * size, 1.1 * size, wish.icon))
        if wish.line:
            indent = 1.35 * size if wish.icon else 0.0
            placed.append(self._text(wish.line, baseline, size, "strong", indent))
        return placed, baseline + 0.3 * size

    def _up(self, code: list[str], host: list[str]) -> tuple[list[Element], float]:
        letters, y = self.letters, self.stock.size[1] - self.letters.bottom
        placed: list[Element] = []
        for text in host:
            y -= 0.22 * letters.host
            placed.append(self._text(text, y, letters.host, "plain"))
            y -= 1.15 * letters.host + 0.15 * letters.code
        for text in reversed(code):
            placed.append(self._text(text, y, letters.code, "code"))
            y -= _TIGHT * letters.code
        if not letters.line:
            return placed, y + (_TIGHT - _ASCENT) * letters.code
        return [*placed, Rule(letters.left, y, self.width)], y

    def _text(self, text: str, y: float, size: float, face: Face, indent: float = 0.0) -> Text:
        natural = self.measure(face, text)
        size = min(size, (self.width - indent) / natural)
        return Text(self.letters.left + indent, y, size, face, text, natural * size)

    def _broken(self, face: Face, text: str, size: float) -> list[str]:
        lines = [""]
        for word in text.split(" "):
            longer = f"{lines[-1]} {word}".strip()
            if self.measure(face, longer) * size <= self.width:
                lines[-1] = longer
            else:
                lines.append(word)
        return lines

    def _stacked(self, groups: list[str]) -> list[str]:
        whole, half = "-".join(groups), len(groups) // 2
        if self.measure("code", whole) * self.letters.code <= self.width:
            return [whole]
        return ["-".join(groups[:half]) + "-", "-".join(groups[half:])]
