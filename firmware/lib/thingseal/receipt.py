"""Receipts: a host's word, under the secret of the pairing, for what it has stored."""

try:
    from collections.abc import Callable
except ImportError:
    pass

from thingseal import cbor, frame, topics
from thingseal.mac import hmac_sha256, same
from thingseal.refusal import REASONS, Refused

MAX_SIZE = 1024
MAX_ENTRIES = 64
_PROTECTED = cbor.encode({1: 5, 3: frame.RECEIPT})


class Receipt:
    """What a host stored, as inclusive ranges of sequence numbers, and refused, as (number, reason)."""

    def __init__(
        self, device: str, generation: int, stored: list[tuple[int, int]], refused: list[tuple[int, str]]
    ) -> None:
        self.device = device
        self.generation = generation
        self.stored = stored
        self.refused = refused

    def covers(self, sequence: int) -> bool:
        """Whether the device may let go of this number."""
        for first, last in self.stored:
            if first <= sequence <= last:
                return True
        for number, _ in self.refused:
            if number == sequence:
                return True
        return False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Receipt) and encode_receipt(self) == encode_receipt(other)

    def __hash__(self) -> int:
        return hash((self.device, self.generation))

    def __repr__(self) -> str:
        return "Receipt" + repr((self.device, self.generation, self.stored, self.refused))


def ranges(numbers: "list[int]") -> list[tuple[int, int]]:
    """Sequence numbers in any order as the ranges of a receipt."""
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and number <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], number))
        else:
            found.append((number, number))
    return found


def encode_receipt(receipt: Receipt) -> bytes:
    """The payload of a receipt; raises Refused when it is not in its one form."""
    body = cbor.encode(
        {
            1: receipt.device,
            2: receipt.generation,
            3: [list(pair) for pair in receipt.stored],
            4: [list(pair) for pair in receipt.refused],
        }
    )
    _receipt(cbor.decode(body))
    return body


def seal_receipt(secret: bytes, body: bytes, hmac: "Callable[[bytes, bytes], bytes]" = hmac_sha256) -> bytes:
    """The message that carries a receipt's payload; `hmac(secret, message)` makes the 32-byte MAC."""
    data = cbor.encode(cbor.Tag(17, [_PROTECTED, {}, body, hmac(secret, _to_be_authenticated(body))]))
    if len(data) > MAX_SIZE:
        raise Refused("too-large")
    return data


def _to_be_authenticated(body: bytes) -> bytes:
    return cbor.encode(["MAC0", _PROTECTED, b"", body])


def open_receipt(
    data: bytes,
    secret: bytes,
    hmac: "Callable[[bytes, bytes], bytes]" = hmac_sha256,
    device: str | None = None,
    generation: int | None = None,
) -> Receipt:
    """A receipt made with this secret, for this device and pairing where they are given."""
    if len(data) > MAX_SIZE:
        raise Refused("too-large")
    protected, body, mac = frame.parts(data, 17, 32)
    _check_header(protected)
    if not same(hmac(secret, _to_be_authenticated(body)), mac):
        raise Refused("bad-mac")
    receipt = _receipt(cbor.decode(body))
    if device is not None and receipt.device != device:
        raise Refused("wrong-device")
    if generation is not None and receipt.generation != generation:
        raise Refused("wrong-generation")
    return receipt


def _check_header(protected: bytes) -> None:
    if protected == _PROTECTED:
        return
    header = cbor.decode(protected)
    if not isinstance(header, dict) or sorted(header) != [1, 3]:
        raise Refused("bad-frame", "the header")
    if header[1] is True or header[1] != 5:
        raise Refused("wrong-algorithm")
    raise Refused("wrong-kind")


def _receipt(body: object) -> Receipt:
    if not isinstance(body, dict) or sorted(body) != [1, 2, 3, 4]:
        raise Refused("bad-payload")
    device, generation = body[1], body[2]
    if not isinstance(device, str) or not topics.is_device(device):
        raise Refused("bad-payload", "the device")
    if not isinstance(generation, int) or not cbor.is_whole(generation) or not 0 <= generation <= 4294967295:
        raise Refused("bad-payload", "the generation")
    receipt = Receipt(device, generation, _stored(body[3]), [])
    receipt.refused = _refused(body[4], receipt)
    return receipt


def _pairs(entries: object) -> list[list[object]]:
    if not isinstance(entries, list) or len(entries) > MAX_ENTRIES:
        raise Refused("bad-payload")
    for entry in entries:
        if not isinstance(entry, list) or len(entry) != 2:
            raise Refused("bad-payload")
    return entries


def _stored(entries: object) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    lowest = 1
    for first, last in _pairs(entries):
        if not _is_sequence(first) or not _is_sequence(last) or not lowest <= first <= last:  # type: ignore[operator]
            raise Refused("bad-payload", "the stored ranges")
        found.append((first, last))  # type: ignore[arg-type]
        lowest = last + 2  # type: ignore[operator]
    return found


def _refused(entries: object, receipt: Receipt) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    lowest = 1
    for number, reason in _pairs(entries):
        if not _is_sequence(number) or number < lowest or reason not in REASONS:  # type: ignore[operator]
            raise Refused("bad-payload", "the refused numbers")
        if receipt.covers(number):  # type: ignore[arg-type]
            raise Refused("bad-payload", "a number both stored and refused")
        found.append((number, reason))  # type: ignore[arg-type]
        lowest = number + 1  # type: ignore[operator]
    return found


def _is_sequence(value: object) -> bool:
    return isinstance(value, int) and cbor.is_whole(value) and 1 <= value <= frame.MAX_SEQUENCE
