"""Check one pack with nothing but its device's key: no network, no database, no word of ours to be believed.

It says who signed what, and never that it is true.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from thingcloud.plumbing.errors import BadInput
from thingcloud.plumbing.ids import from_b64url
from thingcloud.telemetry.hearing import CLOCK, opened
from thingcloud.telemetry.pack import VerifiedPack
from thingseal import keys
from thingseal.refusal import Refused

_KEY_BYTES = 32
_B58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ED25519 = bytes.fromhex("ed01")
_DID = re.compile(f"did:key:z([{_B58}]{{40,60}})")


@dataclass(frozen=True)
class Verdict:
    """What one check found; `pack` is there only if it holds, `reason` only if not."""

    did: str
    pack: VerifiedPack | None
    reason: str
    digest: str

    @property
    def holds(self) -> bool:
        """Whether the signature and the form of the pack hold."""
        return self.pack is not None

    def lines(self) -> list[str]:
        """The verdict in words, one fact a line."""
        if self.pack is None:
            return [f"not signed by {self.did} as it stands: {self.reason}"]
        pack = self.pack
        said = [
            f"signed by {self.did}, unchanged",
            f"number {pack.sequence}, " + ("its clock" if pack.stream == CLOCK else f"stream {pack.stream}"),
            f"device says {_time(pack.iat)}" if pack.iat is not None else _undated(pack),
        ]
        said += [
            f"{name} {shown(value, places)}{' ' + unit if unit else ''}{_aged(t)}"
            for name, unit, value, places, t in pack.readings
        ]
        if pack.previous is not None:
            said.append(f"follows the pack whose SHA-256 begins with {pack.previous.hex()}")
        return [*said, f"SHA-256 {self.digest}"]


def check(data: bytes, key: bytes) -> Verdict:
    """Whether these bytes are a pack signed by this key."""
    did, digest = keys.did_key(key), hashlib.sha256(data).hexdigest()
    try:
        return Verdict(did, opened(data, key, keys.device_id(key)), "", digest)
    except Refused as why:
        return Verdict(did, None, why.reason, digest)


def chain(before: Sequence[bytes], pack: VerifiedPack) -> bool | None:
    """Whether a pack names the one before it; None if that one is not here to be compared."""
    if pack.previous is None or not before:
        return None
    return any(hashlib.sha256(one).digest()[: len(pack.previous)] == pack.previous for one in before)


def read_key(given: str | bytes) -> bytes:
    """A device's key as people hand it over: did:key, base64url, hexadecimal, or the 32 bytes themselves."""
    if isinstance(given, bytes) and len(given) == _KEY_BYTES:
        return given
    text = given.decode("ascii", "replace").strip() if isinstance(given, bytes) else given.strip()
    found = _did(text) if text.startswith("did:") else _plain(text)
    if found is None or len(found) != _KEY_BYTES:
        raise BadInput(
            "This is not a device's key.",
            hint="Give it as did:key:z…, as base64url, or as a file with its 32 bytes.",
            reason="not-a-key",
        )
    return found


def _did(text: str) -> bytes | None:
    match = _DID.fullmatch(text)
    if match is None:
        return None
    number = 0
    for letter in match.group(1):
        number = number * 58 + _B58.index(letter)
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return raw[len(_ED25519) :] if raw.startswith(_ED25519) else None


def _plain(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text) if re.fullmatch("[0-9a-fA-F]{64}", text) else from_b64url(text.rstrip("="))
    except ValueError:
        return None


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _undated(pack: VerifiedPack) -> str:
    return f"time unknown: start {pack.boot}, {pack.uptime} s after it"


def shown(value: float | str, places: int) -> str:
    """A signed value as it was signed, with its decimal places."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return f'"{value}"'
    return f"{value:.{places}f}" if places else str(value)


def _aged(t: float) -> str:
    return f", {-t:g} s earlier" if t else ""
