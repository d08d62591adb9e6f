"""The database: what was told to be stored is stored, what was refused is not, and news follow the commit."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from thingcloud.plumbing import live, migrations
from thingcloud.plumbing.db import Database, Prepared, Tx
from thingcloud.plumbing.errors import BadInput, Unavailable
from thingcloud.plumbing.jobs import jobs


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "test.db", live.Live())
    migrations.upgrade(database.engine)
    database.start()
    yield database
    database.close()


def add(key: str) -> Callable[[Tx], str]:
    def work(tx: Tx) -> str:
        tx.execute(jobs.insert().values(key=key, kind="test", payload="{}", due_at=0))
        live.announce(tx, "topic", key)
        return key

    return work


def refuse(tx: Tx) -> None:
    tx.execute(jobs.insert().values(key="half", kind="test", payload="{}", due_at=0))
    live.announce(tx, "topic", "half")
    raise BadInput("no", reason="no")


def keys(db: Database) -> list[str]:
    with db.reading() as tx:
        return list(tx.execute(sa.select(jobs.c.key).order_by(jobs.c.key)).scalars())


async def test_what_was_written_is_read_back(db: Database) -> None:
    assert await db.write(add("a")) == "a"
    assert keys(db) == ["a"]


async def test_refused_work_leaves_nothing_and_spares_its_neighbours(db: Database) -> None:
    outcomes = await asyncio.gather(
        db.write(add("a")),
        db.write(refuse),
        db.write(add("b")),
        db.write(add("a")),
        db.write(add("c")),
        return_exceptions=True,
    )
    assert outcomes[0] == "a"
    assert isinstance(outcomes[1], BadInput)
    assert isinstance(outcomes[3], sa.exc.IntegrityError)
    assert keys(db) == ["a", "b", "c"]


async def test_news_follow_the_commit_and_refused_work_makes_none(tmp_path: Path) -> None:
    hub = live.Live()
    db = Database(tmp_path / "news.db", hub)
    migrations.upgrade(db.engine)
    db.start()
    changes = hub.watch("topic")
    first = asyncio.ensure_future(anext(changes))
    await asyncio.sleep(0)
    await asyncio.gather(db.write(refuse), db.write(add("a")), return_exceptions=True)
    assert await first == ("topic", "a")
    db.close()


async def test_a_prepared_query_gives_rows(db: Database) -> None:
    await db.write(add("a"))
    query = Prepared.of(sa.select(jobs.c.kind).where(jobs.c.key == sa.bindparam("key")))
    assert db.fetch(query, key="a") == [("test",)]
    assert db.fetch(query, key="b") == []


async def test_many_writers_share_commits_and_none_is_lost(db: Database) -> None:
    names = [f"k{n:03}" for n in range(300)]
    assert sorted(await asyncio.gather(*(db.write(add(name)) for name in names))) == names
    assert keys(db) == names


async def test_a_closed_database_says_so(db: Database) -> None:
    db.close()
    with pytest.raises(Unavailable, match="closed"):
        await db.write(add("a"))


def test_the_writer_keeps_its_promise_to_the_disk(db: Database) -> None:
    modes = db.write_now(
        lambda tx: (
            tx.exec_driver_sql("PRAGMA journal_mode").scalar(),
            tx.exec_driver_sql("PRAGMA synchronous").scalar(),
        )
    )
    assert modes == ("wal", 2)


def test_a_reader_cannot_write(db: Database) -> None:
    with pytest.raises(sa.exc.OperationalError, match="readonly"), db.reading() as tx:
        add("x")(tx)


def test_a_schema_of_a_newer_program_is_refused(db: Database) -> None:
    db.write_now(lambda tx: tx.exec_driver_sql("UPDATE alembic_version SET version_num = '9999_future'"))
    db.close()
    with pytest.raises(Unavailable, match="newer thingcloud"):
        migrations.upgrade(Database(db.path, live.Live()).engine)


def test_only_the_owner_of_the_database_may_read_its_files(db: Database) -> None:
    db.write_now(add("a"))
    beside = list(db.path.parent.glob("test.db*"))
    assert len(beside) > 1
    assert {path.stat().st_mode & 0o777 for path in beside} == {0o600}


def test_what_was_to_be_stored_is_not_in_an_error(db: Database) -> None:
    db.write_now(add("robin@canary.example"))
    twice = jobs.insert().values(key="robin@canary.example", kind="test", payload="secret", due_at=0)
    with pytest.raises(sa.exc.IntegrityError) as refused:
        db.write_now(lambda tx: tx.execute(twice))
    assert "canary" not in str(refused.value)


async def test_a_full_disk_is_said_so_and_what_comes_after_is_stored(db: Database) -> None:
    def full(tx: Tx) -> None:
        pages = tx.execute(sa.text("PRAGMA page_count")).scalar()
        tx.execute(sa.text(f"PRAGMA max_page_count={pages}"))

    await db.write(full)
    large = jobs.insert().values(key="large", kind="test", payload="x" * 100_000, due_at=0)
    outcomes = await asyncio.gather(*(db.write(lambda tx: tx.execute(large)) for _ in range(3)), return_exceptions=True)
    assert all(isinstance(outcome, Unavailable) and "full" in outcome.what for outcome in outcomes), outcomes
    await db.write(lambda tx: tx.execute(sa.text("PRAGMA max_page_count=100000")))
    assert await db.write(add("a")) == "a"
    assert keys(db) == ["a"]
