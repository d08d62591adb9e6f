"""Packs of readings (SenML in CBOR) and the clock anchors that date them."""

import hashlib

try:
    from collections.abc import Callable
except ImportError:
    pass

from thingseal import cbor, frame, keys, topics
from thingseal.cbor import Fraction10
from thingseal.refusal import Refused

_BT = -3
_BN = -2
_N = 0
_U = 1
_V = 2
_VS = 3
_VB = 4
_T = 6
_VD = 8

MAX_RECORDS = 64
_MAX_AGE = 31622400
_UINT32 = 4294967295
_LOWER = "abcdefghijklmnopqrstuvwxyz"
_STREAM = _LOWER + "0123456789-"
_NAME = _STREAM + "_"
_SPECIAL = ("_boot", "_uptime", "_previous", "_dropped")


class Reading:
    """One value: number (int or Fraction10), text or truth; `t` is its age in seconds, zero or negative."""

    def __init__(self, name: str, unit: str | None, value: int | Fraction10 | str | bool,
                 t: int | Fraction10 = 0) -> None:
        self.name = name
        self.unit = unit
        self.value = value
        self.t = t

    def _tuple(self) -> tuple[object, ...]:
        return (self.name, self.unit, type(self.value), self.value, self.t)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reading) and self._tuple() == other._tuple()

    def __hash__(self) -> int:
        return hash((self.name, self.unit))

    def __repr__(self) -> str:
        return "Reading" + repr((self.name, self.unit, self.value, self.t))


class Pack:
    """The readings of one stream under one signature; `previous` is `digest` of the stream's pack before it."""

    def __init__(self, device: str, stream: str, sequence: int, iat: int | None, boot: int | None,
                 uptime: int | None, previous: bytes | None, readings: list[Reading], dropped: int = 0) -> None:
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
        return (self.device, self.stream, self.sequence, self.iat, self.boot, self.uptime,
                self.previous, self.readings, self.dropped)

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


def is_stream(text: str) -> bool:
    """Whether the text may name a stream."""
    return _is_word(text, 16, _STREAM)


def is_name(text: str) -> bool:
    """Whether the text may name a reading."""
    return _is_word(text, 32, _NAME)


def _is_word(text: str, size: int, characters: str) -> bool:
    if not 1 <= len(text) <= size or text[0] not in _LOWER:
        return False
    for character in text:
        if character not in characters:
            return False
    return True


def _is_uint(value: object, lowest: int) -> bool:
    return cbor.is_whole(value) and isinstance(value, int) and lowest <= value <= _UINT32


# --- writing ---


def encode_pack(pack: Pack) -> bytes:
    """The payload of a pack; raises Refused for content that the wire does not allow."""
    records: list[dict[int, object]] = []
    if pack.boot is not None:
        records.append({_N: "_boot", _V: pack.boot})
    if pack.uptime is not None:
        records.append({_N: "_uptime", _U: "s", _V: pack.uptime})
    if pack.previous is not None:
        records.append({_N: "_previous", _VD: pack.previous})
    if pack.dropped:
        records.append({_N: "_dropped", _V: pack.dropped})
    for reading in pack.readings:
        records.append(_record(reading))
    if not records:
        raise Refused("bad-payload", "a pack without content")
    records[0][_BN] = pack.device + "/" + pack.stream + "/"
    if pack.iat is not None:
        records[0][_BT] = pack.iat
    _pack(records, pack.sequence, pack.iat, pack.device)
    return cbor.encode(records)


def _record(reading: Reading) -> dict[int, object]:
    record: dict[int, object] = {_N: reading.name}
    if reading.unit is not None:
        record[_U] = reading.unit
    value = reading.value
    if value is True or value is False:
        record[_VB] = value
    else:
        record[_VS if isinstance(value, str) else _V] = _one_form(value)
    if reading.t != 0:
        record[_T] = _one_form(reading.t)
    return record


def _one_form(value: object) -> object:
    return value.normal() if isinstance(value, Fraction10) else value


def encode_anchor(boot: int, uptime: int) -> bytes:
    """The payload of a clock anchor."""
    if not _is_uint(boot, 1) or not _is_uint(uptime, 0):
        raise Refused("bad-payload")
    return cbor.encode({1: boot, 2: uptime})


# --- reading ---


def open_pack(data: bytes, key: bytes, verify: "Callable[[bytes, bytes, bytes], bool]",
              topic: str | None = None, stream: str | None = None) -> Pack:
    """What a pack by this key says, once everything about it was verified."""
    opened = frame.parse(data, frame.PACK)
    device = _device_of(key, opened, topic)
    frame.check_signature(opened, key, verify)
    pack = decode_pack(opened, device)
    if stream is not None and pack.stream != stream:
        raise Refused("wrong-stream")
    return pack


