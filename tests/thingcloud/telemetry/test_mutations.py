import os
from collections import Counter

from tests.thingcloud.telemetry.mutations import mutated
from tests.thingcloud.telemetry.station import Station
from tests.thingcloud.telemetry.voices import voice
from thingcloud.telemetry import hearing, service
from thingcloud.telemetry.source import Arrival
from thingseal.refusal import REASONS

MANY = 100_000 if os.environ.get("FAULTS") else 20_000
SEED = int(os.environ.get("FAULTS_SEED", "2026"))


def test_no_mutation_is_accepted_none_crashes_and_each_has_a_reason(station: Station) -> None:
    (fridge,) = station.pair("fridge")
    known = service.senders(station.house.db, service.Memory(), [fridge.id])
    heard = hearing.hear([Arrival(fridge.id, data, b"") for data in mutated(SEED, MANY, fridge)], known)
    assert not heard.packs, f"accepted with seed {SEED}: {heard.packs[0].data.hex()}"
    assert len(heard.refused) == MANY
    reasons = Counter(refusal.reason for refusal in heard.refused)
    assert set(reasons) <= set(REASONS)
    assert {
        "bad-signature", "wrong-kind", "too-deep", "float", "not-canonical", "too-large", "truncated", "trailing-bytes",
        "indefinite", "bad-name", "bad-number", "bad-payload", "wrong-device", "wrong-stream", "bad-time", "wrong-key",
        "wrong-algorithm", "wrong-tag", "bad-frame", "unsupported", "duplicate-key", "unprotected-not-empty",
    } - set(reasons) == set(), reasons  # fmt: skip


def test_mutations_leave_nothing_behind_but_counts_and_a_bounded_shelf(station: Station) -> None:
    (fridge,) = station.pair("fridge")
    station.hear(*((fridge, data) for data in mutated(SEED + 1, 500, fridge)))
    assert station.ask(service.counts, station.thing_id) == (0, 0)
    assert sum(one.count for one in station.ask(service.refused, [fridge.id])) == 500
    assert len(station.ask(service.kept_aside, [fridge.id], 1000)) == 50


def test_only_a_mutation_with_a_good_signature_is_named_in_a_receipt(station: Station) -> None:
    (fridge,) = station.pair("fridge")
    known = service.senders(station.house.db, service.Memory(), [fridge.id])
    heard = hearing.hear([Arrival(fridge.id, data, b"") for data in mutated(SEED + 2, 2000, fridge)], known)
    named = Counter(refusal.reason for refusal in heard.refused if refusal.sequence is not None)
    assert named
    assert not set(named) & {"bad-signature", "wrong-key", "wrong-kind", "bad-frame", "too-large"}


def test_a_stranger_key_cannot_speak_for_a_device(station: Station) -> None:
    fridge, thief = station.pair("fridge", "thief")
    known = service.senders(station.house.db, service.Memory(), [fridge.id, thief.id])
    heard = hearing.hear([Arrival(fridge.id, thief.pack(), b"") for _ in range(50)], known)
    assert {(refusal.reason, refusal.sequence) for refusal in heard.refused} == {("wrong-key", None)}
    assert voice("fridge").id == fridge.id
