"""Limits: what fits passes, what is over it waits, and whom they counted is forgotten."""

import asyncio

import pytest

from thingcloud.plumbing.bucket import Bucket, Pace
from thingcloud.plumbing.clock import MINUTE, FakeClock
from thingcloud.plumbing.errors import TooMuch


def test_a_bucket_fills_again_little_by_little() -> None:
    clock = FakeClock(0)
    bucket = Bucket(clock, Pace(2, 10 * MINUTE))
    bucket.spend("a")
    bucket.spend("a")
    with pytest.raises(TooMuch, match="Please try again in 5 minutes") as waits:
        bucket.spend("a")
    assert waits.value.again_in == 5 * MINUTE
    bucket.spend("b")
    clock.advance(waits.value.again_in)
    bucket.spend("a")
    with pytest.raises(TooMuch):
        bucket.spend("a")


def test_its_memory_stays_bounded_and_forgets_the_oldest() -> None:
    bucket = Bucket(FakeClock(0), Pace(1, MINUTE), room=10)
    for number in range(100):
        bucket.spend(f"client {number}")
    with pytest.raises(TooMuch):
        bucket.spend("client 99")
    bucket.spend("client 0")
    assert len(bucket._left) == 10


def test_a_clock_that_jumps_back_locks_nobody_out() -> None:
    clock = FakeClock(10**12)
    bucket = Bucket(clock, Pace(1, MINUTE))
    bucket.spend("client")
    clock.advance(-(10**12))
    with pytest.raises(TooMuch) as waits:
        bucket.spend("client")
    assert waits.value.again_in <= MINUTE


def test_keys_are_forgotten_after_their_window_when_somebody_else_comes() -> None:
    clock = FakeClock(0)
    bucket = Bucket(clock, Pace(3, MINUTE))
    bucket.spend("192.0.2.1")
    clock.advance(1)
    bucket.spend("192.0.2.2")
    clock.advance(MINUTE - 1)
    bucket.spend("192.0.2.3")
    assert list(bucket._left) == [("192.0.2.2",), ("192.0.2.3",)]


async def test_keys_are_forgotten_after_their_window_when_nobody_comes_any_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = FakeClock(0)
    bucket = Bucket(clock, Pace(3, MINUTE))
    monkeypatch.setattr(bucket, "_forget_after", 0)
    bucket.spend("192.0.2.1")
    for _ in range(5):
        await asyncio.sleep(0)
    assert list(bucket._left) == [("192.0.2.1",)]
    clock.advance(MINUTE)
    for _ in range(5):
        await asyncio.sleep(0)
    assert list(bucket._left) == []
    assert bucket._timer is None
