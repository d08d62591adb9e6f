"""The tables of things."""

import sqlalchemy as sa
from alembic import op

revision = "0003_things"
down_revision = "0002_owners"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "things",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("owner_id", sa.String(16), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("lost", sa.Boolean, nullable=False),
        sa.Column("message", sa.String(500), nullable=False),
        sa.Column("reward", sa.String(20), nullable=False),
        sa.Column("place", sa.String(80), nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_things"),
    )
    op.create_index("ix_things_owner_id", "things", ["owner_id"])
    op.create_table(
        "members",
        sa.Column("thing_id", sa.String(16), nullable=False),
        sa.Column("account_id", sa.String(16), nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("thing_id", "account_id", name="pk_members"),
    )
    op.create_index("ix_members_account_id", "members", ["account_id"])
    op.create_table(
        "tags",
        sa.Column("code", sa.String(14), nullable=False),
        sa.Column("thing_id", sa.String(16), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("visibility", sa.String(8), nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_tags"),
    )
    op.create_index("ix_tags_thing_id", "tags", ["thing_id"])
    op.create_table(
        "routes",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("tag_code", sa.String(14), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("label", sa.String(40), nullable=False),
        sa.Column("target", sa.String(500), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("audience", sa.String(12), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_routes"),
    )
    op.create_index("ix_routes_tag_code", "routes", ["tag_code"])
    op.create_table(
        "events",
        sa.Column("thing_id", sa.String(16), nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("private", sa.Boolean, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("thing_id", "number", name="pk_events"),
        sa.UniqueConstraint("id", name="uq_events_id"),
    )
