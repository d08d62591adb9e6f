"""The vectors of packs: what is taken, with what it says, and what is refused, with the reason."""
# fmt: off - one vector a line, as in the files

from typing import Any

import cbor2
from cbor2 import CBORTag

from tests.vectors.writer import (
    IAT,
    PREFIX,
    Key,
    L,
    assembled,
    cbor,
    dec,
    header,
    ident,
    signed,
    thumbprint,
    to_be_signed,
)

DEVICE = Key("device")
OTHER = Key("other device")
ID = ident(DEVICE.public)
BASE = f"{ID}/climate/"
TOPIC = f"devices/{ID}/telemetry"
TEMPERATURE = {0: "temperature", 1: "Cel", 2: dec(-2, 2137)}
PREVIOUS = {0: "_previous", 8: bytes(range(16))}

_N, _U, _V, _VS, _VB, _T, _VD, _BN, _BT = 0, 1, 2, 3, 4, 6, 8, -2, -3


def pack(*records: dict[Any, Any], base: str | None = BASE, bt: Any = IAT) -> list[dict[Any, Any]]:
    first = dict(records[0])
    if base is not None:
        first[_BN] = base
    if bt is not None:
        first[_BT] = bt
    return [first, *records[1:]]


def reading(value: Any, label: int = _V, **more: Any) -> dict[int, Any]:
    fields = {"u": _U, "t": _T, "n": _N}
    return {_N: "x", label: value, **{fields[name]: given for name, given in more.items()}}


def vector(
    name: str,
    expect: str,
    data: bytes,
    *,
    key: bytes = DEVICE.public,
    topic: str = TOPIC,
    decoded: dict[str, Any] | None = None,
) -> dict[str, Any]:
    found = {"name": name, "key": key.hex(), "topic": topic, "hex": data.hex(), "expect": expect}
    return found | ({"decoded": decoded} if decoded else {})


def _shown(value: Any) -> Any:
    if isinstance(value, CBORTag):
        exponent, mantissa = value.value
        digits = str(abs(mantissa)).rjust(1 - exponent, "0")
        return {"decimal": ("-" if mantissa < 0 else "") + digits[:exponent] + "." + digits[exponent:]}
    return value


def _says(records: list[dict[int, Any]], iat: int | None, sequence: int) -> dict[str, Any]:
    special = {r[_N]: r for r in records if r[_N].startswith("_")}
    readings = [
        [r[_N], r.get(_U), _shown(next(r[k] for k in (_V, _VS, _VB) if k in r)), _shown(r.get(_T, 0))]
        for r in records
        if not r[_N].startswith("_")
    ]
    return {
        "sequence": sequence,
        "iat": iat,
        "stream": records[0][_BN].split("/")[1],
        "boot": special.get("_boot", {}).get(_V),
        "uptime": special.get("_uptime", {}).get(_V),
        "previous": special["_previous"][_VD].hex() if "_previous" in special else None,
        "dropped": special.get("_dropped", {}).get(_V, 0),
        "readings": readings,
    }


def taken(
    name: str, *records: dict[int, Any], iat: int | None = IAT, sequence: int = 7, alg: int = -8, base: str = BASE
) -> dict[str, Any]:
    payload = pack(*records, base=base, bt=iat)
    data = signed(DEVICE, header(DEVICE.public, iat=iat, cti=sequence.to_bytes(8), alg=alg), payload)
    return vector(name, "ok", data, decoded=_says(payload, iat, sequence))


def refused(name: str, reason: str, payload: bytes | list[Any] | dict[int, Any], **head: Any) -> dict[str, Any]:
    return vector(name, reason, signed(DEVICE, header(DEVICE.public, **head), payload))


