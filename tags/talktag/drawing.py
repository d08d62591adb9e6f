"""A page or a label as a list of parts, in millimetres from the upper left corner; every renderer draws these."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from tomllib import loads
from typing import Literal

from talktag.symbol import Symbol

HAIRLINE, EDGE = 0.2, 0.15  # stroke widths of rules and of label borders

Face = Literal["call", "plain", "strong", "code"]
Ink = Literal["black", "grey", "faint"]
Measure = Callable[[Face, str], float]  # width of a text set 1 mm high, in mm


@dataclass(frozen=True)
class Text:
    """One line of text on its baseline; `width` is how wide it comes out."""

    x: float
    y: float
    size: float
    face: Face
    text: str
    width: float
    ink: Ink = "black"


@dataclass(frozen=True)
class Rule:
    """A hairline from `x` to the right."""

    x: float
    y: float
    width: float


@dataclass(frozen=True)
class Square:
    """The QR code, `side` mm wide with its quiet zone."""

    x: float
    y: float
    side: float
    symbol: Symbol


@dataclass(frozen=True)
class Icon:
    """A line drawing from icons.toml in a box of `size`."""

    x: float
    y: float
    size: float
    name: str


@dataclass(frozen=True)
class Border:
    """The label's edge, drawn faintly so that a misplaced sheet shows."""

    x: float
    y: float
    width: float
    height: float
    corner: float


Element = Text | Rule | Square | Icon | Border


@dataclass(frozen=True)
class Drawing:
    """One page or one label, in mm."""

    width: float
    height: float
    elements: tuple[Element, ...]

    @property
    def squares(self) -> list[Square]:
        """The QR codes in it, in reading order."""
        return [element for element in self.elements if isinstance(element, Square)]


def moved(elements: tuple[Element, ...], x: float, y: float) -> Iterator[Element]:
    """The same elements further right by `x` and down by `y`."""
    return (replace(element, x=element.x + x, y=element.y + y) for element in elements)


@cache
def icons() -> dict[str, str]:
    """The line drawings of icons.toml by name: absolute M, L, C and Z on a grid of 24."""
    return dict(loads((files("talktag") / "icons.toml").read_text("utf-8")))
