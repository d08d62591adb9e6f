"""HMAC-SHA-256 (RFC 2104), which MicroPython does not have, and comparison in constant time."""

import hashlib


def hmac_sha256(secret: bytes, message: bytes) -> bytes:
    """The 32-byte MAC of the message; the secret has at most 64 bytes."""
    if len(secret) > 64:
        raise ValueError("a secret has at most 64 bytes")
    padded = secret + bytes(64 - len(secret))
    inner = hashlib.sha256(bytes([byte ^ 0x36 for byte in padded]) + message).digest()
    return hashlib.sha256(bytes([byte ^ 0x5C for byte in padded]) + inner).digest()


def same(one: bytes, other: bytes) -> bool:
    """Whether two byte strings are equal, in a time that does not tell where they differ."""
    difference = len(one) ^ len(other)
    for a, b in zip(one, other):  # noqa: B905 - MicroPython's zip has no strict
        difference |= a ^ b
    return difference == 0
