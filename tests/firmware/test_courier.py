"""Receipts and what they free, with the real couriers: these tests run on CPython and on MicroPython alike."""

import asyncio

from device.courier import Courier
from device.hosts import Credentials
from device.numbers import Numbers
from device.outbox import Outbox
from device.recorder import Recorder
from device.segment import Record, Segment
from device.settings import Host, Settings
from tests.fakes.broker311 import Broker
from tests.firmware.ground import FakeClock, Half, connection, folder, settle
from thingseal import frame, keys, topics
from thingseal.reading import Reading, decode_pack
from thingseal.receipt import Receipt, encode_receipt, ranges, seal_receipt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_PUBLIC = bytes(range(32))
_SECRET = b"\x11" * 32


class Somebody:
    """Stands in for the identity: signatures are checked elsewhere, here only what happens to packs matters."""

    device = keys.device_id(_PUBLIC)
    kid = keys.kid(_PUBLIC)

    async def sign(self, message: bytes) -> bytes:
        return b"\x00" * 64


class OneHost:
    """A host behind a broker: what arrived, and which receipts it gives."""

    def __init__(self, bench: "Bench", url: str, receipts: str) -> None:
        self.told: list[dict[str, object]] = []
        self.broker = Broker()
        self.broker.answer = self._answer
        self.gives: Callable[[int], bool] = lambda nth: True
        self.refuses: dict[int, str] = {}
        self.arrivals: list[int] = []
        self.dials_allowed = True
        raw = {
            "mqtt": "mqtt://127.0.0.1:1",
            "username": Somebody.device,
            "password": "p",
            "receipt_secret": "ERERERERERERERERERERERERERERERERERERERERERE",
            "generation": 3,
            "host_key": "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8",
            "ca": None,
        }
        self.credentials = Credentials(raw)
        self.courier = Courier(
            Host(url, "", receipts, ""),
            bench.settings,
            Somebody(),  # type: ignore[arg-type]
            bench.outbox,
            bench.recorder,
            bench.clock,  # type: ignore[arg-type]
            lambda: 0.0,
            self._tell,
        )

    def said(self, event: str) -> "list[dict[str, object]]":
        return [told for told in self.told if told["event"] == event]

    async def dial(self) -> "tuple[Half, Half]":
        if not self.dials_allowed:
            raise OSError(111, "refused")
        mine, theirs = connection()
        asyncio.create_task(self.broker.serve(theirs, theirs))  # type: ignore[arg-type]  # noqa: RUF006
        return mine, mine

    async def send(self, numbers: "list[int]", **forged: object) -> None:
        body = Receipt(
            str(forged.get("device", Somebody.device)), int(str(forged.get("generation", 3))), ranges(numbers), []
        )
        secret = forged.get("secret", _SECRET)
        assert isinstance(secret, bytes)
        sealed = seal_receipt(secret, encode_receipt(body))
        await self.broker.publish(topics.receipt(Somebody.device), sealed)
        await settle()

    def _tell(self, event: str, **more: object) -> None:
        more["event"] = event
        self.told.append(more)

    def _answer(self, topic: str, message: bytes) -> "list[tuple[str, bytes]]":
        if not topic.endswith("/telemetry"):
            return []
        number = frame.parse(message, frame.PACK).sequence
        self.arrivals.append(number)
        if not self.gives(len(self.arrivals)):
            return []
        refused = [(number, self.refuses[number])] if number in self.refuses else []
        stored = [] if refused else [(number, number)]
        body = encode_receipt(Receipt(Somebody.device, 3, stored, refused))
        return [(topics.receipt(Somebody.device), seal_receipt(_SECRET, body))]


class Bench:
    """A device without a key of its own, its hosts, and a clock that the test moves."""

    def __init__(self, receipts: "tuple[str, ...]" = ("required",), batch: int = 1) -> None:
        path = folder()
        self.clock = FakeClock()
        self.settings = Settings([], [])
        self.outbox = Outbox(path + "/outbox", 1000, 8)
        self.recorder = Recorder(
            Somebody(),  # type: ignore[arg-type]
            Numbers(path + "/sequence", fresh=True),
            self.outbox,
            self.clock,  # type: ignore[arg-type]
            7,
            batch,
        )
        self.hosts = [OneHost(self, f"https://{at}.example", kind) for at, kind in enumerate(receipts)]

    async def measure(self, packs: int = 1) -> None:
        for value in range(packs):
            await self.recorder.record("machine", [Reading("load", None, value)])
            await settle()


def on(bench: Bench, act: "Callable[[], Awaitable[None]]") -> None:
    async def main() -> None:
        running = [
            asyncio.create_task(host.courier.deliver(host.credentials, host.dial))  # type: ignore[arg-type]
            for host in bench.hosts
        ]
        await settle()
        try:
            await act()
        finally:
            for task in running:
                task.cancel()
            await settle()

    asyncio.run(main())


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
        sealed = seal_receipt(_SECRET, encode_receipt(Receipt(Somebody.device, 3, [(1, 1)], [])))
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
