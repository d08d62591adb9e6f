"""An MQTT 3.1.1 client that keeps one session with one broker, over as many connections as it takes."""

import asyncio
import gc

from device import packets
from device.link import hang_up
from device.packets import BadPacket, Packet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from device.clock import Clock

    Dial = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]

_LONGEST_WAIT = 300
# What may wait for a broker that does not read: more means that the connection is of no use.
_UNSENT_AT_MOST = 64
# What `tell` hears with "connected": whether the broker still knows the session.
FRESH, KEPT = "new session", "session kept"
_REFUSALS = {
    1: "the broker does not speak MQTT 3.1.1",
    2: "the broker refuses this client name",
    3: "the broker is not ready",
    4: "the broker does not take this password: pair the device again",
    5: "the broker does not let this device in: pair the device again",
}


class LinkLost(Exception):
    """The connection ended, and why."""


class Login:
    """How a device presents itself: client id = user name = device id; keepalive in seconds."""

    def __init__(self, device: str, password: str, status_topic: str, topics: "list[str]", keepalive: int) -> None:
        self.device = device
        self.password = password
        self.status_topic = status_topic
        self.topics = topics
        self.keepalive = keepalive


class _Flying:
    # A message on its way: it counts against the window until the broker has acknowledged it.
    def __init__(self, number: int, topic: str, payload: bytes, done: "Callable[[], None]") -> None:
        self.number = number
        self.topic = topic
        self.payload = payload
        self.done = done
        self.sent = 0


