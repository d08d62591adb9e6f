"""Ed25519 signatures (RFC 8032) from a table of multiples of the base point, fast enough for a small device.

The scalar is written with 260 digits +1 and -1 (it is made odd by adding the group's order) and read as 13 columns of
20: four tables of five digits each, so that one doubling serves four additions and 64 points serve all. Neither the
integers of the interpreter nor the reading of the table takes constant time: this is for a device that its owner holds,
not for one with a probe on it.
"""

try:
    from collections.abc import Callable, Generator
except ImportError:
    pass

import hashlib
import os

from thingseal.sha512 import sha512

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
COLUMNS = 13
TABLES = 4
TEETH = 5
POINT_SIZE = 96
TABLE_SIZE = POINT_SIZE * TABLES * 2 ** (TEETH - 1)
TABLE_DIGEST = "62e515467c0f6d36f03fa80a747b6cae8ed761ea69a6f2e1214f06f226da136b"

_BITS = COLUMNS * TABLES * TEETH
_LOW = 2**256 - 1


class BadTable(ValueError):
    """The table of points is damaged; signing with it could give the key away. Copy comb.bin to the device again."""


class Table:
    """The multiples of the base point, in memory (bytes) or read piece by piece by `read(offset, size)`."""

    def __init__(self, source: "bytes | Callable[[int, int], bytes]") -> None:
        self._held = source if isinstance(source, bytes) else None
        self._read = None if self._held is not None else source
        digest = hashlib.sha256()
        for offset in range(0, TABLE_SIZE, POINT_SIZE):
            digest.update(self._piece(offset))
        if "".join(["%02x" % byte for byte in digest.digest()]) != TABLE_DIGEST:
            raise BadTable(BadTable.__doc__)

    def _piece(self, offset: int) -> bytes:
        if self._held is not None:
            return self._held[offset : offset + POINT_SIZE]
        return self._read(offset, POINT_SIZE)  # type: ignore[misc,operator]

    def point(self, index: int) -> tuple[int, int, int]:
        """y+x, y-x and 2dxy of one point."""
        data = self._piece(index * POINT_SIZE)
        return (
            int.from_bytes(data[:32], "little"),
            int.from_bytes(data[32:64], "little"),
            int.from_bytes(data[64:], "little"),
        )


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


def _doubled(x: int, y: int, z: int) -> tuple[int, int, int, int]:
    """Twice a point (Hisil et al. 2008, 3.3).

    Products are folded with 2^256 = 38 (mod P): once for what goes into one more product only, twice for x, y and z, so
    that these stay below 2^257 for ever.
    """
    low = _LOW
    a = x * x
    b = y * y
    e = x + y
    e = e * e
    e = (e & low) + 38 * (e >> 256)
    h = a + b
    h = (h & low) + 38 * (h >> 256)
    g = a - b
    g = (g & low) + 38 * (g >> 256)
    f = z * z
    f = (f & low) + 38 * (f >> 256)
    f = f + f + g
    e = h - e
    t = e * h
    return _folded(e * f), _folded(g * h), _folded(f * g), (t & low) + 38 * (t >> 256)


def _added(point: tuple[int, int, int, int], plus: int, minus: int, xy2d: int) -> tuple[int, int, int, int]:
    """A point and one of the table (Hisil et al. 2008, 3.1 with Z2 = 1)."""
    low = _LOW
    x, y, z, t = point
    a = (y - x) * minus
    b = (y + x) * plus
    c = t * xy2d
    c = (c & low) + 38 * (c >> 256)
    e = b - a
    e = (e & low) + 38 * (e >> 256)
    h = b + a
    h = (h & low) + 38 * (h >> 256)
    z = z + z
    f = z - c
    g = z + c
    t = e * h
    return _folded(e * f), _folded(g * h), _folded(f * g), (t & low) + 38 * (t >> 256)


def _folded(product: int) -> int:
    product = (product & _LOW) + 38 * (product >> 256)
    return (product & _LOW) + 38 * (product >> 256)


def _multiplied(scalar: int, table: Table) -> "Generator[None, None, bytes]":
    """The encoding of scalar * base point; yields between steps of about a hundredth of the work."""
    point = 0, 1, 1, 0
    for step, digit in enumerate(_digits(scalar)):
        if step and step % TABLES == 0:
            x, y, z, _ = point
            point = _doubled(x, y, z)
            yield
        if digit < 0:
            minus, plus, xy2d = table.point(-1 - digit)
            xy2d = -xy2d
        else:
            plus, minus, xy2d = table.point(digit)
        point = _added(point, plus, minus, xy2d)
        yield
    x, y, z, _ = point
    return _encoded(x, y, z)


def _encoded(x: int, y: int, z: int) -> bytes:
    inverse = _inverse(z % P)
    y = y * inverse % P
    return (y | (x * inverse % P & 1) << 255).to_bytes(32, "little")


def _inverse(z: int) -> int:
    """1/z by Euclid's algorithm. Its time depends on its input, so z is hidden behind a random factor first."""
    factor = int.from_bytes(os.urandom(32), "little") % P or 1
    a, b = P, z * factor % P
    u, v = 0, 1
    while b > 1:
        q, rest = divmod(a, b)
        a, b = b, rest
        u, v = v, u - q * v
    return v * factor % P


def _finished(steps: "Generator[None, None, bytes]") -> bytes:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return bytes(end.value)


class Signer:
    """Signs with one seed (32 bytes). The public key is computed here: signing with a wrong one gives the seed away."""

    def __init__(self, seed: bytes, table: Table) -> None:
        if len(seed) != 32:
            raise ValueError("a seed has 32 bytes")
        secret = sha512(seed)
        self._table = table
        self._scalar = int.from_bytes(secret[:32], "little") & (2**254 - 8) | 2**254
        self._prefix = secret[32:]
        self.public = _finished(_multiplied(self._scalar % L, table))

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature."""
        return _finished(self.steps(message))

    def steps(self, message: bytes) -> "Generator[None, None, bytes]":
        """The signature as a generator's return value; between two yields there is about a hundredth of the work."""
        nonce = int.from_bytes(sha512(self._prefix + message), "little") % L
        commitment = yield from _multiplied(nonce, self._table)
        challenge = int.from_bytes(sha512(commitment + self.public + message), "little")
        return commitment + ((nonce + challenge * self._scalar) % L).to_bytes(32, "little")


def public_key(seed: bytes, table: Table) -> bytes:
    """The public key of a seed, 32 bytes."""
    return Signer(seed, table).public


def sign(seed: bytes, message: bytes, table: Table) -> bytes:
    """One signature; who signs more than once keeps a Signer."""
    return Signer(seed, table).sign(message)
