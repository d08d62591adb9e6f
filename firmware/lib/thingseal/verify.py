"""Verifying Ed25519 on the device (RFC 8032, 5.1.7, without a cofactor): the verdicts are those of libsodium."""

try:
    from collections.abc import Generator
except ImportError:
    pass

from thingseal import keys
from thingseal.curve import L, Table, finished, multiplied
from thingseal.points import P, doubled, encoded
from thingseal.refusal import Refused
from thingseal.sha512 import sha512

_D = 0x52036CEE2B6FFE738CC740797779E89800700A4D4141D8AB75EB4DCA135978A3
_ROOT = 0x2B8324804FC1DF0B2B4D00993DFBD7A72F431806AD2FE478C4EE1B274A0EA0B0
_WINDOW = 4


def verify(public: bytes, message: bytes, signature: bytes, table: Table) -> bool:
    """Whether the signature is the key's; False for whatever is malformed too."""
    return finished(verify_steps(public, message, signature, table))


def verify_steps(public: bytes, message: bytes, signature: bytes, table: Table) -> "Generator[None, None, bool]":
    """The same as a generator's return value; between two yields there is less than a hundredth of the work."""
    point = _decoded(public)
    scalar = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or point is None or scalar >= L or not _fit(public) or not _fit(signature[:32]):
        return False
    challenge = int.from_bytes(sha512(signature[:32] + public + message), "little") % L
    # The commitment has to be scalar * base point - challenge * key, in exactly these bytes.
    total = yield from _multiplied(P - point[0], point[1], challenge)
    if scalar:
        base = yield from multiplied(scalar, table)
        total = _sum(total, base)
    found = yield from encoded(*total)
    return found == signature[:32]


def _fit(point: bytes) -> bool:
    try:
        keys.check(point)
    except Refused:
        return False
    return True


def _decoded(data: bytes) -> tuple[int, int] | None:
    """The point of an encoding; None if there is none (RFC 8032, 5.1.3)."""
    if len(data) != 32:
        return None
    number = int.from_bytes(data, "little")
    y, sign = number & ((1 << 255) - 1), number >> 255
    u = (y * y - 1) % P
    v = (_D * y * y + 1) % P
    x = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P
    if (v * x * x - u) % P:
        x = x * _ROOT % P
    if (v * x * x - u) % P or (x == 0 and sign):
        return None
    return (P - x if x & 1 != sign else x), y


def _multiplied(x: int, y: int, scalar: int) -> "Generator[None, None, tuple[int, int, int]]":
    """scalar * a point, four bits at a time."""
    point = x, y, 1, x * y % P
    multiples = [_cached(*point)]
    for _ in range(2**_WINDOW - 2):
        point = _added(point, multiples[0])
        multiples.append(_cached(*point))
        yield
    point = 0, 1, 1, 0
    for place in range(252, -1, -_WINDOW):
        for _ in range(_WINDOW):
            x, y, z, _t = point
            point = doubled(x, y, z)
            yield
        digit = scalar >> place & (2**_WINDOW - 1)
        if digit:
            point = _added(point, multiples[digit - 1])
    x, y, z, _t = point
    return x, y, z


def _cached(x: int, y: int, z: int, t: int) -> tuple[int, int, int, int]:
    return (y + x) % P, (y - x) % P, 2 * _D * t % P, 2 * z % P


def _added(point: tuple[int, int, int, int], cached: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """A sum (Hisil et al. 2008, 3.1)."""
    x, y, z, t = point
    plus, minus, t2d, z2 = cached
    a = (y - x) * minus % P
    b = (y + x) * plus % P
    c = t * t2d % P
    d = z * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _sum(one: tuple[int, int, int], other: tuple[int, int, int]) -> tuple[int, int, int]:
    """A sum of points without t (Bernstein et al. 2008, 6)."""
    x1, y1, z1 = one
    x2, y2, z2 = other
    a = z1 * z2 % P
    b = a * a % P
    c = x1 * x2 % P
    d = y1 * y2 % P
    e = _D * c * d % P
    f, g = b - e, b + e
    return a * f * ((x1 + y1) * (x2 + y2) - c - d) % P, a * g * (d + c) % P, f * g % P
