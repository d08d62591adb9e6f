"""The cloud's fast verifier gives the verdict of the shared reader, with the same reason: vectors and mutations."""

import os
import random
from collections import Counter
from typing import Any

import pytest
from nacl.signing import SigningKey

from tests.bench import textbook_ed25519
from tests.seal.test_ed25519 import TABLE
from tests.seal.vectors import load, verify
from tests.vectors.writer import Key
from thingcloud.telemetry.hearing import signed_number
from thingcloud.telemetry.pack import VerifiedPack, verify_pack
from thingseal import curve, ed25519, frame, keys, points, reading, topics
from thingseal import verify as device_verify
from thingseal.cbor import Fraction10
from thingseal.reading import Pack, Reading
from thingseal.refusal import REASONS, Refused

DEVICE = Key("device")
ID = keys.device_id(DEVICE.public)
TOPIC = topics.telemetry(ID)
# That the topic is one of telemetry is seen by the edge; the verifier is told the device in it.
VECTORS = [v for v in load("packs") if v["topic"].endswith("/telemetry")]

ROUNDS = 25 if os.environ.get("FAULTS") else 1


def plain(pack: Pack) -> VerifiedPack:
    """What the shared reader says, in the cloud's words."""
    readings: list[Any] = []
    for r in pack.readings:
        decimals = -r.value.exponent if isinstance(r.value, Fraction10) else 0
        value = float(r.value) if isinstance(r.value, Fraction10) else r.value
        readings.append((r.name, r.unit, value, decimals, float(r.t) if isinstance(r.t, Fraction10) else r.t))
    return VerifiedPack(
        pack.sequence, pack.iat, pack.boot, pack.uptime, pack.stream, pack.previous, readings, pack.dropped
    )


def strict(data: bytes, key: bytes = DEVICE.public, topic: str = TOPIC) -> VerifiedPack | str:
    try:
        return plain(reading.open_pack(data, key, verify, topic))
    except Refused as refused:
        return refused.reason


def fast(data: bytes, key: bytes = DEVICE.public, device: str = ID) -> VerifiedPack | str:
    try:
        return verify_pack(data, key, device)
    except Refused as refused:
        return refused.reason


@pytest.mark.parametrize("vector", VECTORS, ids=[v["name"] for v in VECTORS])
def test_the_cloud_agrees_on(vector: dict[str, Any]) -> None:
    got = fast(vector["hex"], vector["key"], vector["topic"].split("/")[1])
    assert (got if isinstance(got, str) else "ok") == vector["expect"]
    assert got == strict(vector["hex"], vector["key"], vector["topic"])


def test_another_stream_than_the_expected_is_refused() -> None:
    good = next(v for v in VECTORS if v["expect"] == "ok")
    assert verify_pack(good["hex"], good["key"], ID, "climate").stream == "climate"
    with pytest.raises(Refused, match="wrong-stream"):
        verify_pack(good["hex"], good["key"], ID, "doors")


def mutated(data: bytes, chance: random.Random) -> bytes:
    """A change of the kind that a line, a clumsy writer or an attacker makes."""
    place, kind = chance.randrange(len(data)), chance.randrange(7)
    if kind == 0:
        return data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :]
    if kind == 1:
        return data[:place]
    if kind == 2:
        return data[:place] + chance.randbytes(chance.randrange(1, 9)) + data[place:]
    if kind == 3:
        return data[:place] + data[place + chance.randrange(1, 9) :]
    if kind == 4:
        other = chance.randrange(len(data))
        return data[:place] + data[other : other + chance.randrange(1, 40)] + data[place:]
    if kind == 5:
        return (
            data[:place]
            + bytes([chance.choice((0, 0x17, 0x18, 0x5F, 0x80, 0x9F, 0xA0, 0xC4, 0xF9, 0xFF))])
            + data[place + 1 :]
        )
    return data + chance.randbytes(chance.randrange(1, 9))


def good_packs() -> list[bytes]:
    return [v["hex"] for v in VECTORS if v["expect"] == "ok"]


def test_mutations_of_good_packs_are_refused_alike() -> None:
    chance = random.Random(32)
    packs = good_packs()
    reasons: Counter[str] = Counter()
    for _ in range(4000 * ROUNDS):
        original = chance.choice(packs)
        data = mutated(original, chance)
        if data in packs:
            continue
        got = fast(data)
        assert isinstance(got, str), data.hex()
        assert got == strict(data), data.hex()
        reasons[got] += 1
    assert set(reasons) <= set(REASONS)
    assert len(reasons) >= 12


def test_mutations_under_a_true_signature_are_judged_alike() -> None:
    """A device with a faulty writer: the signature changes with the payload, so that all of the reader is reached."""
    chance = random.Random(8949)
    opened = [frame.parse(data, frame.PACK) for data in good_packs()]
    reasons: Counter[str] = Counter()
    for _ in range(3000 * ROUNDS):
        of = chance.choice(opened)
        payload = mutated(of.payload, chance)[:900]
        message = frame.Frame(of.kind, of.kid, of.cti, of.iat, of.protected, payload, b"").to_be_signed()
        data = frame.assemble(of.protected, payload, DEVICE.sign(message))
        got = fast(data)
        assert got == strict(data), data.hex()
        reasons[got if isinstance(got, str) else "ok"] += 1
    assert reasons["ok"] > 100
    assert len(reasons) >= 10


