"""Forms that were posted already, and the name of the desk in each support case."""

import sqlalchemy as sa
from alembic import op

revision = "0010_once"
down_revision = "0009_telemetry"


def upgrade() -> None:
    """Make the table and the column; desks that shared a case keep what they heard, but no longer the case."""
    op.create_table(
        "posted",
        sa.Column("mark", sa.LargeBinary, nullable=False),
        sa.Column("made", sa.String(80), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("mark", name="pk_posted"),
    )
    op.create_index("ix_posted_at", "posted", ["at"])
    op.add_column("cases", sa.Column("desk", sa.String(80), nullable=False, server_default=""))
    op.execute(
        "UPDATE hearings SET case_id = NULL WHERE case_id IN "
        "(SELECT case_id FROM hearings WHERE case_id IS NOT NULL GROUP BY case_id HAVING COUNT(*) > 1)"
    )
