"""The host's identity key: receipts, webhooks, agreements and statements are signed with it."""

import os
from dataclasses import dataclass
from pathlib import Path

from nacl.signing import SigningKey

from thingcloud.plumbing.errors import Unavailable
from thingseal.keys import device_id, did_key, kid

_SEED_BYTES = 32


@dataclass(frozen=True)
class HostKey:
    """An Ed25519 key pair; the seed never leaves this object but to its file."""

    seed: bytes

    def sign(self, message: bytes) -> bytes:
        """A 64-byte Ed25519 signature (RFC 8032)."""
        return SigningKey(self.seed).sign(message).signature

    @property
    def public(self) -> bytes:
        """The 32-byte public key."""
        return bytes(SigningKey(self.seed).verify_key)

    @property
    def id(self) -> str:
        """The host id: 24 characters, derived from the key as a device id is."""
        return device_id(self.public)

    @property
    def kid(self) -> bytes:
        """First 8 bytes of the key's RFC 9679 thumbprint."""
        return kid(self.public)

    @property
    def did(self) -> str:
        """The key as `did:key`."""
        return did_key(self.public)

    def __repr__(self) -> str:
        return f"HostKey({self.id})"


def load_or_make(path: Path) -> HostKey:
    """The key kept in `path`, made at the first start with mode 0600."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Whole or not at all, and on the disk before it signs anything.
        made = path.with_name(f"{path.name}.new")
        made.unlink(missing_ok=True)
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(os.urandom(_SEED_BYTES))
            file.flush()
            os.fsync(file.fileno())
        made.replace(path)
    seed = path.read_bytes()
    if len(seed) != _SEED_BYTES:
        raise Unavailable(
            f"The host key in {path.name} is {len(seed)} bytes long, not {_SEED_BYTES}.",
            hint="Put the file back from a backup: a new key would make this another host.",
        )
    return HostKey(seed)
