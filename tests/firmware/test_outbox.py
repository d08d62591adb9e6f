"""The outbox: these tests run on CPython and on MicroPython alike."""

import os

from device.errors import DeviceError
from device.numbers import Numbers
from device.outbox import Outbox
from device.segment import Record, Segment
from tests.firmware.ground import folder, refusal


def pack(number: int, readings: int = 1, dropped: int = 0, stream: str = "s") -> Record:
    return Record(stream, b"pack %d" % number, readings, dropped)


def filled(path: str, first: int, last: int, **options: int) -> Outbox:
    outbox = Outbox(path, options.get("keep", 1000), options.get("per_segment", 4))
    outbox.attach("host", True)
    for number in range(first, last + 1):
        outbox.append(number, pack(number))
    outbox.flush()
    return outbox


def waiting(outbox: Outbox, host: str = "host") -> "list[int]":
    numbers: list[int] = []
    found = outbox.next_for(host, 0)
    while found:
        numbers.append(found)
        found = outbox.next_for(host, found)
    return numbers


def test_packs_come_out_in_order_with_the_bytes_that_went_in() -> None:
    outbox = filled(folder(), 1, 10)
    assert waiting(outbox) == list(range(1, 11))
    assert outbox.message(7) == b"pack 7"


def test_packs_outlive_a_restart() -> None:
    path = folder()
    filled(path, 1, 10)
    again = filled(path, 11, 10)
    assert waiting(again) == list(range(1, 11))
    assert again.held() == 10


def test_a_receipt_frees_exactly_what_it_names() -> None:
    outbox = filled(folder(), 1, 10)
    assert outbox.release("host", [(2, 3), (6, 9)]) == 6
    assert waiting(outbox) == [1, 4, 5, 10]
    assert outbox.held() == 4
    assert outbox.outstanding("host", 5) == 3


def test_a_receipt_for_packs_that_were_never_made_frees_nothing() -> None:
    outbox = filled(folder(), 5, 6)
    assert outbox.release("host", [(1, 4), (7, 9_000_000_000)]) == 0
    assert outbox.held() == 2


def test_the_same_receipt_twice_counts_once() -> None:
    outbox = filled(folder(), 1, 3)
    assert outbox.release("host", [(1, 2)]) == 2
    assert outbox.release("host", [(1, 2)]) == 0


def test_a_pack_is_held_until_every_required_host_has_it() -> None:
    outbox = filled(folder(), 1, 4)
    outbox.attach("other", True)
    outbox.release("host", [(1, 4)])
    assert outbox.held() == 4
    assert waiting(outbox, "other") == [1, 2, 3, 4]
    outbox.release("other", [(1, 4)])
    assert outbox.held() == 0


def test_a_best_effort_host_holds_nothing_back() -> None:
    path = folder()
    outbox = filled(path, 1, 4)
    outbox.attach("plain", False)
    outbox.release("host", [(1, 4)])
    assert outbox.held() == 0
    assert [name for name in os.listdir(path) if name.endswith(".seg")] == []


def test_files_go_when_all_their_packs_are_freed() -> None:
    path = folder()
    outbox = filled(path, 1, 9)
    outbox.release("host", [(1, 4), (6, 8)])
    assert sorted(name for name in os.listdir(path) if name.endswith(".seg")) == ["5.seg", "9.seg"]


def test_a_torn_tail_costs_only_the_torn_pack() -> None:
    path = folder()
    filled(path, 1, 3)
    with open(path + "/1.seg", "rb") as file:
        data = file.read()
    for cut in range(1, len(data)):
        with open(path + "/1.seg", "wb") as file:
            file.write(data[:-cut])
        again = Outbox(path, 1000, 4)
        again.attach("host", True)
        whole = 2 if cut <= len(data) // 3 else 1 if cut <= 2 * len(data) // 3 else 0
        assert waiting(again) == list(range(1, whole + 1)), cut
        if whole == 0:
            break


def test_a_damaged_byte_is_not_handed_out() -> None:
    path = folder()
    filled(path, 1, 3)
    with open(path + "/1.seg", "rb") as file:
        data = bytearray(file.read())
    data[-1] ^= 1
    with open(path + "/1.seg", "wb") as file:
        file.write(data)
    again = Outbox(path, 1000, 4)
    again.attach("host", True)
    assert waiting(again) == [1, 2]


def test_what_comes_after_a_torn_tail_goes_into_a_new_file() -> None:
    path = folder()
    filled(path, 1, 3)
    with open(path + "/1.seg", "ab") as file:
        file.write(b"\xa7\x00\x20half a pack")
    outbox = filled(path, 65, 66)
    assert waiting(outbox) == [1, 2, 3, 65, 66]
    assert waiting(filled(path, 67, 67)) == [1, 2, 3, 65, 66, 67]


def test_the_chain_of_a_stream_outlives_freeing_and_restart() -> None:
    path = folder()
    outbox = filled(path, 1, 4)
    digest = outbox.previous("s")
    assert digest is not None
    assert len(digest) == 16
    outbox.release("host", [(1, 4)])
    assert Outbox(path, 1000, 4).previous("s") == digest
    assert Outbox(path, 1000, 4).previous("another") is None


