"""Ed25519 as RFC 8032 spells it out, double and add: the reference for speed and for bytes, on both runtimes."""

from thingseal.sha512_portable import portable as sha512

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def _add(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    x1, y1, z1, t1 = one
    x2, y2, z2, t2 = other
    a = (y1 - x1) * (y2 - x2) % P
    b = (y1 + x1) * (y2 + x2) % P
    c = 2 * t1 * t2 * D % P
    d = 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(scalar: int, point: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    total = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = _add(total, point)
        point = _add(point, point)
        scalar >>= 1
    return total


def _bytes(point: tuple[int, int, int, int]) -> bytes:
    x, y, z, _ = point
    inverse = pow(z, P - 2, P)
    return (y * inverse % P | (x * inverse % P & 1) << 255).to_bytes(32, "little")


def _base() -> tuple[int, int, int, int]:
    y = 4 * pow(5, P - 2, P) % P
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    x = P - x if x & 1 else x
    return x, y, 1, x * y % P


BASE = _base()


def _secret(seed: bytes) -> tuple[int, bytes]:
    digest = sha512(seed)
    return int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254, digest[32:]


def public_key(seed: bytes) -> bytes:
    return _bytes(_times(_secret(seed)[0], BASE))


def sign(seed: bytes, public: bytes, message: bytes) -> bytes:
    scalar, prefix = _secret(seed)
    nonce = int.from_bytes(sha512(prefix + message), "little") % L
    commitment = _bytes(_times(nonce, BASE))
    challenge = int.from_bytes(sha512(commitment + public + message), "little") % L
    return commitment + ((nonce + challenge * scalar) % L).to_bytes(32, "little")
