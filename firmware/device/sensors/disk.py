"""Room taken on the disk that the device lives on."""

import os

from thingseal.cbor import Fraction10
from thingseal.reading import Reading


def read() -> "list[Reading]":
    """Return one reading, `disk`: the share that is taken, a ratio from 0 to 1."""
    statvfs = getattr(os, "statvfs", None)
    if statvfs is None:
        return []
    found = statvfs(".")
    blocks, free = int(found[2]), int(found[3])
    return [Reading("disk", "/", Fraction10((blocks - free) * 1000 // blocks, -3).normal())] if blocks else []
