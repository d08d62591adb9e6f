"""The agreement: one payload, both signatures, readable by anyone with a CBOR library."""

from typing import Any

import cbor2
import pytest
from nacl.signing import SigningKey, VerifyKey

from tests.seal.vectors import load, verify
from tests.thingcloud.vendors.conftest import Desk
from thingcloud.plumbing.errors import BadInput, Conflict
from thingcloud.vendors import service
from thingcloud.vendors.model import ROSTER, Scope, agreement_payload, check_agreement, sign_agreement
from thingseal import agreement, frame, keys


def signature_holds(signed: bytes, public: bytes) -> bool:
    protected, _, payload, signature = cbor2.loads(signed).value
    VerifyKey(public).verify(cbor2.dumps(["Signature1", protected, b"", payload]), signature)
    return True


VECTORS = list(load("agreements"))
OFFERED = frame.parse(VECTORS[0]["hex"], frame.AGREEMENT)


def expected(vector: dict[str, Any]) -> str:
    """The offer is the first vector's payload and nonce; whatever else is well signed is another agreement."""
    if vector["expect"] != "ok":
        return str(vector["expect"])
    opened = frame.parse(vector["hex"], frame.AGREEMENT)
    return "ok" if (opened.payload, opened.cti) == (OFFERED.payload, OFFERED.cti) else "other-agreement"


@pytest.mark.parametrize("vector", VECTORS, ids=[v["name"] for v in VECTORS])
def test_the_cloud_takes_exactly_what_was_offered(vector: dict[str, Any]) -> None:
    reason = "ok"
    try:
        check_agreement(vector["hex"], OFFERED.payload, OFFERED.cti, vector["key"], verify)
    except BadInput as refused:
        reason = refused.reason
    assert reason == expected(vector)


def test_other_agreements_and_both_halves_are_among_the_vectors() -> None:
    found = [expected(vector) for vector in VECTORS]
    assert found.count("other-agreement") >= 4
    assert found.count("ok") >= 3


def test_what_the_cloud_offers_is_read_by_the_strict_reader(desk: Desk) -> None:
    scope = Scope(("signal", "climate", "signal"), ("scan", "reading"), ("owner", "member"))
    said = agreement.decode_agreement(desk.give(scope).agreement.payload)
    assert (said.streams, said.events, said.scanners) == (
        ["climate", "signal"],
        ["reading", "scan"],
        ["member", "owner"],
    )


@pytest.mark.parametrize(
    ("address", "streams", "reason"),
    [("https://my.example/terms", ("Living room",), "wrong-stream"), ("my.example", (), "bad-payload")],
)
def test_what_cannot_be_agreed_on_is_not_offered(address: str, streams: tuple[str, ...], reason: str) -> None:
    owner, vendor = bytes(range(32)), bytes(range(1, 33))
    with pytest.raises(BadInput, match="cannot be agreed on") as refused:
        agreement_payload(address, ROSTER["support-only-1"], owner, vendor, "handle", Scope(streams))
    assert refused.value.reason == reason


def test_both_sides_sign_the_same_bytes_and_anyone_can_check_it(desk: Desk) -> None:
    agreement = desk.give().agreement
    said = cbor2.loads(agreement.payload)
    assert said[2] == ROSTER["support-only-1"].digest
    assert said[4] == desk.vendor.public
    assert signature_holds(agreement.owner_signed, said[3])
    assert signature_holds(agreement.vendor_signed or b"", said[4])
    payloads = {cbor2.loads(signed).value[2] for signed in (agreement.owner_signed, agreement.vendor_signed or b"")}
    assert payloads == {agreement.payload}


def test_the_owner_has_another_key_for_every_vendor(desk: Desk) -> None:
    second = desk.house.db.write_now(lambda tx: service.create_vendor(tx, 0, "Second", "second.example"))
    first, other = desk.give(), desk.give(vendor=second)
    assert cbor2.loads(first.agreement.payload)[3] != cbor2.loads(other.agreement.payload)[3]
    assert first.handle != other.handle


def test_nothing_of_the_owner_is_in_the_agreement(desk: Desk) -> None:
    agreement = desk.give().agreement
    for signed in (agreement.owner_signed, agreement.vendor_signed or b""):
        for canary in (b"Canary", b"canary", desk.alice.id.encode(), desk.modem.id.encode()):
            assert canary not in signed


class TestVendorWithItsOwnKey:
    key = SigningKey(bytes(range(32)))

    def offer(self, desk: Desk) -> tuple[str, bytes, bytes]:
        public = bytes(self.key.verify_key)
        own = desk.house.db.write_now(lambda tx: service.create_vendor(tx, 0, "Own", "own.example", public=public))
        grant = desk.give(vendor=own)
        with desk.house.db.reading() as tx:
            [(_, nonce)] = service.offers(tx, own.id)
        self.vendor_id = own.id
        return grant.agreement.id, grant.agreement.payload, nonce

    def signed(self, payload: bytes, nonce: bytes, key: SigningKey | None = None) -> bytes:
        chosen = key or self.key
        return sign_agreement(
            payload, nonce, 1_795_000_000_000, bytes(chosen.verify_key), lambda message: chosen.sign(message).signature
        )

    def accept(self, desk: Desk, agreement_id: str, signed: bytes) -> None:
        desk.house.db.write_now(lambda tx: service.accept(tx, self.vendor_id, agreement_id, signed))

    def test_it_hears_once_it_has_signed(self, desk: Desk) -> None:
        agreement_id, payload, nonce = self.offer(desk)
        self.accept(desk, agreement_id, self.signed(payload, nonce))
        assert desk.scan("s1") == [self.vendor_id]
        with pytest.raises(Conflict, match="signed already"):
            self.accept(desk, agreement_id, self.signed(payload, nonce))

    def test_a_signature_by_another_key_is_refused(self, desk: Desk) -> None:
        agreement_id, payload, nonce = self.offer(desk)
        with pytest.raises(BadInput) as refused:
            self.accept(desk, agreement_id, self.signed(payload, nonce, SigningKey(bytes(32))))
        assert refused.value.reason == "wrong-key"
        assert desk.scan("s1") == []

    def test_a_signature_over_other_words_is_refused(self, desk: Desk) -> None:
        agreement_id, payload, nonce = self.offer(desk)
        with pytest.raises(BadInput, match="another agreement"):
            self.accept(desk, agreement_id, self.signed(payload.replace(b"my.example", b"to.example"), nonce))
        with pytest.raises(BadInput, match="another agreement"):
            self.accept(desk, agreement_id, self.signed(payload, bytes(16)))

    def test_another_kind_of_message_is_refused(self, desk: Desk) -> None:
        agreement_id, payload, nonce = self.offer(desk)
        kid = keys.kid(bytes(self.key.verify_key))
        other = frame.seal(frame.PAIRING, payload, kid, nonce, None, lambda m: self.key.sign(m).signature)
        with pytest.raises(BadInput) as refused:
            self.accept(desk, agreement_id, other)
        assert refused.value.reason == "wrong-kind"
