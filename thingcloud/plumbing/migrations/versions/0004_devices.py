"""The tables of devices."""

import sqlalchemy as sa
from alembic import op

revision = "0004_devices"
down_revision = "0003_things"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "devices",
        sa.Column("row", sa.Integer, primary_key=True),
        sa.Column("id", sa.String(24), nullable=False),
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
        sa.UniqueConstraint("id", name="uq_devices_id"),
    )
    op.create_index("ix_devices_thing_id", "devices", ["thing_id"])
    op.create_table(
        "pairing_codes",
        sa.Column("digest", sa.LargeBinary(32), primary_key=True),
        sa.Column("thing_id", sa.String(16), nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.BigInteger),
    )
    op.create_index("ix_pairing_codes_thing_id", "pairing_codes", ["thing_id"])
    op.create_table(
        "pairing_nonces",
        sa.Column("nonce", sa.LargeBinary(16), primary_key=True),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
