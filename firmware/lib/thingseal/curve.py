"""Multiples of the base point of Ed25519 from a table, fast enough for a small device.

The scalar is written with 260 digits +1 and -1 (it is made odd by adding the group's order) and read as 13 columns of
20: four tables of five digits each, so that one doubling serves four additions and 64 points serve all. Neither the
integers of the interpreter nor the reading of the table takes constant time: this is for a device that its owner holds,
not for one with a probe on it.
"""

try:
    from collections.abc import Callable, Generator
    from typing import TypeVar

    _Result = TypeVar("_Result")
except ImportError:
    pass

import hashlib
from binascii import hexlify

from thingseal.points import LOW, TOP, doubled

L = 2**252 + 27742317777372353535851937790883648493
COLUMNS = 13
TABLES = 4
TEETH = 5
POINT_SIZE = 96
TABLE_SIZE = POINT_SIZE * TABLES * 2 ** (TEETH - 1)
TABLE_DIGEST = "62e515467c0f6d36f03fa80a747b6cae8ed761ea69a6f2e1214f06f226da136b"

_BITS = COLUMNS * TABLES * TEETH


class BadTable(ValueError):
    """The table of points is not the one that was made; a signature from it could give the key away."""


class Table:
    """The multiples of the base point, in memory (bytes) or read piece by piece by `read(offset, size)`."""

    def __init__(self, source: "bytes | Callable[[int, int], bytes]") -> None:
        self.read: Callable[[int, int], bytes]
        self.read = (lambda offset, size: source[offset : offset + size]) if isinstance(source, bytes) else source
        digest = hashlib.sha256()
        for offset in range(0, TABLE_SIZE, POINT_SIZE):
            digest.update(self.read(offset, POINT_SIZE))
        if hexlify(digest.digest()).decode() != TABLE_DIGEST:
            raise BadTable("The table of points is damaged. Copy comb.bin to the device again.")


def _digits(scalar: int) -> list[int]:
    """For each column and table, from the highest: the point's number, or -1 - number where it is to be subtracted."""
    if not scalar & 1:
        scalar += L
    bits = (scalar + (1 << _BITS) - 1) >> 1
    teeth = [bits >> COLUMNS * tooth & (1 << COLUMNS) - 1 for tooth in range(TABLES * TEETH)]
    half = 1 << (TEETH - 1)
    found = []
    for column in range(COLUMNS - 1, -1, -1):
        for table in range(TABLES - 1, -1, -1):
            index = 0
            for tooth in range(TEETH * table + TEETH - 1, TEETH * table - 1, -1):
                index = index << 1 | teeth[tooth] >> column & 1
            # The top digit is the sign: where it is -1 the others are turned round.
            if index & half:
                found.append(table * half + (index ^ half))
            else:
                found.append(-1 - (table * half + (index ^ (half - 1))))
    return found


def multiplied(scalar: int, table: Table) -> "Generator[None, None, tuple[int, int, int]]":
    """x, y, z of scalar * base point, for scalars from 1 to L - 1; yields between steps of about a hundredth."""
    low, top, read, number = LOW, TOP, table.read, int.from_bytes
    x = t = 0
    y = z = 1
    left = TABLES
    for digit in _digits(scalar):
        if not left:
            x, y, z, t = doubled(x, y, z)
            left = TABLES
            yield
        left -= 1
        # The sum with a point of the table (ibid., 3.1 with Z2 = 1), in place since calls cost; folds as in `doubled`.
        data = read(POINT_SIZE * (digit if digit >= 0 else -1 - digit), POINT_SIZE)
        a, b, c = number(data[:32], "little"), number(data[32:64], "little"), number(data[64:], "little") * t
        if digit < 0:
            a, b, c = b, a, -c
        b = b * (y - x)
        a = a * (y + x)
        e = a - b
        e = (e & low) + 38 * (e >> 256)
        h = a + b
        h = (h & low) + 38 * (h >> 256)
        c = (c & low) + 38 * (c >> 256)
        z = z + z
        f = z - c
        g = z + c
        x = e * f
        x = (x & low) + 38 * (x >> 256)
        x = x - (x >> 256) * top
        y = g * h
        y = (y & low) + 38 * (y >> 256)
        y = y - (y >> 256) * top
        z = f * g
        z = (z & low) + 38 * (z >> 256)
        z = z - (z >> 256) * top
        if left:
            t = e * h
            t = (t & low) + 38 * (t >> 256)
        yield
    return x, y, z


def finished(steps: "Generator[None, None, _Result]") -> "_Result":
    """What a generator of steps returns, taken without a pause."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
