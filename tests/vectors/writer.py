"""An independent writer of messages, on cbor2 and libsodium alone: nothing of it is the code under test."""

import hashlib
import hmac
from base64 import b32encode
from typing import Any

import cbor2
from cbor2 import CBORTag
from nacl.signing import SigningKey

L = 2**252 + 27742317777372353535851937790883648493
PREFIX = "application/vnd.thingcloud."
IAT = 1790000000
SEVEN = (7).to_bytes(8)


def cbor(value: Any) -> bytes:
    return cbor2.dumps(value, canonical=True)


def dec(exponent: int, mantissa: int) -> CBORTag:
    return CBORTag(4, [exponent, mantissa])


class Key:
    """A key from a fixed seed, by a name."""

    def __init__(self, name: str) -> None:
        self.seed = hashlib.sha256(b"thingseal vectors " + name.encode()).digest()
        self.signing = SigningKey(self.seed)
        self.public = bytes(self.signing.verify_key)

    def sign(self, message: bytes) -> bytes:
        return bytes(self.signing.sign(message).signature)


def thumbprint(public: bytes) -> bytes:
    return hashlib.sha256(cbor({1: 1, -1: 6, -2: public})).digest()


def ident(public: bytes) -> str:
    return b32encode(thumbprint(public)[:15]).decode().lower()


def did(public: bytes) -> str:
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number, text = int.from_bytes(b"\xed\x01" + public), ""
    while number:
        number, digit = divmod(number, 58)
        text = alphabet[digit] + text
    return "did:key:z" + text


def header(public: bytes, *, kind: Any = 112, alg: Any = -8, cti: Any = SEVEN, iat: Any = IAT) -> dict[int, Any]:
    claims = {7: cti} if iat is None else {6: iat, 7: cti}
    return {1: alg, 3: kind, 4: thumbprint(public)[:8], 15: claims}


def to_be_signed(protected: bytes, payload: bytes) -> bytes:
    return cbor(["Signature1", protected, b"", payload])


def assembled(protected: bytes, payload: bytes, signature: bytes) -> bytes:
    return cbor(CBORTag(18, [protected, {}, payload, signature]))


def signed(key: Key, protected: bytes | dict[int, Any], payload: bytes | list[Any] | dict[int, Any]) -> bytes:
    head = protected if isinstance(protected, bytes) else cbor(protected)
    body = payload if isinstance(payload, bytes) else cbor(payload)
    return assembled(head, body, key.sign(to_be_signed(head, body)))


def mac0(secret: bytes, protected: bytes | dict[int, Any], payload: bytes | dict[int, Any]) -> bytes:
    head = protected if isinstance(protected, bytes) else cbor(protected)
    body = payload if isinstance(payload, bytes) else cbor(payload)
    tag = hmac.digest(secret, cbor(["MAC0", head, b"", body]), "sha256")
    return cbor(CBORTag(17, [head, {}, body, tag]))
