"""Time as the cloud knows it: whole milliseconds since 1970, UTC."""

import asyncio
import time
from typing import Protocol

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Clock(Protocol):
    """Tells the time and waits; the fake one in `FakeClock` is part of the product."""

    def now(self) -> int:
        """Milliseconds since 1970-01-01T00:00Z."""
        ...

    async def wait(self, event: asyncio.Event, at_most: int) -> bool:
        """Wait until `event` is set or `at_most` milliseconds went by; True if it was set."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        """Milliseconds since 1970-01-01T00:00Z."""
        return time.time_ns() // 1_000_000

    async def wait(self, event: asyncio.Event, at_most: int) -> bool:
        """Wait until `event` is set or `at_most` milliseconds went by."""
        try:
            await asyncio.wait_for(event.wait(), at_most / SECOND)
        except TimeoutError:
            return False
        return True


class FakeClock:
    """A clock that stands still until it is told to advance."""

    def __init__(self, now: int = 1_795_000_000_000) -> None:
        self._now = now

    def now(self) -> int:
        """Milliseconds since 1970-01-01T00:00Z."""
        return self._now

    def advance(self, milliseconds: int) -> None:
        """Let time pass; it may also be told to jump back."""
        self._now += milliseconds

    async def wait(self, event: asyncio.Event, at_most: int) -> bool:
        """Let the time pass at once."""
        await asyncio.sleep(0)
        if not event.is_set():
            self._now += at_most
        return event.is_set()
