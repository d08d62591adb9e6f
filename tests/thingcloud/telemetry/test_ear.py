import asyncio
import json

import cbor2
import pytest

from tests.thingcloud.telemetry.station import Station
from tests.thingcloud.telemetry.voices import NOON, Voice, voice
from thingcloud.devices import service as devices
from thingcloud.plumbing.clock import FakeClock
from thingcloud.plumbing.db import Tx
from thingcloud.telemetry import service
from thingcloud.telemetry.model import KEPT_PER_DEVICE
from thingcloud.things import service as things
from thingcloud.vendors import service as vendors
from thingcloud.vendors.model import Grant, Scope
from thingseal import frame
from thingseal.cbor import Fraction10
from thingseal.reading import Reading, encode_anchor


def test_a_pack_is_stored_receipted_acknowledged_spread_and_handed_on(station: Station) -> None:
    (fridge,) = station.pair("fridge")
    data = fridge.pack(Reading("inside", "Cel", Fraction10(42, -1)), Reading("door", None, False))
    kept = station.hear((fridge, data))
    assert len(kept.new) == 1
    assert station.source.acknowledged == [fridge.says(data).token]
    (receipt,) = station.receipts(fridge)
    assert fridge.hears(receipt).stored == [(1, 1)]
    assert not fridge.held
    handed_on = dict(station.said)
    assert handed_on[f"things/{station.thing_id}/pack"] == data
    assert json.loads(handed_on[f"things/{station.thing_id}/readings"]) == [
        {"bn": f"{fridge.id}/host/", "bt": NOON, "n": "inside", "u": "Cel", "v": 4.2},
        {"n": "door", "vb": False},
    ]
    values = station.ask(service.latest, station.thing_id, station.house.clock.now())
    assert [(v.name, v.unit, v.value, v.at, v.time_known) for v in values] == [
        ("inside", "Cel", 4.2, NOON * 1000, True),
        ("door", "", False, NOON * 1000, True),
    ]
    assert station.ask(service.counts, station.thing_id) == (2, 1)


def test_a_receipt_leaves_only_after_the_commit(station: Station) -> None:
    (fridge,) = station.pair("fridge")
    station.house.db.write_now(
        lambda tx: tx.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON packs BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    )
    data = fridge.pack()
    station.listening.ear.hear_all([fridge.says(data)])
    assert not station.receipts(fridge)
    assert not station.source.acknowledged
    station.house.db.write_now(lambda tx: tx.exec_driver_sql("DROP TRIGGER full"))
    station.hear((fridge, data))
    assert len(station.receipts(fridge)) == 1


def test_one_pack_that_cannot_be_stored_does_not_hold_up_the_others(station: Station) -> None:
    (fridge,) = station.pair("fridge")
    good, bad, other = fridge.pack(), fridge.pack(), fridge.pack()
    station.house.db.write_now(
        lambda tx: tx.exec_driver_sql(
            "CREATE TRIGGER odd BEFORE INSERT ON packs WHEN NEW.sequence = 2 BEGIN SELECT RAISE(ABORT, 'odd'); END"
        )
    )
    station.listening.ear.hear_all([fridge.says(data) for data in (good, bad, other)])
    for receipt in station.receipts(fridge):
        fridge.hears(receipt)
    assert list(fridge.held) == [2]
    assert fridge.says(bad).token not in station.source.acknowledged


def test_a_repeat_is_receipted_again_and_stored_once(station: Station) -> None:
    (fridge,) = station.pair("fridge")
    data = fridge.pack()
    station.hear((fridge, data))
    again = station.hear((fridge, data), (fridge, data))
    assert (len(again.new), again.repeats, again.conflicts) == (0, 2, 0)
    assert len(station.receipts(fridge)) == 2
    assert station.ask(service.counts, station.thing_id) == (1, 1)


