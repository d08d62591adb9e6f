"""Makes the table of base point multiples that the device signs with: `python -m thingflash.comb FILE`."""

import hashlib
import sys
from pathlib import Path

_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
_COLUMNS, _TABLES, _TEETH = 13, 4, 5

Point = tuple[int, int]


def _base_point() -> Point:
    y = 4 * pow(5, -1, _P) % _P
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if x * x % _P != square:
        x = x * pow(2, (_P - 1) // 4, _P) % _P
    return (x if x % 2 == 0 else _P - x), y


def _sum(one: Point, other: Point) -> Point:
    (x1, y1), (x2, y2) = one, other
    k = _D * x1 * x2 * y1 * y2 % _P
    return ((x1 * y2 + x2 * y1) * pow(1 + k, -1, _P) % _P, (y1 * y2 + x1 * x2) * pow(1 - k, -1, _P) % _P)


def _minus(point: Point) -> Point:
    return -point[0] % _P, point[1]


def _teeth() -> list[Point]:
    """2^(13 i) times the base point, for each tooth of each table."""
    found = [_base_point()]
    for _ in range(_TABLES * _TEETH - 1):
        point = found[-1]
        for _ in range(_COLUMNS):
            point = _sum(point, point)
        found.append(point)
    return found


def table() -> bytes:
    """For each table and choice of lower digits: y+x, y-x and 2dxy of the point, 32 bytes each, little-endian."""
    teeth = _teeth()
    out = bytearray()
    for first in range(0, _TABLES * _TEETH, _TEETH):
        for choice in range(2 ** (_TEETH - 1)):
            point = teeth[first + _TEETH - 1]
            for tooth in range(_TEETH - 1):
                own = teeth[first + tooth]
                point = _sum(point, own if choice >> tooth & 1 else _minus(own))
            x, y = point
            for value in (y + x, y - x, 2 * _D * x * y):
                out += (value % _P).to_bytes(32, "little")
    return bytes(out)


if __name__ == "__main__":
    data = table()
    Path(sys.argv[1]).write_bytes(data)
    sys.stdout.write(f"{len(data)} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}\n")
