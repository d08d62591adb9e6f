"""The square: the QR code's modules, its level and how large they come out."""

from collections.abc import Iterator
from dataclasses import dataclass

from qrcode import QRCode, constants, util  # type: ignore[import-untyped]
from qrcode.exceptions import DataOverflowError  # type: ignore[import-untyped]

from talktag.refusal import Refused

QUIET = 4  # modules of white on each side (ISO/IEC 18004)
LARGEST_VERSION = 4
GOOD_MODULE, LEAST_MODULE = 0.5, 0.33  # millimetres: read by any phone / by a good one, close up

Point = tuple[int, int]
_LEVELS = {
    "H": constants.ERROR_CORRECT_H,
    "Q": constants.ERROR_CORRECT_Q,
    "M": constants.ERROR_CORRECT_M,
    "L": constants.ERROR_CORRECT_L,
}


@dataclass(frozen=True)
class Symbol:
    """One QR code: `rows` of modules, True is black, without the quiet zone; `level` is L, M, Q or H."""

    version: int
    level: str
    rows: tuple[tuple[bool, ...], ...]

    @property
    def across(self) -> int:
        """Modules across, quiet zone included."""
        return len(self.rows) + 2 * QUIET

    def module(self, square: float) -> float:
        """Millimetres of one module when the square with its quiet zone is `square` mm wide."""
        return square / self.across


def symbol(address: str, square: float) -> Symbol:
    """The square for `address`, `square` mm wide with its quiet zone.

    Within version 4 it takes level H or Q if its modules are at least 0.5 mm, else the highest level with at least
    0.33 mm, else the largest modules. Raises Refused with reason `address` for one that is not in capitals or is too
    long.
    """
    if not set(address.encode()) <= set(util.ALPHA_NUM):
        raise Refused("address", "this address cannot be written in the capitals that keep a square small")
    drafts = [_draft(address, level) for level in _LEVELS]
    fitting = [draft for draft in drafts if draft.version <= LARGEST_VERSION] or drafts[-1:]
    for least, levels in ((GOOD_MODULE, "HQ"), (LEAST_MODULE, "HQML")):
        for draft in fitting:
            if draft.level in levels and square / (modules(draft.version) + 2 * QUIET) >= least:
                return _drawn(draft)
    return _drawn(min(fitting, key=lambda draft: draft.version))


def outline(rows: tuple[tuple[bool, ...], ...]) -> list[list[Point]]:
    """The black area as closed loops of corner points in modules; holes run the other way round.

    Areas that touch at a corner stay apart, so that a cutter or a pen follows each line once.
    """
    ahead: dict[Point, list[Point]] = {}
    for start, end in _edges(rows):
        ahead.setdefault(start, []).append(end)
    loops = []
    while ahead:
        loops.append(_loop(ahead))
    return loops


@dataclass(frozen=True)
class _Draft:
    address: str
    level: str
    version: int


def _draft(address: str, level: str) -> _Draft:
    code = _qr(address, level, None)
    try:
        return _Draft(address, level, int(code.best_fit(start=1)))
    except (DataOverflowError, ValueError):
        raise Refused("address", f"an address of {len(address)} characters is too long for a square") from None


def _drawn(draft: _Draft) -> Symbol:
    code = _qr(draft.address, draft.level, draft.version)
    code.make(fit=False)
    return Symbol(draft.version, draft.level, tuple(tuple(map(bool, row)) for row in code.modules))


def _qr(address: str, level: str, version: int | None) -> QRCode:
    code = QRCode(version=version, error_correction=_LEVELS[level], border=0)
    code.add_data(util.QRData(address, mode=util.MODE_ALPHA_NUM))
    return code


def modules(version: int) -> int:
    """Modules across a QR code of `version`, without the quiet zone."""
    return 17 + 4 * version


def _edges(rows: tuple[tuple[bool, ...], ...]) -> Iterator[tuple[Point, Point]]:
    black = {(x, y) for y, row in enumerate(rows) for x, on in enumerate(row) if on}
    for x, y in sorted(black):
        if (x, y - 1) not in black:
            yield (x, y), (x + 1, y)
        if (x + 1, y) not in black:
            yield (x + 1, y), (x + 1, y + 1)
        if (x, y + 1) not in black:
            yield (x + 1, y + 1), (x, y + 1)
        if (x - 1, y) not in black:
            yield (x, y + 1), (x, y)


def _loop(ahead: dict[Point, list[Point]]) -> list[Point]:
    start = min(ahead)
    here, way = start, (0, 0)
    corners: list[Point] = []
    while True:
        there = _turn(ahead[here], here, way)
        ahead[here].remove(there)
        if not ahead[here]:
            del ahead[here]
        turned = (there[0] - here[0], there[1] - here[1])
        if turned != way:
            corners.append(here)
        here, way = there, turned
        if here == start:
            return corners


def _turn(choices: list[Point], here: Point, way: Point) -> Point:
    right = (here[0] - way[1], here[1] + way[0])  # clockwise on a page whose y grows downwards
    return right if len(choices) > 1 and right in choices else choices[0]
