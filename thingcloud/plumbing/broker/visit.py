"""One short MQTT visit by the cloud itself, for what only an MQTT client can do at this broker."""

import asyncio
import struct

from thingcloud.plumbing.broker.process import LOOPBACK
from thingcloud.plumbing.errors import Unavailable

USER = "cloud"
_SECONDS = 5
_CONNECT, _CONNACK, _PUBLISH_QOS1_RETAIN, _PUBACK, _DISCONNECT = b"\x10", 0x20, b"\x33", 0x40, b"\xe0\x00"
_USER_PASSWORD_CLEAN = 0xC2
_KEEPALIVE = 30


def _text(value: str) -> bytes:
    data = value.encode()
    return struct.pack(">H", len(data)) + data


def _packet(kind: bytes, body: bytes) -> bytes:
    length, size = len(body), b""
    while True:
        length, digit = divmod(length, 128)
        size += bytes([digit | (0x80 if length else 0)])
        if not length:
            return kind + size + body


async def _expect(reader: asyncio.StreamReader, kind: int) -> bytes:
    head = await reader.readexactly(4)
    if head[0] != kind or head[1] != 2:
        raise Unavailable("The broker gave an unexpected answer to the cloud's own client.")
    return head[2:]


async def visit(port: int, password: str, client_id: str = USER, clear: tuple[str, ...] = ()) -> None:
    """Connect and leave; Unavailable if it does not come about.

    The session of `client_id` is forgotten, with what waited in it, and so are the retained messages of `clear`.
    """
    try:
        async with asyncio.timeout(_SECONDS):
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
            try:
                await _say(reader, writer, client_id, password, clear)
            finally:
                writer.close()
    except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
        raise Unavailable(
            f"The broker does not serve MQTT ({type(error).__name__}).", hint="Look at nats.log in the data folder."
        ) from error


async def _say(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, client_id: str, password: str, clear: tuple[str, ...]
) -> None:
    options = struct.pack(">BBH", 4, _USER_PASSWORD_CLEAN, _KEEPALIVE)
    writer.write(_packet(_CONNECT, _text("MQTT") + options + _text(client_id) + _text(USER) + _text(password)))
    if (await _expect(reader, _CONNACK))[1] != 0:
        raise Unavailable("The broker does not admit the cloud's own client.")
    for number, topic in enumerate(clear, 1):
        writer.write(_packet(_PUBLISH_QOS1_RETAIN, _text(topic) + struct.pack(">H", number)))
        await _expect(reader, _PUBACK)
    writer.write(_DISCONNECT)
    await writer.drain()
