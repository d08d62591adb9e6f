"""Counting starts and holding a failing app back: these tests run on CPython and on MicroPython alike."""

import json

import boot
from tests.firmware.ground import folder


def test_every_start_has_the_next_number() -> None:
    path = folder()
    numbers = []
    for _ in range(4):
        numbers.append(boot.begin(path)["boots"])
        boot.healthy(path)
    assert numbers == [1, 2, 3, 4]


def test_three_failed_starts_lead_to_safe_mode_for_one_start() -> None:
    path = folder()
    assert [boot.begin(path)["safe"] for _ in range(6)] == [False, False, False, True, False, False]


def test_a_start_that_got_going_clears_the_count() -> None:
    path = folder()
    for _ in range(8):
        boot.begin(path)
        boot.begin(path)
        boot.healthy(path)
    assert not boot.begin(path)["safe"]


def test_a_failing_new_app_gives_way_to_the_old_one() -> None:
    path = folder()
    with open(path + "/boot.json", "w") as file:
        json.dump({"boots": 9, "failed": 0, "slot": "b", "safe": False}, file)
    assert [boot.begin(path)["slot"] for _ in range(4)] == ["b", "b", "b", "a"]
    assert not boot.current(path)["safe"]


def test_a_damaged_count_starts_anew_instead_of_failing() -> None:
    path = folder()
    for text in ("", "{", '{"boots": "x"}', "[]"):
        with open(path + "/boot.json", "w") as file:
            file.write(text)
        assert boot.begin(path)["boots"] == 1