def test_readings_of_every_kind_are_read_alike() -> None:
    chance = random.Random(8428)
    for sequence in range(1, 600):
        pack = Pack(
            ID,
            chance.choice(("a", "climate", "a23456789-123456")),
            sequence,
            1790000000 + sequence,
            None,
            None,
            chance.choice((None, chance.randbytes(16))),
            [some_reading(chance) for _ in range(chance.randrange(1, 9))],
        )
        data = frame.seal(
            frame.PACK,
            reading.encode_pack(pack),
            keys.kid(DEVICE.public),
            frame.sequence_bytes(sequence),
            pack.iat,
            DEVICE.sign,
        )
        assert fast(data) == strict(data)
        assert reading.open_pack(data, DEVICE.public, verify, TOPIC) == pack


def some_reading(chance: random.Random) -> Reading:
    name = chance.choice("abcxyz") + "".join(chance.choices("abcxyz019_-", k=chance.choice((0, 3, 8, 22, 23, 31))))
    unit = chance.choice((None, "Cel", "%", "V", "m3/s", "!" * 16))
    whole = chance.choice((0, 1, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**53 - 1, chance.randrange(2**53)))
    sign = chance.choice((1, -1))
    number: Any = Fraction10(sign * whole, -chance.randrange(1, 16)).normal() if chance.random() < 0.5 else sign * whole
    value: Any = chance.choice((number, number, number, True, False, "words", "21 °C"))
    t: Any = chance.choice((0, 0, -1, -30, -86400, Fraction10(-1501, -3)))
    return Reading(name, unit, value, t)


def test_forty_random_signatures_are_those_of_libsodium() -> None:
    chance = random.Random(8032)
    for _ in range(40):
        seed, message = chance.randbytes(32), chance.randbytes(chance.randrange(400))
        signer = ed25519.Signer(seed, TABLE)
        assert signer.public == bytes(SigningKey(seed).verify_key)
        assert signer.sign(message) == SigningKey(seed).sign(message).signature


def edge(chance: random.Random, good: bytes) -> bytes:
    """32 bytes near those where verifiers are known to part ways: small order, y at or above p, the sign of nothing."""
    y = chance.choice(
        (0, 1, 2, points.P - 1, points.P, points.P + 1, 2**255 - 1, int.from_bytes(good, "little") % 2**255)
    )
    return (y | chance.choice((0, 1)) << 255).to_bytes(32, "little")


def test_the_device_verifies_as_libsodium_does_at_the_edges_too() -> None:
    chance = random.Random(5155)
    taken = 0
    for turn in range(300):
        signer = SigningKey(chance.randbytes(32))
        public, message = bytes(signer.verify_key), chance.randbytes(chance.randrange(100))
        signature = bytearray(signer.sign(message).signature)
        if turn % 5 == 1:
            signature[chance.randrange(64)] ^= 1 << chance.randrange(8)
        if turn % 5 == 2:
            public = edge(chance, public)
        if turn % 5 == 3:
            signature[:32] = edge(chance, bytes(signature[:32]))
        if turn % 5 == 4:
            scalar = int.from_bytes(signature[32:], "little") + chance.choice((0, curve.L, -1, 1))
            signature[32:] = scalar.to_bytes(32, "little")
        verdict = device_verify.verify(public, message, bytes(signature), TABLE)
        assert verdict is verify(public, message, bytes(signature)), (turn, public.hex(), signature.hex())
        taken += verdict
    assert 60 <= taken < 240


def test_coordinates_stay_small_however_long_one_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Products are folded lazily, so the bound is watched where a doubling begins and ends."""
    seen = []

    def watched(x: int, y: int, z: int) -> tuple[int, int, int, int]:
        found = points.doubled(x, y, z)
        seen.extend([(x, y, z), found[:3]])
        assert abs(found[3]) < 2**280
        return found

    monkeypatch.setattr(curve, "doubled", watched)
    chance = random.Random(25519)
    for _ in range(60):
        scalar = chance.randrange(1, curve.L)
        expected = textbook_ed25519._times(scalar, textbook_ed25519.BASE)
        found = curve.finished(points.encoded(*curve.finished(curve.multiplied(scalar, TABLE))))
        assert found == textbook_ed25519._bytes(expected)
    assert len(seen) == 60 * 2 * (curve.COLUMNS - 1)
    assert max(abs(part) for parts in seen for part in parts) < 2**257


def test_a_refused_anchor_is_named_by_its_number_only_if_its_signature_holds() -> None:
    """An anchor takes a number as a pack does: a device that heard nothing of it would offer it for ever."""
    good = next(v["hex"] for v in load("anchors") if v["expect"] == "ok")
    assert signed_number(good, DEVICE.public) == 7
    assert signed_number(good[:-1] + bytes([good[-1] ^ 1]), DEVICE.public) is None
    assert signed_number(good, Key("other device").public) is None
