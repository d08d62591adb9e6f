"""What follows from a public key: its thumbprint, the ids made from it, and whether it may be used at all."""

import hashlib

from thingseal.refusal import Refused

_COSE_KEY = b"\xa3\x01\x01\x20\x06\x21\x58\x20"
_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_P = 2**255 - 19
_SMALL_ORDER_Y = (
    0,
    1,
    _P - 1,
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
)


def thumbprint(public: bytes) -> bytes:
    """The RFC 9679 thumbprint of an Ed25519 public key, 32 bytes."""
    return hashlib.sha256(_COSE_KEY + public).digest()


def kid(public: bytes) -> bytes:
    """The hint by which a message names its key: the first 8 bytes of the thumbprint."""
    return thumbprint(public)[:8]


def device_id(public: bytes) -> str:
    """The id of a device (or host) with this key: 24 characters of base32 in lower case."""
    number = int.from_bytes(thumbprint(public)[:15], "big")
    return "".join([_BASE32[(number >> shift) & 31] for shift in range(115, -1, -5)])


def did_key(public: bytes) -> str:
    """The key as did:key, the spelling shown to people and third parties."""
    number = int.from_bytes(b"\xed\x01" + public, "big")
    text = ""
    while number:
        text = _BASE58[number % 58] + text
        number //= 58
    return "did:key:z" + text


def check(public: bytes) -> None:
    """Refuse a key that is not in its one form or whose point is of small order."""
    if len(public) != 32:
        raise Refused("weak-key", "a key has 32 bytes")
    y = int.from_bytes(public, "little") & ((1 << 255) - 1)
    if y >= _P or y in _SMALL_ORDER_Y:
        raise Refused("weak-key")
