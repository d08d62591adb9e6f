"""The tables of scans."""

import sqlalchemy as sa
from alembic import op

revision = "0007_scans"
down_revision = "0006_conversations"


def upgrade() -> None:
    """Make the tables."""
