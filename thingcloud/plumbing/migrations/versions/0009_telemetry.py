"""The tables of telemetry."""

import sqlalchemy as sa
from alembic import op

revision = "0009_telemetry"
down_revision = "0008_vendors"


def upgrade() -> None:
    """Make the tables."""
