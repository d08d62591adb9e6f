"""Writing files so that a power cut leaves the old or the new one, never half of one."""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

_MICROPYTHON = sys.implementation.name == "micropython"


def _libc_call(name: str, kinds: str) -> "object":
    # MicroPython on a desktop has neither fsync nor umask in `os`; a board has no ffi and needs neither.
    try:
        import ffi

        return ffi.open("libc.so.6").func("i", name, kinds)
    except (ImportError, OSError):
        return None


_FSYNC = _libc_call("fsync", "i") if _MICROPYTHON else getattr(os, "fsync", None)
_UMASK = _libc_call("umask", "i") if _MICROPYTHON else getattr(os, "umask", None)


def keep_private() -> bool:
    """Make every file written from now on readable by its owner alone; False where the system cannot."""
    if callable(_UMASK):
        _UMASK(0o077)
        return True
    return False


def sync(file: "BinaryIO") -> None:
    """Put what was written to `file` on the disk itself, as far as the system lets us."""
    file.flush()
    if callable(_FSYNC):
        _FSYNC(file.fileno())


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
