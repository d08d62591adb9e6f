"""The square in a terminal: two modules a character, black on white by ANSI colours so that any theme scans."""

from talktag.symbol import QUIET, Symbol

_ON, _OFF = "\x1b[30;107m", "\x1b[0m"
_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def lines(square: Symbol) -> list[str]:
    """The square with its quiet zone, one string a line; each is `square.across` columns wide on the screen."""
    side = square.across
    rows = [[False] * side for _ in range(side + side % 2)]
    for y, row in enumerate(square.rows):
        rows[y + QUIET][QUIET : QUIET + len(row)] = row
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return [_ON + "".join(_HALVES[pair] for pair in zip(*both, strict=True)) + _OFF for both in pairs]
