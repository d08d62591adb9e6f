"""SHA-512 with nothing but integers: right on every port, and slow."""

from thingseal.sha512_tables import INITIAL, ROUND_CONSTANTS

_MASK = (1 << 64) - 1


def padded(data: bytes) -> bytes:
    """The message with its padding: a whole number of blocks of 128 bytes."""
    return data + b"\x80" + bytes((111 - len(data)) % 128 + 8) + (8 * len(data)).to_bytes(8, "big")


def _words(data: bytes) -> list[int]:
    return [int.from_bytes(data[at : at + 8], "big") for at in range(0, len(data), 8)]


def _rotated(x: int, n: int) -> int:
    return (x >> n | x << (64 - n)) & _MASK


def portable(data: bytes) -> bytes:
    """The 64-byte digest, with nothing but integers; right on every port."""
    constants = _words(ROUND_CONSTANTS)
    state = _words(INITIAL)
    message = padded(data)
    for at in range(0, len(message), 128):
        state = _block(state, _words(message[at : at + 128]), constants)
    return b"".join([word.to_bytes(8, "big") for word in state])


def _block(state: list[int], w: list[int], constants: list[int]) -> list[int]:
    a, b, c, d, e, f, g, h = state
    for t in range(80):
        if t >= 16:
            x, y = w[t - 15], w[t - 2]
            w.append(
                (
                    w[t - 16]
                    + w[t - 7]
                    + (_rotated(x, 1) ^ _rotated(x, 8) ^ x >> 7)
                    + (_rotated(y, 19) ^ _rotated(y, 61) ^ y >> 6)
                )
                & _MASK
            )
        one = (
            h + (_rotated(e, 14) ^ _rotated(e, 18) ^ _rotated(e, 41)) + (e & f ^ (_MASK ^ e) & g) + constants[t] + w[t]
        )
        two = (_rotated(a, 28) ^ _rotated(a, 34) ^ _rotated(a, 39)) + (a & b ^ a & c ^ b & c)
        a, b, c, d, e, f, g, h = (one + two) & _MASK, a, b, c, (d + one) & _MASK, e, f, g
    return [(old + new) & _MASK for old, new in zip(state, (a, b, c, d, e, f, g, h))]  # noqa: B905 - no strict there
