"""The code on a tag: 12 random characters and 2 that check them. Specification: docs/tags.md."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import reedsolo  # type: ignore[import-untyped]

from talktag.refusal import Refused

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM, CHECKS, GROUP = 12, 2, 4
LENGTH = RANDOM + CHECKS
UNREADABLE = "?"
LONGEST_INPUT = 64

_VALUE = {letter: value for value, letter in enumerate(ALPHABET)}
_VALUE |= {letter.lower(): value for letter, value in _VALUE.items()}
_VALUE |= {"O": 0, "o": 0, "I": 1, "i": 1, "L": 1, "l": 1}
# Spaces and the dashes that phone keyboards put in place of "-".
_IGNORED = re.compile(r"[\s\u00a0\u2010-\u2015\u2212-]+")
_FIELD = reedsolo.RSCodec(CHECKS, nsize=31, fcr=0, prim=0x25, generator=2, c_exp=5)


@dataclass(frozen=True)
class Code:
    """One tag's code: 14 characters of the alphabet whose check characters fit. Hidden in `repr`, for logs."""

    text: str = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.text) != LENGTH or not set(self.text) <= set(ALPHABET):
            raise Refused("length", f"a code has {LENGTH} characters of the alphabet in capitals")
        if self.text[RANDOM:] != _checks(self.text[:RANDOM]):
            raise _not_a_code("at least one letter is wrong")

    @property
    def grouped(self) -> str:
        """The code as it is printed: `7K3Q-X9M2-PDRZ-S7`."""
        return "-".join(self.text[at : at + GROUP] for at in range(0, LENGTH, GROUP))


@dataclass(frozen=True)
class Reading:
    """What a typed code may be.

    `exact` needs no question. `recovered` filled in the characters typed as `?`. `proposal` differs from what was
    typed in one character and needs a person's yes: 39 of 100 codes with two wrong characters look like this too.
    `changed` holds the indexes, 0 to 13, of the characters that were filled in or changed.
    """

    kind: Literal["exact", "recovered", "proposal"]
    code: Code
    changed: tuple[int, ...] = ()


def new(random: Callable[[int], int] = secrets.randbelow) -> Code:
    """Make a code from `random`, which is given 32 and answers a number below it; 60 bits in all."""
    letters = "".join(ALPHABET[random(len(ALPHABET))] for _ in range(RANDOM))
    return Code(letters + _checks(letters))


def parse(text: str) -> Code:
    """Read a code that must be right as it is; case, spaces and dashes do not matter, O is 0, I and L are 1.

    Raises Refused with reason `empty`, `length`, `character` or `check`.
    """
    if UNREADABLE in text:
        raise _strange(UNREADABLE)
    values = _values(text)
    return Code(_letters(values))


def read(text: str) -> Reading:
    """Read a code as a person typed it, with `?` for characters that cannot be read, two at most.

    Raises Refused with reason `empty`, `length`, `character`, `unreadable` or `check`.
    """
    values = _values(text)
    gaps = tuple(at for at, value in enumerate(values) if value is None)
    if len(gaps) > CHECKS:
        raise Refused(
            "unreadable",
            f"{len(gaps)} characters are unreadable and {CHECKS} can be recovered",
            "look at the tag again in better light, or at its other copy",
        )
    mended = _mend([value or 0 for value in values], gaps)
    changed = tuple(at for at, value in enumerate(values) if value != mended[at])
    code = Code(_letters(mended))
    if not changed:
        return Reading("exact", code)
    if not gaps:
        return Reading("proposal", code, changed)
    # One gap and one wrong letter have a dozen answers; the decoder would pick one of them.
    if changed != gaps:
        raise _not_a_code("more than one letter is wrong or unreadable")
    return Reading("recovered", code, gaps)


def _values(text: str) -> list[int | None]:
    if len(text) > LONGEST_INPUT:
        raise _miscounted(f"more than {LONGEST_INPUT}")
    letters = _IGNORED.sub("", text)
    if not letters:
        raise Refused("empty", "no code was given", "type the 14 letters and digits beside the square")
    for letter in letters:
        if letter not in _VALUE and letter != UNREADABLE:
            raise _strange(letter)
    if len(letters) != LENGTH:
        raise _miscounted(str(len(letters)))
    return [_VALUE.get(letter) for letter in letters]


def _mend(values: list[int], gaps: tuple[int, ...]) -> list[int]:
    try:
        whole = _FIELD.decode(bytearray(values), erase_pos=list(gaps))[1]
    except reedsolo.ReedSolomonError:
        raise _not_a_code("more than one letter is wrong") from None
    return list(whole)


def _checks(letters: str) -> str:
    return _letters(list(_FIELD.encode(bytearray(_VALUE[letter] for letter in letters)))[RANDOM:])


def _letters(values: list[int] | list[int | None]) -> str:
    return "".join(ALPHABET[value] for value in values if value is not None)


def _strange(letter: str) -> Refused:
    shown = repr(letter) if letter.isprintable() else f"the character U+{ord(letter):04X}"
    return Refused(
        "character",
        f"{shown} is not in the alphabet of codes",
        f"it has {ALPHABET}; write {UNREADABLE} for what cannot be read where a code is looked up",
    )


def _miscounted(count: str) -> Refused:
    return Refused(
        "length",
        f"a code has {LENGTH} letters and digits, this has {count}",
        f"write {UNREADABLE} for each one that cannot be read",
    )


def _not_a_code(why: str) -> Refused:
    return Refused("check", f"this is not the code of a tag: {why}", "compare it with the tag, letter by letter")
