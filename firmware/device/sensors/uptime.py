"""How long this machine has been up."""

import time

from device.sensors.host import first_line
from thingseal.reading import Reading


def read() -> "list[Reading]":
    """Return one reading, `uptime` in whole seconds: of the machine, or of the device where only that is known."""
    text = first_line("/proc/uptime")
    if text:
        return [Reading("uptime", "s", int(text.partition(".")[0]))]
    monotonic = getattr(time, "monotonic", None)
    return [Reading("uptime", "s", int(monotonic()))] if monotonic else []
