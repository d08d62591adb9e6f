"""MQTT 3.1.1 packets, as bytes: written whole, read from a stream piece by piece with bounded memory."""

import struct

CONNACK, PUBLISH, PUBACK, SUBACK, PINGRESP = 2, 3, 4, 9, 13
_FROM_BROKER = {CONNACK: 0, PUBACK: 0, SUBACK: 0, PINGRESP: 0, 11: 0}
PINGREQ = b"\xc0\x00"

# Nothing that a device is sent is longer: of a longer packet the head is kept, so that it can be acknowledged.
LARGEST = 1400


class BadPacket(Exception):
    """The broker sent something that is not MQTT 3.1.1."""


class Packet:
    """One packet that came in: its kind (4 bits), flags (4 bits), body, and whether the body was cut short."""

    def __init__(self, first: int, body: bytes, cut: bool) -> None:
        self.kind = first >> 4
        self.flags = first & 15
        self.body = body
        self.cut = cut

    def number(self) -> int:
        """Return the packet identifier of a PUBACK or SUBACK."""
        if len(self.body) < 2:
            raise BadPacket("an acknowledgement without a number")
        return int(struct.unpack(">H", self.body[:2])[0])

    def message(self) -> "tuple[str, int, bytes]":
        """Return topic, packet identifier (0 at QoS 0) and payload of a PUBLISH."""
        quality = self.flags >> 1 & 3
        end = 2 + (struct.unpack(">H", self.body[:2])[0] if len(self.body) >= 2 else 0)
        start = end + (2 if quality else 0)
        if quality > 1 or len(self.body) < start or end == 2:
            raise BadPacket("a message that was not asked for")
        number = struct.unpack(">H", self.body[end:start])[0] if quality else 0
        try:
            topic = self.body[2:end].decode()
        except (ValueError, RuntimeError):
            raise BadPacket("a topic that is no text") from None
        return topic, int(number), self.body[start:]


class Reader:
    """Cuts what arrives into packets; holds at most one packet, and of that at most LARGEST bytes."""

    def __init__(self) -> None:
        self._head = b""
        self._left = 0
        self._body = b""
        self._length = 0

    def feed(self, data: bytes) -> "list[Packet]":
        """Take in bytes as they came; return the packets that are now whole. Raises BadPacket."""
        packets: list[Packet] = []
        at = 0
        while at < len(data):
            if not self._left:
                self._head += data[at : at + 1]
                at += 1
                if len(self._head) > 1:
                    self._open()
            else:
                piece = data[at : at + self._left]
                at += len(piece)
                self._left -= len(piece)
                self._body += piece[: LARGEST - len(self._body)]
            if len(self._head) > 1 and self._head[-1] < 128 and not self._left:
                packets.append(Packet(self._head[0], self._body, self._length > LARGEST))
                self._head = self._body = b""
        return packets

    def _open(self) -> None:
        kind, flags = self._head[0] >> 4, self._head[0] & 15
        if kind != PUBLISH and _FROM_BROKER.get(kind) != flags:
            raise BadPacket("a packet of kind %d with flags %d" % (kind, flags))
        if self._head[-1] >= 128:
            if len(self._head) > 4:
                raise BadPacket("a length that does not end")
            return
        length = 0
        for byte in reversed(self._head[1:]):
            length = length << 7 | byte & 127
        self._length = self._left = length


def connect(client: str, password: str, keepalive: int, will_topic: str, will: bytes) -> bytes:
    """CONNECT: session kept, user name = client id, a retained last will at QoS 1."""
    head = b"\x00\x04MQTT\x04" + bytes([0x80 | 0x40 | 0x20 | 0x08 | 0x04]) + struct.pack(">H", keepalive)
    texts = [client.encode(), will_topic.encode(), will, client.encode(), password.encode()]
    return _packet(0x10, head + b"".join([_text(text) for text in texts]))


def publish(topic: str, payload: bytes, number: int, retain: bool = False, again: bool = False) -> bytes:
    """PUBLISH at QoS 1; `again` marks a repeat of the same packet."""
    first = 0x32 | (0x08 if again else 0) | (0x01 if retain else 0)
    return _packet(first, _text(topic.encode()) + struct.pack(">H", number) + payload)


def puback(number: int) -> bytes:
    """PUBACK of a message that came at QoS 1."""
    return b"\x40\x02" + struct.pack(">H", number)


def subscribe(topics: "list[str]", number: int) -> bytes:
    """SUBSCRIBE to the topics at QoS 1."""
    asked = b"".join([_text(topic.encode()) + b"\x01" for topic in topics])
    return _packet(0x82, struct.pack(">H", number) + asked)


def _text(data: bytes) -> bytes:
    return struct.pack(">H", len(data)) + data


def _packet(first: int, body: bytes) -> bytes:
    head = bytearray([first])
    length = len(body)
    while True:
        head.append(length & 127 | (128 if length > 127 else 0))
        length >>= 7
        if not length:
            return bytes(head) + body
