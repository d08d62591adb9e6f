"""Where the device's tests stand, on CPython and on MicroPython alike: folders, a clock, a way to wait."""

import asyncio
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_made = [0]


def folder() -> str:
    """Return a new empty folder; its parent is chosen, and removed, by whoever runs the tests."""
    base = os.getenv("DEVICE_TEST_FOLDER") or "."
    _made[0] += 1
    path = f"{base}/{os.urandom(6).hex()}-{_made[0]}"
    os.mkdir(path)
    return path


def refusal(kind: "type[Exception]", act: "Callable[[], object]") -> str:
    """Return what the error of that kind says which `act` must raise."""
    try:
        act()
    except kind as error:
        return str(error)
    raise AssertionError("it was not refused")


class FakeClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, wall: "int | None" = 1_800_000_000) -> None:
        self.now = 0
        self.today = wall
        self._sleepers: list[tuple[int, asyncio.Event]] = []

    def ms(self) -> int:
        """Return the milliseconds that the test let pass."""
        return self.now

    def wall(self) -> "int | None":
        """Return the time of day, if the test gave one."""
        return None if self.today is None else self.today + self.now // 1000

    async def sleep(self, seconds: float) -> None:
        """Wait until the test has let so much time pass."""
        sleeper = (self.now + int(seconds * 1000), asyncio.Event())
        self._sleepers.append(sleeper)
        try:
            await sleeper[1].wait()
        finally:
            self._sleepers.remove(sleeper)

    async def advance(self, seconds: float) -> None:
        """Let time pass, waking each sleeper at its moment."""
        end = self.now + int(seconds * 1000)
        await settle()
        while True:
            due = sorted([at for at, event in self._sleepers if at <= end and not event.is_set()])
            if not due:
                break
            self.now = due[0]
            for at, event in self._sleepers:
                if at == due[0]:
                    event.set()
            await settle()
        self.now = end


async def settle(rounds: int = 60) -> None:
    """Let all tasks run until they wait for something."""
    for _ in range(rounds):
        await asyncio.sleep(0)


class _End:
    # One direction of a connection in memory.
    def __init__(self) -> None:
        self.data = b""
        self.closed = False
        self.changed = asyncio.Event()

    async def read(self, size: int) -> bytes:
        while not self.data:
            if self.closed:
                return b""
            self.changed.clear()
            await self.changed.wait()
        piece, self.data = self.data[:size], self.data[size:]
        return piece


class Half:
    """One side of a connection in memory: reader and writer in one, as MicroPython's streams are."""

    def __init__(self, inward: _End, outward: _End) -> None:
        self._inward = inward
        self._outward = outward
        self.stuck = False

    async def read(self, size: int) -> bytes:
        """Return some bytes, or none when the other side has closed."""
        return await self._inward.read(size)

    async def readexactly(self, size: int) -> bytes:
        """Return so many bytes; raises EOFError when the other side closes before."""
        data = b""
        while len(data) < size:
            piece = await self._inward.read(size - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    def write(self, data: bytes) -> None:
        """Send bytes; raises OSError after the end."""
        if self._outward.closed:
            raise OSError(104)
        self._outward.data += data
        self._outward.changed.set()

    async def drain(self) -> None:
        """Wait until the bytes are under way; for ever on a stuck line."""
        while self.stuck:
            await asyncio.Event().wait()
        await asyncio.sleep(0)

    def close(self) -> None:
        """End both directions."""
        for end in (self._inward, self._outward):
            end.closed = True
            end.changed.set()

    async def wait_closed(self) -> None:
        """Return: it is closed at once."""


def connection() -> "tuple[Half, Half]":
    """Return the two sides of a connection in memory."""
    here, there = _End(), _End()
    return Half(here, there), Half(there, here)
