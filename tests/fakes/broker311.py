"""A scripted MQTT 3.1.1 broker for one device at a time, over any pair of streams, on both runtimes."""

import asyncio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Broker:
    """Speaks as its switches say; remembers everything that it was told."""

    def __init__(self) -> None:
        self.refuse_with = 0
        self.refuse_topics = False
        self.mute = False
        self.acknowledge = True
        self.acknowledge_twice = False
        self.drop_after: int | None = None  # close instead of acknowledging the n-th message of a connection
        self.chop = False  # send a byte at a time
        self.forgetful = False  # says that it does not know the session
        self.greeting: bytes | None = None  # instead of CONNACK
        self.answer: Callable[[str, bytes], list[tuple[str, bytes]]] = lambda topic, payload: []
        self.connections = 0
        self.open = 0
        self.connects: list[bytes] = []
        self.subscriptions: list[str] = []
        self.messages: list[tuple[str, bytes, bool]] = []  # topic, payload, marked as a repeat
        self.acknowledged: list[int] = []
        self.pings = 0
        self._writer: asyncio.StreamWriter | None = None

    def said(self, leaf: str) -> "list[bytes]":
        """Return the payloads published under topics that end in `leaf`, in order, repeats included."""
        return [payload for topic, payload, _ in self.messages if topic.endswith("/" + leaf)]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until either side ends it."""
        self.connections += 1
        self.open += 1
        self._writer = writer
        try:
            await self._converse(reader)
        except (EOFError, OSError):
            pass
        finally:
            self.open -= 1
            writer.close()

    async def send(self, data: bytes) -> None:
        """Put bytes on the present connection."""
        assert self._writer is not None
        for piece in [data[at : at + 1] for at in range(len(data))] if self.chop else [data]:
            self._writer.write(piece)
            await self._writer.drain()
            if self.chop:
                await asyncio.sleep(0)

    def hang_up(self) -> None:
        """End the present connection without a word."""
        assert self._writer is not None
        self._writer.close()

    async def publish(self, topic: str, payload: bytes, number: int = 77) -> None:
        """Send a message to the device at QoS 1."""
        body = _text(topic) + number.to_bytes(2, "big") + payload
        await self.send(b"\x32" + _length(len(body)) + body)

    async def _converse(self, reader: asyncio.StreamReader) -> None:
        taken = 0
        while True:
            first, body = await _packet(reader)
            kind = first >> 4
            if kind == 1:
                self.connects.append(body)
                if self.mute:
                    continue
                known = len(self.connects) > 1 and not self.forgetful and not self.refuse_with
                await self.send(self.greeting or bytes([0x20, 2, int(known), self.refuse_with]))
                if self.refuse_with:
                    return
            elif self.mute:
                continue
            elif kind == 8:
                await self._subscribe(body)
            elif kind == 3:
                taken += 1
                if not await self._publish(first, body, taken):
                    return
            elif kind == 4:
                self.acknowledged.append(int.from_bytes(body, "big"))
            elif kind == 12:
                self.pings += 1
                await self.send(b"\xd0\x00")

    async def _subscribe(self, body: bytes) -> None:
        at, codes = 2, b""
        while at < len(body):
            size = int.from_bytes(body[at : at + 2], "big")
            self.subscriptions.append(body[at + 2 : at + 2 + size].decode())
            at += size + 3
            codes += b"\x80" if self.refuse_topics else b"\x01"
        await self.send(b"\x90" + _length(2 + len(codes)) + body[:2] + codes)

    async def _publish(self, first: int, body: bytes, taken: int) -> bool:
        size = int.from_bytes(body[:2], "big")
        topic, number, payload = body[2 : 2 + size].decode(), body[2 + size : 4 + size], body[4 + size :]
        self.messages.append((topic, payload, bool(first & 8)))
        if self.drop_after is not None and taken >= self.drop_after:
            return False
        if self.acknowledge:
            await self.send(b"\x40\x02" + number)
        if self.acknowledge_twice:
            await self.send(b"\x40\x02" + number)
        for answer_topic, answer in self.answer(topic, payload):
            await self.publish(answer_topic, answer)
        return True


async def _packet(reader: asyncio.StreamReader) -> "tuple[int, bytes]":
    first = (await reader.readexactly(1))[0]
    length = shift = 0
    while True:
        byte = (await reader.readexactly(1))[0]
        length |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return first, await reader.readexactly(length) if length else b""


def _text(text: str) -> bytes:
    return len(text).to_bytes(2, "big") + text.encode()


def _length(length: int) -> bytes:
    out = b""
    while True:
        out += bytes([length & 127 | (128 if length > 127 else 0)])
        length >>= 7
        if not length:
            return out
