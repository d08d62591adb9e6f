"""The MQTT client against a scripted broker: these tests run on CPython and on MicroPython alike."""

import asyncio
import gc

from device import packets
from device.mqtt import Client, Login
from tests.fakes.broker311 import Broker
from tests.firmware.ground import FakeClock, Half, connection, refusal, settle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Bench:
    """A client, its broker, a clock, and everything that was heard."""

    def __init__(self, window: int = 8) -> None:
        self.broker = Broker()
        self.clock = FakeClock()
        self.heard: list[tuple[str, bytes]] = []
        self.told: list[tuple[str, str]] = []
        self.done: list[bytes] = []
        self.dials = 0
        self.unreachable = False
        self.line: Half | None = None
        self.serving: list[asyncio.Task[None]] = []
        login = Login("device", "secret", "devices/device/status", ["devices/device/receipt"], 60)
        self.client = Client(
            self.dial,  # type: ignore[arg-type]
            login,
            lambda topic, payload: self.heard.append((topic, payload)),
            self.clock,  # type: ignore[arg-type]
            lambda: 1.0,
            lambda event, text: self.told.append((event, text)),
            window,
        )

    async def dial(self) -> "tuple[Half, Half]":
        self.dials += 1
        if self.unreachable:
            raise OSError(111, "refused")
        mine, theirs = connection()
        self.line = mine
        self.serving.append(asyncio.create_task(self.broker.serve(theirs, theirs)))  # type: ignore[arg-type]
        return mine, mine

    async def send(self, payload: bytes) -> None:
        await self.client.publish("devices/device/telemetry", payload, lambda: self.done.append(payload))


def on(bench: Bench, act: "Callable[[Bench], Awaitable[None]]") -> None:
    async def main() -> None:
        running = asyncio.create_task(bench.client.run())
        await settle()
        try:
            await act(bench)
        finally:
            running.cancel()
            await settle()

    asyncio.run(main())


def test_it_introduces_itself_with_a_will_and_a_lasting_session() -> None:
    async def act(bench: Bench) -> None:
        assert bench.broker.connects == [
            b"\x00\x04MQTT\x04\xec\x00\x3c\x00\x06device\x00\x15devices/device/status\x00\x07offline\x00\x06device\x00\x06secret"
        ]
        assert bench.broker.subscriptions == ["devices/device/receipt"]
        assert bench.broker.said("status") == [b"online"]
        assert bench.client.connected

    on(Bench(), act)


def test_a_message_is_done_when_the_broker_acknowledges_it() -> None:
    async def act(bench: Bench) -> None:
        bench.broker.acknowledge = False
        await bench.send(b"one")
        await settle()
        assert bench.broker.said("telemetry") == [b"one"]
        assert bench.done == []
        bench.broker.acknowledge = True
        await bench.send(b"two")
        await settle()
        assert bench.done == [b"two"]

    on(Bench(), act)


def test_no_more_messages_are_in_flight_than_the_window_holds() -> None:
    async def act(bench: Bench) -> None:
        bench.broker.acknowledge = False
        sending = [asyncio.create_task(bench.send(b"%d" % n)) for n in range(5)]
        await settle()
        assert bench.broker.said("telemetry") == [b"0", b"1", b"2"]
        for task in sending:
            task.cancel()

    on(Bench(window=3), act)


def test_unacknowledged_messages_are_repeated_on_the_next_connection_and_marked() -> None:
    async def act(bench: Bench) -> None:
        bench.broker.drop_after = 2  # the status, then the message
        await bench.send(b"one")
        await settle()
        assert bench.told[-1][0] == "disconnected"
        bench.broker.drop_after = None
        await bench.clock.advance(2)
        assert bench.done == [b"one"]
        telemetry = [(p, again) for topic, p, again in bench.broker.messages if topic.endswith("telemetry")]
        assert telemetry == [(b"one", False), (b"one", True)]

    on(Bench(), act)


def test_a_message_at_its_topic_is_handed_on_and_acknowledged() -> None:
    async def act(bench: Bench) -> None:
        await bench.broker.publish("devices/device/receipt", b"stored", 513)
        await settle()
        assert bench.heard == [("devices/device/receipt", b"stored")]
        assert bench.broker.acknowledged == [513]

    on(Bench(), act)


