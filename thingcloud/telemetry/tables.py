"""The tables of telemetry; only `store` uses them."""

import sqlalchemy as sa

from thingcloud.plumbing.db import metadata

# SQLite numbers rows by itself only where the type is called INTEGER, which holds 64 bits there.
_PACK_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

streams = sa.Table(
    "streams",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("thing_id", sa.String(16), nullable=False),
    sa.Column("device", sa.Integer, nullable=False),
    sa.Column("name", sa.String(16), nullable=False),
    sa.Column("packs", sa.BigInteger, nullable=False),
    sa.Column("readings", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("thing_id", "device", "name"),
)
packs = sa.Table(
    "packs",
    metadata,
    sa.Column("id", _PACK_ID, primary_key=True),
    sa.Column("device", sa.Integer, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("stream", sa.Integer, nullable=False),
    sa.Column("received", sa.BigInteger, nullable=False),
    sa.Column("pack", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("device", "sequence"),
)
batches = sa.Table(
    "pack_batches",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("first", _PACK_ID, nullable=False),
    sa.Column("last", _PACK_ID, nullable=False),
)
conflicts = sa.Table(
    "pack_conflicts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("device", sa.Integer, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("received", sa.BigInteger, nullable=False),
    sa.Column("pack", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("device", "sequence", "digest"),
)
series = sa.Table(
    "series",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("thing_id", sa.String(16), nullable=False),
    sa.Column("stream", sa.String(16), nullable=False),
    sa.Column("name", sa.String(32), nullable=False),
    sa.Column("unit", sa.String(16), nullable=False),
    sa.UniqueConstraint("thing_id", "stream", "name", "unit"),
)
readings = sa.Table(
    "readings",
    metadata,
    sa.Column("series", sa.Integer, nullable=False, autoincrement=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("pack", _PACK_ID, nullable=False),
    sa.Column("value", sa.Double),
    sa.Column("words", sa.String(128)),
    sa.Column("dated", sa.SmallInteger, nullable=False),
    sa.PrimaryKeyConstraint("series", "at", "pack"),
    sqlite_with_rowid=False,
)
anchors = sa.Table(
    "clock_anchors",
    metadata,
    sa.Column("device", sa.Integer, nullable=False, autoincrement=False),
    sa.Column("boot", sa.BigInteger, nullable=False),
    sa.Column("start", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("device", "boot"),
)
undated = sa.Table(
    "undated_packs",
    metadata,
    sa.Column("device", sa.Integer, nullable=False, autoincrement=False),
    sa.Column("boot", sa.BigInteger, nullable=False),
    sa.Column("pack", _PACK_ID, nullable=False),
    sa.PrimaryKeyConstraint("device", "boot", "pack"),
)
quarantine = sa.Table(
    "pack_quarantine",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("device", sa.String(24), nullable=False),
    sa.Column("reason", sa.String(24), nullable=False),
    sa.Column("received", sa.BigInteger, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("pack", sa.LargeBinary, nullable=False),
    sa.Index("ix_pack_quarantine_device_id", "device", "id"),
)
refusals = sa.Table(
    "pack_refusals",
    metadata,
    sa.Column("device", sa.String(24), nullable=False),
    sa.Column("reason", sa.String(24), nullable=False),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Column("last", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("device", "reason"),
)
