"""The tables of things."""

import sqlalchemy as sa
from alembic import op

revision = "0003_things"
down_revision = "0002_owners"


def upgrade() -> None:
    """Make the tables."""
