import random

from tests.thingcloud.telemetry.station import Station
from tests.thingcloud.telemetry.voices import NOON, voice
from thingcloud.telemetry import receipts
from thingcloud.telemetry.model import ranges
from thingseal.receipt import Receipt, encode_receipt, open_receipt, seal_receipt

SECRET = bytes(range(32))
DEVICE = voice("fridge").id


def opened(messages: list[bytes]) -> list[Receipt]:
    return [open_receipt(message, SECRET, device=DEVICE, generation=7) for message in messages]


def test_the_fast_receipt_is_byte_for_byte_the_one_that_thingseal_makes() -> None:
    chance = random.Random(4)
    for _ in range(200):
        stored = [chance.randrange(1, 2 ** chance.choice((4, 20, 63))) for _ in range(chance.randrange(1, 20))]
        (fast,) = receipts.seal(SECRET, receipts.head(DEVICE, 7), stored, ())
        spans = [(first, last) for first, last in ranges(stored)]
        assert fast == seal_receipt(SECRET, encode_receipt(Receipt(DEVICE, 7, spans, [])))


def test_a_receipt_names_exactly_what_it_was_given() -> None:
    chance = random.Random(5)
    for _ in range(50):
        stored = {chance.randrange(1, 300) for _ in range(chance.randrange(0, 200))}
        refused = {chance.randrange(1, 300): "bad-payload" for _ in range(chance.randrange(0, 90))}
        said = opened(receipts.seal(SECRET, receipts.head(DEVICE, 7), list(stored), list(refused.items())))
        covered = {n for one in said for n in range(1, 301) if one.covers(n)}
        assert covered == stored | set(refused)
        assert {n for one in said for n, _ in one.refused} == set(refused) - stored


def test_many_gaps_and_long_numbers_are_shared_out_over_receipts_that_fit() -> None:
    stored = [2**62 + 3 * n for n in range(500)]
    refused = [(2**62 + 3 * n + 1, "unprotected-not-empty") for n in range(300)]
    messages = receipts.seal(SECRET, receipts.head(DEVICE, 7), stored, refused)
    assert max(map(len, messages)) <= 1024
    said = opened(messages)
    assert [n for one in said for n, _ in one.stored] == stored
    assert [n for one in said for n, _ in one.refused] == [n for n, _ in refused]


def test_nothing_stored_and_nothing_refused_is_no_receipt() -> None:
    assert receipts.seal(SECRET, receipts.head(DEVICE, 7), [], []) == []


def test_under_load_receipts_wait_a_moment_so_that_a_device_gets_one_for_many_packs(station: Station) -> None:
    (fridge,) = station.pair("fridge")
    ear = station.listening.ear
    many = [[fridge.says(fridge.pack(iat=NOON + n)) for n in range(120)] for _ in range(3)]
    ear._answer()
    for batch in many:
        ear.hear(batch)
    assert not station.receipts(fridge)
    ear._answer()
    (receipt,) = station.receipts(fridge)
    assert fridge.hears(receipt).stored == [(1, 360)]


def test_ranges_are_ascending_and_never_touch() -> None:
    assert ranges([5, 1, 2, 3, 9, 8, 2]) == [[1, 3], [5, 5], [8, 9]]
    assert ranges([]) == []
