"""The cast every test of the cloud knows: a house on a clock that stands still, Alice who owns it, Bob who does not."""

import sqlite3
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from thingcloud.plumbing import migrations
from thingcloud.plumbing.clock import FakeClock
from thingcloud.plumbing.db import Database
from thingcloud.plumbing.house import House
from thingcloud.plumbing.html import Pages
from thingcloud.plumbing.keys import load_or_make
from thingcloud.plumbing.live import Live
from thingcloud.plumbing.settings import Settings

ALICE = ("Alice Appleby-Canary", "alice.canary@owner.example")
BOB = ("Bob Brown-Canary", "bob.canary@other.example")


@dataclass
class Cast:
    """A house and the people in it."""

    house: House
    clock: FakeClock


@lru_cache
def _empty_database() -> bytes:
    """A migrated database without rows, made once in a run."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        db = Database(path, Live())
        migrations.upgrade(db.engine)
        db.engine.dispose()
        with sqlite3.connect(path) as plain:
            plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        plain.close()
        return path.read_bytes()


def make_house(folder: Path, **settings: object) -> House:
    """A house in a new folder: migrated database, started writer, fake clock. Close it with `house.db.close()`."""
    chosen = Settings(data=folder, **settings)  # type: ignore[arg-type]
    hub = Live()
    chosen.database.write_bytes(_empty_database())
    db = Database(chosen.database, hub)
    db.start()
    key = load_or_make(folder / "host.key")
    return House(settings=chosen, db=db, clock=FakeClock(), live=hub, key=key, pages=Pages(chosen))
