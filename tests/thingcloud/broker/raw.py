"""A blocking MQTT 3.1.1 client that also says what a well-behaved one would not: any bytes as a topic or a filter."""

import socket
import ssl
import struct
from dataclasses import dataclass

SECONDS = 5.0
CONNACK, PUBLISH, PUBACK, SUBACK, PINGRESP = 0x20, 0x30, 0x40, 0x90, 0xD0
REFUSED_FILTER = 0x80


@dataclass(frozen=True)
class Message:
    topic: str
    payload: bytes
    qos: int = 0
    retained: bool = False


class Gone(Exception):
    """The broker closed the connection."""


def text(value: str | bytes) -> bytes:
    data = value if isinstance(value, bytes) else value.encode()
    return struct.pack(">H", len(data)) + data


def packet(head: int, body: bytes = b"") -> bytes:
    length, size = len(body), b""
    while True:
        length, digit = divmod(length, 128)
        size += bytes([digit | (0x80 if length else 0)])
        if not length:
            return bytes([head]) + size + body


class Raw:
    """One connection; everything waits at most five seconds."""

    def __init__(self, port: int, context: ssl.SSLContext | None = None) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
        if context is not None:
            with self.socket as plain:
                self.socket = context.wrap_socket(plain, server_hostname="localhost")
        self._buffer = b""
        self._number = 0
        self.remembered = 0
        self.messages: list[Message] = []
        self.acknowledged: set[int] = set()

    def connect(
        self, client_id: str, user: str, password: str, *, clean: bool = True, will: Message | None = None
    ) -> int:
        """The return code of the CONNACK; 0 is welcome."""
        flags = 0xC0 | (2 if clean else 0)
        body = text(client_id)
        if will is not None:
            flags |= 4 | will.qos << 3 | (0x20 if will.retained else 0)
            body += text(will.topic) + text(will.payload)
        self.send(packet(0x10, text("MQTT") + struct.pack(">BBH", 4, flags, 60) + body + text(user) + text(password)))
        self.remembered, code = self.expect(CONNACK)
        return code

    def subscribe(self, pattern: str | bytes, qos: int = 0) -> int:
        """The granted QoS, or 0x80 for a filter that is refused."""
        self._number += 1
        self.send(packet(0x82, struct.pack(">H", self._number) + text(pattern) + bytes([qos])))
        return self.expect(SUBACK)[2]

    def publish(self, topic: str | bytes, payload: bytes, qos: int = 1, *, retain: bool = False) -> int:
        """Send it without waiting; the packet number."""
        self._number += 1
        number = struct.pack(">H", self._number) if qos else b""
        self.send(packet(0x30 | qos << 1 | retain, text(topic) + number + payload))
        return self._number

    def published(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send it and wait until it is acknowledged."""
        number = self.publish(topic, payload, retain=retain)
        while number not in self.acknowledged:
            self._take()

    def settle(self) -> None:
        """Come back once the broker has dealt with everything sent before on this connection."""
        self.send(packet(0xC0))
        self.expect(PINGRESP)

    def next(self) -> Message:
        """The next message that arrives."""
        while not self.messages:
            self._take()
        return self.messages.pop(0)

    def ended(self) -> bool:
        """Whether the broker ends the connection within the time."""
        try:
            while True:
                self._take()
        except TimeoutError:
            return False
        except (Gone, ConnectionError):
            return True

    def close(self, *, politely: bool = False) -> None:
        if politely:
            self.send(packet(0xE0))
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def expect(self, kind: int) -> bytes:
        while True:
            head, body = self._take()
            if head == kind:
                return body

    def _take(self) -> tuple[int, bytes]:
        head, body = self._packet()
        if head & 0xF0 == PUBLISH:
            self._on_message(head, body)
        elif head == PUBACK:
            self.acknowledged.add(struct.unpack(">H", body)[0])
        return head, body

    def _on_message(self, head: int, body: bytes) -> None:
        size = struct.unpack(">H", body[:2])[0]
        topic, rest, qos = body[2 : 2 + size].decode(), body[2 + size :], head >> 1 & 3
        if qos:
            self.send(packet(PUBACK, rest[:2]))
            rest = rest[2:]
        self.messages.append(Message(topic, rest, qos, bool(head & 1)))

    def _packet(self) -> tuple[int, bytes]:
        head, length, shift = self._read(1)[0], 0, 0
        while True:
            digit = self._read(1)[0]
            length |= (digit & 0x7F) << shift
            shift += 7
            if not digit & 0x80:
                return head, self._read(length)

    def _read(self, size: int) -> bytes:
        while len(self._buffer) < size:
            more = self.socket.recv(65536)
            if not more:
                raise Gone
            self._buffer += more
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken
