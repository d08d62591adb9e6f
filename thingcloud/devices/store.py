"""All SQL of devices."""

from typing import Any

import sqlalchemy as sa

from thingcloud.devices.model import Device, PairingCode
from thingcloud.plumbing.db import Database, Prepared, Tx, metadata

devices = sa.Table(
    "devices",
    metadata,
    sa.Column("row", sa.Integer, primary_key=True),
    sa.Column("id", sa.String(24), nullable=False, unique=True),
    sa.Column("thing_id", sa.String(16), nullable=False),
    sa.Column("public", sa.LargeBinary(32), nullable=False),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("model", sa.String(64), nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("password", sa.LargeBinary(32), nullable=False),
    sa.Column("receipt_secret", sa.LargeBinary(32), nullable=False),
    sa.Column("paired_at", sa.BigInteger, nullable=False),
    sa.Column("last_seen", sa.BigInteger),
    sa.Column("revoked_at", sa.BigInteger),
    sa.Column("released", sa.Boolean, nullable=False),
    sa.Column("attempt_at", sa.BigInteger),
    sa.Index("ix_devices_thing_id", "thing_id"),
)

codes = sa.Table(
    "pairing_codes",
    metadata,
    sa.Column("digest", sa.LargeBinary(32), primary_key=True),
    sa.Column("thing_id", sa.String(16), nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
    sa.Column("used_at", sa.BigInteger),
    sa.Index("ix_pairing_codes_thing_id", "thing_id"),
)

nonces = sa.Table(
    "pairing_nonces",
    metadata,
    sa.Column("nonce", sa.LargeBinary(16), primary_key=True),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
)

_COLUMNS = (
    devices.c.id, devices.c.row, devices.c.thing_id, devices.c.public, devices.c.generation, devices.c.receipt_secret,
    devices.c.revoked_at, devices.c.last_seen, devices.c.paired_at, devices.c.name, devices.c.model, devices.c.released,
)  # fmt: skip
_ONE = Prepared.of(sa.select(*_COLUMNS).where(devices.c.id == sa.bindparam("id")))
_PASSWORD = Prepared.of(
    sa.select(devices.c.password).where(devices.c.id == sa.bindparam("id"), devices.c.revoked_at.is_(None))
)


def _device(row: Any) -> Device:
    return Device(
        id=row[0], row=row[1], thing_id=row[2], public=row[3], generation=row[4], receipt_secret=row[5],
        revoked=row[6] is not None, last_seen=row[7], paired_at=row[8], name=row[9], model=row[10],
        released=bool(row[11]),
    )  # fmt: skip


def device(tx: Tx, device_id: str) -> Device | None:
    """One device."""
    row = tx.execute(sa.select(*_COLUMNS).where(devices.c.id == device_id)).first()
    return _device(row) if row else None


def devices_of(tx: Tx, thing_id: str) -> list[Device]:
    """The devices of a thing, the released ones left out, oldest first."""
    own = (devices.c.thing_id == thing_id) & devices.c.released.is_(False)
    return [_device(row) for row in tx.execute(sa.select(*_COLUMNS).where(own).order_by(devices.c.row))]


def by_rows(tx: Tx, rows: list[int]) -> list[Device]:
    """Devices by their short names, released ones too."""
    return [_device(row) for row in tx.execute(sa.select(*_COLUMNS).where(devices.c.row.in_(rows)))]


def by_id(db: Database, device_id: str) -> Device | None:
    """One device by a prepared look-up."""
    for row in db.fetch(_ONE, id=device_id):
        return _device(row)
    return None


def password_of(db: Database, device_id: str) -> bytes | None:
    """The digest of the password of a device that may connect."""
    for row in db.fetch(_PASSWORD, id=device_id):
        found: bytes = row[0]
        return found
    return None


def save(tx: Tx, device_id: str, values: dict[str, object], *, new: bool) -> None:
    """Write a device that was paired, for the first time or again."""
    if new:
        tx.execute(devices.insert().values(id=device_id, **values))
    else:
        tx.execute(devices.update().where(devices.c.id == device_id).values(values))


def end(tx: Tx, now: int, device_id: str, *, released: bool) -> bool:
    """Take a device's credentials away; True if that changed anything."""
    marks = {"revoked_at": sa.func.coalesce(devices.c.revoked_at, now), "released": released}
    changed = devices.c.revoked_at.is_(None) | (devices.c.released != released)
    return tx.execute(devices.update().where(devices.c.id == device_id, changed).values(marks)).rowcount == 1


def seen(tx: Tx, now: int, device_id: str) -> None:
    """Note that a device spoke."""
    earlier = devices.c.last_seen.is_(None) | (devices.c.last_seen < now)
    tx.execute(devices.update().where(devices.c.id == device_id, earlier).values(last_seen=now))


def attempted(tx: Tx, now: int, device_id: str, pause: int) -> bool:
    """Note an attempt to claim a device; True unless one was noted within `pause` ms."""
    quiet = devices.c.attempt_at.is_(None) | (devices.c.attempt_at <= now - pause)
    return tx.execute(devices.update().where(devices.c.id == device_id, quiet).values(attempt_at=now)).rowcount == 1


def add_code(tx: Tx, digest: bytes, code: PairingCode, most: int) -> None:
    """Keep a code; of one thing only the newest `most` stay."""
    older = sa.select(codes.c.digest).where(codes.c.thing_id == code.thing_id).order_by(codes.c.expires_at.desc())
    gone = [row.digest for row in tx.execute(older.offset(most - 1))]
    tx.execute(codes.delete().where(codes.c.digest.in_(gone)))
    tx.execute(codes.insert().values(digest=digest, thing_id=code.thing_id, expires_at=code.expires_at))


def code(tx: Tx, digest: bytes) -> PairingCode | None:
    """One code."""
    row = tx.execute(
        sa.select(codes.c.thing_id, codes.c.expires_at, codes.c.used_at).where(codes.c.digest == digest)
    ).first()
    return PairingCode(*row) if row else None


def use_code(tx: Tx, digest: bytes, now: int) -> bool:
    """Use a code up; False if somebody else was faster."""
    own = (codes.c.digest == digest) & codes.c.used_at.is_(None)
    return tx.execute(codes.update().where(own).values(used_at=now)).rowcount == 1


def use_nonce(tx: Tx, nonce: bytes, expires_at: int) -> bool:
    """Use a nonce up; False if it was used before."""
    if tx.execute(sa.select(nonces.c.nonce).where(nonces.c.nonce == nonce)).first():
        return False
    tx.execute(nonces.insert().values(nonce=nonce, expires_at=expires_at))
    return True


def forget_before(tx: Tx, codes_before: int, now: int) -> None:
    """Drop codes that ended before a time, and nonces nobody could use any more."""
    tx.execute(codes.delete().where(codes.c.expires_at <= codes_before))
    tx.execute(nonces.delete().where(nonces.c.expires_at <= now))
