"""The tables of owners."""

import sqlalchemy as sa
from alembic import op

revision = "0002_owners"
down_revision = "0001_jobs"


def upgrade() -> None:
    """Make the tables."""
