"""SHA-512 (FIPS 180-4): hashlib's where there is one, else a native kernel that proved itself, else portable code."""

import hashlib

try:
    from binascii import unhexlify
    from collections.abc import Callable
except ImportError:
    pass

# 64 bits of the fractional parts of the cube roots of the first 80 primes, and of the square roots of the first 8.
ROUND_CONSTANTS = unhexlify(
    "428a2f98d728ae227137449123ef65cdb5c0fbcfec4d3b2fe9b5dba58189dbbc3956c25bf348b53859f111f1b605d019"
    "923f82a4af194f9bab1c5ed5da6d8118d807aa98a303024212835b0145706fbe243185be4ee4b28c550c7dc3d5ffb4e2"
    "72be5d74f27b896f80deb1fe3b1696b19bdc06a725c71235c19bf174cf692694e49b69c19ef14ad2efbe4786384f25e3"
    "0fc19dc68b8cd5b5240ca1cc77ac9c652de92c6f592b02754a7484aa6ea6e4835cb0a9dcbd41fbd476f988da831153b5"
    "983e5152ee66dfaba831c66d2db43210b00327c898fb213fbf597fc7beef0ee4c6e00bf33da88fc2d5a79147930aa725"
    "06ca6351e003826f142929670a0e6e7027b70a8546d22ffc2e1b21385c26c9264d2c6dfc5ac42aed53380d139d95b3df"
    "650a73548baf63de766a0abb3c77b2a881c2c92e47edaee692722c851482353ba2bfe8a14cf10364a81a664bbc423001"
    "c24b8b70d0f89791c76c51a30654be30d192e819d6ef5218d69906245565a910f40e35855771202a106aa07032bbd1b8"
    "19a4c116b8d2d0c81e376c085141ab532748774cdf8eeb9934b0bcb5e19b48a8391c0cb3c5c95a634ed8aa4ae3418acb"
    "5b9cca4f7763e373682e6ff3d6b2b8a3748f82ee5defb2fc78a5636f43172f6084c87814a1f0ab728cc702081a6439ec"
    "90befffa23631e28a4506cebde82bde9bef9a3f7b2c67915c67178f2e372532bca273eceea26619cd186b8c721c0c207"
    "eada7dd6cde0eb1ef57d4f7fee6ed17806f067aa72176fba0a637dc5a2c898a6113f9804bef90dae1b710b35131c471b"
    "28db77f523047d8432caab7b40c724933c9ebe0a15c9bebc431d67c49c100d4c4cc5d4becb3e42b6597f299cfc657e2a"
    "5fcb6fab3ad6faec6c44198c4a475817"
)
INITIAL = unhexlify(
    "6a09e667f3bcc908bb67ae8584caa73b3c6ef372fe94f82ba54ff53a5f1d36f1510e527fade682d19b05688c2b3e6c1f"
    "1f83d9abfb41bd6b5be0cd19137e2179"
)

_MASK = (1 << 64) - 1
_KNOWN_ANSWER = unhexlify(
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
)


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


def _host(data: bytes) -> bytes:
    return hashlib.sha512(data).digest()


def _chosen() -> "Callable[[bytes], bytes]":
    """The kernel has to give right digests first: a port whose native words are not 32 bits wide gives wrong ones."""
    if hasattr(hashlib, "sha512"):
        return _host
    try:
        from thingseal.sha512_viper import Kernel
    except (ImportError, SyntaxError):
        return portable
    kernel = Kernel(INITIAL, ROUND_CONSTANTS)

    def native(data: bytes) -> bytes:
        return kernel.digest(padded(data))

    # Two blocks, so that chaining is proved too: 112 bytes are padded into a second one.
    probe = b"abc" * 38
    if native(b"abc") == _KNOWN_ANSWER and native(probe) == portable(probe):
        return native
    return portable


sha512 = _chosen()
