"""SHA-512 around the native kernel."""

# The kernel first: on a small heap it has to be compiled before the constants take their place.
from thingseal.sha512_viper import compress, load  # noqa: I001
from thingseal.sha512_tables import INITIAL, ROUND_CONSTANTS


def _machine_words(data: bytes) -> bytearray:
    """Big-endian 32-bit words in the machine's own order, in memory of which the alignment is sure."""
    words = bytearray(len(data))
    load(data, words, 0, len(data) >> 2)
    return words


class Kernel:
    """SHA-512 by the native emitter; right only where native words have 32 bits, which its user has to prove."""

    def __init__(self) -> None:
        self._initial = _machine_words(INITIAL)
        self._constants = _machine_words(ROUND_CONSTANTS)
        self._schedule = bytearray(128)
        self._working = bytearray(64)

    def digest(self, data: bytes) -> bytes:
        """The 64-byte digest."""
        chain = bytearray(self._initial)
        whole = len(data) & -128
        for at in range(0, whole, 128):
            self._block(chain, data, at)
        rest = data[whole:] + b"\x80"
        rest += bytes(-(len(rest) + 16) % 128 + 8) + (8 * len(data)).to_bytes(8, "big")
        for at in range(0, len(rest), 128):
            self._block(chain, rest, at)
        digest = bytearray(64)
        load(chain, digest, 0, 16)
        return bytes(digest)

    def _block(self, chain: bytearray, data: bytes, at: int) -> None:
        load(data, self._schedule, at, 32)
        compress(chain, self._schedule, self._constants, self._working)
