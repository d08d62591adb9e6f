"""The verbs of devices: take one in by proof of possession, know it, admit it to the broker, end it."""

import asyncio
import hmac
import secrets
from collections.abc import Callable, Iterable
from typing import Final

from nacl.bindings import crypto_sign_BYTES, crypto_sign_open
from nacl.exceptions import BadSignatureError

from thingcloud.devices import model, store
from thingcloud.devices.model import Claim, Credentials, Device, PairingCode
from thingcloud.owners import service as owners
from thingcloud.plumbing import ids, live
from thingcloud.plumbing import jobs as due
from thingcloud.plumbing.broker.admission import Permissions
from thingcloud.plumbing.db import Database, Tx
from thingcloud.plumbing.errors import BadInput, Conflict, NotFound
from thingcloud.things import service as things
from thingseal import pairing, topics
from thingseal.keys import device_id
from thingseal.refusal import Refused

Kick = Callable[..., object]

_REMEMBER_CODES: Final = 24 * 60 * 60_000
_TELL_AGAIN: Final = 60 * 60_000
_RECEIPT_SECRET_BYTES: Final = 32
_OWNERS_LAST: Final = 60 * 60
OWNER: Final = "owner"

# What live pages and caches watch to hear of any device that was paired, ended or moved; the text is its id.
CHANGED: Final = "devices"


def pairing_code(tx: Tx, now: int, thing_id: str) -> str:
    """Make a code that takes one device in for this thing, once, within 15 minutes."""
    things.thing(tx, thing_id)
    store.forget_before(tx, now - _REMEMBER_CODES, now)
    code = model.new_code()
    store.add_code(tx, model.code_digest(code), PairingCode(thing_id, now + model.CODE_LIFE, None), model.MOST_CODES)
    return code


def begin_pairing(key: bytes, now: int, device: str) -> bytes:
    """A nonce for a device that asks to be paired; nothing is stored. `key` is the host's secret."""
    if not topics.is_device(device):
        raise BadInput(
            "This is not the id of a device.", hint="24 letters and digits, a-z and 2-7.", reason="not-a-device"
        )
    return model.nonce_for(key, now, device)


def claim(body: bytes, host_id: str) -> Claim:
    """A pairing message that was signed for this host by the key it carries; BadInput names the reason."""
    try:
        opened = pairing.open_pairing(body, _verified, host=host_id)
    except Refused as why:
        raise BadInput(f"This pairing is refused: {why}.", hint="Begin it again.", reason=why.reason) from why
    named = opened.name or "", opened.model or ""
    return Claim(device_id(opened.key), opened.key, opened.nonce, opened.code, *named)