def test_an_unwritten_pack_is_neither_sent_nor_chained_after_a_power_cut() -> None:
    path = folder()
    outbox = filled(path, 1, 1)
    before = outbox.previous("s")
    outbox.append(2, pack(2))
    assert outbox.unwritten() == 1
    assert outbox.held() == 2
    assert outbox.previous("s") != before
    assert waiting(outbox) == [1]
    after_the_cut = Outbox(path, 1000, 4)
    assert after_the_cut.previous("s") == before
    assert after_the_cut.newest == 1


def test_when_full_the_oldest_are_dropped_and_counted_by_reading() -> None:
    path = folder()
    outbox = filled(path, 1, 8, keep=8)
    outbox.release("host", [(1, 1)])
    outbox.append(9, pack(9, readings=5))
    outbox.flush()
    assert waiting(outbox) == [5, 6, 7, 8, 9]
    assert outbox.dropped("s") == 3
    assert Outbox(path, 8, 4).dropped("s") == 3


def test_dropped_readings_are_told_once_even_across_a_restart() -> None:
    path = folder()
    outbox = filled(path, 1, 9, keep=8)
    assert outbox.dropped("s") == 4
    outbox.append(10, pack(10, dropped=4))
    assert outbox.dropped("s") == 0
    outbox.flush()
    assert Outbox(path, 8, 4).dropped("s") == 0


def test_a_lost_pack_that_told_of_drops_is_told_again() -> None:
    outbox = Outbox(folder(), 4, 4)
    outbox.attach("host", True)
    outbox.append(1, pack(1, readings=2, dropped=7))
    for number in range(2, 6):
        outbox.append(number, pack(number))
    outbox.flush()
    assert outbox.dropped("s") == 2 + 7 + 3


def test_a_full_disk_costs_the_oldest_file_and_the_packs_in_it_are_counted() -> None:
    outbox = filled(folder(), 1, 8)
    working = Segment.append
    refusals: list[int] = []

    def full_once(segment: Segment, records: "list[Record]") -> None:
        if not refusals:
            refusals.append(segment.first)
            raise OSError(28, "full")
        working(segment, records)

    Segment.append = full_once  # type: ignore[method-assign, assignment]
    try:
        outbox.append(9, pack(9))
        outbox.flush()
    finally:
        Segment.append = working  # type: ignore[method-assign]
    assert refusals == [9]
    assert waiting(outbox) == [5, 6, 7, 8, 9]
    assert outbox.dropped("s") == 4


def half_written(outbox: Outbox, number: int, errno: int) -> None:
    """Write a pack on a disk that takes half of it once and then refuses."""
    working = Segment.append
    refusals: list[int] = []

    def half_once(segment: Segment, records: "list[Record]") -> None:
        if refusals:
            return working(segment, records)
        refusals.append(segment.first)
        with open(segment.path, "ab") as file:
            file.write(records[0].encode()[:10])
        raise OSError(errno, "half")

    Segment.append = half_once  # type: ignore[method-assign, assignment]
    try:
        outbox.append(number, pack(number))
        outbox.flush()
    finally:
        Segment.append = working  # type: ignore[method-assign]


def test_a_pack_that_was_half_written_when_the_disk_was_full_is_whole_in_the_end() -> None:
    for last in (8, 7):
        where = folder()
        outbox = filled(where, 1, last)
        half_written(outbox, last + 1, 28)
        assert outbox.message(last + 1) == pack(last + 1).message
        assert outbox.message(last) == pack(last).message
        assert waiting(Outbox(where, 1000, 4)) == list(range(5, last + 2))


def test_a_disk_that_fails_in_the_middle_of_a_pack_costs_none() -> None:
    for last in (8, 7):
        where = folder()
        outbox = filled(where, 1, last)
        try:
            half_written(outbox, last + 1, 5)
        except OSError:
            outbox.flush()
        assert outbox.message(last + 1) == pack(last + 1).message
        assert waiting(Outbox(where, 1000, 4)) == list(range(1, last + 2))


def test_streams_have_chains_of_their_own() -> None:
    outbox = Outbox(folder(), 100, 4)
    outbox.append(1, pack(1, stream="a"))
    outbox.append(2, pack(2, stream="b"))
    outbox.flush()
    assert outbox.previous("a") != outbox.previous("b")


def test_numbers_never_repeat_whatever_the_moment_of_the_restart() -> None:
    path = folder() + "/sequence"
    seen: list[int] = []
    numbers = Numbers(path, fresh=True)
    for round_ in range(5):
        for _ in range(1 + 63 * (round_ % 2) + round_):
            seen.append(numbers.take())
        numbers = Numbers(path, fresh=False)
    assert seen == sorted(set(seen))
    assert seen[0] == 1


def test_a_missing_or_damaged_number_file_stops_the_device() -> None:
    path = folder() + "/sequence"
    Numbers(path, fresh=True).take()
    with open(path, "rb") as file:
        good = file.read()
    for bad in (b"", b"6", good.replace(b"6", b"7", 1)):
        with open(path, "wb") as file:
            file.write(bad)
        assert "used twice" in refusal(DeviceError, lambda: Numbers(path, fresh=False))


def test_numbers_found_in_the_outbox_are_passed_over() -> None:
    path = folder() + "/sequence"
    numbers = Numbers(path, fresh=True)
    numbers.pass_over(500)
    assert numbers.take() == 501
    assert Numbers(path, fresh=False).take() > 501
