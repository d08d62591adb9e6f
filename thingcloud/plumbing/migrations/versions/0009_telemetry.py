"""The tables of telemetry."""

import sqlalchemy as sa
from alembic import op

revision = "0009_telemetry"
down_revision = "0008_vendors"

# SQLite numbers rows by itself only where the type is called INTEGER, which holds 64 bits there.
_PACK_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _packs()
    _readings()
    _dating()
    _refused()


def _packs() -> None:
    op.create_table(
        "streams",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("thing_id", sa.String(16), nullable=False),
        sa.Column("device", sa.Integer, nullable=False),
        sa.Column("name", sa.String(16), nullable=False),
        sa.Column("packs", sa.BigInteger, nullable=False),
        sa.Column("readings", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("thing_id", "device", "name", name="uq_streams_thing_id_device_name"),
    )
    op.create_table(
        "packs",
        sa.Column("id", _PACK_ID, primary_key=True),
        sa.Column("device", sa.Integer, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("stream", sa.Integer, nullable=False),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.Column("pack", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("device", "sequence", name="uq_packs_device_sequence"),
    )
    op.create_table(
        "pack_batches",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("first", _PACK_ID, nullable=False),
        sa.Column("last", _PACK_ID, nullable=False),
    )
    op.create_table(
        "pack_conflicts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("device", sa.Integer, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.Column("pack", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("device", "sequence", "digest", name="uq_pack_conflicts_device_sequence_digest"),
    )


def _readings() -> None:
    op.create_table(
        "series",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("thing_id", sa.String(16), nullable=False),
        sa.Column("stream", sa.String(16), nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("unit", sa.String(16), nullable=False),
        sa.UniqueConstraint("thing_id", "stream", "name", "unit", name="uq_series_thing_id_stream_name_unit"),
    )
    op.create_table(
        "readings",
        sa.Column("series", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("pack", _PACK_ID, nullable=False),
        sa.Column("value", sa.Double),
        sa.Column("words", sa.String(128)),
        sa.Column("dated", sa.SmallInteger, nullable=False),
        sa.PrimaryKeyConstraint("series", "at", "pack", name="pk_readings"),
        sqlite_with_rowid=False,
    )


def _dating() -> None:
    op.create_table(
        "clock_anchors",
        sa.Column("device", sa.Integer, nullable=False),
        sa.Column("boot", sa.BigInteger, nullable=False),
        sa.Column("start", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("device", "boot", name="pk_clock_anchors"),
    )
    op.create_table(
        "undated_packs",
        sa.Column("device", sa.Integer, nullable=False),
        sa.Column("boot", sa.BigInteger, nullable=False),
        sa.Column("pack", _PACK_ID, nullable=False),
        sa.PrimaryKeyConstraint("device", "boot", "pack", name="pk_undated_packs"),
    )


def _refused() -> None:
    op.create_table(
        "pack_quarantine",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("device", sa.String(24), nullable=False),
        sa.Column("reason", sa.String(24), nullable=False),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("pack", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_pack_quarantine_device_id", "pack_quarantine", ["device", "id"])
    op.create_table(
        "pack_refusals",
        sa.Column("device", sa.String(24), nullable=False),
        sa.Column("reason", sa.String(24), nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("device", "reason", name="pk_pack_refusals"),
    )
