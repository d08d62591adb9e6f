"""Receipts and what they free, with the real couriers: these tests run on CPython and on MicroPython alike."""

import asyncio
import os

from device import numbers, outbox
from device.segment import Record, Segment
from tests.firmware.couriers import SECRET, Bench, Somebody, on
from tests.firmware.ground import settle
from thingseal import frame, topics
from thingseal.reading import decode_pack
from thingseal.receipt import Receipt, encode_receipt, seal_receipt


def test_a_receipted_pack_is_let_go() -> None:
    bench = Bench()
    host = bench.hosts[0]

    async def act() -> None:
        await bench.measure(3)
        assert host.arrivals == [1, 2, 3]
        assert bench.outbox.held() == 0
        assert host.said("receipt")[-1] == {
            "event": "receipt",
            "host": host.credentials.host,
            "stored": [(3, 3)],
            "held": 0,
        }

    on(bench, act)


def test_an_acknowledgement_by_the_broker_frees_nothing() -> None:
    bench = Bench()
    bench.hosts[0].gives = lambda nth: False

    async def act() -> None:
        await bench.measure(3)
        assert bench.hosts[0].arrivals == [1, 2, 3]
        assert bench.outbox.held() == 3

    on(bench, act)


def test_with_every_second_receipt_lost_the_device_still_comes_to_rest() -> None:
    bench = Bench()
    host = bench.hosts[0]
    host.gives = lambda nth: nth % 2 == 0

    async def act() -> None:
        await bench.measure(25)
        for _ in range(60):
            await bench.clock.advance(10)
        assert bench.outbox.held() == 0
        assert sorted(set(host.arrivals)) == list(range(1, 26))
        quiet = len(host.arrivals)
        await bench.clock.advance(1000)
        assert len(host.arrivals) == quiet

    on(bench, act)


def test_without_any_receipt_packs_are_repeated_ever_less() -> None:
    bench = Bench()
    host = bench.hosts[0]
    host.gives = lambda nth: False

    async def act() -> None:
        await bench.measure(1)
        await bench.clock.advance(1000)
        early = len(host.arrivals)
        assert 4 <= early <= 9
        await bench.clock.advance(3000)
        assert 8 <= len(host.arrivals) - early <= 12

    on(bench, act)


def test_forged_receipts_are_refused_by_reason_and_free_nothing() -> None:
    bench = Bench()
    host = bench.hosts[0]
    host.gives = lambda nth: False

    async def act() -> None:
        await bench.measure(2)
        await host.send([1, 2], secret=b"\x12" * 32)
        await host.send([1, 2], device="a" * 24)
        await host.send([1, 2], generation=2)
        await host.broker.publish(topics.receipt(Somebody.device), b"\xd1\x84\x43\xa1")
        await settle()
        reasons = [told["reason"] for told in host.said("receipt-refused")]
        assert reasons == ["bad-mac", "wrong-device", "wrong-generation", "truncated"]
        assert bench.outbox.held() == 2
        await host.send([1, 2])
        assert bench.outbox.held() == 0

    on(bench, act)


def test_a_receipt_on_another_topic_is_not_looked_at() -> None:
    bench = Bench()
    host = bench.hosts[0]
    host.gives = lambda nth: False

    async def act() -> None:
        await bench.measure(1)
        sealed = seal_receipt(SECRET, encode_receipt(Receipt(Somebody.device, 3, [(1, 1)], [])))
        await host.broker.publish(topics.command(Somebody.device), sealed)
        await settle()
        assert bench.outbox.held() == 1

    on(bench, act)


def test_a_refused_pack_is_let_go_and_told() -> None:
    bench = Bench()
    host = bench.hosts[0]
    host.refuses = {2: "bad-name"}

    async def act() -> None:
        await bench.measure(3)
        assert bench.outbox.held() == 0
        assert [(told["sequence"], told["reason"]) for told in host.said("refused")] == [(2, "bad-name")]

    on(bench, act)


def test_packs_wait_for_the_slower_of_two_hosts() -> None:
    bench = Bench(("required", "required"))
    fast, slow = bench.hosts
    slow.dials_allowed = False

    async def act() -> None:
        await bench.measure(3)
        assert fast.arrivals == [1, 2, 3]
        assert bench.outbox.held() == 3
        slow.dials_allowed = True
        await bench.clock.advance(300)
        assert slow.arrivals == [1, 2, 3]
        assert bench.outbox.held() == 0
        assert fast.arrivals == [1, 2, 3]

    on(bench, act)


def test_both_hosts_are_sent_the_same_bytes() -> None:
    bench = Bench(("required", "required"))

    async def act() -> None:
        await bench.measure(3)
        assert bench.hosts[0].broker.said("telemetry") == bench.hosts[1].broker.said("telemetry")

    on(bench, act)


def test_a_plain_broker_gets_packs_as_they_come_and_holds_nothing() -> None:
    bench = Bench(("required", "none"))
    _, plain = bench.hosts
    plain.broker.acknowledge = False

    async def act() -> None:
        await bench.measure(2)
        assert plain.arrivals == [1, 2]
        assert plain.broker.subscriptions == []
        assert bench.outbox.held() == 0

    on(bench, act)


def test_where_only_plain_brokers_are_their_acknowledgement_frees() -> None:
    bench = Bench(("none",))

    async def act() -> None:
        await bench.measure(2)
        assert bench.outbox.held() == 0

    on(bench, act)


