"""One record of a pack: a reading with its name, unit, value and age, each in its one form."""

from thingseal import cbor
from thingseal.cbor import Fraction10
from thingseal.refusal import Refused

BT = -3
BN = -2
N = 0
U = 1
V = 2
VS = 3
VB = 4
T = 6
VD = 8
LABELS = (N, U, V, VS, VB, T, VD)


_MAX_AGE = 31622400
_UINT32 = 4294967295
_LOWER = "abcdefghijklmnopqrstuvwxyz"
_STREAM = _LOWER + "0123456789-"
_NAME = _STREAM + "_"


class Reading:
    """One value: number (int or Fraction10), text or truth; `t` is its age in seconds, zero or negative."""

    def __init__(
        self, name: str, unit: str | None, value: int | Fraction10 | str | bool, t: int | Fraction10 = 0
    ) -> None:
        self.name = name
        self.unit = unit
        self.value = value
        self.t = t

    def _tuple(self) -> tuple[object, ...]:
        return (self.name, self.unit, type(self.value), self.value, self.t)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reading) and self._tuple() == other._tuple()

    def __hash__(self) -> int:
        return hash((self.name, self.unit))

    def __repr__(self) -> str:
        return "Reading" + repr((self.name, self.unit, self.value, self.t))


def is_stream(text: str) -> bool:
    """Whether the text may name a stream."""
    return _is_word(text, 16, _STREAM)


def is_name(text: str) -> bool:
    """Whether the text may name a reading."""
    return _is_word(text, 32, _NAME)


def _is_word(text: str, size: int, characters: str) -> bool:
    if not 1 <= len(text) <= size or text[0] not in _LOWER:
        return False
    for character in text:
        if character not in characters:
            return False
    return True


def is_uint(value: object, lowest: int) -> bool:
    """Whether the value is an integer from `lowest` to 2^32-1."""
    return cbor.is_whole(value) and isinstance(value, int) and lowest <= value <= _UINT32


def fields_of(reading: Reading) -> dict[int, object]:
    """The SenML record of a reading."""
    record: dict[int, object] = {N: reading.name}
    if reading.unit is not None:
        record[U] = reading.unit
    value = reading.value
    if value is True or value is False:
        record[VB] = value
    else:
        record[VS if isinstance(value, str) else V] = _one_form(value)
    if reading.t != 0:
        record[T] = _one_form(reading.t)
    return record


def _one_form(value: object) -> object:
    return value.normal() if isinstance(value, Fraction10) else value


def special_of(name: str, fields: dict[int, object]) -> object:
    """The value of one of the four records that are no readings; base fields do not count."""
    own = [label for label in fields if label >= 0]
    if name == "_previous":
        value = fields.get(VD)
        if len(own) == 2 and isinstance(value, bytes) and len(value) == 16:
            return value
    elif name == "_uptime":
        if len(own) == 3 and fields.get(U) == "s" and is_uint(fields.get(V), 0):
            return fields[V]
    elif len(own) == 2 and is_uint(fields.get(V), 1):
        return fields[V]
    raise Refused("bad-payload", name)


def reading_of(fields: dict[int, object]) -> Reading:
    """The reading that a SenML record holds; raises Refused for what the wire does not allow."""
    name = fields[N]
    if not isinstance(name, str) or not is_name(name):
        raise Refused("bad-name")
    unit = fields.get(U)
    if unit is not None and not _is_unit(unit):
        raise Refused("bad-name", "the unit")
    held = [label for label in (V, VS, VB, VD) if label in fields]
    if len(held) != 1 or held[0] == VD:
        raise Refused("bad-payload", "a record holds one value")
    value = _value(held[0], fields[held[0]])
    age = _age(fields[T]) if T in fields else 0
    return Reading(name, unit, value, age)  # type: ignore[arg-type]


def _is_unit(unit: object) -> bool:
    if not isinstance(unit, str) or not 1 <= len(unit) <= 16:
        return False
    for character in unit:
        if not "!" <= character <= "~":
            return False
    return True


def _value(label: int, value: object) -> int | Fraction10 | str | bool:
    if label == V:
        return _number(value)
    if label == VS and isinstance(value, str) and len(value.encode()) <= 128:
        return value
    if label == VB and (value is True or value is False):
        return value
    raise Refused("bad-payload", "a value of another type than its label")


def _number(value: object) -> int | Fraction10:
    if isinstance(value, Fraction10):
        if not -15 <= value.exponent <= -1 or abs(value.mantissa) > cbor.WHOLE_LIMIT:
            raise Refused("bad-number")
        return value
    if not isinstance(value, int) or not cbor.is_whole(value):
        raise Refused("bad-payload", "a value that is no number")
    if abs(value) > cbor.WHOLE_LIMIT:
        raise Refused("bad-number")
    return value


def _age(value: object) -> int | Fraction10:
    age = _number(value)
    if isinstance(age, int):
        if -_MAX_AGE <= age < 0:
            return age
    elif age.exponent >= -3 and -_MAX_AGE * 10**-age.exponent <= age.mantissa < 0:
        return age
    raise Refused("bad-time", "the age of a reading")