def test_bytes_that_come_one_at_a_time_make_the_same_packets() -> None:
    async def act(bench: Bench) -> None:
        bench.broker.chop = True
        await bench.broker.publish("devices/device/receipt", b"x" * 300)
        await settle(400)
        assert bench.heard == [("devices/device/receipt", b"x" * 300)]
        await bench.send(b"one")
        await settle()
        assert bench.done == [b"one"]

    on(Bench(), act)


def test_two_acknowledgements_of_one_message_are_harmless() -> None:
    async def act(bench: Bench) -> None:
        bench.broker.acknowledge_twice = True
        for number in range(20):
            await bench.send(b"%d" % number)
            await settle()
        assert len(bench.done) == 20
        assert bench.broker.connections == 1

    on(Bench(), act)


def test_a_quiet_line_is_asked_about_and_kept() -> None:
    async def act(bench: Bench) -> None:
        await bench.clock.advance(600)
        assert bench.client.connected
        assert bench.broker.connections == 1
        assert 10 <= bench.broker.pings <= 40

    on(Bench(), act)


def test_a_half_open_link_is_found_within_one_and_a_half_keepalives() -> None:
    async def act(bench: Bench) -> None:
        bench.broker.mute = True
        await bench.clock.advance(90)
        assert not bench.client.connected
        assert ("disconnected", "the broker has gone silent") in bench.told

    on(Bench(), act)


def test_a_line_that_takes_no_more_bytes_is_given_up() -> None:
    async def act(bench: Bench) -> None:
        assert bench.line is not None
        bench.line.stuck = True
        bench.broker.mute = True
        await bench.clock.advance(90)
        assert ("disconnected", "the broker has gone silent") in bench.told
        assert bench.broker.open <= 1

    on(Bench(), act)


def test_a_broker_that_answers_pings_but_never_acknowledges_is_left() -> None:
    async def act(bench: Bench) -> None:
        bench.broker.acknowledge = False
        await bench.send(b"one")
        await bench.clock.advance(90)
        assert ("disconnected", "the broker does not acknowledge") in bench.told

    on(Bench(), act)


def test_a_broker_that_says_nothing_at_all_is_left() -> None:
    bench = Bench()
    bench.broker.mute = True

    async def act(bench: Bench) -> None:
        await bench.clock.advance(89)
        assert bench.told[0] == ("disconnected", "the broker has gone silent")

    on(bench, act)


def test_a_refused_password_is_named() -> None:
    bench = Bench()
    bench.broker.refuse_with = 5

    async def act(bench: Bench) -> None:
        assert bench.told[0][0] == "disconnected"
        assert "pair the device again" in bench.told[0][1]
        assert not bench.client.connected

    on(bench, act)


def test_refused_topics_are_named() -> None:
    bench = Bench()
    bench.broker.refuse_topics = True

    async def act(bench: Bench) -> None:
        assert "its own topics" in bench.told[0][1]

    on(bench, act)


def test_waits_grow_to_five_minutes_and_shrink_after_progress() -> None:
    bench = Bench()
    bench.unreachable = True

    async def act(bench: Bench) -> None:
        await bench.clock.advance(60)
        assert 5 <= bench.dials <= 7
        dials = bench.dials
        await bench.clock.advance(3000)
        assert 9 <= bench.dials - dials <= 13
        bench.unreachable = False
        await bench.clock.advance(300)
        await bench.send(b"one")
        await settle()
        assert bench.client.wait_before(1) <= 2
        assert bench.broker.connections == 1
        bench.broker.drop_after = 1
        await bench.send(b"two")
        await bench.clock.advance(2)
        assert bench.broker.connections == 2

    on(bench, act)


def test_waits_are_spread_between_half_and_whole_and_never_under_a_second() -> None:
    for jitter, attempt, wanted in ((0.0, 1, 1.0), (1.0, 1, 2.0), (0.0, 20, 150.0), (1.0, 20, 300.0)):
        client = Client(None, None, None, None, lambda jitter=jitter: jitter, None)  # type: ignore[arg-type, misc]
        assert client.wait_before(attempt) == wanted


