"""The message by which a device proves to a host, once, that it holds its key."""

try:
    from collections.abc import Callable
except ImportError:
    pass

from thingseal import cbor, frame
from thingseal.refusal import Refused
from thingseal.topics import is_device

PAIR = "pair"
SUCCEED = "succeed"
_CODE = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"


class Pairing:
    """A device's answer to a host's nonce: its key, the owner's code, and what it calls itself."""

    def __init__(
        self,
        nonce: bytes,
        host: str,
        purpose: str,
        code: str,
        key: bytes,
        name: str | None = None,
        model: str | None = None,
    ) -> None:
        self.nonce = nonce
        self.host = host
        self.purpose = purpose
        self.code = code
        self.key = key
        self.name = name
        self.model = model


def encode_pairing(pairing: Pairing) -> bytes:
    """The payload of a pairing message; raises Refused for content that the wire does not allow."""
    body: dict[int, object] = {1: pairing.host, 2: pairing.purpose, 3: pairing.code, 4: pairing.key}
    if pairing.name is not None:
        body[5] = pairing.name
    if pairing.model is not None:
        body[6] = pairing.model
    _pairing(body, pairing.nonce)
    return cbor.encode(body)


def open_pairing(
    data: bytes,
    verify: "Callable[[bytes, bytes, bytes], bool]",
    host: str | None = None,
    nonce: bytes | None = None,
    purpose: str = PAIR,
) -> Pairing:
    """A pairing signed by the key that it carries, for this host, nonce and purpose where they are given."""
    opened = frame.parse(data, frame.PAIRING)
    pairing = _pairing(cbor.decode(opened.payload), opened.cti)
    frame.check_signature(opened, pairing.key, verify)
    if host is not None and pairing.host != host:
        raise Refused("wrong-host")
    if nonce is not None and pairing.nonce != nonce:
        raise Refused("wrong-nonce")
    if pairing.purpose != purpose:
        raise Refused("wrong-purpose")
    return pairing


def _pairing(body: object, nonce: bytes) -> Pairing:
    if not isinstance(body, dict):
        raise Refused("bad-payload")
    if sorted([label for label in body if label not in (5, 6)]) != [1, 2, 3, 4]:
        raise Refused("bad-payload")
    host, purpose, code, key = body[1], body[2], body[3], body[4]
    if not isinstance(host, str) or not is_device(host):
        raise Refused("bad-payload", "the host id")
    if purpose not in (PAIR, SUCCEED):
        raise Refused("wrong-purpose")
    if not isinstance(code, str) or not is_code(code):
        raise Refused("bad-payload", "the code")
    if not isinstance(key, bytes) or len(key) != 32:
        raise Refused("bad-payload", "the key")
    for label in (5, 6):
        if label in body and not _is_label(body[label]):
            raise Refused("bad-payload", "name or model")
    return Pairing(nonce, host, purpose, code, key, body.get(5), body.get(6))


def is_code(text: str) -> bool:
    """Whether the text may be an owner's pairing code."""
    if not 4 <= len(text) <= 32:
        return False
    for character in text:
        if character not in _CODE:
            return False
    return True


def _is_label(value: object) -> bool:
    return isinstance(value, str) and 1 <= len(value.encode()) <= 64
