"""The vectors of anchors, receipts and pairings."""
# fmt: off - one vector a line, as in the files

from typing import Any

from tests.vectors.packs import DEVICE, ID, OTHER, vector
from tests.vectors.writer import IAT, PREFIX, Key, header, ident, mac0, signed

HOST = Key("host")
SECRET = bytes(range(32))
RECEIPT_HEAD = {1: 5, 3: PREFIX + "receipt+cbor"}
NONCE = bytes(range(100, 116))


def anchors() -> list[dict[str, Any]]:
    kind = PREFIX + "anchor+cbor"

    def anchor(name: str, expect: str, payload: Any, **head: Any) -> dict[str, Any]:
        data = signed(DEVICE, header(DEVICE.public, **{"kind": kind, **head}), payload)
        decoded = {"sequence": 7, "iat": IAT, "boot": payload[1], "uptime": payload[2]} if expect == "ok" else None
        return vector(name, expect, data, decoded=decoded)

    return [
        anchor("an anchor", "ok", {1: 3, 2: 4211}),
        anchor("an anchor at the start", "ok", {1: 1, 2: 0}),
        anchor("an anchor without a time", "bad-time", {1: 3, 2: 4211}, iat=None),
        anchor("an anchor without uptime", "bad-payload", {1: 3}),
        anchor("an anchor with a label more", "bad-payload", {1: 3, 2: 4211, 3: 0}),
        anchor("an anchor of start zero", "bad-payload", {1: 0, 2: 4211}),
        anchor("an anchor with a negative uptime", "bad-payload", {1: 3, 2: -1}),
        anchor("an anchor with a truth", "bad-payload", {1: True, 2: 1}),
        anchor("an anchor that is a pack", "wrong-kind", {1: 3, 2: 4211}, kind=112),
    ]


def receipts() -> list[dict[str, Any]]:
    def body(stored: Any = None, refused: Any = None, **more: Any) -> dict[int, Any]:
        return {
            1: more.get("device", ID),
            2: more.get("generation", 2),
            3: [[1, 3], [7, 7]] if stored is None else stored,
            4: [] if refused is None else refused,
        }

    def receipt(name: str, expect: str, data: bytes, decoded: dict[int, Any] | None = None) -> dict[str, Any]:
        found: dict[str, Any] = {
            "name": name,
            "secret": SECRET.hex(),
            "device": ID,
            "generation": 2,
            "hex": data.hex(),
            "expect": expect,
        }
        if decoded:
            found["decoded"] = {"stored": decoded[3], "refused": decoded[4]}
        return found

    def taken(name: str, **given: Any) -> dict[str, Any]:
        return receipt(name, "ok", mac0(SECRET, RECEIPT_HEAD, body(**given)), body(**given))

    def shaped(
        name: str, expect: str, payload: Any, head: Any = RECEIPT_HEAD, secret: bytes = SECRET
    ) -> dict[str, Any]:
        return receipt(name, expect, mac0(secret, head, payload))

    good = mac0(SECRET, RECEIPT_HEAD, body())
    last = 2**63 - 1
    return [
        taken("two ranges"),
        taken("nothing stored", stored=[]),
        taken("one stored and one refused", stored=[[1, 1]], refused=[[2, "float"]]),
        taken("64 of each", stored=[[n, n] for n in range(1, 128, 2)], refused=[]),
        taken("the whole range", stored=[[1, last]]),
        taken("ranges with one between", stored=[[1, 1], [3, 9]], refused=[[2, "bad-name"]]),
        shaped("another secret", "bad-mac", body(), secret=bytes(32)),
        receipt("a bit of the MAC", "bad-mac", good[:-1] + bytes([good[-1] ^ 1])),
        receipt("a bit of the payload", "bad-mac", good.replace(b"\x07\x07", b"\x07\x08")),
        receipt("a receipt cut short", "truncated", good[:-1]),
        receipt("a receipt and more", "trailing-bytes", good + b"\x00"),
        receipt("a MAC of 8 bytes", "bad-frame", good[:-34] + b"\x48" + good[-8:]),
        receipt("a signed message", "wrong-tag", b"\xd2" + good[1:]),
        receipt("a large receipt", "too-large", good + bytes(1024)),
        shaped("a shorter MAC by algorithm", "wrong-algorithm", body(), {**RECEIPT_HEAD, 1: 4}),
        shaped("a receipt of another kind", "wrong-kind", body(), {1: 5, 3: 112}),
        shaped("a receipt without a kind", "bad-frame", body(), {1: 5}),
        shaped("another device's receipt", "wrong-device", body(device=ident(OTHER.public))),
        shaped("an older pairing's receipt", "wrong-generation", body(generation=1)),
        shaped("a range backwards", "bad-payload", body(stored=[[3, 1]])),
        shaped("ranges that touch", "bad-payload", body(stored=[[1, 3], [4, 4]])),
        shaped("ranges that overlap", "bad-payload", body(stored=[[1, 3], [2, 4]])),
        shaped("ranges out of order", "bad-payload", body(stored=[[7, 7], [1, 3]])),
        shaped("number zero", "bad-payload", body(stored=[[0, 3]])),
        shaped("number 2^63", "bad-payload", body(stored=[[1, 2**63]])),
        shaped("a range of three", "bad-payload", body(stored=[[1, 2, 3]])),
        shaped("stored and refused", "bad-payload", body(refused=[[2, "float"]])),
        shaped("an unknown reason", "bad-payload", body(refused=[[5, "because"]])),
        shaped("refused twice", "bad-payload", body(refused=[[5, "float"], [5, "float"]])),
        shaped("65 ranges", "bad-payload", body(stored=[[n, n] for n in range(1, 130, 2)])),
        shaped("no list of refusals", "bad-payload", {k: v for k, v in body().items() if k != 4}),
        shaped("a negative generation", "bad-payload", body(generation=-1)),
        shaped("a device that is no id", "bad-payload", body(device="me")),
    ]


