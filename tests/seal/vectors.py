"""Reads the vectors, on CPython and on MicroPython, and says how a message fared against what was expected."""

import json
from binascii import unhexlify

try:
    from collections.abc import Callable, Iterator
    from typing import Any
except ImportError:
    pass

from thingseal.refusal import Refused

FOLDER = "/".join(__file__.split("/")[:-2]) + "/vectors/"

try:
    from nacl.bindings import crypto_sign_open
    from nacl.exceptions import CryptoError

    def verify(public: bytes, message: bytes, signature: bytes) -> bool:
        try:
            crypto_sign_open(signature + message, public)
        except CryptoError:
            return False
        return True

except ImportError:
    from thingseal.curve import Table
    from thingseal.verify import verify as verify_with

    with open(FOLDER[: -len("tests/vectors/")] + "firmware/lib/thingseal/comb.bin", "rb") as file:
        _TABLE = Table(file.read())

    def verify(public: bytes, message: bytes, signature: bytes) -> bool:
        return verify_with(public, message, signature, _TABLE)


def load(name: str) -> "Iterator[dict[str, Any]]":
    """The vectors of a file, one at a time: a small heap cannot hold them all."""
    with open(FOLDER + name + ".json", encoding="utf-8") as file:
        for line in file:
            if line.startswith("{"):
                vector = json.loads(line.rstrip().rstrip(","))
                for field in ("hex", "key", "secret", "nonce", "seed", "message", "signature"):
                    if field in vector:
                        vector[field] = unhexlify(vector[field])
                yield vector


def outcome(action: "Callable[[dict[str, Any]], Any]", vector: "dict[str, Any]") -> "tuple[str, Any]":
    """`ok` and what the action gave, or the reason of its refusal and nothing."""
    try:
        return "ok", action(vector)
    except Refused as refused:
        return refused.reason, None


def judge(name: str, action: "Callable[[dict[str, Any]], Any]") -> int:
    """Hold an action against every vector of a file; returns how many there were."""
    wrong = []
    count = 0
    for vector in load(name):
        got, value = outcome(action, vector)
        if got != vector["expect"] or (got == "ok" and value is not None and value != vector.get("decoded", value)):
            wrong.append((vector.get("name") or vector.get("topic"), vector["expect"], got, value))
        count += 1
    assert not wrong, wrong
    return count
