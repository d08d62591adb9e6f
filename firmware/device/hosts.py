"""Pairing with a host: the device proves that it holds its key, and is given what it needs to deliver."""

import binascii
import hashlib
import json

from device import config
from device.disk import make_folder, read_whole, write_whole
from device.errors import ConfigError, PairingError
from device.http import post
from device.identity import Identity
from thingseal import frame, keys, topics
from thingseal.pairing import PAIR, Pairing, encode_pairing, is_code

MODEL = "thing-cloud desktop device"


class Credentials:
    """What a host gave this device at pairing."""

    def __init__(self, raw: object) -> None:
        if not isinstance(raw, dict):
            raise PairingError("The host's answer to the pairing is not what a host says.")
        self.raw = raw
        self.mqtt = _text(raw, "mqtt")
        self.username = _text(raw, "username")
        self.password = _text(raw, "password")
        self.secret = _bytes(raw, "receipt_secret", 32)
        self.host_key = _bytes(raw, "host_key", 32)
        self.ca = _text(raw, "ca") if raw.get("ca") is not None else ""
        generation = raw.get("generation")
        if isinstance(generation, bool) or not isinstance(generation, int) or generation < 0:
            raise PairingError("The host's answer has no usable generation.")
        self.generation = generation
        self.host = keys.device_id(self.host_key)


def _text(raw: "dict[str, object]", key: str) -> str:
    value = raw.get(key)
    if not isinstance(value, str):
        raise PairingError("The host's answer has no usable %s." % key)
    return value


def _bytes(raw: "dict[str, object]", key: str, size: int) -> bytes:
    text = _text(raw, key)
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
        make_folder(folder)

    def find(self, host: config.HostConfig) -> "Credentials | None":
        """Return the credentials for this address, unless the owner has given a new code since."""
        path = self._path(host)
        data = read_whole(path)
        if data is None:
            return None
        try:
            raw = config.parse(data, path)
            if not isinstance(raw, dict) or (host.code and raw.get("code_digest") != _digest(host.code)):
                return None
            return Credentials(raw)
        except (ConfigError, PairingError):
            # A damaged file is as good as none: pairing again makes a new one.
            return None

    async def pair(self, host: config.HostConfig, identity: Identity, clear_text: str) -> Credentials:
        """Pair with the host and keep what it gives. Raises PairingError, DeviceError, OSError."""
        if not is_code(host.code):
            raise PairingError("No pairing code for %s: get one on the thing's page." % host.url)
        asked = {"device": identity.device}
        begun = await _ask(host, "/pair/begin", "application/json", json.dumps(asked).encode(), clear_text)
        nonce, host_id = _bytes(begun, "nonce", 16), _text(begun, "host")
        if not topics.is_device(host_id):
            raise PairingError("The host does not say who it is. Is the address right?")
        answer = Pairing(nonce, host_id, PAIR, host.code, identity.public, None, MODEL)
        payload = encode_pairing(answer)
        protected, message = frame.signing_input(frame.PAIRING, payload, identity.kid, nonce, None)
        body = frame.assemble(protected, payload, await identity.sign(message))
        given = await _ask(host, "/pair", "application/cose", body, clear_text)
        credentials = Credentials(given)
        if credentials.host != host_id:
            raise PairingError("The host that answered is not the one that was asked. Nothing was changed.")
        if credentials.username != identity.device:
            raise PairingError("The host took this device for another one. Get a new code and try again.")
        given["code_digest"] = _digest(host.code)
        write_whole(self._path(host), json.dumps(given).encode())
        return credentials

    def _path(self, host: config.HostConfig) -> str:
        return "%s/%s.json" % (self._folder, _digest(host.url))


async def _ask(host: config.HostConfig, path: str, kind: str, body: bytes, clear_text: str) -> "dict[str, object]":
    status, answer = await post(host.url + path, kind, body, host.ca, clear_text)
    try:
        raw = json.loads(answer.decode()) if answer else None
    except (ValueError, RuntimeError):
        raw = None
    if not isinstance(raw, dict):
        raw = {}
    if status != 200:
        said = raw.get("detail") or raw.get("title") or "it answered %d" % status
        error = PairingError("%s refuses the pairing: %s" % (host.url, str(said)[:200]))
        error.final = 400 <= status < 500 and status not in (404, 408, 425, 429)
        raise error
    return raw


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).digest()[:8].hex()