def good() -> list[dict[str, Any]]:
    boot, uptime = {_N: "_boot", _V: 3}, {_N: "_uptime", _U: "s", _V: 4211}
    full = [PREVIOUS, *[reading("a" * 128, _VS)] * 5]
    short = reading("a" * 24, _VS)
    room = 1024 - len(signed(DEVICE, header(DEVICE.public), pack(*full, short, short)))
    return [
        taken("one reading", TEMPERATURE),
        taken(
            "four readings in a chain",
            PREVIOUS,
            TEMPERATURE,
            {_N: "humidity", _U: "%RH", _V: dec(-1, 455)},
            {_N: "battery", _U: "V", _V: dec(-3, 3712)},
            {_N: "door", _VB: True},
        ),
        taken("a chain without readings lost", PREVIOUS, {_N: "_dropped", _V: 12}, TEMPERATURE),
        taken("readings lost and none left", {_N: "_dropped", _V: 4294967295}),
        taken("time unknown", boot, uptime, TEMPERATURE, iat=None),
        taken(
            "time unknown, in a chain with a loss",
            boot,
            uptime,
            PREVIOUS,
            {_N: "_dropped", _V: 1},
            reading(5, t=-60),
            reading(6),
            iat=None,
        ),
        taken("time known and an anchor too", boot, uptime, PREVIOUS, TEMPERATURE),
        taken("uptime zero", boot, {**uptime, _V: 0}, reading(0), iat=None),
        taken("the algorithm by its own name", TEMPERATURE, alg=-19),
        taken("the first number", TEMPERATURE, sequence=1),
        taken("the last number", TEMPERATURE, sequence=2**63 - 1),
        taken("the earliest time", TEMPERATURE, iat=1704067200),
        taken("the latest time", TEMPERATURE, iat=4294967295),
        taken(
            "whole numbers of every length",
            *[reading(n) for n in (0, 23, 24, 255, 256, 65535, 65536, 4294967295, 4294967296, 9007199254740991)],
        ),
        taken(
            "negative numbers of every length",
            *[
                reading(n)
                for n in (-1, -24, -25, -256, -257, -65536, -65537, -4294967296, -4294967297, -9007199254740991)
            ],
        ),
        taken(
            "decimal fractions of every length",
            *[
                reading(dec(e, m))
                for e, m in (
                    (-1, 5),
                    (-1, -5),
                    (-2, 2137),
                    (-15, 1),
                    (-15, 9007199254740991),
                    (-3, -70001),
                    (-9, -9007199254740991),
                )
            ],
        ),
        taken(
            "ages",
            reading(1, t=-31622400),
            reading(2, t=-1),
            reading(3, t=dec(-3, -1500 - 1)),
            reading(4, t=dec(-1, -5)),
            reading(5),
        ),
        taken("an age on the first record", reading(1, t=-30), reading(2)),
        taken("truth", reading(True, _VB), reading(False, _VB)),
        taken(
            "text in several scripts",
            reading("20 °C", _VS),
            reading("開いた", _VS),
            reading("🚪", _VS),
            reading("", _VS),
        ),
        taken("text of 128 bytes", reading("é" * 64, _VS)),
        taken("a unit of 16 characters", reading(1, u="m3/s" * 4)),
        taken("names at their limits", {_N: "a", _V: 1}, {_N: "a" + "b-_9" * 7 + "xyz", _V: 1}),
        taken("names of 23 and 24 characters", {_N: "a" * 23, _V: 1}, {_N: "a" * 24, _V: 1}),
        taken("a stream of 16 characters", TEMPERATURE, base=f"{ID}/a23456789-123456/"),
        taken("a stream of one character", TEMPERATURE, base=f"{ID}/a/"),
        taken("64 records", *[reading(n) for n in range(64)]),
        taken("24 records", *[reading(n) for n in range(24)]),
        taken("1024 bytes", *full, reading("a" * (24 + room // 2), _VS), reading("a" * (24 + room - room // 2), _VS)),
    ]


def _frames() -> list[dict[str, Any]]:
    """What is wrong outside the header and the payload."""
    head, body = cbor(header(DEVICE.public)), cbor(pack(TEMPERATURE))
    sig = DEVICE.sign(to_be_signed(head, body))
    data = assembled(head, body, sig)
    other = assembled(head, body, OTHER.sign(to_be_signed(head, body)))
    high = assembled(head, body, sig[:32] + (int.from_bytes(sig[32:], "little") + L).to_bytes(32, "little"))
    full = [reading("a" * 128, _VS)] * 6
    kid = thumbprint(DEVICE.public)[:8]

    def framed(*parts: Any, tag: int = 18) -> bytes:
        return cbor(CBORTag(tag, list(parts)))

    return [
        vector("1025 bytes", "too-large", _sized(full, 1025)),
        vector("nothing", "truncated", b""),
        vector("the tag alone", "truncated", data[:1]),
        vector("cut in the header", "truncated", data[:20]),
        vector("cut in the payload", "truncated", data[:90]),
        vector("cut by one byte", "truncated", data[:-1]),
        vector("one byte more", "trailing-bytes", data + b"\x00"),
        vector("twice", "trailing-bytes", data + data),
        vector("an array of indefinite length", "indefinite", b"\xd2\x9f" + data[2:] + b"\xff"),
        vector(
            "a payload in pieces",
            "indefinite",
            framed(head, {}, b"", sig).replace(b"\xa0\x40", b"\xa0\x5f" + cbor(body) + b"\xff"),
        ),
        vector(
            "a payload with a length too long",
            "not-canonical",
            data.replace(b"\xa0" + cbor(body), b"\xa0\x59\x00" + bytes([len(body)]) + body),
        ),
        vector("a tag in a longer form", "not-canonical", b"\xd8\x12" + data[1:]),
        vector("no tag", "wrong-tag", data[1:]),
        vector("the tag of a receipt", "wrong-tag", b"\xd1" + data[1:]),
        vector("the tag of a message to several", "unsupported", framed(head, {}, body, sig, tag=98)),
        vector("a text", "wrong-tag", cbor("hello")),
        vector("three parts", "bad-frame", framed(head, {}, body)),
        vector("five parts", "bad-frame", framed(head, {}, body, sig, b"")),
        vector("a map in the frame's place", "bad-frame", b"\xd2\xa0"),
        vector("a detached payload", "unsupported", framed(head, {}, None, sig)),
        vector("a text as payload", "bad-frame", framed(head, {}, "x", sig)),
        vector("an array as unprotected header", "bad-frame", framed(head, [], body, sig)),
        vector("the hint of the key outside the signature", "unprotected-not-empty", framed(head, {4: kid}, body, sig)),
        vector("a signature of 63 bytes", "bad-frame", framed(head, {}, body, sig[:63])),
        vector("a signature of 65 bytes", "bad-frame", framed(head, {}, body, sig + b"\x00")),
        vector("no signature", "bad-frame", framed(head, {}, body, b"")),
        vector("a signature of zeros", "bad-signature", framed(head, {}, body, bytes(64))),
        vector("another device's signature", "bad-signature", other),
        vector("a signature with S + L", "bad-signature", high),
        vector("a bit of the signature", "bad-signature", data[:-1] + bytes([data[-1] ^ 0x10])),
        vector("a bit of the payload", "bad-signature", data.replace(cbor(2137), cbor(2138))),
        vector("a bit of the sequence", "bad-signature", data.replace((7).to_bytes(8), (6).to_bytes(8))),
        vector("the payload of another pack", "bad-signature", framed(head, {}, cbor(pack(reading(1))), sig)),
        vector(
            "a signature over another context",
            "bad-signature",
            assembled(head, body, DEVICE.sign(cbor(["Signature1", head, b"x", body]))),
        ),
        vector("a signature over the payload alone", "bad-signature", assembled(head, body, DEVICE.sign(body))),
        vector("a topic of another device", "wrong-device", data, topic=f"devices/{ident(OTHER.public)}/telemetry"),
        vector("a topic of another leaf", "wrong-device", data, topic=f"devices/{ID}/result"),
        vector("a topic with a level too many", "bad-topic", data, topic=TOPIC + "/x"),
        vector("checked with another key", "wrong-key", data, key=OTHER.public),
    ]


def _sized(records: list[dict[int, Any]], size: int) -> bytes:
    room = size - len(signed(DEVICE, header(DEVICE.public), pack(*records, reading("a" * 99, _VS))))
    return signed(DEVICE, header(DEVICE.public), pack(*records, reading("a" * (99 + room), _VS)))


def _headers() -> list[dict[str, Any]]:
    body = pack(TEMPERATURE)
    plain = header(DEVICE.public)
    kid, claims = plain[4], plain[15]

    def headed(name: str, reason: str, protected: bytes | dict[int, Any]) -> dict[str, Any]:
        return vector(name, reason, signed(DEVICE, protected, body))

    rest = b"\x04" + cbor(kid) + b"\x0f" + cbor(claims)
    return [
        headed("an empty header", "truncated", b""),
        headed("a header that is an array", "bad-frame", cbor([1, 2])),
        headed("no algorithm", "bad-frame", {3: 112, 4: kid, 15: claims}),
        headed("no hint of the key", "bad-frame", {1: -8, 3: 112, 15: claims}),
        headed("a label more", "bad-frame", {**plain, 5: b"iv"}),
        headed("a critical label", "bad-frame", {**plain, 2: [3]}),
        headed("a hint of 7 bytes", "bad-frame", {**plain, 4: kid[:7]}),
        headed("a hint of 32 bytes", "bad-frame", {**plain, 4: thumbprint(DEVICE.public)}),
        headed("claims with an issuer", "bad-frame", {**plain, 15: {**claims, 1: "me"}}),
        headed("no cti", "bad-frame", {**plain, 15: {6: IAT}}),
        headed("another device's hint", "wrong-key", {**plain, 4: thumbprint(OTHER.public)[:8]}),
        headed("ES256", "wrong-algorithm", {**plain, 1: -7}),
        headed("an algorithm by name", "wrong-algorithm", {**plain, 1: "EdDSA"}),
        headed("a command", "wrong-kind", {**plain, 3: PREFIX + "command+cbor"}),
        headed("an anchor", "wrong-kind", {**plain, 3: PREFIX + "anchor+cbor"}),
        headed("plain CBOR", "wrong-kind", {**plain, 3: 60}),
        headed("the kind as text", "wrong-kind", {**plain, 3: "112"}),
        headed("labels out of order", "not-canonical", b"\xa4\x03\x18\x70\x01\x27" + rest),
        headed("a kind in a longer form", "not-canonical", b"\xa4\x01\x27\x03\x19\x00\x70" + rest),
        headed("a label twice", "duplicate-key", b"\xa5\x01\x27\x03\x18\x70\x03\x18\x70" + rest),
        headed("a header with an end too many", "trailing-bytes", cbor(plain) + b"\x00"),
        headed("a sequence of 7 bytes", "bad-sequence", {**plain, 15: {**claims, 7: bytes(6) + b"\x07"}}),
        headed("a sequence of 16 bytes", "bad-sequence", {**plain, 15: {**claims, 7: bytes(15) + b"\x07"}}),
        headed("sequence zero", "bad-sequence", {**plain, 15: {**claims, 7: bytes(8)}}),
        headed("sequence 2^63", "bad-sequence", {**plain, 15: {**claims, 7: (2**63).to_bytes(8)}}),
        headed("a sequence that is no byte string", "bad-sequence", {**plain, 15: {**claims, 7: 7}}),
        headed("a time before 2024", "bad-time", {**plain, 15: {**claims, 6: 1704067199}}),
        headed("a time after 2106", "bad-time", {**plain, 15: {**claims, 6: 4294967296}}),
        headed("a time as text", "bad-time", {**plain, 15: {**claims, 6: "2026"}}),
        headed("a time as a float", "float", {**plain, 15: {**claims, 6: 1790000000.5}}),
        headed("a truth for a time", "bad-time", {**plain, 15: {**claims, 6: True}}),
    ]


def _keys() -> list[dict[str, Any]]:
    """Keys for which a signature proves nothing: with the first, R = identity and S = 0 fit every message."""
    found = []
    for name, key in {
        "the identity as key": b"\x01" + bytes(31),
        "the identity with a sign": b"\x01" + bytes(30) + b"\x80",
        "a point of order 2 as key": (2**255 - 20).to_bytes(32, "little"),
        "a point of order 4 as key": bytes(32),
        "a point of order 8 as key": bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        "another point of order 8 as key": bytes.fromhex(
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"
        ),
        "the identity written as p + 1": (2**255 - 18).to_bytes(32, "little"),
        "a y above p": (2**255 - 16).to_bytes(32, "little"),
    }.items():
        head, body = cbor(header(key)), cbor(pack(TEMPERATURE, base=f"{ident(key)}/climate/"))
        data = assembled(head, body, b"\x01" + bytes(63))
        found.append(vector(name, "weak-key", data, key=key, topic=f"devices/{ident(key)}/telemetry"))
    return found


def _payloads() -> list[dict[str, Any]]:
    def records(
        name: str, reason: str, *given: dict[Any, Any], base: str | None = BASE, bt: Any = IAT
    ) -> dict[str, Any]:
        return refused(name, reason, pack(*given, base=base, bt=bt))

    def values(name: str, reason: str, value: bytes, label: int = _V) -> dict[str, Any]:
        """A payload with bytes that no writer would make in the place of the value."""
        marker = cbor("\u2603marker")
        return refused(name, reason, cbor(pack(reading("\u2603marker", label))).replace(marker, value))

    boot, uptime = {_N: "_boot", _V: 3}, {_N: "_uptime", _U: "s", _V: 4211}
    body = cbor(pack(TEMPERATURE))
    ordered = b"\x81\xa4\x01\x61K\x00\x61x\x02\x01\x21" + cbor(BASE)
    return [
        refused("an empty payload", "truncated", b""),
        refused("a payload with an end too many", "trailing-bytes", body + b"\x00"),
        refused("a payload of indefinite length", "indefinite", b"\x9f" + body[1:] + b"\xff"),
        refused("labels of a record out of order", "not-canonical", ordered),
        refused("a label of a record twice", "duplicate-key", b"\x81\xa3\x00\x61x\x00\x61x\x02\x01"),
        refused("a payload nested too deep", "too-deep", b"\x81" * 9 + b"\x00"),
        values("a half float", "float", cbor2.dumps(1.5, canonical=True)),
        values("a single float", "float", b"\xfa\x41\xab\x85\x1f"),
        values("a double float", "float", b"\xfb\x40\x35\x5e\xb8\x51\xeb\x85\x1f"),
        values("not a number", "float", b"\xf9\x7e\x00"),
        values("null", "unsupported", b"\xf6"),
        values("undefined", "unsupported", b"\xf7"),
        values("a simple value", "unsupported", b"\xf8\x63"),
        values("a big number", "unsupported", b"\xc2\x49\x01" + bytes(8)),
        values("a date", "unsupported", b"\xc1\x00"),
        values("a reserved length", "unsupported", b"\x1c"),
        values("a lone end", "indefinite", b"\xff"),
        values("a number in a longer form", "not-canonical", b"\x18\x17"),
        values("a number in eight bytes for four", "not-canonical", b"\x1b\x00\x00\x00\x00\xff\xff\xff\xff"),
        values("a decimal fraction with a zero at its end", "not-canonical", b"\xc4\x82\x21\x19\x08\x5c"),
        values("a decimal fraction that is zero", "not-canonical", b"\xc4\x82\x20\x00"),
        values("an exponent in a longer form", "not-canonical", b"\xc4\x82\x38\x01\x01"),
        values("a decimal fraction with exponent 0", "bad-number", b"\xc4\x82\x00\x01"),
        values("a decimal fraction with a positive exponent", "bad-number", b"\xc4\x82\x02\x01"),
        values("a decimal fraction too fine", "bad-number", b"\xc4\x82\x2f\x01"),
        values("a mantissa of 2^53", "bad-number", b"\xc4\x82\x20\x1b\x00\x20\x00\x00\x00\x00\x00\x00"),
        values("a decimal fraction of three", "unsupported", b"\xc4\x83\x20\x01\x01"),
        values("a decimal fraction of texts", "unsupported", b"\xc4\x82\x20\x61\x31"),
        values("a surrogate", "bad-text", b"\x63\xed\xa0\x80", _VS),
        values("an overlong slash", "bad-text", b"\x62\xc0\xaf", _VS),
        values("a text cut inside a character", "bad-text", b"\x62\xe2\x82", _VS),
        values("a text with a lone continuation", "bad-text", b"\x61\x80", _VS),
        values("a character beyond Unicode", "bad-text", b"\x64\xf4\x90\x80\x80", _VS),
        records("2^53", "bad-number", reading(2**53)),
        records("-2^53", "bad-number", reading(-(2**53))),
        records("a number of 64 bits", "bad-number", reading(2**64 - 1)),
        records("a text for a number", "bad-payload", reading("21.37")),
        records("a truth for a number", "bad-payload", reading(True)),
        records("a number for a text", "bad-payload", reading(1, _VS)),
        records("a number for a truth", "bad-payload", reading(1, _VB)),
        records("a text of 129 bytes", "bad-payload", reading("a" * 129, _VS)),
        records("two values", "bad-payload", {**reading(1), _VB: True}),
        records("no value", "bad-payload", {_N: "x"}),
        records("data in a reading", "bad-payload", reading(b"x", _VD)),
        records("a sum", "bad-payload", {**reading(1), 5: 1}),
        records("a label as text", "unsupported", {**reading(1), "v_": 1}),
        records("no name", "bad-payload", {_V: 1}),
        records("a number for a name", "bad-payload", {_N: 1, _V: 1}),
        records("a capital in a name", "bad-name", {_N: "Temperature", _V: 1}),
        records("an empty name", "bad-name", {_N: "", _V: 1}),
        records("a name of 33 characters", "bad-name", {_N: "a" * 33, _V: 1}),
        records("a name that begins with a digit", "bad-name", {_N: "1x", _V: 1}),
        records("an unknown name with an underscore", "bad-name", {_N: "_x", _V: 1}),
        records("a slash in a name", "bad-name", {_N: "a/b", _V: 1}),
        records("a blank in a unit", "bad-name", reading(1, u="deg C")),
        records("an empty unit", "bad-name", reading(1, u="")),
        records("a unit of 17 characters", "bad-name", reading(1, u="m" * 17)),
        records("a degree sign in a unit", "bad-name", reading(1, u="°C")),
        records("an age of zero", "bad-time", reading(1, t=0)),
        records("an age in the future", "bad-time", reading(1, t=1)),
        records("an age of more than a year", "bad-time", reading(1, t=-31622401)),
        records("an age finer than a millisecond", "bad-time", reading(1, t=dec(-4, -1))),
        records("a text for an age", "bad-payload", reading(1, t="-1")),
        records("another device's base name", "wrong-device", TEMPERATURE, base=f"{ident(OTHER.public)}/climate/"),
        records("a capital in the stream", "wrong-stream", TEMPERATURE, base=f"{ID}/Climate/"),
        records("an empty stream", "wrong-stream", TEMPERATURE, base=f"{ID}//"),
        records("a stream of 17 characters", "wrong-stream", TEMPERATURE, base=f"{ID}/a2345678901234567/"),
        records("a stream with a wildcard", "wrong-stream", TEMPERATURE, base=f"{ID}/#/"),
        records("a base name without an end", "bad-payload", TEMPERATURE, base=f"{ID}/climate"),
        records("a base name with a level more", "bad-payload", TEMPERATURE, base=f"{ID}/climate/x/"),
        records("no base name", "bad-payload", TEMPERATURE, base=None),
        records("a base name on the second record", "bad-payload", TEMPERATURE, {**reading(1), _BN: BASE}),
        records("a base time other than iat", "bad-time", TEMPERATURE, bt=IAT - 1),
        records("no base time", "bad-time", TEMPERATURE, bt=None),
        refused("a base time without iat", "bad-time", pack(boot, uptime, TEMPERATURE), iat=None),
        refused("neither time nor boot", "bad-time", pack(TEMPERATURE, bt=None), iat=None),
        records("boot without uptime", "bad-payload", boot, TEMPERATURE),
        records("uptime without boot", "bad-payload", uptime, TEMPERATURE),
        records("uptime before boot", "bad-payload", uptime, boot, TEMPERATURE),
        records("an uptime without its unit", "bad-payload", boot, {_N: "_uptime", _V: 1}, TEMPERATURE),
        records("boot zero", "bad-payload", {_N: "_boot", _V: 0}, uptime, TEMPERATURE),
        records("a digest of 15 bytes", "bad-payload", {_N: "_previous", _VD: bytes(15)}, TEMPERATURE),
        records("a digest twice", "bad-payload", PREVIOUS, PREVIOUS, TEMPERATURE),
        records("a digest after a reading", "bad-payload", TEMPERATURE, PREVIOUS),
        records("a digest with an age", "bad-payload", {**PREVIOUS, _T: -1}, TEMPERATURE),
        records("a loss of nothing", "bad-payload", {_N: "_dropped", _V: 0}, TEMPERATURE),
        records("a chain and nothing in it", "bad-payload", PREVIOUS),
        records("65 records", "bad-payload", *[reading(1)] * 65),
        refused("no records", "bad-payload", []),
        refused("a map for the records", "bad-payload", {0: "x"}),
        refused("a number for a record", "bad-payload", pack(TEMPERATURE) + [1]),
    ]


def bad() -> list[dict[str, Any]]:
    return _frames() + _headers() + _keys() + _payloads()
