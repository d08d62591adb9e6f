"""The tables of vendors."""

import sqlalchemy as sa
from alembic import op

revision = "0008_vendors"
down_revision = "0007_scans"


def upgrade() -> None:
    """Make the tables."""
    _parties_and_grants()
    _events_and_answers()


def _parties_and_grants() -> None:
    op.create_table(
        "vendors",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("domain", sa.String(200), nullable=False),
        sa.Column("checked", sa.Boolean, nullable=False),
        sa.Column("public", sa.LargeBinary, nullable=False),
        sa.Column("seed", sa.LargeBinary),
        sa.Column("webhook_url", sa.String(500), nullable=False),
        sa.Column("webhook_secret", sa.LargeBinary, nullable=False),
        sa.Column("accepts", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_vendors"),
    )
    op.create_table(
        "agents",
        sa.Column("account_id", sa.String(16), nullable=False),
        sa.Column("vendor_id", sa.String(16), nullable=False),
        sa.Column("label", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_agents"),
    )
    op.create_index("ix_agents_vendor_id", "agents", ["vendor_id"])
    op.create_table(
        "owner_keys",
        sa.Column("owner_id", sa.String(16), nullable=False),
        sa.Column("vendor_id", sa.String(16), nullable=False),
        sa.Column("seed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "vendor_id", name="pk_owner_keys"),
    )
    op.create_table(
        "agreements",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("thing_id", sa.String(16), nullable=False),
        sa.Column("vendor_id", sa.String(16), nullable=False),
        sa.Column("terms", sa.String(40), nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("nonce", sa.LargeBinary, nullable=False),
        sa.Column("owner_signed", sa.LargeBinary, nullable=False),
        sa.Column("vendor_signed", sa.LargeBinary),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_agreements"),
    )
    op.create_index("ix_agreements_thing_id", "agreements", ["thing_id"])
    op.create_table(
        "grants",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("thing_id", sa.String(16), nullable=False),
        sa.Column("vendor_id", sa.String(16), nullable=False),
        sa.Column("handle", sa.String(16), nullable=False),
        sa.UniqueConstraint("handle", name="uq_grants_handle"),
        sa.Column("agreement_id", sa.String(16), nullable=False),
        sa.UniqueConstraint("agreement_id", name="uq_grants_agreement_id"),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_grants"),
    )
    op.create_index("ix_grants_thing_id", "grants", ["thing_id"])
    op.create_index("ix_grants_vendor_id", "grants", ["vendor_id"])


def _events_and_answers() -> None:
    op.create_table(
        "hearings",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("vendor_id", sa.String(16), nullable=False),
        sa.Column("grant_id", sa.String(16), nullable=False),
        sa.Column("scan_id", sa.String(16), nullable=False),
        sa.Column("handle", sa.String(16), nullable=False),
        sa.Column("thing_kind", sa.String(40), nullable=False),
        sa.Column("scanner", sa.String(10), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("case_id", sa.String(16)),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("agent_id", sa.String(16)),
        sa.Column("taken_at", sa.BigInteger),
        sa.UniqueConstraint("grant_id", "scan_id", name="uq_hearings_grant_id_scan_id"),
        sa.PrimaryKeyConstraint("id", name="pk_hearings"),
    )
    op.create_index("ix_hearings_case_id", "hearings", ["case_id"])
    op.create_index("ix_hearings_vendor_id_state_at", "hearings", ["vendor_id", "state", "at"])
    op.create_table(
        "answers",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("hearing_id", sa.String(16), nullable=False),
        sa.Column("scan_id", sa.String(16), nullable=False),
        sa.Column("agent", sa.String(80), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("until", sa.BigInteger),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger),
        sa.Column("helped", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_answers"),
    )
    op.create_index("ix_answers_hearing_id", "answers", ["hearing_id"])
    op.create_index("ix_answers_scan_id", "answers", ["scan_id"])
    op.create_table(
        "vendor_values",
        sa.Column("grant_id", sa.String(16), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("unit", sa.String(20), nullable=False),
        sa.Column("value", sa.String(130), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("grant_id", "name", name="pk_vendor_values"),
    )