def test_a_pack_that_comes_late_is_stored_in_its_place(station: Station) -> None:
    (fridge,) = station.pair("fridge")
    first, second, third = fridge.pack(), fridge.pack(), fridge.pack()
    station.hear((fridge, third))
    station.hear((fridge, second), (fridge, first), (fridge, first))
    packs = station.ask(service.packs, station.thing_id, 0, 10)
    assert [(line.sequence, line.pack) for line in packs] == [(1, first), (2, second), (3, third)]


def test_when_every_second_receipt_is_dropped_the_device_still_comes_to_rest(station: Station) -> None:
    (fridge,) = station.pair("fridge")
    for _ in range(20):
        fridge.pack()
    rounds = sent = 0
    while fridge.held:
        rounds += 1
        assert rounds < 30, "the device never came to rest"
        for data in list(fridge.held.values()):
            station.hear((fridge, data))
            for receipt in station.receipts(fridge):
                sent += 1
                if sent % 2:
                    fridge.hears(receipt)
    assert station.ask(service.counts, station.thing_id) == (20, 20)


def test_the_same_number_with_other_bytes_keeps_both_and_tells_the_owner_once(station: Station) -> None:
    (fridge,) = station.pair("fridge")
    true = fridge.pack(Reading("inside", "Cel", 4))
    other = fridge.pack(Reading("inside", "Cel", 9), sequence=1)
    station.hear((fridge, true))
    kept = station.hear((fridge, other))
    assert kept.conflicts == 1
    assert station.hear((fridge, other)).conflicts == 0
    for receipt in station.receipts(fridge):
        assert fridge.hears(receipt).stored == [(1, 1)]
    (line,) = station.ask(service.packs, station.thing_id, 0, 10)
    assert line.pack == true
    assert station.ask(service.conflicts, line) == [other]
    told = [event for event in station.ask(things.journal_of, station.thing_id) if event.kind == "reading.conflict"]
    assert [event.facts["sequences"] for event in told] == [[1]]
    assert station.ask(service.latest, station.thing_id, station.house.clock.now())[0].value == 4


def test_a_device_that_starts_over_is_told_of_once_an_hour_and_nothing_of_it_is_lost(station: Station) -> None:
    (fridge,) = station.pair("fridge")
    clock = station.house.clock
    assert isinstance(clock, FakeClock)
    for number in range(1, 31):
        station.hear((fridge, fridge.pack(Reading("inside", "Cel", number))))
    for number in range(1, 31):
        if number == 21:
            clock.advance(60 * 60_000)
        station.hear((fridge, fridge.pack(Reading("inside", "Cel", -number), sequence=number)))
    told = [event for event in station.ask(things.journal_of, station.thing_id) if event.kind == "reading.conflict"]
    assert [event.facts["sequences"] for event in told] == [[21], [1]]
    lines = station.ask(service.packs, station.thing_id, 0, 100)
    assert [len(station.ask(service.conflicts, line)) for line in lines] == [1] * 30