def pairings() -> list[dict[str, Any]]:
    kind = PREFIX + "pairing+cbor"
    full = {1: ident(HOST.public), 2: "pair", 3: "7K3Q-X9M2", 4: DEVICE.public, 5: "Boiler room", 6: "ESP32-C3"}

    def pairing(name: str, expect: str, payload: dict[int, Any], key: Key = DEVICE, **head: Any) -> dict[str, Any]:
        claims = {"kind": kind, "cti": NONCE, **head}
        data = signed(
            key, header(head.pop("public", key.public), **{k: v for k, v in claims.items() if k != "public"}), payload
        )
        found: dict[str, Any] = {
            "name": name,
            "key": DEVICE.public.hex(),
            "host": ident(HOST.public),
            "nonce": NONCE.hex(),
            "purpose": "pair",
            "hex": data.hex(),
            "expect": expect,
        }
        if expect == "ok":
            found["decoded"] = {"code": payload[3], "name": payload.get(5), "model": payload.get(6)}
        return found

    def without(label: int) -> dict[int, Any]:
        return {key: value for key, value in full.items() if key != label}

    weak = b"\x01" + bytes(31)
    return [
        pairing("a pairing", "ok", full),
        pairing("a pairing before the time is known", "ok", full, iat=None),
        pairing("a pairing without names", "ok", {k: v for k, v in full.items() if k < 5}),
        pairing("a pairing for another host", "wrong-host", {**full, 1: ident(OTHER.public)}),
        pairing("a pairing with an old nonce", "wrong-nonce", full, cti=bytes(16)),
        pairing("a pairing for a succession", "wrong-purpose", {**full, 2: "succeed"}),
        pairing("a pairing for no known purpose", "wrong-purpose", {**full, 2: "play"}),
        pairing("a pairing signed by another key", "bad-signature", full, OTHER, public=DEVICE.public),
        pairing("a pairing that carries another key", "wrong-key", {**full, 4: OTHER.public}),
        pairing("a pairing with a weak key", "weak-key", {**full, 4: weak}, public=weak),
        pairing("a pairing with a nonce of 8 bytes", "bad-sequence", full, cti=bytes(8)),
        pairing("a pairing that is a pack", "wrong-kind", full, kind=112, cti=(7).to_bytes(8)),
        pairing("a pairing without a code", "bad-payload", without(3)),
        pairing("a pairing without a key", "bad-payload", without(4)),
        pairing("a code in small letters", "bad-payload", {**full, 3: "abcd"}),
        pairing("a code of 3", "bad-payload", {**full, 3: "ABC"}),
        pairing("a key of 31 bytes", "bad-payload", {**full, 4: DEVICE.public[:31]}),
        pairing("an empty name", "bad-payload", {**full, 5: ""}),
        pairing("a model of 65 bytes", "bad-payload", {**full, 6: "m" * 65}),
        pairing("a label more in a pairing", "bad-payload", {**full, 7: 1}),
        pairing("a host that is no id", "bad-payload", {**full, 1: "https://example.org"}),
    ]
