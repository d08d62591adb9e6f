"""The tables of scans."""

import sqlalchemy as sa
from alembic import op

revision = "0007_scans"
down_revision = "0006_conversations"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "scans",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("tag_code", sa.String(14), nullable=False),
        sa.Column("thing_id", sa.String(16), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("scanner", sa.String(10), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("account_id", sa.String(16)),
        sa.Column("case_id", sa.String(16)),
        sa.PrimaryKeyConstraint("id", name="pk_scans"),
    )
    op.create_index("ix_scans_thing_id_at", "scans", ["thing_id", "at"])
    op.create_index("ix_scans_case_id", "scans", ["case_id"])
    op.create_table(
        "openings",
        sa.Column("tag_code", sa.String(14), nullable=False),
        sa.Column("day", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("thing_id", sa.String(16), nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tag_code", "day", name="pk_openings"),
    )
    op.create_index("ix_openings_thing_id", "openings", ["thing_id"])
