"""From bytes to what they are worth: the signature first, then the content, a reason for everything else.

Pure: no clock but the time of arrival handed in, no database, no socket.
"""

from collections.abc import Iterable, Mapping

import cbor2
from nacl.bindings import crypto_sign_open
from nacl.exceptions import CryptoError
from thingseal import frame
from thingseal.refusal import Refused

from thingcloud.telemetry.model import UNKNOWN_DEVICE, Heard, Refusal, Sender, Spoken, Verified
from thingcloud.telemetry.source import Arrival
from thingcloud.telemetry.pack import VerifiedPack, verify_pack

REVOKED = "revoked-key"
_MS = 1000


def hear(arrivals: Iterable[Arrival], senders: Mapping[str, Sender], now: int) -> Heard:
    """Sort what came into packs that hold and refusals with their reason."""
    packs: list[Verified] = []
    refused: list[Refusal] = []
    for device, data, _ in arrivals:
        sender = senders.get(device)
        if sender is None or sender.revoked:
            refused.append(Refusal(device, sender, None, REVOKED if sender else UNKNOWN_DEVICE, data))
            continue
        try:
            pack = verify_pack(data, sender.public, sender.id)
        except Refused as why:
            refused.append(Refusal(device, sender, signed_number(data, sender.public), why.reason, data))
        else:
            packs.append(Verified(sender, pack.sequence, pack.stream, spoken(pack, now), data))
    return Heard(packs, refused)


def device_in(data: bytes) -> str:
    """The device that a stored, thus verified, pack names."""
    records = cbor2.loads(cbor2.loads(data).value[2])
    return str(records[0][-2]).partition("/")[0]


def spoken(pack: VerifiedPack, now: int) -> list[Spoken]:
    """The readings of a pack, dated by its own time, or by its arrival while the device does not know the time."""
    base, dated = (now, 0) if pack.iat is None else (pack.iat * _MS, 1)
    return [
        Spoken(name, unit or "", number(value), words(value), base if not t else base + round(t * _MS), dated)
        for name, unit, value, _, t in pack.readings
    ]


def number(value: object) -> float | None:
    """The number that is stored of a value: yes is 1, no is 0, words have none."""
    return None if isinstance(value, str) else float(value)  # type: ignore[arg-type]


def words(value: object) -> str | None:
    """The words that are stored of a value; yes and no have both words and a number."""
    if isinstance(value, str):
        return value
    return ("true" if value else "false") if isinstance(value, bool) else None


def signed_number(data: bytes, public: bytes) -> int | None:
    """The sequence number of a refused pack, but only if its signature holds: a forged one must not free the true one."""
    try:
        opened = frame.parse(data, frame.PACK)
        frame.check_signature(opened, public, _verify)
    except Refused:
        return None
    return opened.sequence


def _verify(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        crypto_sign_open(signature + message, key)
    except CryptoError:
        return False
    return True
