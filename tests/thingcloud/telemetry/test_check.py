import base64

import pytest

from tests.thingcloud.telemetry.voices import NOON, voice
from thingcloud.plumbing.errors import BadInput
from thingcloud.plumbing.ids import b64url
from thingcloud.telemetry.check import check, read_key
from thingseal.cbor import Fraction10
from thingseal.keys import did_key
from thingseal.reading import Reading

FRIDGE = voice("fridge")
PACK = voice("fridge").pack(Reading("inside", "Cel", Fraction10(42, -1)), Reading("door", None, False, -5))


def test_a_check_says_who_signed_which_number_and_when_and_never_that_it_is_real() -> None:
    lines = check(PACK, FRIDGE.public).lines()
    assert lines[:4] == [
        f"signed by {did_key(FRIDGE.public)}, unchanged",
        "number 1, stream host",
        "device says 2026-11-18 11:06:40 UTC",
        "inside 4.2 Cel",
    ]
    assert "door no, 5 s earlier" in lines
    assert "real" not in " ".join(lines)
    assert NOON == 1_795_000_000


def test_a_pack_without_time_says_so() -> None:
    data = voice("fridge").pack(iat=None, boot=3, uptime=90)
    assert "time unknown: start 3, 90 s after it" in check(data, FRIDGE.public).lines()


def test_one_changed_bit_is_seen() -> None:
    changed = bytearray(PACK)
    changed[100] ^= 1
    verdict = check(bytes(changed), FRIDGE.public)
    assert not verdict.holds
    assert verdict.lines() == [f"not signed by {did_key(FRIDGE.public)} as it stands: {verdict.reason}"]


def test_another_key_has_not_signed_it() -> None:
    assert check(PACK, voice("thief").public).reason == "wrong-key"


@pytest.mark.parametrize(
    "spelling",
    [
        did_key(FRIDGE.public),
        b64url(FRIDGE.public),
        base64.urlsafe_b64encode(FRIDGE.public).decode(),
        FRIDGE.public.hex(),
        FRIDGE.public,
        (did_key(FRIDGE.public) + "\n").encode(),
    ],
)
def test_a_key_is_read_in_every_spelling_that_people_meet(spelling: str | bytes) -> None:
    assert read_key(spelling) == FRIDGE.public


@pytest.mark.parametrize("spelling", ["", "did:key:z6Mk", "did:web:example.net", "AAAA", b"\x00" * 31, "é" * 43])
def test_what_is_no_key_is_refused_with_a_hint(spelling: str | bytes) -> None:
    with pytest.raises(BadInput, match="not a device's key") as refused:
        read_key(spelling)
    assert refused.value.hint
