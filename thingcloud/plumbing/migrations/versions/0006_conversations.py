"""The tables of conversations."""

import sqlalchemy as sa
from alembic import op

revision = "0006_conversations"
down_revision = "0005_notify"


def upgrade() -> None:
    """Make the tables."""
