import json
import random
from itertools import pairwise
from pathlib import Path

import pytest

from talktag import code
from talktag.refusal import Refused

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "tag-codes.json").read_text("utf-8"))
DICE = random.Random(8)


def spoilt(text: str, *places: int) -> str:
    letters = list(text)
    for at in places:
        letters[at] = DICE.choice([letter for letter in code.ALPHABET if letter != text[at]])
    return "".join(letters)


def twice(number: int) -> int:
    """Multiply by 2 in GF(32), by the book: docs/tags.md, section 2.3, without the library."""
    number *= 2
    return number ^ 0x25 if number > 31 else number


def is_a_code(text: str) -> bool:
    at_1 = at_2 = 0
    for letter in text:
        number = "0123456789ABCDEFGHJKMNPQRSTVWXYZ".index(letter)
        at_1, at_2 = at_1 ^ number, twice(at_2) ^ number
    return at_1 == at_2 == 0


@pytest.mark.parametrize("vector", VECTORS["good"], ids=lambda vector: vector["letters"])
def test_twelve_letters_make_this_code(vector: dict[str, str]) -> None:
    letters = iter(code.ALPHABET.index(letter) for letter in vector["letters"])
    made = code.new(lambda below: next(letters))
    assert (made.text, made.grouped) == (vector["code"], vector["grouped"])


@pytest.mark.parametrize("vector", VECTORS["typed"], ids=lambda vector: repr(vector["typed"]))
def test_a_code_is_read_however_it_is_typed(vector: dict[str, str]) -> None:
    assert code.parse(vector["typed"]).text == vector["code"]
    assert code.read(vector["typed"]) == code.Reading("exact", code.Code(vector["code"]))


@pytest.mark.parametrize("vector", VECTORS["readings"], ids=lambda vector: vector["typed"])
def test_a_typed_code_reads_like_this(vector: dict[str, object]) -> None:
    reading = code.read(str(vector["typed"]))
    assert (reading.kind, reading.code.text, list(reading.changed)) == (
        vector["kind"],
        vector["code"],
        vector["changed"],
    )


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: repr(vector["typed"]))
def test_this_is_refused_as_a_code(vector: dict[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        code.parse(vector["typed"])
    assert refused.value.reason == vector["reason"]
    assert refused.value.hint


@pytest.mark.parametrize("vector", VECTORS["refused_readings"], ids=lambda vector: repr(vector["typed"]))
def test_this_is_refused_where_a_code_is_looked_up(vector: dict[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        code.read(vector["typed"])
    assert refused.value.reason == vector["reason"]


def test_the_vectors_agree_with_a_reader_that_uses_no_library() -> None:
    made = {vector["code"] for name in ("good", "typed", "readings") for vector in VECTORS[name]}
    assert all(map(is_a_code, made))
    wrong = [vector["typed"] for vector in VECTORS["refused"] if vector["reason"] == "check"]
    assert not any(is_a_code(text.replace("-", "")) for text in wrong)
    assert len(made) >= 20
    assert len(wrong) >= 5


def test_new_codes_differ_and_use_the_whole_alphabet() -> None:
    codes = {code.new().text for _ in range(500)}
    assert len(codes) == 500
    assert set("".join(text[: code.RANDOM] for text in codes)) == set(code.ALPHABET)


def test_each_wrong_letter_is_proposed_back_and_two_unreadable_ones_are_recovered() -> None:
    for _ in range(300):
        right = code.new(DICE.randrange)
        at, other = sorted(DICE.sample(range(code.LENGTH), 2))
        assert code.read(spoilt(right.text, at)) == code.Reading("proposal", right, (at,))
        gaps = "".join("?" if place in (at, other) else letter for place, letter in enumerate(right.text))
        assert code.read(gaps) == code.Reading("recovered", right, (at, other))


def test_two_wrong_letters_never_pass() -> None:
    for _ in range(300):
        right = code.new(DICE.randrange).text
        with pytest.raises(Refused, match="not the code of a tag"):
            code.parse(spoilt(right, *DICE.sample(range(code.LENGTH), 2)))


def test_swapped_and_doubled_letters_never_pass() -> None:
    for _ in range(100):
        right = code.new(DICE.randrange).text
        for at, (one, two) in enumerate(pairwise(right)):
            if one == two:
                continue
            for wrong in (two + one, one + one, two + two):
                with pytest.raises(Refused, match="not the code of a tag"):
                    code.parse(right[:at] + wrong + right[at + 2 :])


def test_one_gap_and_one_wrong_letter_are_refused_since_many_codes_fit() -> None:
    for _ in range(300):
        right = code.new(DICE.randrange).text
        gap, wrong = DICE.sample(range(code.LENGTH), 2)
        typed = list(spoilt(right, wrong))
        typed[gap] = "?"
        with pytest.raises(Refused) as refused:
            code.read("".join(typed))
        assert refused.value.reason == "check"


def test_a_code_cannot_be_built_wrong() -> None:
    for text, reason in (("7K3QX9M2PDRZS8", "check"), ("7k3qx9m2pdrzs7", "length"), ("7K3Q", "length")):
        with pytest.raises(Refused) as refused:
            code.Code(text)
        assert refused.value.reason == reason


def test_a_code_does_not_show_in_what_logs_print() -> None:
    made = code.new()
    assert made.text not in f"{made!r} {made!s} {code.read(made.text)!r}"
