"""Label sheets as data: stock.toml."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from talktag.refusal import Refused

Pair = tuple[float, float]


@dataclass(frozen=True)
class Letters:
    """Where text stands on a label and how large it is, in mm; a size of 0 leaves that text out."""

    left: float
    top: float
    right: float
    bottom: float
    call: float
    line: float
    code: float
    host: float


@dataclass(frozen=True)
class Stock:
    """One kind of label sheet, in mm: `first` is the upper left corner of label 1, `pitch` the way to the next."""

    name: str
    about: str
    paper: Pair
    columns: int
    rows: int
    first: Pair
    pitch: Pair
    size: Pair
    corner: float
    square_at: Pair
    square: float
    letters: Letters

    @property
    def per_sheet(self) -> int:
        """Labels on one sheet."""
        return self.columns * self.rows


@cache
def stocks() -> dict[str, Stock]:
    """Every stock that is known, by name."""
    entries = tomllib.loads((files("talktag") / "stock.toml").read_text("utf-8"))
    return {name: _stock(name, entry) for name, entry in entries.items()}


def stock(name: str) -> Stock:
    """The stock called `name`, in any case. Raises Refused with reason `stock`."""
    found = stocks().get(name.upper())
    if found is None:
        raise Refused("stock", f"no label sheet is called {name!r}", f"there are {', '.join(stocks())}")
    return found


def _stock(name: str, entry: dict[str, Any]) -> Stock:
    square = entry["square"]
    return Stock(
        name=name,
        about=entry["about"],
        paper=tuple(entry["paper"]),
        columns=entry["columns"],
        rows=entry["rows"],
        first=tuple(entry["first"]),
        pitch=tuple(entry["pitch"]),
        size=tuple(entry["size"]),
        corner=entry["corner"],
        square_at=tuple(square["at"]),
        square=square["side"],
        letters=Letters(**entry["text"]),
    )
