"""Packs at the pace of the hot path: verified by libsodium, read by one regular expression in the usual shape.

The fast way only ever accepts. Whatever it does not know at once, good or bad, goes through the strict reader that
devices share, `thingseal`; so a refusal has the same reason on both sides. Vectors and mutations hold the two together.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from struct import Struct
from typing import NamedTuple

from nacl.bindings import crypto_sign_open
from nacl.exceptions import CryptoError

from thingseal import frame, keys
from thingseal import reading as strict
from thingseal.cbor import Fraction10
from thingseal.refusal import Refused
from thingseal.topics import telemetry

Value = int | float | bool | str


class VerifiedPack(NamedTuple):
    """What a device said under its signature.

    A reading is (name, unit or None, value, decimals, t): `decimals` is how many places a signed decimal fraction has,
    0 for all else; `t` is seconds, zero or negative, from `iat`, or from `uptime` where the time is not known.
    """

    sequence: int
    iat: int | None
    boot: int | None
    uptime: int | None
    stream: str
    previous: bytes | None
    readings: list[tuple[str, str | None, Value, int, int | float]]
    dropped: int = 0


def verify_pack(data: bytes, public: bytes, device: str, stream: str | None = None) -> VerifiedPack:
    """The content of a pack by this key, for this device (and stream); raises Refused with the first reason found."""
    pack = _fast(data, public, device) or _slow(data, public, device)
    if stream is not None and pack.stream != stream:
        raise Refused("wrong-stream")
    return pack


def verify_packs(asked: Sequence[tuple[bytes, bytes, str]]) -> list[VerifiedPack | Refused]:
    """The same for many, as (data, public, device): what `verify_pack` would return or raise for each.

    In three rounds, since verifying throws everything else out of the processor's nearest memory.
    """
    apart = [_apart(*one) for one in asked]
    forged: set[int] = set()
    for number, (usual, (_, public, _)) in enumerate(zip(apart, asked, strict=True)):
        if usual is not None:
            try:
                crypto_sign_open(usual[0], public)
            except CryptoError:
                forged.add(number)
    found: list[VerifiedPack | Refused] = []
    for number, (usual, one) in enumerate(zip(apart, asked, strict=True)):
        try:
            if number in forged:
                raise Refused("bad-signature")
            found.append((usual and _content(usual, one[2])) or _slow(*one))
        except Refused as why:
            found.append(why)
    return found


# --- the strict way ---


def _slow(data: bytes, public: bytes, device: str) -> VerifiedPack:
    pack = strict.open_pack(data, public, _verify, telemetry(device))
    readings = [(r.name, r.unit, *_plain(r.value), _seconds(r.t)) for r in pack.readings]
    return VerifiedPack(
        pack.sequence, pack.iat, pack.boot, pack.uptime, pack.stream, pack.previous, readings, pack.dropped
    )


def _seconds(age: int | Fraction10) -> int | float:
    return age.mantissa / 10**-age.exponent if isinstance(age, Fraction10) else age


def _plain(value: int | Fraction10 | str | bool) -> tuple[Value, int]:
    if isinstance(value, Fraction10):
        return value.mantissa / 10**-value.exponent, -value.exponent
    return value, 0


def _verify(key: bytes, message: bytes, signature: bytes) -> bool:
    return _opens(signature + message, key)


def _opens(signed: bytes, public: bytes) -> bool:
    try:
        crypto_sign_open(signed, public)
    except CryptoError:
        return False
    return True


# --- the fast way ---

# What follows the hint of the key: claims up to iat; iat; on to cti; cti; unprotected header.
_CLAIMED = Struct(">4s I 2s Q 1s")
_HEADS = tuple(b"\xd2\x84\x58\x22\xa4\x01" + alg + b"\x03\x18\x70\x04\x48" for alg in (b"\x27", b"\x32"))
_HEAD_END = len(_HEADS[0]) + 8
_CLAIMS, _CTI, _UNPROTECTED, _SIGNATURE = b"\x0f\xa2\x06\x1a", b"\x07\x48", b"\xa0", b"\x58\x40"
_SIGNED_START = b"\x84\x6aSignature1"
_PROTECTED = slice(2, 38)
_UNPROTECTED_END = _HEAD_END + _CLAIMED.size

_WHOLE = rb"(?:[\x00-\x17\x20-\x37]|[\x18\x38][\x18-\xff]|[\x19\x39](?!\x00)..|[\x1a\x3a](?!\x00\x00)....)"
_LABEL = rb"([\xa2-\xa7]\x00[\x61-\x77][a-z_][a-z0-9_-]*(?:\x01[\x61-\x70][!-~]+)?)"  # map, name, unit
_VALUED = rb"(\x02(?:\xc4\x82[\x20-\x2e])?" + _WHOLE + rb"|\x04[\xf4\xf5])"  # number or truth
_AGED = rb"(\x06(?:\xc4\x82[\x20-\x22])?" + _WHOLE + rb")?"
_FIRST = re.compile(
    _LABEL
    + rb"(?:"
    + _VALUED
    + rb"|\x08\x50(.{16}))"
    + _AGED  # or a digest
    + rb"\x21(\x78.([a-z2-7]{24})/([a-z][a-z0-9-]{0,15})/)\x22\x1a(....)",  # base name, base time
    re.DOTALL,
)
_REST = re.compile(_LABEL + _VALUED + _AGED, re.DOTALL)
_PREVIOUS = b"\xa4\x00\x69_previous"
_OLDEST = -31622400
_DECIMAL = b"\x02\xc4\x82"
_TENS = tuple(10**places for places in range(16))

# The signed bytes behind their signature, the payload, where its records begin, sequence, iat.
_Apart = tuple[bytes, bytes, int, int, int]
_Record = tuple[bytes, bytes, bytes]
_Reading = tuple[str, str | None, Value, int, int | float]


def _fast(data: bytes, public: bytes, device: str) -> VerifiedPack | None:
    """None means: not in the usual shape, nothing else."""
    apart = _apart(data, public, device)
    if apart is None:
        return None
    if not _opens(apart[0], public):
        raise Refused("bad-signature")
    return _content(apart, device)


def _apart(data: bytes, public: bytes, device: str) -> _Apart | None:
    size = len(data)
    if not _UNPROTECTED_END + 68 < size <= 1024 or not data.startswith(_starts(public, device)):
        return None
    claims, iat, to_cti, sequence, unprotected = _CLAIMED.unpack_from(data, _HEAD_END)
    if (
        claims != _CLAIMS
        or to_cti != _CTI
        or unprotected != _UNPROTECTED
        or iat < frame.EARLIEST
        or not 1 <= sequence <= frame.MAX_SEQUENCE
        or data[-66:-64] != _SIGNATURE
    ):
        return None
    payload = data[_UNPROTECTED_END:-66]
    body = _body(payload)
    if body == 0:
        return None
    return data[-64:] + _SIGNED_START + data[_PROTECTED] + b"\x40" + payload, payload, body, sequence, iat


@lru_cache(maxsize=65536)
def _starts(public: bytes, device: str) -> tuple[bytes, ...]:
    """How packs by this key begin; nothing does for a key that is weak or not the device's."""
    try:
        keys.check(public)
    except Refused:
        return ()
    return tuple(head + keys.kid(public) for head in _HEADS) if keys.device_id(public) == device else ()


