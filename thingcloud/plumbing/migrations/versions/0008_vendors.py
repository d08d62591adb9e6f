"""The tables of vendors."""

import sqlalchemy as sa
from alembic import op

revision = "0008_vendors"
down_revision = "0007_scans"


def upgrade() -> None:
    """Make the tables."""
