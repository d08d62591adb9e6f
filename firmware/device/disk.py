"""Writing files so that a power cut leaves the old or the new one, never half of one."""

import os
import sys

from device.errors import DeviceError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

_EXCLUSIVE_NOW = 6  # LOCK_EX | LOCK_NB
# MicroPython on a desktop keeps these out of `os`; a board has neither them nor a use for them.
_KINDS = {"umask": "i", "flock": "ii"}


def _system_call(name: str) -> "Callable[..., int] | None":
    if sys.implementation.name != "micropython":
        try:
            import fcntl
        except ImportError:
            return None
        return getattr(os, name, None) or getattr(fcntl, name, None)
    try:
        import ffi

        return ffi.open("libc.so.6").func("i", name, _KINDS[name])
    except (ImportError, OSError):
        return None


def keep_private() -> bool:
    """Make every file written from now on readable by its owner alone; False where the system cannot."""
    umask = _system_call("umask")
    if umask is None:
        return False
    umask(0o077)
    return True


def claim(path: str) -> object:
    """Hold the file at `path` for this process alone; keep what is returned. Raises DeviceError if it is held."""
    file = open(path, "ab")
    flock = _system_call("flock")
    if flock is not None:
        try:
            held = flock(file.fileno(), _EXCLUSIVE_NOW)
        except OSError:
            held = -1
        if held not in (0, None):
            raise DeviceError("Another device already runs in this folder: stop it, or choose another folder.")
    return file


def sync(file: "BinaryIO") -> None:
    """Put what was written to `file` on the disk itself; MicroPython's flush does that by itself."""
    file.flush()
    fsync = getattr(os, "fsync", None)
    if fsync is not None:
        fsync(file.fileno())


def write_whole(path: str, data: bytes) -> None:
    """Replace the file at `path` by `data` in one step."""
    with open(path + ".new", "wb") as file:
        file.write(data)
        sync(file)
    os.rename(path + ".new", path)


def read_whole(path: str) -> "bytes | None":
    """Return the bytes of the file at `path`, or None if there is none."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        if error.errno == 2:
            return None
        raise


def make_folder(path: str) -> None:
    """Make the folder `path`, and those above it, where they are missing."""
    parts = path.split("/")
    for end in range(1, len(parts) + 1):
        step = "/".join(parts[:end])
        if step and not exists(step):
            os.mkdir(step)


def exists(path: str) -> bool:
    """Say whether there is a file or folder at `path`."""
    try:
        os.stat(path)
    except OSError:
        return False
    return True
