"""Starts the device: settings, key, a first pairing, then the rest; each part is loaded when it is its turn."""

import asyncio
import gc
import json

from device.disk import claim, exists, keep_private, make_folder
from device.errors import DeviceError
from device.lean import unload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from device.identity import Identity
    from device.numbers import Numbers
    from device.settings import Settings

# A file is compiled in one piece, which takes several times its size: the largest go first.
_LARGE = ("thingseal.reading", "device.outbox", "device.mqtt", "thingseal.receipt", "device.courier")


def main(folder: str, table: str, boot: int, healthy: "Callable[[], None]") -> int:
    """Be the device until it is stopped; return 2 when its owner has to see to something first.

    `folder` holds its state, `table` is the file of curve points, `boot` the number of this start; `healthy` is
    called once the device is at work.
    """
    try:
        keep_private()
        make_folder(folder)
        claimed = claim(folder + "/lock")
        settings = read_settings(folder + "/config.json")
        who, numbers = wake(folder, table)
        tell("key", device=who.device, did=who.did, boot=boot)
        refusing = asyncio.run(pair_at_first(folder, settings, who))
        make_room()
        from device import work

        asyncio.run(work.run(work.Start(folder, settings, who, numbers, boot), refusing, healthy, tell))
        del claimed
    except DeviceError as error:
        healthy()
        tell("error", text=str(error))
    return 2


def tell(event: str, **more: object) -> None:
    """Say on stdout what happened, as a JSON object on a line."""
    more["event"] = event
    print(json.dumps(more))


def read_settings(path: str) -> "Settings":
    """Return the owner's settings; the code that checks them is let go again."""
    from device.config import load

    try:
        return load(path)
    finally:
        del load
        unload("device.config")


def wake(folder: str, table: str) -> "tuple[Identity, Numbers]":
    """Return the key and the numbers kept in the folder, made at the first start. Raises DeviceError if damaged."""
    # Imports within imports take stack, which boards have little of: the deepest chain is loaded from here.
    __import__("thingseal.sha512")
    from device import identity
    from device.numbers import Numbers

    points = identity.read_table(table)
    found = identity.load(folder + "/identity", points)
    numbers = Numbers(folder + "/sequence", fresh=found is None and not exists(folder + "/sequence"))
    return found or identity.create(folder + "/identity", points), numbers


async def pair_at_first(folder: str, settings: "Settings", who: "Identity") -> "list[str]":
    """Try once to pair with the hosts that have no credentials; return those that will not have this device.

    This is done before the rest is loaded, since pairing needs room of its own.
    """
    from device.hosts import Pairings

    pairings = Pairings(folder + "/hosts")
    refusing = []
    for host in settings.hosts:
        if pairings.find(host) is None:
            from device.pairing import attempt

            if not await attempt(pairings, host, who, settings.clear_text, tell):
                refusing.append(host.url)
            del attempt
    unload("device.pairing", "device.http", "thingseal.pairing")
    return refusing


def make_room() -> None:
    """Load the largest files first, while there is room to compile them."""
    for name in _LARGE:
        gc.collect()
        __import__(name)
    gc.collect()
