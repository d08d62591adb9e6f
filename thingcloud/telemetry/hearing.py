"""From bytes to what they are worth: the signature first, then the content, a reason for everything else.

Pure: no clock, no database, no socket.
"""

from collections.abc import Iterable, Mapping

from nacl.bindings import crypto_sign_open
from nacl.exceptions import CryptoError

from thingcloud.telemetry.model import UNKNOWN_DEVICE, Heard, Refusal, Sender, Verified
from thingcloud.telemetry.pack import VerifiedPack, verify_pack, verify_packs
from thingcloud.telemetry.source import Arrival
from thingseal import frame, reading
from thingseal.refusal import Refused

REVOKED = "revoked-key"
CLOCK = "_clock"
"""The stream under which clock anchors stand; the name is free, since a device's own begin with a letter."""
_WRONG_KIND = "wrong-kind"


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
        if isinstance(outcome, Refused) and outcome.reason == _WRONG_KIND:
            outcome = _anchor(data, sender)
        if isinstance(outcome, Refused):
            refused.append(Refusal(sender.id, sender, signed_number(data, sender.public), outcome.reason, data))
        else:
            packs.append(Verified(sender, outcome, data))
    return Heard(packs, refused)


def _anchor(data: bytes, sender: Sender) -> VerifiedPack | Refused:
    try:
        return opened(data, sender.public, sender.id)
    except Refused as why:
        return why


def opened(data: bytes, public: bytes, device: str) -> VerifiedPack:
    """A pack, or a clock anchor as a pack without readings of the stream `CLOCK`; raises Refused."""
    try:
        return verify_pack(data, public, device)
    except Refused as why:
        if why.reason != _WRONG_KIND:
            raise
    said = reading.open_anchor(data, public, _verify)
    return VerifiedPack(said.sequence, said.iat, said.boot, said.uptime, CLOCK, None, [])


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
