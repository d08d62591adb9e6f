"""Receipts at the pace of the hot path: the bytes that `thingseal.receipt` would make, put together faster.

The tests hold the two against each other.
"""

import hmac
from collections.abc import Iterable, Sequence

import cbor2

from thingcloud.telemetry.model import Heard, Sender, ranges
from thingseal import frame

_MOST_ENTRIES = 64
_MOST_BYTES = 880
"""Of a payload, so that the whole message stays within 1024 bytes."""
_PROTECTED = cbor2.dumps({1: 5, 3: frame.RECEIPT}, canonical=True)
_SIGNED_HEAD = b"\x84\x64MAC0" + cbor2.dumps(_PROTECTED) + b"\x40"
_HEAD = b"\xd1\x84" + cbor2.dumps(_PROTECTED) + b"\xa0"
_NOTHING = b"\x80"


def head(device: str, generation: int) -> bytes:
    """How the payload of every receipt to this device begins."""
    return b"\xa4\x01" + cbor2.dumps(device) + b"\x02" + cbor2.dumps(generation) + b"\x03"


class Answers:
    """What was stored and refused since the last receipts left: many packs of a device share one receipt."""

    def __init__(self) -> None:
        self._named: dict[str, tuple[Sender, list[int], list[tuple[int, str]]]] = {}

    def __bool__(self) -> bool:
        return bool(self._named)

    def add(self, heard: Heard) -> None:
        """Name a batch, repeats included, once it is on the disk."""
        named = self._named
        for sender, pack, _ in heard.packs:
            known = named.get(sender.id)
            if known is None:
                named[sender.id] = (sender, [pack.sequence], [])
            else:
                known[1].append(pack.sequence)
        for _, asked, sequence, reason, _ in heard.refused:
            if sequence is not None and asked is not None:
                named.setdefault(asked.id, (asked, [], []))[2].append((sequence, reason))

    def take(self) -> list[tuple[str, bytes]]:
        """The receipts to send now, as (topic, message)."""
        named, self._named = self._named, {}
        return [
            (sender.receipt_topic, message)
            for sender, stored, refused in named.values()
            for message in seal(sender.secret, sender.receipt_head, stored, refused)
        ]


def seal(secret: bytes, head: bytes, stored: Sequence[int], refused: Sequence[tuple[int, str]]) -> list[bytes]:
    """The receipts that name these sequence numbers, as many as it takes; what is stored is never named as refused."""
    if len(stored) == 1 and not refused:
        number = cbor2.dumps(stored[0])
        return [_sealed(secret, head + b"\x81\x82" + number + number + b"\x04\x80")]
    spans = ranges(stored)
    if len(spans) <= _MOST_ENTRIES // 2 and not refused:
        return [_seal(secret, head, spans, _NOTHING)] if spans else []
    named = sorted({n: why for n, why in refused if not any(first <= n <= last for first, last in spans)}.items())
    found = [_seal(secret, head, part, _NOTHING) for part in _parts(spans)]
    return found + [_seal(secret, head, [], cbor2.dumps(part)) for part in _parts(named)]


def _parts(entries: Sequence[object]) -> Iterable[list[object]]:
    part: list[object] = []
    size = 0
    for entry in entries:
        more = len(cbor2.dumps(entry))
        if part and (len(part) == _MOST_ENTRIES or size + more > _MOST_BYTES):
            yield part
            part, size = [], 0
        part.append(entry)
        size += more
    if part:
        yield part


def _seal(secret: bytes, head: bytes, spans: Sequence[object], refused: bytes) -> bytes:
    return _sealed(secret, head + cbor2.dumps(spans) + b"\x04" + refused)


def _sealed(secret: bytes, payload: bytes) -> bytes:
    wrapped = cbor2.dumps(payload)
    mac = hmac.digest(secret, _SIGNED_HEAD + wrapped, "sha256")
    return _HEAD + wrapped + b"\x58\x20" + mac
