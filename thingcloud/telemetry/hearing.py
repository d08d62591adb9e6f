"""From bytes to what they are worth: the signature first, then the content, a reason for everything else.

Pure: no clock, no database, no socket.
"""

from collections.abc import Iterable, Mapping

import cbor2
from nacl.bindings import crypto_sign_open
from nacl.exceptions import CryptoError

from thingcloud.telemetry.model import UNKNOWN_DEVICE, Heard, Refusal, Sender, Verified
from thingcloud.telemetry.pack import verify_packs
from thingcloud.telemetry.source import Arrival
from thingseal import frame
from thingseal.refusal import Refused

REVOKED = "revoked-key"


def hear(arrivals: Iterable[Arrival], senders: Mapping[str, Sender]) -> Heard:
    """Sort what came into packs that hold and refusals with their reason."""
    known: list[tuple[Sender, bytes]] = []
    refused: list[Refusal] = []
    for device, data, _ in arrivals:
        sender = senders.get(device)
        if sender is None or sender.revoked:
            refused.append(Refusal(device, sender, None, REVOKED if sender else UNKNOWN_DEVICE, data))
        else:
            known.append((sender, data))
    packs: list[Verified] = []
    outcomes = verify_packs([(data, sender.public, sender.id) for sender, data in known])
    for (sender, data), outcome in zip(known, outcomes, strict=True):
        if isinstance(outcome, Refused):
            refused.append(Refusal(sender.id, sender, signed_number(data, sender.public), outcome.reason, data))
        else:
            packs.append(Verified(sender, outcome, data))
    return Heard(packs, refused)


def device_in(data: bytes) -> str:
    """The device that a stored, thus verified, pack names."""
    records = cbor2.loads(cbor2.loads(data).value[2])
    return str(records[0][-2]).partition("/")[0]


def signed_number(data: bytes, public: bytes) -> int | None:
    """The number of a refused message, but only if its signature holds: a forged one must not free the true one."""
    for kind in (frame.PACK, frame.ANCHOR):
        try:
            opened = frame.parse(data, kind)
            frame.check_signature(opened, public, _verify)
        except Refused:
            continue
        return opened.sequence
    return None


def _verify(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        crypto_sign_open(signature + message, key)
    except CryptoError:
        return False
    return True
