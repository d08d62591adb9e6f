"""Deterministic CBOR (RFC 8949, 4.2.1), the part of it that the wire uses; everything else is refused."""

from thingseal.refusal import Refused

MAX_DEPTH = 8
WHOLE_LIMIT = 9007199254740991  # 2^53-1: what survives a JSON reader

_UINT = 0
_NINT = 1
_BYTES = 2
_TEXT = 3
_ARRAY = 4
_MAP = 5
_TAG = 6


class Tag:
    """A tagged item: 17 (COSE_Mac0) or 18 (COSE_Sign1)."""

    def __init__(self, number: int, value: object) -> None:
        self.number = number
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tag) and self.number == other.number and self.value == other.value

    def __hash__(self) -> int:
        return hash(self.number)

    def __repr__(self) -> str:
        return "Tag(" + repr(self.number) + ", " + repr(self.value) + ")"


class Fraction10:
    """A decimal fraction, mantissa * 10^exponent (CBOR tag 4)."""

    def __init__(self, mantissa: int, exponent: int) -> None:
        self.mantissa = mantissa
        self.exponent = exponent

    def normal(self) -> "int | Fraction10":
        """The one form of this value on the wire: an integer where it is whole, else the shortest mantissa."""
        mantissa, exponent = self.mantissa, self.exponent
        while exponent < 0 and mantissa % 10 == 0:
            mantissa //= 10
            exponent += 1
        if exponent < 0:
            return Fraction10(mantissa, exponent)
        return mantissa * int(10**exponent)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fraction10) and self.mantissa == other.mantissa and self.exponent == other.exponent

    def __hash__(self) -> int:
        return hash((self.mantissa, self.exponent))

    def __str__(self) -> str:
        if self.exponent >= 0:
            return str(self.mantissa * 10**self.exponent)
        digits = str(abs(self.mantissa))
        places = -self.exponent
        digits = "0" * (places + 1 - len(digits)) + digits
        return ("-" if self.mantissa < 0 else "") + digits[:-places] + "." + digits[-places:]

    def __float__(self) -> float:
        return float(str(self))

    def __repr__(self) -> str:
        return "Fraction10(" + repr(self.mantissa) + ", " + repr(self.exponent) + ")"


def rounded(value: float, digits: int) -> int | Fraction10:
    """A measured value rounded to so many decimal places, in its one form on the wire."""
    return Fraction10(round(value * 10**digits), -digits).normal()


def encode(value: object) -> bytes:
    """The one byte form of a value: bool, int, bytes, str, list, dict with integer keys, Fraction10 or Tag."""
    out = bytearray()
    _write(value, out)
    return bytes(out)


def _head(major: int, number: int, out: bytearray) -> None:
    major <<= 5
    if number < 24:
        out.append(major | number)
        return
    for code, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << (8 * size):
            out.append(major | code)
            out.extend(number.to_bytes(size, "big"))
            return
    raise Refused("bad-number", "more than 64 bits")


def _write(value: object, out: bytearray) -> None:
    if value is True or value is False:
        out.append(0xF5 if value else 0xF4)
    elif isinstance(value, int):
        if value < 0:
            _head(_NINT, -1 - value, out)
        else:
            _head(_UINT, value, out)
    elif isinstance(value, (bytes, bytearray)):
        _head(_BYTES, len(value), out)
        out.extend(value)
    elif isinstance(value, str):
        data = value.encode()
        _head(_TEXT, len(data), out)
        out.extend(data)
    elif isinstance(value, (list, tuple)):
        _head(_ARRAY, len(value), out)
        for item in value:
            _write(item, out)
    elif isinstance(value, dict):
        _head(_MAP, len(value), out)
        for key in sorted(value, key=_key_order):
            _write(key, out)
            _write(value[key], out)
    elif isinstance(value, Fraction10):
        _head(_TAG, 4, out)
        _write([value.exponent, value.mantissa], out)
    elif isinstance(value, Tag):
        _head(_TAG, value.number, out)
        _write(value.value, out)
    else:
        raise TypeError("the wire has no form for this value: " + repr(value))


def _key_order(key: int) -> tuple[bool, int]:
    return (key < 0, abs(key))


def decode(data: bytes) -> object:
    """The value of one item that fills the bytes; raises Refused for every other byte form."""
    value, end = _read(data, 0, 0)
    if end != len(data):
        raise Refused("trailing-bytes")
    return value


