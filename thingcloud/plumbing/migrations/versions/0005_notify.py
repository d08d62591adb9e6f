"""The tables of notify."""

import sqlalchemy as sa
from alembic import op

revision = "0005_notify"
down_revision = "0004_devices"


def upgrade() -> None:
    """Make the tables."""
