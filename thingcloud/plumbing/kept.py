"""Pages rendered once and sent many times: what differs from one to the next is filled into holes.

The fixed parts are compressed once. In a compressed answer each hole is a stored block between them (RFC 1951, 3.2.4),
so that sending one costs a join and a checksum, not a compression.
"""

import struct
import zlib
from collections.abc import Mapping
from typing import Final

from markupsafe import escape
from starlette.responses import Response

_MARK: Final = "\ue000"  # private use: no text of ours or of people has a reason to hold it
_GZIP: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
_END: Final = b"\x03\x00"  # an empty last block
_MOST_STORED: Final = 0xFFFF
_BLOCK: Final = struct.Struct("<BHH")
_TAIL: Final = struct.Struct("<2sII")


def hole(name: str) -> str:
    """What to render in place of a text that is filled in later; there it is escaped."""
    return f"{_MARK}{name}{_MARK}"


class Kept:
    """One rendered page with its holes and headers; what belongs to one reader may only be in the holes."""

    def __init__(self, html: str, headers: Mapping[str, str]) -> None:
        parts = html.split(_MARK)
        self._names = parts[1::2]
        self._fixed = [part.encode() for part in parts[::2]]
        self._small = [_squeezed(part) for part in self._fixed]
        # The first part is most of the page: its share of the checksum is worked out once.
        self._first_sum = zlib.crc32(self._fixed[0])
        self._fixed_size = sum(map(len, self._fixed))
        shared = {"content-type": "text/html; charset=utf-8", **headers}
        self._headers = _raw(shared)
        self._small_headers = _raw({**shared, "content-encoding": "gzip"})

    def response(self, holes: Mapping[str, str | bytes], *, compressed: bool, cookie: str = "") -> Response:
        """The page with its holes filled: text is escaped, bytes are taken as markup. Every hole needs its filling."""
        filled = [_filling(holes[name]) for name in self._names]
        if compressed:
            return _Ready(self._gzipped(filled), self._small_headers, cookie)
        return _Ready(_woven(self._fixed, filled), self._headers, cookie)

    def _gzipped(self, filled: list[bytes]) -> bytes:
        check, size = self._first_sum, self._fixed_size
        for text, fixed in zip(filled, self._fixed[1:], strict=True):
            check = zlib.crc32(fixed, zlib.crc32(text, check))
            size += len(text)
        body = _woven(self._small, [_stored(text) for text in filled])
        return b"".join((_GZIP, body, _TAIL.pack(_END, check, size)))


def _filling(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else str(escape(text.replace(_MARK, ""))).encode()


def _woven(fixed: list[bytes], filled: list[bytes]) -> bytes:
    parts = [b""] * (len(fixed) + len(filled))
    parts[::2], parts[1::2] = fixed, filled
    return b"".join(parts)


class _Ready(Response):
    def __init__(self, body: bytes, headers: list[tuple[bytes, bytes]], cookie: str) -> None:
        self.status_code = 200
        self.background = None
        self.body = body
        self.raw_headers = [*headers, (b"content-length", b"%d" % len(body))]
        if cookie:
            self.raw_headers.append((b"set-cookie", cookie.encode("latin-1")))


def _squeezed(part: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(part) + packer.flush(zlib.Z_FULL_FLUSH)


def _stored(text: bytes) -> bytes:
    if len(text) > _MOST_STORED:
        return _stored(text[:_MOST_STORED]) + _stored(text[_MOST_STORED:])
    return _BLOCK.pack(0, len(text), len(text) ^ _MOST_STORED) + text


def _raw(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
