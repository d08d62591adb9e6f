"""The schema's steps (Alembic); `upgrade` brings a database to the newest one."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from thingcloud.plumbing.errors import Unavailable

_HERE = Path(__file__).parent


def upgrade(engine: sa.Engine) -> None:
    """Bring the schema up to date; a schema newer than this program is refused."""
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    with engine.connect() as connection:
        at = MigrationContext.configure(connection).get_current_revision()
        if at is not None and at not in known:
            raise Unavailable(
                f"The database was made by a newer thingcloud (schema {at}).",
                hint="Update the program, or restore a backup.",
            )
        connection.rollback()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
