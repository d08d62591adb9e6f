"""One file of the outbox: signed packs with consecutive sequence numbers, only ever appended to."""

import binascii
import struct

from device.disk import sync

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

# mark, bytes of the message, readings in it, drops it reports, bytes of the stream's name; then a CRC of all the rest
_HEAD = ">BHBIB"
_HEAD_SIZE = struct.calcsize(_HEAD)
_SIZE = _HEAD_SIZE + 4
_MARK = 0xA7
_DAMAGED = 5  # EIO


class Record:
    """One signed pack as it lies in the outbox."""

    def __init__(self, stream: str, message: bytes, readings: int, dropped: int) -> None:
        self.stream = stream
        self.message = message
        self.readings = readings
        self.dropped = dropped

    def encode(self) -> bytes:
        """Return the bytes that are appended to the file."""
        name = self.stream.encode()
        head = struct.pack(_HEAD, _MARK, len(self.message), self.readings, self.dropped, len(name))
        check = binascii.crc32(self.message, binascii.crc32(name, binascii.crc32(head)))
        return head + struct.pack(">I", check) + name + self.message


def _read(file: "BinaryIO") -> "Record | None":
    head = file.read(_SIZE)
    if len(head) < _SIZE:
        return None
    mark, size, readings, dropped, length = struct.unpack(_HEAD, head[:_HEAD_SIZE])
    body = file.read(length + size) if mark == _MARK else b""
    if len(body) < length + size or not body:
        return None
    if binascii.crc32(body, binascii.crc32(head[:_HEAD_SIZE])) != struct.unpack(">I", head[_HEAD_SIZE:])[0]:
        return None
    return Record(body[:length].decode(), body[length:], readings, dropped)


class Segment:
    """The packs `first` to `first + count - 1`, and which of them each host has receipted (a bit each)."""

    def __init__(self, folder: str, first: int) -> None:
        self.path = "%s/%d.seg" % (folder, first)
        self.first = first
        self.count = 0
        self.freed: dict[str, int] = {}
        self._offsets = [0]

    def load(self) -> "Iterator[Record]":
        """Yield every whole record of the file and count it; a torn tail ends it quietly."""
        with open(self.path, "rb") as file:
            while True:
                record = _read(file)
                if record is None:
                    return
                self.count += 1
                yield record

    def append(self, records: "list[Record]") -> None:
        """Write the records behind the others in one go; they are on disk when this returns."""
        # A file without a whole record is begun anew: a failed attempt may have left half of one.
        with open(self.path, "ab" if self.count else "wb") as file:
            file.write(b"".join([record.encode() for record in records]))
            sync(file)
        self.count += len(records)

    def message(self, sequence: int) -> bytes:
        """Return the signed bytes with that number."""
        wanted = sequence - self.first
        with open(self.path, "rb") as file:
            known = min(wanted, len(self._offsets) - 1)
            file.seek(self._offsets[known])
            while True:
                record = _read(file)
                if record is None:
                    raise OSError(_DAMAGED, self.path)
                known += 1
                if len(self._offsets) == known:
                    self._offsets.append(file.tell())
                if known > wanted:
                    return record.message

    def covers(self, first: int, last: int) -> int:
        """Return the bits of the records numbered `first` to `last`."""
        low = max(first - self.first, 0)
        high = min(last - self.first, self.count - 1)
        return ((1 << (high - low + 1)) - 1) << low if low <= high else 0
