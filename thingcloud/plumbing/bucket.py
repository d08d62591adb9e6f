"""How often something may be done: token buckets in memory, which forget whom they counted when it no longer counts."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

from thingcloud.plumbing.clock import MINUTE, SECOND, Clock
from thingcloud.plumbing.errors import TooMuch


@dataclass(frozen=True)
class Pace:
    """How often something may be done: `most` times in `span` milliseconds."""

    most: int
    span: int


class Bucket:
    """Counts by key, such as a client's address; keys go after `span`, and the oldest ones beyond `room` at once."""

    def __init__(self, clock: Clock, pace: Pace, room: int = 50_000) -> None:
        self._clock = clock
        self._pace = pace
        self._room = room
        self._forget_after = pace.span / SECOND
        self._timer: asyncio.TimerHandle | None = None
        self._left: OrderedDict[tuple[str, ...], tuple[float, int]] = OrderedDict()

    def spend(self, *key: str, said: str = "That was a lot in a short time.") -> None:
        """Use up one; raises TooMuch with the wait when none is left."""
        now, pace = self._clock.now(), self._pace
        self._drop_old(now)
        left, at = self._left.get(key, (float(pace.most), now))
        left = min(float(pace.most), left + max(0, now - at) * pace.most / pace.span)
        if left < 1:
            wait = int((1 - left) * pace.span / pace.most)
            minutes = -(-wait // MINUTE)
            words = "a minute" if minutes <= 1 else f"{minutes} minutes"
            raise TooMuch(f"{said} Please try again in {words}.", again_in=wait)
        self._left[key] = (left - 1, now)
        self._left.move_to_end(key)
        if len(self._left) > self._room:
            self._left.popitem(last=False)
        self._see_to_it()

    def _drop_old(self, now: int) -> None:
        # The order is that of the last use, so the first one that is young ends it.
        while self._left and next(iter(self._left.values()))[1] <= now - self._pace.span:
            self._left.popitem(last=False)

    def _see_to_it(self) -> None:
        """Forget in time, too, when nobody comes any more."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        if self._timer is None or self._timer.cancelled():
            self._timer = loop.call_later(self._forget_after, self._forget)

    def _forget(self) -> None:
        self._timer = None
        self._drop_old(self._clock.now())
        if self._left:
            self._see_to_it()
