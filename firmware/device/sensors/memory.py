"""Memory in use on this machine."""

from device.sensors.host import fields
from thingseal.cbor import Fraction10
from thingseal.reading import Reading


def read() -> "list[Reading]":
    """Return one reading, `memory`: the share that programs hold, a ratio from 0 to 1."""
    found = fields("/proc/meminfo", ("MemTotal", "MemAvailable"))
    total, free = found.get("MemTotal", 0), found.get("MemAvailable")
    if not total or free is None:
        return []
    # In whole numbers: a board's floats have 24 bits, a machine's memory more.
    return [Reading("memory", "/", Fraction10((total - free) * 1000 // total, -3).normal())]
