"""The tables of devices."""

import sqlalchemy as sa
from alembic import op

revision = "0004_devices"
down_revision = "0003_things"


def upgrade() -> None:
    """Make the tables."""
