"""The tables of conversations."""

import sqlalchemy as sa
from alembic import op

revision = "0006_conversations"
down_revision = "0005_notify"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "cases",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("thing_id", sa.String(16), nullable=False),
        sa.Column("tag_code", sa.String(14), nullable=False),
        sa.Column("owner_id", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("answered_at", sa.BigInteger),
        sa.Column("closed_at", sa.BigInteger),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("once", sa.LargeBinary),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
        sa.UniqueConstraint("once", name="uq_cases_once"),
    )
    op.create_index("ix_cases_owner_id", "cases", ["owner_id"])
    op.create_table(
        "case_keys",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("case_id", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_case_keys"),
    )
    op.create_index("ix_case_keys_case_id", "case_keys", ["case_id"])
    op.create_table(
        "case_aliases",
        sa.Column("local", sa.String(16), nullable=False),
        sa.Column("case_id", sa.String(16), nullable=False),
        sa.Column("party", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("local", name="pk_case_aliases"),
        sa.UniqueConstraint("case_id", "party", name="uq_case_aliases_case_id_party"),
    )
    _messages()


def _messages() -> None:
    op.create_table(
        "case_messages",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("case_id", sa.String(16), nullable=False),
        sa.Column("party", sa.String(200), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("via", sa.String(10), nullable=False),
        sa.Column("left_at", sa.String(300), nullable=False),
        sa.Column("place", sa.String(300), nullable=False),
        sa.Column("left_out", sa.Text, nullable=False),
        sa.Column("once", sa.LargeBinary),
        sa.PrimaryKeyConstraint("number", name="pk_case_messages"),
        sa.UniqueConstraint("case_id", "once", name="uq_case_messages_case_id_once"),
    )
    op.create_table(
        "case_reads",
        sa.Column("case_id", sa.String(16), nullable=False),
        sa.Column("party", sa.String(200), nullable=False),
        sa.Column("up_to", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "party", name="pk_case_reads"),
    )