def test_a_clock_that_was_years_ahead_for_once_does_not_hide_what_came_since(station: Station) -> None:
    (fridge,) = station.pair("fridge")
    now = station.house.clock.now()

    def latest() -> object:
        (value,) = station.ask(service.latest, station.thing_id, now)
        return value.value

    station.hear((fridge, fridge.pack(Reading("inside", "Cel", 40), iat=4_000_000_000)))
    assert latest() == 40
    station.hear((fridge, fridge.pack(Reading("inside", "Cel", 5), iat=now // 1000)))
    assert latest() == 5


def test_two_packs_with_one_number_in_one_batch_are_a_conflict(station: Station) -> None:
    (fridge,) = station.pair("fridge")
    true, other = fridge.pack(Reading("inside", "Cel", 4)), fridge.pack(Reading("inside", "Cel", 9), sequence=1)
    kept = station.hear((fridge, true), (fridge, other))
    assert (len(kept.new), kept.conflicts) == (1, 1)


def test_a_pack_without_time_is_shown_as_time_unknown(station: Station) -> None:
    (fridge,) = station.pair("fridge")
    data = fridge.pack(Reading("inside", "Cel", 4, -30), iat=None, boot=3, uptime=100)
    station.hear((fridge, data))
    (value,) = station.ask(service.latest, station.thing_id, station.house.clock.now())
    assert not value.time_known
    assert value.at == station.house.clock.now() - 30_000
    handed_on = json.loads(dict(station.said)[f"things/{station.thing_id}/readings"])
    assert handed_on == [{"bn": f"{fridge.id}/host/", "n": "inside", "u": "Cel", "v": 4, "t": -30}]


def test_an_unknown_device_is_counted_under_nobody_and_gets_no_receipt(station: Station) -> None:
    stranger = voice("stranger")
    station.hear((stranger, stranger.pack()))
    assert not station.said
    assert [(one.reason, one.count) for one in station.ask(service.refused)] == [("unknown-device", 1)]
    assert [one.device for one in station.ask(service.kept_aside)] == [""]


def test_a_revoked_device_is_refused_from_its_next_pack_on(station: Station) -> None:
    (fridge,) = station.pair("fridge")
    station.hear((fridge, fridge.pack()))
    station.house.db.write_now(lambda tx: devices.revoke(tx, station.house.clock.now(), fridge.id))
    station.listening.ear.forget(fridge.id)
    station.receipts(fridge)
    station.hear((fridge, fridge.pack()))
    assert not station.receipts(fridge)
    assert [one.reason for one in station.ask(service.refused, [fridge.id])] == ["revoked-key"]


def test_a_signed_pack_with_bad_content_is_named_as_refused_in_the_receipt(station: Station) -> None:
    (fridge,) = station.pair("fridge")
    bad = fridge.seal(cbor2.dumps([{-2: f"{fridge.id}/host/", -3: NOON, 0: "Load", 2: 1}], canonical=True), 7, NOON)
    station.hear((fridge, bad))
    (receipt,) = station.receipts(fridge)
    said = fridge.hears(receipt)
    assert (said.stored, said.refused) == ([], [(7, "bad-name")])


def test_a_forged_pack_frees_nothing(station: Station) -> None:
    fridge, thief = station.pair("fridge", "thief")
    true = fridge.pack()
    forged = bytearray(true)
    forged[-1] ^= 1
    station.hear((fridge, bytes(forged)), (fridge, thief.pack()))
    assert not station.receipts(fridge)
    reasons = {one.reason: one.count for one in station.ask(service.refused, [fridge.id])}
    assert reasons == {"bad-signature": 1, "wrong-key": 1}
    assert true in fridge.held.values()


def test_refused_packs_are_kept_aside_within_bounds_and_counted_without(station: Station) -> None:
    (fridge,) = station.pair("fridge")
    for part in range(3):
        station.hear(*((fridge, bytes([part, n]) * 4000) for n in range(40)))
    aside = station.ask(service.kept_aside, [fridge.id], 1000)
    assert len(aside) == KEPT_PER_DEVICE
    assert {(one.reason, one.size, len(one.pack)) for one in aside} == {("too-large", 8000, 2048)}
    assert aside[0].pack[:2] == bytes([2, 39])
    assert [one.count for one in station.ask(service.refused, [fridge.id])] == [120]


def test_what_a_dead_process_had_stored_but_not_spread_is_spread_by_the_next(station: Station) -> None:
    (fridge,) = station.pair("fridge")
    data = fridge.pack(Reading("inside", "Cel", Fraction10(42, -1), -5))
    station.listening.ear.hear([fridge.says(data)])
    station.listening.spreader._fresh.clear()
    assert not station.ask(service.latest, station.thing_id, station.house.clock.now())
    station.listening.spreader.work()
    (value,) = station.ask(service.latest, station.thing_id, station.house.clock.now())
    assert (value.value, value.at) == (4.2, NOON * 1000 - 5000)
    assert not station.ask(service.unspread)


def test_a_clock_anchor_is_stored_and_receipted_as_a_pack_is(station: Station) -> None:
    (fridge,) = station.pair("fridge")
    anchor = fridge.seal(encode_anchor(3, 90), 5, NOON, frame.ANCHOR)
    station.listening.ear.hear([fridge.says(anchor)])
    station.listening.spreader._fresh.clear()
    station.listening.spreader.work()
    (receipt,) = station.receipts(fridge)
    assert fridge.hears(receipt).stored == [(5, 5)]
    (line,) = station.ask(service.packs, station.thing_id, 0, 10)
    assert (line.sequence, line.stream, line.pack) == (5, "_clock", anchor)
    verdict, _ = station.ask(service.check_stored, line)
    assert verdict.lines()[1:3] == ["number 5, its clock", "device says 2026-11-18 11:06:40 UTC"]
    assert [topic for topic, _ in station.said] == [f"things/{station.thing_id}/pack"]


def test_one_batch_that_cannot_be_spread_does_not_hold_up_the_others(
    station: Station, caplog: pytest.LogCaptureFixture
) -> None:
    (fridge,) = station.pair("fridge")
    for _ in range(3):
        station.listening.ear.hear([fridge.says(fridge.pack())])
    station.listening.spreader._fresh.clear()
    station.house.db.write_now(
        lambda tx: tx.exec_driver_sql("UPDATE packs SET pack = CAST('spoilt' AS BLOB) WHERE sequence = 1")
    )
    station.listening.spreader.work()
    assert len(station.ask(service.unspread)) == 1
    assert station.ask(service.counts, station.thing_id) == (2, 2)
    assert "cannot be spread" in caplog.text


def undated(fridge: Voice, uptime: int, age: int = 0) -> bytes:
    return fridge.pack(Reading("inside", "Cel", uptime, age), iat=None, boot=3, uptime=uptime)


def dated(station: Station) -> list[tuple[float | str, int, bool]]:
    found = station.ask(service.readings, station.thing_id, "inside", 0, 2**53, 100)
    return [(value.value, value.at // 1000 - NOON, value.time_known) for value in found]


def test_an_anchor_dates_what_the_device_said_in_the_same_start(station: Station) -> None:
    (fridge,) = station.pair("fridge")
    station.hear((fridge, undated(fridge, 10)), (fridge, undated(fridge, 20, -5)))
    other = fridge.pack(Reading("inside", "Cel", 99), iat=None, boot=2, uptime=1)
    station.hear((fridge, other))
    assert not any(known for *_, known in dated(station))
    station.hear((fridge, fridge.seal(encode_anchor(3, 100), 50, NOON, frame.ANCHOR)))
    assert [one for one in dated(station) if one[2]] == [(10, -90, True), (20, -85, True)]
    assert [value for value, _, known in dated(station) if not known] == [99]


def test_what_comes_late_is_dated_by_the_anchor_that_came_before(station: Station) -> None:
    (fridge,) = station.pair("fridge")
    late = undated(fridge, 10)
    station.hear((fridge, fridge.seal(encode_anchor(3, 100), 50, NOON, frame.ANCHOR)))
    station.hear((fridge, late))
    assert dated(station) == [(10, -90, True)]


def test_a_second_anchor_for_the_same_start_changes_nothing(station: Station) -> None:
    (fridge,) = station.pair("fridge")
    station.hear((fridge, undated(fridge, 10)))
    station.hear((fridge, fridge.seal(encode_anchor(3, 100), 50, NOON, frame.ANCHOR)))
    station.hear((fridge, fridge.seal(encode_anchor(3, 100), 51, NOON + 500, frame.ANCHOR)))
    assert dated(station) == [(10, -90, True)]


def test_a_pack_that_knows_time_and_start_serves_as_an_anchor(station: Station) -> None:
    (fridge,) = station.pair("fridge")
    station.hear((fridge, undated(fridge, 10)))
    both = fridge.pack(Reading("inside", "Cel", 5), iat=NOON, boot=3, uptime=100)
    station.hear((fridge, both))
    assert dated(station) == [(10, -90, True), (5, 0, True)]


def test_a_batch_is_spread_once_whoever_comes_first(station: Station) -> None:
    (fridge,) = station.pair("fridge")
    kept = station.listening.ear.hear([fridge.says(fridge.pack())])
    memory = service.Memory()
    now = station.house.clock.now()
    first = station.house.db.write_now(lambda tx: service.spread(tx, now, [kept], memory))
    second = station.house.db.write_now(lambda tx: service.spread(tx, now, [kept], memory))
    assert (len(first), len(second)) == (1, 0)
    assert station.ask(service.counts, station.thing_id) == (1, 1)


def test_the_second_pairing_of_a_device_signs_receipts_with_the_new_secret(station: Station) -> None:
    (fridge,) = station.pair("fridge")
    station.hear((fridge, fridge.pack()))
    station.receipts(fridge)
    station.house.db.write_now(lambda tx: fridge.pair(tx, station.house.clock.now(), station.thing_id))
    station.listening.ear.forget(fridge.id)
    station.hear((fridge, fridge.pack()))
    (receipt,) = station.receipts(fridge)
    assert fridge.generation == 2
    assert fridge.hears(receipt).stored == [(2, 2)]


@pytest.mark.parametrize("kind", [frame.COMMAND, frame.RESULT])
def test_a_message_of_another_kind_is_refused(station: Station, kind: int | str) -> None:
    (fridge,) = station.pair("fridge")
    station.hear((fridge, fridge.seal(cbor2.dumps({1: 1}, canonical=True), 1, NOON, kind)))
    assert [one.reason for one in station.ask(service.refused)] == ["wrong-kind"]
    assert not station.receipts(fridge)


def test_the_ear_hears_of_a_revocation_by_itself(station: Station) -> None:
    (fridge,) = station.pair("fridge")
    station.hear((fridge, fridge.pack()))

    async def revoke() -> None:
        watching = asyncio.create_task(station.listening.watch())
        hearing = station.house.live.watch("devices")
        news = asyncio.ensure_future(anext(hearing))
        await asyncio.sleep(0)
        await station.house.db.write(lambda tx: devices.revoke(tx, station.house.clock.now(), fridge.id))
        await asyncio.wait_for(news, 5)
        await asyncio.sleep(0)
        watching.cancel()

    asyncio.run(revoke())
    station.receipts(fridge)
    station.hear((fridge, fridge.pack()))
    assert [one.reason for one in station.ask(service.refused, [fridge.id])] == ["revoked-key"]


def test_a_vendor_sees_the_newest_values_of_the_stream_it_was_granted_and_no_other(station: Station) -> None:
    (fridge,) = station.pair("fridge")
    now = station.house.clock.now()

    def grant(tx: Tx) -> Grant:
        vendor = vendors.create_vendor(tx, now, "Example Kitchens", "kitchens.example")
        scope = Scope(("host",), ("reading",))
        return vendors.give_grant(
            tx, now, station.owner_id, station.thing_id, vendor.id, scope, base_url="http://localhost"
        )

    given = station.house.db.write_now(grant)
    said = Reading("inside", "Cel", Fraction10(42, -1)), Reading("door", None, False)
    station.hear((fridge, fridge.pack(*said)), (fridge, fridge.pack(Reading("who", None, "me"), stream="private")))
    seen = station.ask(vendors.visible, given)
    assert sorted((value.name, value.unit, value.value) for value in seen) == [
        ("door", "", "no"),
        ("inside", "Cel", "4.2"),
    ]
