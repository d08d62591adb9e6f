"""Every vector gives what it is said to give, on CPython and on MicroPython."""

from binascii import hexlify

try:
    from typing import Any
except ImportError:
    pass

from tests.seal.vectors import judge, load, verify
from thingseal import agreement, cbor, keys, pairing, reading, receipt, topics


def _shown(value: object) -> object:
    return {"decimal": str(value)} if isinstance(value, cbor.Fraction10) else value


def _pack(vector: "dict[str, Any]") -> object:
    pack = reading.open_pack(vector["hex"], vector["key"], verify, vector["topic"])
    previous = pack.previous and hexlify(pack.previous).decode()
    return {
        "sequence": pack.sequence,
        "iat": pack.iat,
        "stream": pack.stream,
        "boot": pack.boot,
        "uptime": pack.uptime,
        "previous": previous,
        "dropped": pack.dropped,
        "readings": [[r.name, r.unit, _shown(r.value), _shown(r.t)] for r in pack.readings],
    }


def test_packs_are_taken_or_refused_as_written() -> None:
    assert judge("packs", _pack) >= 150


def test_what_a_pack_says_is_written_back_to_the_same_bytes() -> None:
    for vector in load("packs"):
        if vector["expect"] == "ok":
            opened = reading.open_pack(vector["hex"], vector["key"], verify)
            assert reading.encode_pack(opened) in vector["hex"], vector["name"]


def test_anchors_are_taken_or_refused_as_written() -> None:
    def anchor(vector: "dict[str, Any]") -> object:
        found = reading.open_anchor(vector["hex"], vector["key"], verify, vector["topic"])
        return {"sequence": found.sequence, "iat": found.iat, "boot": found.boot, "uptime": found.uptime}

    assert judge("anchors", anchor) >= 9


def test_receipts_are_taken_or_refused_as_written() -> None:
    def opened(vector: "dict[str, Any]") -> object:
        found = receipt.open_receipt(
            vector["hex"], vector["secret"], device=vector["device"], generation=vector["generation"]
        )
        assert receipt.seal_receipt(vector["secret"], receipt.encode_receipt(found)) == vector["hex"]
        return {"stored": [list(pair) for pair in found.stored], "refused": [list(pair) for pair in found.refused]}

    assert judge("receipts", opened) >= 30


def test_pairings_are_taken_or_refused_as_written() -> None:
    def opened(vector: "dict[str, Any]") -> object:
        found = pairing.open_pairing(vector["hex"], verify, vector["host"], vector["nonce"], vector["purpose"])
        assert found.key == vector["key"]
        assert pairing.encode_pairing(found) in vector["hex"]
        return {"code": found.code, "name": found.name, "model": found.model}

    assert judge("pairings", opened) >= 20


def _agreement(vector: "dict[str, Any]") -> object:
    found, opened = agreement.open_agreement(vector["hex"], vector["key"], verify)
    assert agreement.encode_agreement(found) == opened.payload
    return {
        "terms": found.terms,
        "digest": hexlify(found.digest).decode(),
        "owner": hexlify(found.owner).decode(),
        "vendor": hexlify(found.vendor).decode(),
        "thing": found.thing,
        "streams": found.streams,
        "events": found.events,
        "scanners": found.scanners,
        "nonce": hexlify(opened.cti).decode(),
    }


def test_agreements_are_taken_or_refused_as_written() -> None:
    assert judge("agreements", _agreement) >= 50


def test_two_halves_are_one_agreement_when_their_bytes_are_the_same() -> None:
    halves = [agreement.open_agreement(v["hex"], v["key"], verify) for v in load("agreements") if v["expect"] == "ok"]
    (said, one), (_, other), (_, elsewhere) = halves[0], halves[1], halves[3]
    assert (one.payload, one.cti) == (other.payload, other.cti)
    assert {one.kid, other.kid} == {keys.kid(said.owner), keys.kid(said.vendor)}
    assert one.cti != elsewhere.cti


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return {"bytes": hexlify(value).decode()}
    if isinstance(value, dict):
        return {"map": [[key, value[key]] for key in sorted(value, key=lambda key: (key < 0, abs(key)))]}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return _shown(value)


def test_items_are_taken_or_refused_as_written() -> None:
    def item(vector: "dict[str, Any]") -> object:
        value = cbor.decode(vector["hex"])
        assert cbor.encode(value) == vector["hex"], vector["name"]
        return _plain(value)

    assert judge("cbor", item) >= 120


def _topic(vector: "dict[str, Any]") -> None:
    topics.parse(vector["topic"])


def test_topics_are_taken_or_refused_as_written() -> None:
    assert judge("topics", _topic) >= 40


def test_ids_follow_from_the_key() -> None:
    for vector in load("keys"):
        key = vector["key"]
        assert hexlify(keys.thumbprint(key)).decode() == vector["thumbprint"]
        assert keys.kid(key) == keys.thumbprint(key)[:8]
        assert keys.device_id(key) == vector["id"]
        assert keys.did_key(key) == vector["did"]


def test_the_thumbprint_is_that_of_the_standard_for_a_known_key() -> None:
    # RFC 8037, appendix A, has this key; its did:key is the one that the did:key documents give for it.
    public = bytes(
        [
            0xD7,
            0x5A,
            0x98,
            0x01,
            0x82,
            0xB1,
            0x0A,
            0xB7,
            0xD5,
            0x4B,
            0xFE,
            0xD3,
            0xC9,
            0x64,
            0x07,
            0x3A,
            0x0E,
            0xE1,
            0x72,
            0xF3,
            0xDA,
            0xA6,
            0x23,
            0x25,
            0xAF,
            0x02,
            0x1A,
            0x68,
            0xF7,
            0x07,
            0x51,
            0x1A,
        ]
    )
    assert keys.did_key(public) == "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw"
