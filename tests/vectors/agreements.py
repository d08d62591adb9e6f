"""The vectors of agreements: one payload, signed by owner and by vendor, and what is refused."""
# fmt: off - one vector a line, as in the files

from typing import Any

from tests.vectors.writer import PREFIX, Key, cbor, header, signed, thumbprint

OWNER = Key("owner, for one vendor")
VENDOR = Key("vendor")
THIRD = Key("somebody else")
KIND = PREFIX + "agreement+cbor"
NONCE = bytes(range(200, 216))
DIGEST = bytes(range(32, 64))
FULL = {
    1: "https://my.example/terms/support-only-1", 2: DIGEST, 3: OWNER.public, 4: VENDOR.public, 5: "k7q2mz4xw5xa2h3t",
    6: ["climate", "signal"], 7: ["reading", "scan"], 8: ["member", "owner"],
}  # fmt: skip


def says(payload: dict[int, Any], nonce: bytes) -> dict[str, Any]:
    names = ("terms", "digest", "owner", "vendor", "thing", "streams", "events", "scanners")
    plain = {
        name: value.hex() if isinstance(value, bytes) else value
        for name, value in zip(names, payload.values(), strict=True)
    }
    return {**plain, "nonce": nonce.hex()}


def agreement(name: str, expect: str, payload: Any = FULL, key: Key = VENDOR, **head: Any) -> dict[str, Any]:
    public = head.pop("public", key.public)
    protected = header(public, **{"kind": KIND, "cti": NONCE, **head})
    return row(
        name,
        expect,
        signed(key, protected, payload),
        public,
        says(payload, protected[15][7]) if expect == "ok" else None,
    )


def row(
    name: str, expect: str, data: bytes, key: bytes = VENDOR.public, decoded: dict[str, Any] | None = None
) -> dict[str, Any]:
    found = {"name": name, "key": key.hex(), "hex": data.hex(), "expect": expect}
    return found | ({"decoded": decoded} if decoded else {})


def agreements() -> list[dict[str, Any]]:
    return taken() + frames() + payloads()


def taken() -> list[dict[str, Any]]:
    return [
        agreement("an agreement by the owner", "ok", key=OWNER),
        agreement("the same by the vendor", "ok"),
        agreement("the same before the time is known", "ok", iat=None),
        agreement("an agreement with another nonce", "ok", cti=bytes(range(16))),
        agreement("scans alone", "ok", {**FULL, 6: [], 7: ["scan"]}),
        agreement("readings alone, of no scanner", "ok", {**FULL, 7: ["reading"], 8: []}),
        agreement(
            "terms over plain HTTP, on loopback", "ok", {**FULL, 1: "http://localhost:8080/terms/support-only-1"}
        ),
        agreement("64 streams", "ok", {**FULL, 6: [f"s{n:02}" for n in range(64)]}),
        agreement("a stream that begins as the one before it", "ok", {**FULL, 6: ["signal", "signal-2"]}),
    ]


def frames() -> list[dict[str, Any]]:
    good = signed(VENDOR, header(VENDOR.public, kind=KIND, cti=NONCE), FULL)
    head, body = cbor(header(VENDOR.public, kind=KIND, cti=NONCE)), cbor(FULL)
    crossed = signed(OWNER, header(VENDOR.public, kind=KIND, cti=NONCE), FULL)
    unsorted = cbor(FULL)[:1] + b"".join(cbor(k) + cbor(v) for k, v in reversed(FULL.items()))
    weak = b"\x01" + bytes(31)
    return [
        agreement("an agreement that is a pairing", "wrong-kind", kind=PREFIX + "pairing+cbor"),
        agreement("an agreement that is a pack", "wrong-kind", kind=112, cti=(7).to_bytes(8)),
        agreement("an agreement with a sequence number", "bad-sequence", cti=(7).to_bytes(8)),
        agreement("an agreement with a nonce of 17 bytes", "bad-sequence", cti=bytes(17)),
        row(
            "the owner's half checked with the vendor's key",
            "wrong-key",
            signed(OWNER, header(OWNER.public, kind=KIND, cti=NONCE), FULL),
        ),
        row("the vendor's name over the owner's signature", "bad-signature", crossed),
        row("a bit of the signature of an agreement", "bad-signature", good[:-1] + bytes([good[-1] ^ 1])),
        row("a bit of the agreed digest", "bad-signature", good.replace(DIGEST, bytes([DIGEST[0] ^ 1]) + DIGEST[1:])),
        row(
            "an agreement signed by a weak key",
            "weak-key",
            good.replace(thumbprint(VENDOR.public)[:8], thumbprint(weak)[:8]),
            weak,
        ),
        row("an agreement and more", "trailing-bytes", good + b"\x00"),
        row("an agreement cut short", "truncated", good[:-1]),
        row("a large agreement", "too-large", good + bytes(4096)),
        row(
            "an agreement with something unsigned",
            "unprotected-not-empty",
            good[: 4 + len(head)] + b"\xa1\x04\x40" + good[5 + len(head) :],
        ),
        row("an agreement in a longer form", "not-canonical", b"\xd2\x98\x04" + good[2:]),
        agreement("an agreement with its labels out of order", "not-canonical", unsorted),
        agreement("an agreement and more inside", "trailing-bytes", body + b"\x00"),
        agreement("an agreement between others", "wrong-key", key=THIRD),
    ]


def payloads() -> list[dict[str, Any]]:
    def refused(name: str, expect: str = "bad-payload", **changed: Any) -> dict[str, Any]:
        labels = {int(label[1:]): value for label, value in changed.items()}
        return agreement(name, expect, {**FULL, **labels})

    weak = b"\x01" + bytes(31)
    return [
        agreement("an agreement without scanners", "bad-payload", {k: v for k, v in FULL.items() if k != 8}),
        agreement("an agreement with a label more", "bad-payload", {**FULL, 9: 0}),
        agreement("an agreement that is a list", "bad-payload", list(FULL.values())),
        refused("terms at no address", _1="support-only-1"),
        refused("terms at an address with a space", _1="https://my.example/a b"),
        refused("terms at an address beyond ASCII", _1="https://m\u00fc.example/terms"),
        refused("terms at an address of 256", _1="https://" + "a" * 248),
        refused("a digest of 20 bytes", _2=DIGEST[:20]),
        refused("an owner's key of 31 bytes", _3=OWNER.public[:31]),
        refused("an owner's key that is weak", "weak-key", _3=weak),
        refused("an owner who is the vendor", _3=VENDOR.public),
        refused("a thing by its name", _5="Cable modem"),
        refused("a thing without a name", _5=""),
        refused("streams out of order", _6=["signal", "climate"]),
        refused("a stream twice", _6=["climate", "climate"]),
        refused("a stream in capitals", "wrong-stream", _6=["Climate"]),
        refused("a stream with a slash", "wrong-stream", _6=["a/b"]),
        refused("65 streams", _6=[f"s{n:02}" for n in range(65)]),
        refused("streams that are no list", _6="climate"),
        refused("no event", _7=[]),
        refused("an event of another kind", _7=["location"]),
        refused("events out of order", _7=["scan", "reading"]),
        refused("an event that is a number", _7=[1]),
        refused("a stranger's scans", _8=["owner", "stranger"]),
        refused("a scanner twice", _8=["owner", "owner"]),
    ]
