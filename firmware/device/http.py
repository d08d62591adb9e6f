"""One POST over HTTP/1.1, as pairing needs it: small answers, nothing kept open."""

import asyncio

from device.errors import DeviceError
from device.link import Address, Line, hang_up

LARGEST = 8192
_PATIENCE = 30


async def post(url: str, kind: str, body: bytes, ca: str, clear_text: str) -> "tuple[int, bytes]":
    """Send `body` of media type `kind`; return status and body of the answer. Raises DeviceError, OSError."""
    address = Address(url, ("http", "https"))
    reader, writer = await Line(address, ca, clear_text).open()
    try:
        writer.write(_request(address, kind, body))
        return await asyncio.wait_for(_exchange(reader, writer), _PATIENCE)
    finally:
        await hang_up(writer)


def _request(address: Address, kind: str, body: bytes) -> bytes:
    lines = [
        "POST %s HTTP/1.1" % (address.path or "/"),
        "Host: " + address.place,
        "Content-Type: " + kind,
        "Content-Length: %d" % len(body),
        "Accept: application/json",
        "Connection: close",
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + body


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> "tuple[int, bytes]":
    await writer.drain()
    data = b""
    while True:
        piece = await reader.read(1024)
        if not piece:
            return answer(data)
        data += piece
        if len(data) > LARGEST:
            raise DeviceError("The host's answer is longer than a device takes. Is the address right?")


def answer(data: bytes) -> "tuple[int, bytes]":
    """Return status and body of a whole answer. Raises DeviceError for one that is broken or not HTTP."""
    head, gap, body = data.partition(b"\r\n\r\n")
    try:
        lines = head.decode().split("\r\n")
    except (ValueError, RuntimeError):
        lines = [""]
    words = lines[0].split()
    if not gap or len(words) < 2 or not words[0].startswith("HTTP/1.") or not _is_number(words[1]):
        raise DeviceError("What answers at this address is not a host.")
    for line in lines[1:]:
        name, _, value = line.partition(":")
        name, value = name.strip().lower(), value.strip().lower()
        if name == "content-length" and _is_number(value) and len(body) != int(value):
            raise DeviceError("The host's answer broke off: try again.")
        if name == "transfer-encoding" and value == "chunked":
            body = _joined(body)
    return int(words[1]), body


def _is_number(text: str) -> bool:
    # Python's isdigit takes "²" too, which is none.
    return text.isdigit() and max(text) <= "9"


def _joined(body: bytes) -> bytes:
    whole = b""
    while True:
        size_text, _, body = body.partition(b"\r\n")
        try:
            size = int(size_text.decode(), 16)
        except ValueError:
            size = -1
        if size < 0 or len(body) < size:
            raise DeviceError("The host's answer broke off: try again.")
        if size == 0:
            return whole
        whole += body[:size]
        body = body[size + 2 :]
