"""Live pages: what changed is told to whoever watches, after the commit."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator

from sqlalchemy import Connection

_NEWS = "thingcloud-news"


def announce(tx: Connection, topic: str, text: str = "changed") -> None:
    """Tell watchers of `topic` once this transaction is committed; nothing if it is not."""
    tx.info.setdefault(_NEWS, []).append((topic, text))


def mark(tx: Connection) -> int:
    """How many announcements this transaction holds."""
    return len(tx.info.get(_NEWS, ()))


def forget_since(tx: Connection, held: int) -> None:
    """Drop the announcements made after `mark` gave `held`."""
    del tx.info.get(_NEWS, [])[held:]


def take(tx: Connection) -> list[tuple[str, str]]:
    """All announcements of this transaction, which then holds none."""
    return list(tx.info.pop(_NEWS, ()))


class Live:
    """Who watches which topic in this process."""

    def __init__(self) -> None:
        self._watchers: dict[str, set[asyncio.Queue[tuple[str, str]]]] = defaultdict(set)
        self._loop: asyncio.AbstractEventLoop | None = None

    def publish(self, news: list[tuple[str, str]]) -> None:
        """Hand news to the watchers; may be called from any thread."""
        loop = self._loop
        if loop is None or not news or loop.is_closed():
            return
        loop.call_soon_threadsafe(self._deliver, news)

    def _deliver(self, news: list[tuple[str, str]]) -> None:
        for topic, text in news:
            for queue in self._watchers.get(topic, ()):
                if not queue.full():
                    queue.put_nowait((topic, text))

    async def watch(self, *topics: str) -> AsyncIterator[tuple[str, str]]:
        """Yield (topic, text) for each change; a slow watcher misses repeats, never the last word."""
        self._loop = asyncio.get_running_loop()
        queue: asyncio.Queue[tuple[str, str]] = asyncio.Queue(maxsize=64)
        for topic in topics:
            self._watchers[topic].add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            for topic in topics:
                self._watchers[topic].discard(queue)
                if not self._watchers[topic]:
                    del self._watchers[topic]
