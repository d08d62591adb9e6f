"""Points of the curve of Ed25519 as integers (x, y, z, t), where x/z and y/z are the coordinates and t = xy/z."""

import os

try:
    from collections.abc import Generator
except ImportError:
    pass

P = 2**255 - 19
LOW = 2**256 - 1
TOP = 2**256 - 38


def doubled(x: int, y: int, z: int) -> tuple[int, int, int, int]:
    """Twice a point (Hisil et al. 2008, 3.3).

    Products are folded with 2^256 = 38 (mod P): once for what goes into one more product only, twice for x, y and z, so
    that these stay below 2^257 for ever. The second fold has a small multiple of 2^256 to take away.
    """
    low, top = LOW, TOP
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
    x = e * f
    x = (x & low) + 38 * (x >> 256)
    y = g * h
    y = (y & low) + 38 * (y >> 256)
    z = f * g
    z = (z & low) + 38 * (z >> 256)
    t = e * h
    t = (t & low) + 38 * (t >> 256)
    return x - (x >> 256) * top, y - (y >> 256) * top, z - (z >> 256) * top, t


def encoded(x: int, y: int, z: int) -> "Generator[None, None, bytes]":
    """The 32 bytes of a point (RFC 8032, 5.1.2), as a generator's return value."""
    inverse = yield from _inverse(z % P)
    y = y * inverse % P
    return (y | (x * inverse % P & 1) << 255).to_bytes(32, "little")


def _inverse(z: int) -> "Generator[None, None, int]":
    """1/z by Euclid's algorithm. Its time depends on its input, so z is hidden behind a random factor first."""
    factor = int.from_bytes(os.urandom(32), "little") % P or 1
    a, b = P, z * factor % P
    u, v = 0, 1
    turn = 0
    while b > 1:
        q, rest = divmod(a, b)
        a, b = b, rest
        u, v = v, u - q * v
        turn += 1
        if not turn & 15:
            yield
    return v * factor % P
