"""Ed25519 signatures (RFC 8032), made from the table of `curve`."""

try:
    from collections.abc import Generator
except ImportError:
    pass

# In this order: on a small heap the native kernel has to be compiled before the rest takes its place.
from thingseal.sha512 import sha512  # noqa: I001
from thingseal.curve import BadTable as BadTable  # noqa: PLC0414 - handed on
from thingseal.curve import L, finished, multiplied
from thingseal.curve import Table as Table  # noqa: PLC0414 - handed on
from thingseal.points import encoded


class Signer:
    """Signs with one seed (32 bytes). The public key is computed here: signing with a wrong one gives the seed away."""

    def __init__(self, seed: bytes, table: Table) -> None:
        if len(seed) != 32:
            raise ValueError("a seed has 32 bytes")
        secret = sha512(seed)
        self._table = table
        self._scalar = int.from_bytes(secret[:32], "little") & (2**254 - 8) | 2**254
        self._prefix = secret[32:]
        self.public = finished(encoded(*finished(multiplied(self._scalar % L, table))))

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature."""
        return finished(self.steps(message))

    def steps(self, message: bytes) -> "Generator[None, None, bytes]":
        """The signature as a generator's return value; between two yields there are at most some hundredths."""
        nonce = int.from_bytes(sha512(self._prefix + message), "little") % L
        x, y, z = yield from multiplied(nonce, self._table)
        commitment = yield from encoded(x, y, z)
        challenge = int.from_bytes(sha512(commitment + self.public + message), "little")
        return commitment + ((nonce + challenge * self._scalar) % L).to_bytes(32, "little")


def public_key(seed: bytes, table: Table) -> bytes:
    """The public key of a seed, 32 bytes."""
    return Signer(seed, table).public


def sign(seed: bytes, message: bytes, table: Table) -> bytes:
    """One signature; who signs more than once keeps a Signer."""
    return Signer(seed, table).sign(message)
