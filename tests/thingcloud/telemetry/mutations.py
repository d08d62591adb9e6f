"""Packs that must be refused, each made from a good one by a seeded chance: the same seed gives the same packs."""

import random
from collections.abc import Callable, Iterator

import cbor2

from tests.thingcloud.telemetry.voices import NOON, Voice
from thingseal import frame
from thingseal.cbor import Fraction10
from thingseal.reading import Reading

Mutation = Callable[[random.Random, Voice, bytes], bytes]


def good_packs(chance: random.Random, one: Voice, many: int) -> list[bytes]:
    """Good packs of every shape."""
    found = []
    for number in range(many):
        said = [
            Reading("inside", "Cel", Fraction10(chance.randrange(-400, 400) * 10 + 1, -2), -(number % 3)),
            Reading("door", None, bool(number % 2)),
            Reading("note", None, "é" * (number % 5)),
            Reading("load", "1", chance.randrange(-(2**40), 2**40)),
        ]
        timed = {"iat": NOON + number} if number % 3 else {"iat": None, "boot": 1, "uptime": number}
        found.append(one.pack(*said[: 1 + number % 4], **timed))
    return found


def flip(chance: random.Random, _: Voice, data: bytes) -> bytes:
    """Some bits turned over."""
    turned = bytearray(data)
    for place in chance.sample(range(len(data) * 8), chance.choice((1, 1, 1, 2, 8))):
        turned[place // 8] ^= 1 << place % 8
    return bytes(turned)


def cut(chance: random.Random, _: Voice, data: bytes) -> bytes:
    """Cut short at the end, at the start, or in the middle."""
    start = chance.randrange(len(data))
    return chance.choice((data[:start], data[start + 1 :], data[:start] + data[start + 1 + chance.randrange(8) :]))


def stretch(chance: random.Random, _: Voice, data: bytes) -> bytes:
    """Bytes put in between or at the end."""
    place = chance.choice((len(data), chance.randrange(len(data))))
    return data[:place] + chance.randbytes(chance.choice((1, 2, 9, 1024))) + data[place:]


def swap(chance: random.Random, _: Voice, data: bytes) -> bytes:
    """Two different parts exchanged."""
    while True:
        a, b = sorted(chance.sample(range(len(data)), 2))
        size = min(b - a, len(data) - b, chance.randrange(1, 16))
        swapped = data[:a] + data[b : b + size] + data[a + size : b] + data[a : a + size] + data[b + size :]
        if swapped != data:
            return swapped


def outside(chance: random.Random, _: Voice, data: bytes) -> bytes:
    """Something put beside what was signed."""
    protected, _, payload, signature = cbor2.loads(data).value
    return _canonical(cbor2.CBORTag(18, [protected, {chance.randrange(8): chance.randbytes(4)}, payload, signature]))


def other_kind(chance: random.Random, one: Voice, data: bytes) -> bytes:
    """A good signature over the same content, as another kind of message."""
    payload = cbor2.loads(data).value[2]
    kind = chance.choice([kind for kind in frame.KINDS if kind not in (frame.PACK, frame.PAIRING, frame.AGREEMENT)])
    return one.seal(payload, chance.randrange(1, 2**63), NOON, kind)


def loose(chance: random.Random, one: Voice, _: bytes) -> bytes:
    """A good signature over a payload that is not in its one form, or says what a pack may not say."""
    return one.seal(chance.choice(LOOSE)(chance, f"{one.id}/host/"), chance.randrange(1, 2**63), NOON)


def _canonical(value: object) -> bytes:
    return cbor2.dumps(value, canonical=True)


def _record(base: str, **more: object) -> dict[int, object]:
    return {-2: base, -3: NOON, 0: "load", 2: 1} | {int(key[1:]): value for key, value in more.items()}


def _deep(chance: random.Random, _: str) -> bytes:
    return b"\x81" * chance.randrange(8, 700) + b"\x00"


def _long_integer(chance: random.Random, base: str) -> bytes:
    good = _canonical([_record(base)])
    wide = chance.choice((b"\x18\x01", b"\x19\x00\x01", b"\x1a\x00\x00\x00\x01", b"\x1b" + b"\x00" * 7 + b"\x01"))
    return good.replace(b"\x02\x01", b"\x02" + wide, 1)


LOOSE: list[Callable[[random.Random, str], bytes]] = [
    _deep,
    _long_integer,
    lambda chance, base: cbor2.dumps([_record(base)]),
    lambda chance, base: _canonical([_record(base, v2=chance.random())]),
    lambda chance, base: _canonical([_record(base)]) + b"\x00",
    lambda chance, base: b"\x9f" + _canonical(_record(base)) + b"\xff",
    lambda chance, base: _canonical([_record(base, v9=chance.randrange(99))]),
    lambda chance, base: _canonical([_record(base, v2=None)]),
    lambda chance, base: _canonical([_record(base, v2=2**53 + chance.randrange(2**10))]),
    lambda chance, base: _canonical([_record(base, v2=cbor2.CBORTag(4, [-2, 10 * chance.randrange(1, 99)]))]),
    lambda chance, base: _canonical([_record(base, v0=chance.choice(("", "Load", "1st", "a" * 33, "_load", "a b")))]),
    lambda chance, base: _canonical([_record(base, v6=chance.randrange(0, 99))]),
    lambda chance, base: _canonical([_record(base), _record(base)]),
    lambda chance, base: _canonical([_record(base[1:24] + base[0] + base[24:])]),
    lambda chance, base: _canonical([_record(base.replace("host", chance.choice(("", "Host", "h" * 17, "h/h"))))]),
    lambda chance, base: _canonical([]),
    lambda chance, base: _canonical({0: chance.randrange(9)}),
    lambda chance, base: _canonical([_record(base)] + [{0: "load", 2: n} for n in range(64)]),
    lambda chance, base: b"\xa1" + _canonical([_record(base)])[1:],
    lambda chance, base: chance.randbytes(chance.randrange(1, 200)),
]

ALL: tuple[Mutation, ...] = (flip, flip, flip, cut, stretch, swap, outside, other_kind, loose)


def mutated(seed: int, many: int, one: Voice) -> Iterator[bytes]:
    """So many packs that must be refused."""
    chance = random.Random(seed)
    good = good_packs(chance, one, 60)
    genuine = set(good)
    while many:
        data = chance.choice(ALL)(chance, one, chance.choice(good))
        if data not in genuine:
            many -= 1
            yield data