class Client:
    """Connects again and again, publishes at QoS 1 within a window, hands on what the topics bring."""

    def __init__(
        self,
        dial: "Dial",
        login: Login,
        on_message: "Callable[[str, bytes], None]",
        clock: "Clock",
        jitter: "Callable[[], float]",
        tell: "Callable[[str, str], None]",
        window: int = 4,
    ) -> None:
        self._dial = dial
        self._login = login
        self._on_message = on_message
        self._clock = clock
        self._jitter = jitter
        self._tell = tell
        self._window = window
        self._flight: list[_Flying] = []
        self._number = 0
        self._failures = 0
        self._changed = asyncio.Event()
        self.connected = False

    async def run(self) -> None:
        """Keep the session up for ever: after a loss, wait (1 s to 5 min, with jitter) and connect again."""
        while True:
            try:
                await self._connection()
            except (LinkLost, BadPacket, OSError, EOFError, MemoryError, asyncio.TimeoutError) as error:
                self._tell("disconnected", str(error) or type(error).__name__)
            self._failures += 1
            await self._clock.sleep(self.wait_before(self._failures))

    def wait_before(self, attempt: int) -> float:
        """Return the seconds to wait before connection number `attempt` after a loss."""
        longest = min(_LONGEST_WAIT, 1 << min(attempt, 9))
        return max(1.0, longest * (0.5 + self._jitter() / 2))

    async def publish(self, topic: str, payload: bytes, done: "Callable[[], None]") -> None:
        """Send a message as soon as there is a connection and room; `done` is called when the broker has it."""
        while not self.connected or len(self._flight) >= self._window:
            self._changed.clear()
            await self._changed.wait()
        flying = _Flying(self._next_number(), topic, payload, done)
        self._flight.append(flying)
        self._send(flying, False)

    # One connection.

    async def _connection(self) -> None:
        self._ended = asyncio.Event()
        self._due = asyncio.Event()
        self._unsent: list[bytes] = []
        self._why: Exception = LinkLost("it ended")
        # A TLS connection wants pieces of 2 kB.
        gc.collect()
        reader, writer = await self._dial()
        self._began = self._heard = self._spoke = self._clock.ms()
        self._greeted = 0
        parts = [self._listen(reader), self._speak(writer), self._watch()]
        tasks = [asyncio.create_task(self._until_the_end(part)) for part in parts]
        try:
            await self._ended.wait()
        finally:
            self.connected = False
            for task in tasks:
                task.cancel()
            await hang_up(writer)
        raise self._why

    async def _until_the_end(self, part: "Coroutine[object, object, None]") -> None:
        try:
            await part
        except (LinkLost, BadPacket, OSError, EOFError) as error:
            if not self._ended.is_set():
                self._why = error
        except MemoryError:
            # Everything that this connection held goes with it; the packs are on disk.
            self._why = LinkLost("memory ran short")
        finally:
            self._ended.set()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        login = self._login
        self._queue(packets.connect(login.device, login.password, login.keepalive, login.status_topic, b"offline"))
        cutter = packets.Reader()
        while True:
            data = await reader.read(256)
            if not data:
                raise LinkLost("the broker closed the connection")
            self._heard = self._clock.ms()
            for packet in cutter.feed(data):
                self._take(packet)

    async def _speak(self, writer: asyncio.StreamWriter) -> None:
        while True:
            while self._unsent:
                # One by one: a long run of bytes is the first thing that a small heap cannot give.
                writer.write(self._unsent.pop(0))
                await writer.drain()
                self._spoke = self._clock.ms()
            self._due.clear()
            await self._due.wait()

    async def _watch(self) -> None:
        # Silence is asked about after half a keepalive and ends the connection before one and a half.
        quarter = self._login.keepalive * 250
        while True:
            await self._clock.sleep(quarter / 1000)
            now = self._clock.ms()
            if now - self._heard >= 5 * quarter:
                raise LinkLost("the broker has gone silent")
            if not self.connected and now - self._began >= 5 * quarter:
                raise LinkLost("the broker does not answer")
            if self._flight and self.connected and now - self._flight[0].sent >= 5 * quarter:
                raise LinkLost("the broker does not acknowledge")
            if now - min(self._heard, self._spoke) >= 2 * quarter:
                self._queue(packets.PINGREQ)

    def _take(self, packet: Packet) -> None:
        if not self._greeted:
            self._welcome(packet)
        elif packet.kind == packets.SUBACK and packet.number() == self._greeted:
            self._ready(packet)
        elif packet.kind == packets.PUBACK:
            self._acknowledged(packet.number())
        elif packet.kind == packets.PUBLISH:
            topic, number, payload = packet.message()
            if packet.cut:
                self._tell("ignored", "a message longer than %d bytes" % packets.LARGEST)
            else:
                self._on_message(topic, payload)
            if number:
                self._queue(packets.puback(number))

    def _welcome(self, packet: Packet) -> None:
        if packet.kind != packets.CONNACK or len(packet.body) != 2:
            raise BadPacket("something came before the broker's welcome")
        if packet.body[1]:
            raise LinkLost(_REFUSALS.get(packet.body[1], "the broker refuses: %d" % packet.body[1]))
        self._kept = bool(packet.body[0] & 1)
        self._greeted = self._next_number()
        self._queue(packets.subscribe(self._login.topics, self._greeted))

    def _ready(self, packet: Packet) -> None:
        if any(code >= 128 for code in packet.body[2:]):
            raise LinkLost("the broker refuses this device its own topics: pair the device again")
        online = packets.publish(self._login.status_topic, b"online", self._next_number(), retain=True)
        self._queue(online)
        self.connected = True
        for flying in self._flight:
            self._send(flying, True)
        self._tell("connected", KEPT if self._kept else FRESH)
        self._changed.set()

    def _acknowledged(self, number: int) -> None:
        for flying in self._flight:
            if flying.number == number:
                self._flight.remove(flying)
                # Only progress makes the next wait short again: a broker that lets in and throws out does not.
                self._failures = 0
                flying.done()
                self._changed.set()
                return

    def _send(self, flying: _Flying, again: bool) -> None:
        flying.sent = self._clock.ms()
        self._queue(packets.publish(flying.topic, flying.payload, flying.number, again=again))

    def _queue(self, data: bytes) -> None:
        if len(self._unsent) >= _UNSENT_AT_MOST:
            self._why = LinkLost("the broker does not read")
            self._ended.set()
            return
        self._unsent.append(data)
        self._due.set()

    def _next_number(self) -> int:
        taken = [flying.number for flying in self._flight]
        while True:
            self._number = self._number % 65535 + 1
            if self._number not in taken:
                return self._number
