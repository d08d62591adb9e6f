"""Packs of readings (SenML in CBOR) and the clock anchors that date them."""

import hashlib

try:
    from collections.abc import Callable
    from typing import Any
except ImportError:
    pass

from thingseal import cbor, frame, keys, topics
from thingseal.record import BN, BT, LABELS, VD, N, U, V, fields_of, is_stream, is_uint, reading_of, special_of
from thingseal.record import Reading as Reading  # noqa: PLC0414 - handed on
from thingseal.refusal import Refused

MAX_RECORDS = 64
_SPECIAL = ("_boot", "_uptime", "_previous", "_dropped")


class Pack:
    """The readings of one stream under one signature; `previous` is `digest` of the stream's pack before it."""

    def __init__(
        self,
        device: str,
        stream: str,
        sequence: int,
        iat: int | None,
        boot: int | None,
        uptime: int | None,
        previous: bytes | None,
        readings: list[Reading],
        dropped: int = 0,
    ) -> None:
        self.device = device
        self.stream = stream
        self.sequence = sequence
        self.iat = iat
        self.boot = boot
        self.uptime = uptime
        self.previous = previous
        self.readings = readings
        self.dropped = dropped

    def _tuple(self) -> tuple[object, ...]:
        return (
            self.device,
            self.stream,
            self.sequence,
            self.iat,
            self.boot,
            self.uptime,
            self.previous,
            self.readings,
            self.dropped,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pack) and self._tuple() == other._tuple()

    def __hash__(self) -> int:
        return hash((self.device, self.sequence))

    def __repr__(self) -> str:
        return "Pack" + repr(self._tuple())


class Anchor:
    """A device's word that its start `boot` was `uptime` seconds old at `iat`."""

    def __init__(self, sequence: int, iat: int, boot: int, uptime: int) -> None:
        self.sequence = sequence
        self.iat = iat
        self.boot = boot
        self.uptime = uptime


def digest(message: bytes) -> bytes:
    """By what the next pack of a stream names this whole message: 16 bytes of its SHA-256."""
    return hashlib.sha256(message).digest()[:16]


# --- writing ---


def encode_pack(pack: Pack) -> bytes:
    """The payload of a pack; raises Refused for content that the wire does not allow."""
    records: list[dict[int, object]] = []
    if pack.boot is not None:
        records.append({N: "_boot", V: pack.boot})
    if pack.uptime is not None:
        records.append({N: "_uptime", U: "s", V: pack.uptime})
    if pack.previous is not None:
        records.append({N: "_previous", VD: pack.previous})
    if pack.dropped:
        records.append({N: "_dropped", V: pack.dropped})
    for reading in pack.readings:
        records.append(fields_of(reading))
    if not records:
        raise Refused("bad-payload", "a pack without content")
    records[0][BN] = pack.device + "/" + pack.stream + "/"
    if pack.iat is not None:
        records[0][BT] = pack.iat
    _pack(records, pack.sequence, pack.iat, pack.device)
    return cbor.encode(records)


def encode_anchor(boot: int, uptime: int) -> bytes:
    """The payload of a clock anchor."""
    if not is_uint(boot, 1) or not is_uint(uptime, 0):
        raise Refused("bad-payload")
    return cbor.encode({1: boot, 2: uptime})


# --- reading ---


def open_pack(
    data: bytes,
    key: bytes,
    verify: "Callable[[bytes, bytes, bytes], bool]",
    topic: str | None = None,
    stream: str | None = None,
) -> Pack:
    """What a pack by this key says, once everything about it was verified."""
    opened = frame.parse(data, frame.PACK)
    device = _device_of(key, opened, topic)
    frame.check_signature(opened, key, verify)
    pack = decode_pack(opened, device)
    if stream is not None and pack.stream != stream:
        raise Refused("wrong-stream")
    return pack


def open_anchor(
    data: bytes, key: bytes, verify: "Callable[[bytes, bytes, bytes], bool]", topic: str | None = None
) -> Anchor:
    """What a clock anchor by this key says, once everything about it was verified."""
    opened = frame.parse(data, frame.ANCHOR)
    _device_of(key, opened, topic)
    frame.check_signature(opened, key, verify)
    payload = cbor.decode(opened.payload)
    if not isinstance(payload, dict) or sorted(payload) != [1, 2]:
        raise Refused("bad-payload")
    if not is_uint(payload[1], 1) or not is_uint(payload[2], 0):
        raise Refused("bad-payload")
    if opened.iat is None:
        raise Refused("bad-time")
    return Anchor(opened.sequence, opened.iat, payload[1], payload[2])


def _device_of(key: bytes, opened: frame.Frame, topic: str | None) -> str:
    if opened.kid != keys.kid(key):
        raise Refused("wrong-key")
    device = keys.device_id(key)
    if topic is not None and topics.parse(topic) != ("devices", device, "telemetry"):
        raise Refused("wrong-device")
    return device


def decode_pack(opened: frame.Frame, device: str) -> Pack:
    """The content of a frame whose signature by the key of this device has verified."""
    return _pack(cbor.decode(opened.payload), opened.sequence, opened.iat, device)


def _pack(records: object, sequence: int, iat: int | None, device: str) -> Pack:
    if not isinstance(records, list) or not 1 <= len(records) <= MAX_RECORDS:
        raise Refused("bad-payload")
    stream = _base(records[0], iat, device)
    special: dict[str, Any] = {}
    readings: list[Reading] = []
    place = 0
    for index, record in enumerate(records):
        fields = _fields(record, index == 0)
        name = fields[N]
        if name in _SPECIAL:
            if readings or _SPECIAL.index(name) < place:
                raise Refused("bad-payload", "records out of order")
            place = _SPECIAL.index(name) + 1
            special[name] = special_of(name, fields)
        else:
            readings.append(reading_of(fields))
    boot, uptime = special.get("_boot"), special.get("_uptime")
    if (boot is None) != (uptime is None):
        raise Refused("bad-payload", "_boot and _uptime belong together")
    if iat is None and boot is None:
        raise Refused("bad-time", "neither a time nor boot and uptime")
    if not readings and "_dropped" not in special:
        raise Refused("bad-payload", "a pack without content")
    return Pack(
        device,
        stream,
        sequence,
        iat,
        boot,
        uptime,
        special.get("_previous"),
        readings,
        special.get("_dropped", 0),
    )


def _base(first: object, iat: int | None, device: str) -> str:
    if not isinstance(first, dict) or not isinstance(first.get(BN), str):
        raise Refused("bad-payload", "no base name")
    parts = first[BN].split("/")
    if len(parts) != 3 or parts[2] != "":
        raise Refused("bad-payload", "the base name")
    if parts[0] != device:
        raise Refused("wrong-device")
    if not is_stream(parts[1]):
        raise Refused("wrong-stream")
    bt = first.get(BT)
    if bt != iat or bt is True:
        raise Refused("bad-time", "bt")
    return str(parts[1])


def _fields(record: object, first: bool) -> dict[int, object]:
    if not isinstance(record, dict):
        raise Refused("bad-payload", "a record that is no map")
    for label in record:
        if label not in LABELS and not (first and label in (BN, BT)):
            raise Refused("bad-payload", "label " + str(label))
    if not isinstance(record.get(N), str):
        raise Refused("bad-payload", "a record without a name")
    return record