def _argument(data: bytes, at: int) -> tuple[int, int, int]:
    """Major type, argument and the offset behind them."""
    if at >= len(data):
        raise Refused("truncated")
    first = data[at]
    at += 1
    major, info = first >> 5, first & 31
    if major == 7:
        return major, info, at
    if info < 24:
        return major, info, at
    if info == 31 and _BYTES <= major <= _MAP:
        raise Refused("indefinite")
    if info > 27:
        raise Refused("unsupported")
    size = 1 << (info - 24)
    if at + size > len(data):
        raise Refused("truncated")
    number = int.from_bytes(data[at : at + size], "big")
    if number < (24, 256, 65536, 4294967296)[info - 24]:
        raise Refused("not-canonical")
    return major, number, at + size


def _read(data: bytes, at: int, depth: int) -> tuple[object, int]:
    major, number, at = _argument(data, at)
    if major == _UINT:
        return number, at
    if major == _NINT:
        return -1 - number, at
    if major == 7:
        return _simple(number), at
    if major == _BYTES or major == _TEXT:
        end = at + number
        if end > len(data):
            raise Refused("truncated")
        return (data[at:end] if major == _BYTES else _text(data[at:end])), end
    if depth == MAX_DEPTH:
        raise Refused("too-deep")
    if major == _ARRAY:
        return _read_array(data, at, number, depth + 1)
    if major == _MAP:
        return _read_map(data, at, number, depth + 1)
    return _read_tag(data, at, number, depth + 1)


def _simple(info: int) -> bool:
    if info == 20 or info == 21:
        return info == 21
    if 25 <= info <= 27:
        raise Refused("float")
    raise Refused("indefinite" if info == 31 else "unsupported")


def _read_array(data: bytes, at: int, count: int, depth: int) -> tuple[object, int]:
    if count > len(data) - at:
        raise Refused("truncated")
    items = []
    for _ in range(count):
        item, at = _read(data, at, depth)
        items.append(item)
    return items, at


def _read_map(data: bytes, at: int, count: int, depth: int) -> tuple[object, int]:
    if count > len(data) - at:
        raise Refused("truncated")
    items: dict[int, object] = {}
    last = None
    for _ in range(count):
        major, number, at = _argument(data, at)
        if major > _NINT:
            raise Refused("unsupported", "a map key that is no integer")
        key = number if major == _UINT else -1 - number
        if key in items:
            raise Refused("duplicate-key")
        order = _key_order(key)
        if last is not None and order < last:
            raise Refused("not-canonical", "map keys out of order")
        last = order
        items[key], at = _read(data, at, depth)
    return items, at


def _read_tag(data: bytes, at: int, number: int, depth: int) -> tuple[object, int]:
    if number not in (4, 17, 18):
        raise Refused("unsupported", "tag " + str(number))
    value, at = _read(data, at, depth)
    if number != 4:
        return Tag(number, value), at
    if not isinstance(value, list) or len(value) != 2 or not (is_whole(value[0]) and is_whole(value[1])):
        raise Refused("unsupported", "tag 4 without exponent and mantissa")
    exponent, mantissa = value
    if not -15 <= exponent <= -1 or abs(mantissa) > WHOLE_LIMIT:
        raise Refused("bad-number")
    if mantissa % 10 == 0:
        raise Refused("not-canonical", "a mantissa divisible by 10")
    return Fraction10(mantissa, exponent), at


def is_whole(value: object) -> bool:
    """Whether the value is an integer and no truth value, on both runtimes."""
    return isinstance(value, int) and value is not True and value is not False


def _text(data: bytes) -> str:
    """MicroPython's own decoder lets surrogates and overlong forms pass, so they are refused here."""
    at, size = 0, len(data)
    while at < size:
        first = data[at]
        if first < 0x80:
            at += 1
            continue
        extra = 1 if 0xC2 <= first <= 0xDF else 2 if 0xE0 <= first <= 0xEF else 3 if 0xF0 <= first <= 0xF4 else 0
        if extra == 0 or at + extra >= size:
            raise Refused("bad-text")
        second = data[at + 1]
        low = {0xE0: 0xA0, 0xF0: 0x90}.get(first, 0x80)
        high = {0xED: 0x9F, 0xF4: 0x8F}.get(first, 0xBF)
        if not low <= second <= high:
            raise Refused("bad-text")
        for byte in data[at + 2 : at + extra + 1]:
            if byte & 0xC0 != 0x80:
                raise Refused("bad-text")
        at += extra + 1
    return str(data, "utf-8")
