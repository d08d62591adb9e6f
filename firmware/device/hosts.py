"""What each host gave this device at pairing: checked, and kept in a file each."""

import binascii
import hashlib
import json

from device.disk import make_folder, read_whole, write_whole
from device.errors import PairingError
from device.settings import Host
from thingseal import keys


class Credentials:
    """What a host gave this device at pairing."""

    def __init__(self, raw: object) -> None:
        if not isinstance(raw, dict):
            raise PairingError("The host's answer to the pairing is not what a host says.")
        self.mqtt = text_of(raw, "mqtt")
        self.username = text_of(raw, "username")
        self.password = text_of(raw, "password")
        self.secret = bytes_of(raw, "receipt_secret", 32)
        self.host_key = bytes_of(raw, "host_key", 32)
        self.ca = text_of(raw, "ca") if raw.get("ca") is not None else ""
        generation = raw.get("generation")
        if isinstance(generation, bool) or not isinstance(generation, int) or generation < 0:
            raise PairingError("The host's answer has no usable generation.")
        self.generation = generation
        self.host = keys.device_id(self.host_key)


def text_of(raw: "dict[str, object]", key: str) -> str:
    """Return the text under `key` of a host's answer. Raises PairingError if there is none."""
    value = raw.get(key)
    if not isinstance(value, str):
        raise PairingError("The host's answer has no usable %s." % key)
    return value


def bytes_of(raw: "dict[str, object]", key: str, size: int) -> bytes:
    """Return the bytes under `key` of a host's answer, which writes them as base64url. Raises PairingError."""
    text = text_of(raw, key)
    try:
        value = binascii.a2b_base64(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4))
    except ValueError:
        value = b""
    if len(value) != size:
        raise PairingError("The host's answer has no usable %s." % key)
    return value


class Pairings:
    """The credentials of each host, a file each, in one folder."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def find(self, host: Host) -> "Credentials | None":
        """Return the credentials for this address, unless the owner has given a new code since."""
        path = self._path(host)
        data = read_whole(path)
        if data is None:
            return None
        try:
            raw = json.loads(data.decode())
            if not isinstance(raw, dict) or (host.code and raw.get("code_digest") != _digest(host.code)):
                return None
            return Credentials(raw)
        except (ValueError, RuntimeError, PairingError):
            # A damaged file is as good as none: pairing again makes a new one.
            return None

    def keep(self, host: Host, given: "dict[str, object]") -> None:
        """Keep what the host gave, for the code that it was given for."""
        make_folder(self._folder)
        given["code_digest"] = _digest(host.code)
        write_whole(self._path(host), json.dumps(given).encode())

    def _path(self, host: Host) -> str:
        return "%s/%s.json" % (self._folder, _digest(host.url))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).digest()[:8].hex()
