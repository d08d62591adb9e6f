"""The tables of notify."""

import sqlalchemy as sa
from alembic import op

revision = "0005_notify"
down_revision = "0004_devices"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "policies",
        sa.Column("account_id", sa.String(16), nullable=False),
        sa.Column("steps", sa.Text, nullable=False),
        sa.Column("mail", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_policies"),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("account_id", sa.String(16), nullable=False),
        sa.Column("case_key", sa.String(80), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("urgency", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("told_at", sa.BigInteger),
        sa.Column("reminded_at", sa.BigInteger),
        sa.Column("undelivered", sa.String(10)),
        sa.Column("acknowledged_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.UniqueConstraint("case_key", "number", name="uq_notices_case_key_number"),
    )
    op.create_index("ix_notices_account_id", "notices", ["account_id"])
    op.create_table(
        "guests",
        sa.Column("case_key", sa.String(80), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("case_key", name="pk_guests"),
    )
