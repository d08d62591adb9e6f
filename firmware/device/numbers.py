"""Sequence numbers that are never handed out twice, whatever happens to the power."""

import binascii

from device.disk import read_whole, write_whole
from device.errors import DeviceError

# One write reserves this many: 64 keeps flash wear to a write an hour at a pack a minute.
BLOCK = 64


class Numbers:
    """Hands out 1, 2, 3…; what was reserved before a restart and not used is skipped."""

    def __init__(self, path: str, fresh: bool) -> None:
        self._path = path
        self._bound = 1 if fresh else _read(path)
        self._next = self._bound
        if fresh:
            self._reserve(1)

    def take(self) -> int:
        """Return the next number; the block that it comes from is on disk by then."""
        if self._next >= self._bound:
            self._reserve(self._bound + BLOCK)
        self._next += 1
        return self._next - 1

    def pass_over(self, used: int) -> None:
        """Never hand out `used` or anything below it."""
        if used >= self._bound:
            self._reserve(used + 1)
        self._next = max(self._next, used + 1)

    def _reserve(self, bound: int) -> None:
        text = b"%d" % bound
        write_whole(self._path, b"%s %08x\n" % (text, binascii.crc32(text)))
        self._bound = bound


def _read(path: str) -> int:
    data = read_whole(path) or b""
    text, _, check = data.strip().partition(b" ")
    if check != b"%08x" % binascii.crc32(text):
        raise DeviceError(
            "%s is missing or damaged, so numbers might be used twice. Put the file back, "
            "or remove the whole folder: the device then makes a new key and is paired anew." % path
        )
    return int(text)