def _verified(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        return len(signature) == crypto_sign_BYTES and crypto_sign_open(signature + message, key) == message
    except BadSignatureError:
        return False


def pair(tx: Tx, now: int, asked: Claim, key: bytes) -> Credentials:
    """Take a device in, or in again with new credentials and a higher generation; all or nothing."""
    model.check_nonce(key, now, asked.device, asked.nonce)
    thing_id = _use_code(tx, now, asked.code)
    if not store.use_nonce(tx, asked.nonce, now + model.NONCE_LIFE):
        raise Conflict("This answer was used already.", hint="Begin the pairing again.", reason="wrong-nonce")
    known = store.device(tx, asked.device)
    _may_come(tx, known, thing_id)
    given = Credentials(
        asked.device, ids.new_secret(), secrets.token_bytes(_RECEIPT_SECRET_BYTES), known.generation + 1 if known else 1
    )
    values: dict[str, object] = {
        "thing_id": thing_id, "public": asked.public, "name": asked.name, "model": asked.model,
        "generation": given.generation, "password": ids.digest(given.password), "receipt_secret": given.receipt_secret,
        "paired_at": now, "revoked_at": None, "released": False,
    }  # fmt: skip
    store.save(tx, asked.device, values, new=known is None)
    _say(tx, now, asked.device, thing_id, known)
    return given


def _use_code(tx: Tx, now: int, code: str) -> str:
    digest = model.code_digest(code)
    found = store.code(tx, digest)
    if found is None:
        raise model.unknown_code()
    found.open_for(now)
    if not store.use_code(tx, digest, now):
        raise Conflict("This pairing code was used already.", reason="code-used")
    return found.thing_id


def _may_come(tx: Tx, known: Device | None, thing_id: str) -> None:
    if known is not None and not known.released:
        if things.thing(tx, known.thing_id).owner_id != things.thing(tx, thing_id).owner_id:
            raise model.claimed()
        if known.thing_id == thing_id:
            return
    if len(store.devices_of(tx, thing_id)) >= model.MOST_DEVICES:
        raise Conflict(
            f"A thing has {model.MOST_DEVICES} devices at most.", hint="Release one.", reason="too-many-devices"
        )


def _say(tx: Tx, now: int, device: str, thing_id: str, known: Device | None) -> None:
    again = known is not None and known.thing_id == thing_id and not known.released
    said = "Its device was paired again" if again else "A device was paired"
    things.journal(tx, now, thing_id, "device.paired", said, {"device": device})
    if known is not None and not known.released and known.thing_id != thing_id:
        things.journal(
            tx, now, known.thing_id, "device.revoked", "Its device went to another thing", {"device": device}
        )
    _announce(tx, device)


def _announce(tx: Tx, device: str) -> None:
    live.announce(tx, f"device:{device}")
    live.announce(tx, CHANGED, device)


def note_attempt(tx: Tx, now: int, device: str) -> None:
    """Tell the owner, at most once an hour, that somebody else tried to claim a device of theirs."""
    known = store.device(tx, device)
    if known is not None and store.attempted(tx, now, device, _TELL_AGAIN):
        said = "Somebody else tried to pair this device. Nothing was changed."
        things.journal(tx, now, known.thing_id, "device.attempt", said, {"device": device})


def device(tx: Tx, device_id: str) -> Device:
    """One device."""
    found = store.device(tx, device_id)
    if found is None:
        raise NotFound("This device is not here.", reason="unknown-device")
    return found


def device_of(tx: Tx, thing_id: str, device_id: str) -> Device:
    """One device of that thing; a device of another one is not here."""
    found = device(tx, device_id)
    if found.thing_id != thing_id or found.released:
        raise NotFound("This device is not here.", reason="unknown-device")
    return found


def devices_of(tx: Tx, thing_id: str) -> list[Device]:
    """The devices of a thing, oldest first."""
    return store.devices_of(tx, thing_id)


def by_ids(db: Database, device_ids: Iterable[str]) -> dict[str, Device]:
    """Devices by id, revoked ones too; one prepared look-up each."""
    found = (store.by_id(db, one) for one in device_ids)
    return {one.id: one for one in found if one is not None}


def by_rows(tx: Tx, rows: Iterable[int]) -> dict[int, Device]:
    """Devices by their short names inside the database, whatever became of them since."""
    return {one.row: one for one in store.by_rows(tx, list(rows))}


def seen(tx: Tx, now: int, device_id: str) -> None:
    """Note that a device spoke."""
    store.seen(tx, now, device_id)


def revoke(tx: Tx, now: int, device_id: str) -> None:
    """Take a device's credentials away, and have its live connection ended; only its owner can pair it again."""
    _end(tx, now, device_id, released=False, said="A device was switched off")


def release(tx: Tx, now: int, device_id: str) -> None:
    """Give a device up: whoever has it in hand may pair it with a code of their own."""
    _end(tx, now, device_id, released=True, said="A device was released")


def _end(tx: Tx, now: int, device_id: str, *, released: bool, said: str) -> None:
    found = device(tx, device_id)
    if store.end(tx, now, device_id, released=released):
        due.put(tx, f"devices.kick:{device_id}:{now}", "devices.kick", {"device": device_id}, now)
        things.journal(tx, now, found.thing_id, "device.revoked", said, {"device": device_id})
        _announce(tx, device_id)


def jobs(kick: Kick) -> dict[str, due.Handler]:
    """The work of this room that leaves the process; `kick(client, *topics)` ends connections and retained messages.

    It comes after the commit: from then on the broker refuses the device when it comes back.
    """

    async def end_connection(job: due.Job) -> None:
        ended: str = job.payload["device"]
        await asyncio.to_thread(kick, ended, topics.status(ended))

    return {"devices.kick": end_connection}


def admit(db: Database, now: int, client_id: str, user: str, password: str) -> Permissions | None:
    """What a client may say and hear at the broker; None refuses it. A device is client and user by its own id."""
    if user == OWNER:
        return _admit_owner(db, now, client_id, password)
    if client_id != user or not topics.is_device(user):
        return None
    digest = store.password_of(db, user)
    if digest is None or not hmac.compare_digest(digest, ids.digest(password)):
        return None
    return Permissions(
        publish=(topics.telemetry(user), topics.status(user), topics.result(user)),
        subscribe=(topics.command(user), topics.receipt(user)),
    )


def _admit_owner(db: Database, now: int, client_id: str, token: str) -> Permissions | None:
    found = owners.bearer(db, now, token)
    # Clients with one id share a session at the broker: an owner's ids are theirs alone.
    if found is None or "read" not in found[1] or client_id.partition("-")[0] != found[0].id:
        return None
    with db.reading() as tx:
        own = tuple(f"things/{thing.id}/#" for thing in things.things_of(tx, found[0].id))
    return Permissions(subscribe=own, seconds=_OWNERS_LAST) if own else None
