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


def hole(name: str) -> str:
    """What to render in place of a text that is filled in later; there it is escaped."""
    return f"{_MARK}{name}{_MARK}"


class Kept:
    """One rendered page with its holes and headers; what belongs to one reader may only be in the holes."""

    def __init__(self, html: str, headers: Mapping[str, str]) -> None:
        parts = html.split(_MARK)
        self._names = parts[1::2]
        self._plain = _Weave([part.encode() for part in parts[::2]])
        self._small = _Weave([_squeezed(part.encode()) for part in parts[::2]])
        shared = {"content-type": "text/html; charset=utf-8", **headers}
        self._headers = _raw(shared)
        self._small_headers = _raw({**shared, "content-encoding": "gzip"})

    def response(self, holes: Mapping[str, str], *, compressed: bool, cookie: str = "") -> Response:
        """The page with its holes filled; every hole needs its text, one that the page does not have is left aside."""
        texts = {name: str(escape(text.replace(_MARK, ""))).encode() for name, text in holes.items()}
        plain = self._plain.with_(self._names, texts)
        if not compressed:
            return _Ready(plain, self._headers, cookie)
        body = self._small.with_(self._names, {name: _stored(text) for name, text in texts.items()})
        end = struct.pack("<2sII", _END, zlib.crc32(plain), len(plain))
        return _Ready(b"".join((_GZIP, body, end)), self._small_headers, cookie)


class _Weave:
    """Fixed parts with holes between them."""

    def __init__(self, fixed: list[bytes]) -> None:
        self._parts = [part for one in fixed for part in (one, b"")][:-1]

    def with_(self, names: list[str], texts: Mapping[str, bytes]) -> bytes:
        parts = self._parts.copy()
        parts[1::2] = [texts[name] for name in names]
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
