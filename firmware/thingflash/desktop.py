"""The device on this machine: its configuration, its key, and starting it under MicroPython or Python."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from device import config
from device.errors import DeviceError
from device.settings import Host, Settings
from thingflash import CACHE, FIRMWARE
from thingflash.interpreter import find_or_fetch
from thingseal import keys

NO_MICROPYTHON = "No MicroPython here: the device runs the same files on Python."
# What the app, one TLS connection and a signature need, with room to spare; a board has as much.
HEAP = "128k"


def configure(folder: Path, host: dict[str, object], interval: float | None, batch: int | None) -> Settings:
    """Write the host into the folder's config.json, beside those that are there, and return the whole."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "config.json"
    present = config.load(str(path))
    address = str(host["url"]).rstrip("/")
    hosts = [_host(other) for other in present.hosts if other.url != address] + [host]
    streams = [
        {"name": stream.name, "interval": interval or stream.interval, "drivers": stream.drivers}
        for stream in present.streams
    ]
    raw: dict[str, object] = {
        "hosts": hosts,
        "streams": streams,
        "batch": present.batch if batch is None else batch,
        "keep": present.keep,
        "keepalive": present.keepalive,
        "clear_text": present.clear_text,
    }
    written = config.save(str(path), raw)
    path.chmod(0o600)
    return written


def _host(host: Host) -> dict[str, object]:
    return {"url": host.url, "code": host.code, "receipts": host.receipts, "ca": host.ca}


def public_key(folder: Path) -> bytes:
    """Return the public key of the device in the folder. Raises DeviceError before its first start."""
    path = folder / "identity"
    try:
        public = bytes.fromhex(path.read_text().split()[2])
    except OSError:
        raise DeviceError(f"No key in {folder} yet: the device makes it when it is started first.") from None
    except (ValueError, IndexError):
        raise DeviceError(f"{path} is damaged: put the file back, or remove the whole folder.") from None
    keys.check(public)
    return public


def command(folder: Path, cache: Path = CACHE, say: Callable[[str], None] = lambda _line: None) -> list[str]:
    """Return the command line that runs the device of the folder; `say` hears under what."""
    found = find_or_fetch(cache, say)
    script, words = str(FIRMWARE / "main.py"), ["--dir", str(folder)]
    if found is None:
        say(NO_MICROPYTHON)
        return [sys.executable, script, *words]
    say(f"MicroPython {found.version}, {found.bits} bits, {HEAP} heap")
    return found.command(script, words, HEAP)


def run(folder: Path, cache: Path, say: Callable[[str], None]) -> None:
    """Become the device: this process is replaced by it."""
    line = command(folder, cache, say)
    os.umask(0o077)
    os.execv(line[0], line)  # noqa: S606 - the command is our own