def open_anchor(data: bytes, key: bytes, verify: "Callable[[bytes, bytes, bytes], bool]",
                topic: str | None = None) -> Anchor:
    """What a clock anchor by this key says, once everything about it was verified."""
    opened = frame.parse(data, frame.ANCHOR)
    _device_of(key, opened, topic)
    frame.check_signature(opened, key, verify)
    payload = cbor.decode(opened.payload)
    if not isinstance(payload, dict) or sorted(payload) != [1, 2]:
        raise Refused("bad-payload")
    if not _is_uint(payload[1], 1) or not _is_uint(payload[2], 0):
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
    special: dict[str, object] = {}
    readings: list[Reading] = []
    place = 0
    for index, record in enumerate(records):
        fields = _fields(record, index == 0)
        name = fields[_N]
        if name in _SPECIAL:
            if readings or _SPECIAL.index(name) < place:
                raise Refused("bad-payload", "records out of order")
            place = _SPECIAL.index(name) + 1
            special[name] = _special(name, fields)
        else:
            readings.append(_reading(fields))
    boot, uptime = special.get("_boot"), special.get("_uptime")
    if (boot is None) != (uptime is None):
        raise Refused("bad-payload", "_boot and _uptime belong together")
    if iat is None and boot is None:
        raise Refused("bad-time", "neither a time nor boot and uptime")
    if not readings and "_dropped" not in special:
        raise Refused("bad-payload", "a pack without content")
    return Pack(device, stream, sequence, iat, boot, uptime,  # type: ignore[arg-type]
                special.get("_previous"), readings, special.get("_dropped", 0))  # type: ignore[arg-type]


def _base(first: object, iat: int | None, device: str) -> str:
    if not isinstance(first, dict) or not isinstance(first.get(_BN), str):
        raise Refused("bad-payload", "no base name")
    parts = first[_BN].split("/")
    if len(parts) != 3 or parts[2] != "":
        raise Refused("bad-payload", "the base name")
    if parts[0] != device:
        raise Refused("wrong-device")
    if not is_stream(parts[1]):
        raise Refused("wrong-stream")
    bt = first.get(_BT)
    if bt != iat or bt is True:
        raise Refused("bad-time", "bt")
    return str(parts[1])


def _fields(record: object, first: bool) -> dict[int, object]:
    if not isinstance(record, dict):
        raise Refused("bad-payload", "a record that is no map")
    for label in record:
        if label not in (_N, _U, _V, _VS, _VB, _T, _VD) and not (first and label in (_BN, _BT)):
            raise Refused("bad-payload", "label " + str(label))
    if not isinstance(record.get(_N), str):
        raise Refused("bad-payload", "a record without a name")
    return record


def _special(name: str, fields: dict[int, object]) -> object:
    own = [label for label in fields if label >= 0]
    if name == "_previous":
        value = fields.get(_VD)
        if len(own) == 2 and isinstance(value, bytes) and len(value) == 16:
            return value
    elif name == "_uptime":
        if len(own) == 3 and fields.get(_U) == "s" and _is_uint(fields.get(_V), 0):
            return fields[_V]
    elif len(own) == 2 and _is_uint(fields.get(_V), 1):
        return fields[_V]
    raise Refused("bad-payload", name)


def _reading(fields: dict[int, object]) -> Reading:
    name = fields[_N]
    if not isinstance(name, str) or not is_name(name):
        raise Refused("bad-name")
    unit = fields.get(_U)
    if unit is not None and not _is_unit(unit):
        raise Refused("bad-name", "the unit")
    held = [label for label in (_V, _VS, _VB, _VD) if label in fields]
    if len(held) != 1 or held[0] == _VD:
        raise Refused("bad-payload", "a record holds one value")
    value = _value(held[0], fields[held[0]])
    age = _age(fields[_T]) if _T in fields else 0
    return Reading(name, unit, value, age)  # type: ignore[arg-type]


def _is_unit(unit: object) -> bool:
    if not isinstance(unit, str) or not 1 <= len(unit) <= 16:
        return False
    for character in unit:
        if not "!" <= character <= "~":
            return False
    return True


def _value(label: int, value: object) -> int | Fraction10 | str | bool:
    if label == _V:
        return _number(value)
    if label == _VS and isinstance(value, str) and len(value.encode()) <= 128:
        return value
    if label == _VB and (value is True or value is False):
        return value
    raise Refused("bad-payload", "a value of another type than its label")


def _number(value: object) -> int | Fraction10:
    if isinstance(value, Fraction10):
        if not -15 <= value.exponent <= -1 or abs(value.mantissa) > cbor.WHOLE_LIMIT:
            raise Refused("bad-number")
        return value
    if not isinstance(value, int) or not cbor.is_whole(value):
        raise Refused("bad-payload", "a value that is no number")
    if abs(value) > cbor.WHOLE_LIMIT:
        raise Refused("bad-number")
    return value


def _age(value: object) -> int | Fraction10:
    age = _number(value)
    if isinstance(age, int):
        if -_MAX_AGE <= age < 0:
            return age
    elif age.exponent >= -3 and -_MAX_AGE * 10 ** -age.exponent <= age.mantissa < 0:
        return age
    raise Refused("bad-time", "the age of a reading")