def test_a_broker_that_lets_in_and_throws_out_is_asked_ever_less() -> None:
    bench = Bench()
    bench.broker.drop_after = 1

    async def act(bench: Bench) -> None:
        await bench.clock.advance(120)
        assert 5 <= bench.dials <= 9

    on(bench, act)


def test_garbage_ends_the_connection_and_nothing_else() -> None:
    for garbage in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00" * 9, b"\x20\xff\xff\xff\xff\x01", b"\x30\x01x"):
        bench = Bench()
        bench.broker.greeting = garbage

        async def act(bench: Bench) -> None:
            assert bench.told[0][0] == "disconnected", bench.told
            bench.broker.greeting = None
            await bench.clock.advance(4)
            assert bench.client.connected

        on(bench, act)


def test_garbage_after_the_welcome_is_survived_too() -> None:
    for garbage in (
        b"\xff\xff",
        b"\x36\x03\x00\x01a",
        b"\x32\x04\x00\x09ab",
        b"\x40\x00",
        b"\x32\x06\x00\x01\xff\x00\x01z",
    ):

        async def act(bench: Bench, garbage: bytes = garbage) -> None:
            await bench.broker.send(garbage)
            await settle()
            assert bench.told[-1][0] == "disconnected"
            await bench.clock.advance(4)
            assert bench.client.connected
            assert bench.heard == []

        on(Bench(), act)


def test_half_a_packet_before_the_end_is_forgotten() -> None:
    async def act(bench: Bench) -> None:
        await bench.broker.send(b"\x32\x20\x00\x16devices/dev")
        assert bench.line is not None
        bench.line.close()
        await settle()
        await bench.clock.advance(4)
        await bench.broker.publish("devices/device/receipt", b"whole")
        await settle()
        assert bench.heard == [("devices/device/receipt", b"whole")]

    on(Bench(), act)


def test_a_message_that_is_too_long_is_acknowledged_and_not_kept() -> None:
    async def act(bench: Bench) -> None:
        await bench.broker.publish("devices/device/receipt", b"x" * 50_000, 9)
        await bench.broker.publish("devices/device/receipt", b"short", 10)
        await settle(400)
        assert bench.heard == [("devices/device/receipt", b"short")]
        assert bench.broker.acknowledged == [9, 10]

    on(Bench(), act)


def test_twenty_forced_drops_lose_no_message_and_leave_nothing_open() -> None:
    async def act(bench: Bench) -> None:
        for number in range(20):
            bench.broker.drop_after = 2
            await bench.send(b"%d" % number)
            await settle()
            bench.broker.drop_after = None
            await bench.clock.advance(3)
        assert sorted(bench.done) == sorted([b"%d" % number for number in range(20)])
        assert bench.broker.connections == 21
        assert bench.broker.open == 1

    on(Bench(), act)


def in_use() -> int:
    gc.collect()
    return gc.mem_alloc() if hasattr(gc, "mem_alloc") else len(gc.get_objects())


def test_a_hundred_forced_drops_leave_no_memory_behind() -> None:
    async def drop(bench: Bench, times: int) -> int:
        for number in range(times):
            bench.broker.drop_after = 2
            await bench.send(b"%d" % number)
            await settle()
            bench.broker.drop_after = None
            await bench.clock.advance(3)
            bench.broker.messages.clear()
            bench.broker.connects.clear()
            bench.broker.subscriptions.clear()
            bench.told.clear()
            bench.done.clear()
            bench.serving = [task for task in bench.serving if not task.done()]
        await settle()
        return in_use()

    async def act(bench: Bench) -> None:
        early = await drop(bench, 20)
        late = await drop(bench, 80)
        assert late <= early * 1.02

    on(Bench(), act)


def test_lengths_are_written_and_read_in_every_size() -> None:
    for size in (0, 1, 100, 127, 128, 1000, 1380):
        data = packets.publish("t", b"x" * size, 5)
        found = packets.Reader().feed(data)
        assert len(found) == 1
        assert found[0].message() == ("t", 5, b"x" * size)


def test_a_length_that_never_ends_is_refused() -> None:
    said = refusal(packets.BadPacket, lambda: packets.Reader().feed(b"\x30\xff\xff\xff\xff\xff"))
    assert said == "a length that does not end"
