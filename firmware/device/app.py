"""The device at work: measures, signs, keeps, delivers. What happens is told on stdout, a JSON object a line."""

import asyncio
import gc
import json
import os

from device import identity
from device.clock import Clock
from device.courier import Courier
from device.disk import claim, exists, keep_private, make_folder
from device.errors import DeviceError
from device.hosts import Pairings
from device.lean import unload
from device.numbers import Numbers
from device.outbox import Outbox
from device.recorder import Recorder
from device.sensors import driver
from device.settings import Settings, Stream
from thingseal.ed25519 import BadTable, Table
from thingseal.refusal import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from device.sensors import Driver


def main(folder: str, table: str, boot: int, healthy: "Callable[[], None]") -> int:
    """Be the device until it is stopped; return 2 when its owner has to see to something first."""
    try:
        asyncio.run(run(folder, read_table(table), boot, healthy))
    except (DeviceError, BadTable) as error:
        healthy()
        tell("error", text=str(error))
    return 2


def tell(event: str, **more: object) -> None:
    """Say on stdout what happened."""
    more["event"] = event
    print(json.dumps(more))


def jitter() -> float:
    """Return a random number from 0 to 1."""
    return int.from_bytes(os.urandom(2), "big") / 65535


def read_settings(path: str) -> Settings:
    """Return the owner's settings; the code that checks them is let go again."""
    from device.config import load

    try:
        return load(path)
    finally:
        del load
        unload("device.config")


def read_table(path: str) -> Table:
    """Open the table of curve points; it stays on disk and is read piece by piece."""
    file = open(path, "rb")

    def read(offset: int, size: int) -> bytes:
        file.seek(offset)
        return file.read(size)

    return Table(read)


async def run(folder: str, table: Table, boot: int, healthy: "Callable[[], None]") -> None:
    """Be the device whose state is in `folder`, for ever. `healthy` is called once the first pack is kept."""
    keep_private()
    make_folder(folder)
    claimed = claim(folder + "/lock")
    settings = read_settings(folder + "/config.json")
    drivers = {stream.name: [driver(name) for name in stream.drivers] for stream in settings.streams}
    clock = Clock()
    who = identity.load(folder + "/identity", table)
    numbers = Numbers(folder + "/sequence", fresh=who is None and not exists(folder + "/sequence"))
    if who is None:
        who = identity.create(folder + "/identity", table)
    tell("key", device=who.device, did=who.did, boot=boot)
    outbox = Outbox(folder + "/outbox", settings.keep)
    numbers.pass_over(outbox.newest)
    recorder = Recorder(who, numbers, outbox, clock, boot, settings.batch)
    pairings = Pairings(folder + "/hosts")
    couriers = [Courier(host, settings, who, outbox, recorder, clock, jitter, tell) for host in settings.hosts]
    tasks = [courier.run(pairings) for courier in couriers]
    for stream in settings.streams:
        tasks.append(measure(stream, drivers[stream.name], recorder, outbox, clock, healthy))
    await asyncio.gather(*tasks)
    del claimed


async def measure(
    stream: Stream,
    drivers: "list[Driver]",
    recorder: Recorder,
    outbox: Outbox,
    clock: Clock,
    healthy: "Callable[[], None]",
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
                tell("not-recorded", stream=stream.name, reason=refusal.reason)
        healthy()
        # Signing leaves much behind: cleared now, it does not split the heap into pieces too small to use.
        gc.collect()
        due = max(due + int(stream.interval * 1000), clock.ms())
        await clock.sleep((due - clock.ms()) / 1000)
