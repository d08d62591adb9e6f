"""The device at work: measures, signs, keeps, delivers, for ever."""

import asyncio
import gc
import os

from device.clock import Clock
from device.courier import Courier
from device.hosts import Pairings
from device.identity import Identity
from device.numbers import Numbers
from device.outbox import Outbox
from device.recorder import Recorder
from device.sensors import driver
from device.settings import Settings, Stream
from thingseal.refusal import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from device.sensors import Driver


class Start:
    """What a start of the device begins with; `boot` is its number."""

    def __init__(self, folder: str, settings: Settings, who: Identity, numbers: Numbers, boot: int) -> None:
        self.folder = folder
        self.settings = settings
        self.who = who
        self.numbers = numbers
        self.boot = boot


def jitter() -> float:
    """Return a random number from 0 to 1."""
    return int.from_bytes(os.urandom(2), "big") / 65535


async def run(start: Start, refusing: "list[str]", healthy: "Callable[[], None]", tell: "Callable[..., None]") -> None:
    """Work for ever; packs are kept for the hosts at the addresses in `refusing` too, but nothing is sent there."""
    settings = start.settings
    clock = Clock()
    outbox = Outbox(start.folder + "/outbox", settings.keep)
    start.numbers.pass_over(outbox.newest)
    recorder = Recorder(start.who, start.numbers, outbox, clock, start.boot, settings.batch)
    pairings = Pairings(start.folder + "/hosts")
    tasks = []
    for host in settings.hosts:
        courier = Courier(host, settings, start.who, outbox, recorder, clock, jitter, tell)
        if host.url not in refusing:
            tasks.append(courier.run(pairings))
    for stream in settings.streams:
        drivers = [driver(name) for name in stream.drivers]
        tasks.append(measure(stream, drivers, recorder, outbox, clock, healthy, tell))
    gc.collect()
    await asyncio.gather(*tasks)


async def measure(
    stream: Stream,
    drivers: "list[Driver]",
    recorder: Recorder,
    outbox: Outbox,
    clock: Clock,
    healthy: "Callable[[], None]",
    tell: "Callable[..., None]",
) -> None:
    """Read the stream's drivers at its interval and record what they say."""
    due = clock.ms()
    while True:
        readings = []
        for read in drivers:
            try:
                readings.extend(read())
            except (OSError, ValueError) as error:
                tell("driver-failed", stream=stream.name, text=str(error))
        if readings:
            try:
                sequence = await recorder.record(stream.name, readings)
                tell("pack", sequence=sequence, stream=stream.name, held=outbox.held())
            except Refused as refusal:
                tell("not-recorded", stream=stream.name, text=refusal.reason)
            except OSError as error:
                tell("not-recorded", stream=stream.name, text=str(error))
        healthy()
        # Signing leaves much behind: cleared now, it does not split the heap into pieces too small to use.
        gc.collect()
        due = max(due + int(stream.interval * 1000), clock.ms())
        await clock.sleep((due - clock.ms()) / 1000)
