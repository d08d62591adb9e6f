"""The device's key: made here at the first start, never shown, never sent."""

import asyncio
import os

from device.disk import read_whole, write_whole
from device.errors import DeviceError
from thingseal import keys
from thingseal.ed25519 import BadTable, Signer, Table


class Identity:
    """The key and what follows from it: `public` (32 bytes), `kid`, `device` (the device id), `did`."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self.public = signer.public
        self.kid = keys.kid(signer.public)
        self.device = keys.device_id(signer.public)
        self.did = keys.did_key(signer.public)

    async def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature; other tasks run between its steps."""
        steps = self._signer.steps(message)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return bytes(end.value)
            await asyncio.sleep(0)


def read_table(path: str) -> Table:
    """Open the file of curve points; it stays on disk and is read piece by piece. Raises DeviceError if damaged."""
    file = open(path, "rb")

    def read(offset: int, size: int) -> bytes:
        file.seek(offset)
        return file.read(size)

    try:
        return Table(read)
    except BadTable as error:
        raise DeviceError(str(error)) from None


def load(path: str, table: Table) -> "Identity | None":
    """Return the identity kept at `path`, or None before the first start."""
    data = read_whole(path)
    if data is None:
        return None
    try:
        kind, seed_text, public_text = data.decode().split()
        seed, public = bytes.fromhex(seed_text), bytes.fromhex(public_text)
    except (ValueError, RuntimeError):
        kind, seed, public = "", b"", b""
    signer = Signer(seed, table) if kind == "ed25519" and len(seed) == 32 else None
    if signer is None or signer.public != public:
        raise DeviceError(
            "%s is damaged, so this device has lost its key. Put the file back, or remove the whole "
            "folder: the device then makes a new key and is paired anew." % path
        )
    return Identity(signer)


def create(path: str, table: Table) -> Identity:
    """Make a new key from the system's randomness and keep it at `path`."""
    seed = os.urandom(32)
    signer = Signer(seed, table)
    write_whole(path, b"ed25519 " + seed.hex().encode() + b" " + signer.public.hex().encode() + b"\n")
    return Identity(signer)
