"""Load of this machine over the last minute: processes that run or wait to run, a bare number."""

import os

from device.sensors.host import first_line
from thingseal.cbor import rounded
from thingseal.reading import Reading


def read() -> "list[Reading]":
    """Return one reading, `load`, without a unit."""
    text = first_line("/proc/loadavg")
    if text:
        return [Reading("load", None, rounded(float(text.split()[0]), 2))]
    getloadavg = getattr(os, "getloadavg", None)
    return [Reading("load", None, rounded(getloadavg()[0], 2))] if getloadavg else []
