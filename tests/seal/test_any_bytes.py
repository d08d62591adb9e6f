"""Whatever the bytes, there is a message or a refusal with a reason: nothing crashes, and nothing has two forms."""

import os
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.seal.test_cloud import mutated
from tests.seal.vectors import load, verify
from thingseal import cbor, pairing, reading, receipt, topics
from thingseal.refusal import Refused

ROUNDS = 3000 * (30 if os.environ.get("FAULTS") else 1)


def reason(action: Callable[[], Any]) -> str:
    try:
        action()
    except Refused as refused:
        return refused.reason
    return "ok"


def random_value(chance: random.Random, depth: int = 0) -> Any:
    """A value that the wire has a form for."""
    kind = chance.randrange(8 if depth < 8 else 5)
    if kind == 0:
        return chance.randrange(-(2 ** chance.randrange(1, 64)), 2 ** chance.randrange(1, 64))
    if kind == 1:
        return chance.randbytes(chance.choice((0, 1, 23, 24, 300)))
    if kind == 2:
        return "".join(chance.choices("a\u00e4\u958b\U0001f6aa", k=chance.choice((0, 1, 7, 30))))
    if kind == 3:
        return chance.random() < 0.5
    if kind == 4:
        return cbor.Fraction10(chance.randrange(1, 2**50) * 10 + 7, -chance.randrange(1, 16)).normal()
    if kind == 5:
        return {chance.randrange(-300, 300): random_value(chance, depth + 1) for _ in range(chance.randrange(4))}
    if kind == 6:
        return cbor.Tag(chance.choice((17, 18)), random_value(chance, depth + 1))
    return [random_value(chance, depth + 1) for _ in range(chance.randrange(4))]


def test_an_item_that_is_taken_is_written_back_to_the_same_bytes() -> None:
    chance = random.Random(8949)
    seen: Counter[str] = Counter()
    for turn in range(2 * ROUNDS):
        data = cbor.encode(random_value(chance))
        if turn % 2:
            data = mutated(data, chance)
        try:
            value = cbor.decode(data)
        except Refused as refused:
            seen[refused.reason] += 1
            continue
        assert cbor.encode(value) == data, data.hex()
        seen["ok"] += 1
    assert seen["ok"] > ROUNDS
    assert len(seen) >= 9


def _receipt(data: bytes, vector: dict[str, Any]) -> object:
    return receipt.open_receipt(data, vector["secret"])


def _true_receipt(data: bytes, vector: dict[str, Any]) -> object:
    """As if the host had made it so: the MAC always fits."""
    return receipt.open_receipt(data, vector["secret"], lambda _secret, _message: data[-32:])


def _pairing(data: bytes, _vector: dict[str, Any]) -> object:
    return pairing.open_pairing(data, verify)


def _true_pairing(data: bytes, _vector: dict[str, Any]) -> object:
    return pairing.open_pairing(data, lambda _key, _message, _signature: True)


def _true_anchor(data: bytes, vector: dict[str, Any]) -> object:
    return reading.open_anchor(data, vector["key"], lambda _key, _message, _signature: True)


def _true_pack(data: bytes, vector: dict[str, Any]) -> object:
    return reading.open_pack(data, vector["key"], lambda _key, _message, _signature: True)


@pytest.mark.parametrize(
    ("name", "action", "reasons"),
    [
        ("receipts", _receipt, 6),
        ("receipts", _true_receipt, 9),
        ("pairings", _pairing, 8),
        ("pairings", _true_pairing, 8),
        ("anchors", _true_anchor, 8),
        ("packs", _true_pack, 12),
    ],
)
def test_mutations_end_in_a_reason(name: str, action: Callable[[bytes, dict[str, Any]], object], reasons: int) -> None:
    chance = random.Random(name)
    good = [v for v in load(name) if v["expect"] == "ok"]
    seen: Counter[str] = Counter()
    for _ in range(ROUNDS):
        vector = chance.choice(good)
        data = mutated(vector["hex"], chance)
        seen[reason(lambda data=data, vector=vector: action(data, vector))] += 1  # type: ignore[misc]
    assert len(seen) >= reasons, seen


def test_topics_end_in_their_parts_or_a_reason() -> None:
    chance = random.Random(3)
    good = [v["topic"] for v in load("topics") if v["expect"] == "ok"]
    for _ in range(ROUNDS):
        text = chance.choice(good)
        place = chance.randrange(len(text) + 1)
        text = text[:place] + chance.choice("+#/*>. \x00aA0\u00fc-") + text[place + chance.randrange(2) :]
        if reason(lambda text=text: topics.parse(text)) == "ok":  # type: ignore[misc]
            assert "/".join(topics.parse(text)) == text
            assert not set(text) & set("+#*>. \x00A\u00fc")
