"""The migrations make what the stores speak of, no more and no less."""

from importlib import import_module
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext

from thingcloud.plumbing import live, migrations
from thingcloud.plumbing.db import Database, metadata
from thingcloud.vendors.store import hearings

ROOMS = Path(migrations.__file__).parents[2]


def test_every_table_of_every_store_is_what_the_migrations_make(tmp_path: Path) -> None:
    import_module("thingcloud.plumbing.jobs")
    import_module("thingcloud.plumbing.once")
    for store in (*ROOMS.glob("*/store.py"), *ROOMS.glob("*/contacts.py")):
        import_module(f"thingcloud.{store.parent.name}.{store.stem}")
    db = Database(tmp_path / "schema.db", live.Live())
    migrations.upgrade(db.engine)
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        tables = set(sa.inspect(connection).get_table_names()) - {"alembic_version"}
    assert tables == set(metadata.tables)
    assert len(tables) > 20


def test_each_step_is_named_after_its_file_and_follows_the_one_before() -> None:
    chain = [import_module(f"thingcloud.plumbing.migrations.versions.{step}") for step in migrations.steps()]
    assert [step.revision for step in chain] == migrations.steps()
    assert [step.down_revision for step in chain] == [None, *migrations.steps()[:-1]]


def test_upgrading_twice_changes_nothing(tmp_path: Path) -> None:
    db = Database(tmp_path / "twice.db", live.Live())
    migrations.upgrade(db.engine)
    migrations.upgrade(db.engine)
    with db.engine.connect() as connection:
        assert sa.inspect(connection).has_table("jobs")


def test_desks_that_shared_a_conversation_no_longer_read_it(tmp_path: Path) -> None:
    db = Database(tmp_path / "older.db", live.Live())
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with db.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0009_telemetry")
    row = {"vendor_id": "v", "scan_id": "s", "handle": "h", "thing_kind": "modem", "scanner": "owner", "words": ""}
    heard = [("a", "shared"), ("b", "shared"), ("c", "own"), ("d", None)]
    with db.engine.begin() as connection:
        for name, case_id in heard:
            values = {**row, "id": name, "grant_id": name, "case_id": case_id, "at": 1, "state": "waiting"}
            connection.execute(sa.insert(hearings).values(values))
    migrations.upgrade(db.engine)
    with db.engine.connect() as connection:
        kept = connection.execute(sa.select(hearings.c.id, hearings.c.case_id).order_by(hearings.c.id)).all()
    assert [tuple(one) for one in kept] == [("a", None), ("b", None), ("c", "own"), ("d", None)]
