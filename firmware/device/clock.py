"""Two clocks: one that never stops or jumps, and the time of day where it is known."""

import asyncio
import time

# Before this moment (2025-01-01) a clock has not been set: boards start in 1970 or 2000.
_PLAUSIBLE = 1735689600
_EPOCH_2000 = 946684800


def _raw_ms() -> int:
    ticks = getattr(time, "ticks_ms", None)
    if ticks is None:
        return time.monotonic_ns() // 1_000_000
    return int(ticks())


class Clock:
    """Milliseconds since start, the time of day if known, and waiting; tests bring their own."""

    def __init__(self) -> None:
        self._diff = getattr(time, "ticks_diff", None)
        self._last = _raw_ms()
        self._elapsed = 0
        self._shift = _EPOCH_2000 if time.gmtime(0)[0] == 2000 else 0

    def ms(self) -> int:
        """Return milliseconds since this clock was made; never wraps, never goes back."""
        now = _raw_ms()
        # ticks_ms wraps after about six days: only the difference of two near readings can be trusted.
        step = self._diff(now, self._last) if self._diff else now - self._last
        self._last = now
        self._elapsed += int(step)
        return self._elapsed

    def wall(self) -> "int | None":
        """Return seconds since 1970, or None while nobody has told this device the time."""
        seconds = int(time.time()) + self._shift
        return seconds if seconds >= _PLAUSIBLE else None

    async def sleep(self, seconds: float) -> None:
        """Let other tasks run for so many seconds."""
        await asyncio.sleep(seconds)