def _body(payload: bytes) -> int:
    """Where the records begin in a byte string that fills `payload`, 0 if it does not."""
    size = len(payload)
    if payload[0] == 0x58 and payload[1] == size - 2 >= 24:
        return 2
    if payload[0] == 0x59 and payload[1] << 8 | payload[2] == size - 3 >= 256:
        return 3
    return 0


@lru_cache(maxsize=65536)
def _label(label: bytes) -> tuple[str, str | None, int] | None:
    """Name, unit, and how many fields the map has beyond these and the value; None if lengths or name are not right."""
    end = 3 + label[2] - 0x60
    name, rest = label[3:end], label[end:]
    if len(name) != end - 3 or b"\x01" in name or name[0] == 0x5F:
        return None
    if rest and (rest[0] != 1 or len(rest) != 2 + rest[1] - 0x60):
        return None
    return name.decode(), rest[2:].decode() or None, label[0] - 0xA0 - (3 if rest else 2)


@lru_cache(maxsize=65536)
def _age(data: bytes) -> int | float | None:
    if data[1:3] == _DECIMAL[1:]:
        number = _whole(data, 4)
        age = number / _TENS[data[3] - 0x1F] if number % 10 else 0
    else:
        age = _whole(data, 1)
    return age if _OLDEST <= age < 0 else None


def _content(apart: _Apart, device: str) -> VerifiedPack | None:
    _, payload, body, sequence, iat = apart
    count = payload[body]
    first = _FIRST.match(payload, body + 1)
    if first is None or not 0x81 <= count <= 0x97:
        return None
    rest: list[_Record] = _REST.findall(payload, first.end())
    # Matches do not overlap: when their lengths add up to the whole, nothing stands between them.
    if len(rest) != count - 0x81 or first.end() + sum([len(b"".join(record)) for record in rest]) != len(payload):
        return None
    label, valued, previous, age, base, named, stream, base_time = first.groups(b"")
    if named != device.encode() or base[1] != len(base) - 2 or base_time != iat.to_bytes(4, "big"):
        return None
    readings: list[_Reading] = []
    if previous:
        if label != _PREVIOUS or age:
            return None
    elif not _read(readings, [(label, valued, age)], 2):
        return None
    if not _read(readings, rest, 0) or not readings:
        return None
    return VerifiedPack(sequence, iat, None, None, stream.decode(), previous or None, readings)


def _read(readings: list[_Reading], records: list[_Record], base_fields: int) -> bool:
    """Add what the records say; False if one of them is not in the usual shape."""
    for label, valued, age in records:
        known = _label(label)
        if known is None:
            return False
        name, unit, more = known
        t = _age(age) if age else 0
        if t is None or more != base_fields + (1 if age else 0):
            return False
        if valued[:3] == _DECIMAL:
            number, places = _whole(valued, 4), valued[3] - 0x1F
            if not number % 10:
                return False
            readings.append((name, unit, number / _TENS[places], places, t))
        elif valued[0] == 0x04:
            readings.append((name, unit, valued[1] == 0xF5, 0, t))
        else:
            readings.append((name, unit, _whole(valued, 1), 0, t))
    return True


def _whole(data: bytes, at: int) -> int:
    """The integer that begins at this place and fills the rest."""
    first = data[at]
    number = int.from_bytes(data[at + 1 :], "big") if len(data) > at + 1 else first & 0x1F
    return -1 - number if first & 0x20 else number