def test_offline_packs_gather_in_memory_and_are_written_on_connecting() -> None:
    bench = Bench(batch=8)
    host = bench.hosts[0]
    host.dials_allowed = False

    async def act() -> None:
        await bench.measure(5)
        assert bench.outbox.unwritten() == 5
        await bench.measure(3)
        assert bench.outbox.unwritten() == 0
        await bench.measure(2)
        host.dials_allowed = True
        await bench.clock.advance(300)
        assert host.arrivals == list(range(1, 11))
        assert bench.outbox.held() == 0

    on(bench, act)


def test_a_broker_that_forgot_everything_is_given_everything_again() -> None:
    bench = Bench()
    host = bench.hosts[0]
    host.gives = lambda nth: False

    async def act() -> None:
        await bench.measure(3)
        host.broker.hang_up()
        await bench.clock.advance(3)
        assert host.arrivals == [1, 2, 3]
        host.broker.forgetful = True
        host.gives = lambda nth: True
        host.broker.hang_up()
        await bench.clock.advance(3)
        assert host.arrivals == [1, 2, 3, 1, 2, 3]
        assert bench.outbox.held() == 0

    on(bench, act)


def test_a_long_queue_is_sent_in_order_a_few_ahead_of_the_receipts() -> None:
    bench = Bench()
    host = bench.hosts[0]
    host.gives = lambda nth: False

    async def act() -> None:
        await bench.measure(50)
        assert host.arrivals == list(range(1, 33))
        await host.send(list(range(1, 33)))
        assert host.arrivals == list(range(1, 51))

    on(bench, act)


def test_a_disk_that_takes_nothing_costs_counted_readings_and_no_number_twice() -> None:
    bench = Bench()
    host = bench.hosts[0]
    working = Segment.append

    def full(segment: Segment, records: "list[Record]") -> None:
        raise OSError(28, "full")

    async def act() -> None:
        Segment.append = full  # type: ignore[method-assign, assignment]
        failures = 0
        for _ in range(70):
            try:
                await bench.measure()
            except OSError:
                failures += 1
        assert failures == 70
        assert bench.outbox.unwritten() == 64
        Segment.append = working  # type: ignore[method-assign]
        await bench.measure()
        await settle(1000)
        assert bench.outbox.held() == 0
        packs = [decode_pack(frame.parse(m, frame.PACK), Somebody.device) for m in host.broker.said("telemetry")]
        assert [pack.sequence for pack in packs] == list(range(1, 66))
        assert [pack.dropped for pack in packs] == [0] * 64 + [6]

    try:
        on(bench, act)
    finally:
        Segment.append = working  # type: ignore[method-assign]


def test_on_a_disk_without_any_room_the_oldest_packs_go_and_are_counted() -> None:
    bench = Bench()
    asyncio.run(bench.measure(120))
    bench.recorder.write()
    append, whole = Segment.append, outbox.write_whole  # type: ignore[attr-defined]

    def files() -> int:
        return len([name for name in os.listdir(bench.folder + "/outbox") if name.endswith(".seg")])

    most = files()

    def check_room() -> None:
        if files() >= most:
            raise OSError(28, "full")

    def checked_append(segment: Segment, records: "list[Record]") -> None:
        check_room()
        append(segment, records)

    def checked_whole(path: str, data: bytes) -> None:
        check_room()
        whole(path, data)

    Segment.append = checked_append  # type: ignore[method-assign, assignment]
    outbox.write_whole = numbers.write_whole = checked_whole  # type: ignore[attr-defined]
    try:
        for newest in range(121, 211):
            asyncio.run(bench.measure())
            bench.recorder.write()
            assert bench.outbox.newest == newest
    finally:
        Segment.append = append  # type: ignore[method-assign]
        outbox.write_whole = numbers.write_whole = whole  # type: ignore[attr-defined]
    first = bench.outbox.next_for("https://0.example", 0)
    assert first > 8
    kept = [bench.outbox.message(number) for number in range(first, 211)]
    told = sum([decode_pack(frame.parse(message, frame.PACK), Somebody.device).dropped for message in kept])
    assert told + bench.outbox.dropped("machine") == first - 1


def opened(message: bytes) -> "tuple[object, object, object, object]":
    found = frame.parse(message, frame.PACK)
    pack = decode_pack(found, Somebody.device)
    return pack.sequence, pack.iat, pack.boot, pack.uptime


def test_before_the_time_is_known_packs_carry_boot_and_uptime_and_an_anchor_follows() -> None:
    bench = Bench()
    host = bench.hosts[0]
    host.broker.answer = lambda topic, payload: []
    bench.clock.today = None

    async def act() -> None:
        await bench.clock.advance(4)
        await bench.measure(1)
        bench.clock.today = 1_800_000_000
        await bench.clock.advance(2)
        await bench.measure(2)
        sent = host.broker.said("telemetry")
        assert opened(sent[0]) == (1, None, 7, 4)
        anchor = frame.parse(sent[1], frame.ANCHOR)
        assert (anchor.sequence, anchor.iat) == (2, 1_800_000_006)
        assert opened(sent[2]) == (3, 1_800_000_006, None, None)
        assert opened(sent[3]) == (4, 1_800_000_006, None, None)

    on(bench, act)
