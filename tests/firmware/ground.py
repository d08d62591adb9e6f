"""Where the device's tests stand, on CPython and on MicroPython alike: folders, a clock, a way to wait."""

import os

_made = [0]


def folder() -> str:
    """Return a new empty folder; its parent is chosen, and removed, by whoever runs the tests."""
    base = os.getenv("DEVICE_TEST_FOLDER") or "."
    _made[0] += 1
    path = "%s/%s-%d" % (base, "".join(["%02x" % byte for byte in os.urandom(6)]), _made[0])
    os.mkdir(path)
    return path
