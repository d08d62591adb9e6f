"""The database: one writer that commits in groups, readers beside it.

On SQLite only this process writes, from one thread, with WAL and `synchronous=FULL`: what a caller was told is
stored survives a power cut. Work that arrives while a commit is under way shares the next one.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError

from thingcloud.plumbing import live
from thingcloud.plumbing.errors import ThingcloudError, Unavailable

Tx = Connection
T = TypeVar("T")
Work = Callable[[Tx], T]

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_MOST_IN_A_GROUP = 256
_BUSY_MS = 5000
# 40 MB: a page that every batch touches is copied home ten times less often than at SQLite's own 1,000.
_PAGES_BETWEEN_CHECKPOINTS = 10_000
_OWNER_ONLY = 0o600
_SQLITE = sqlite.dialect(paramstyle="named")


@dataclass(frozen=True)
class Prepared:
    """A statement compiled once, for the few places where compiling it each time would show."""

    sql: str

    @classmethod
    def of(cls, statement: sa.sql.ClauseElement) -> "Prepared":
        """Compile a SQLAlchemy statement with named parameters."""
        return cls(str(statement.compile(dialect=_SQLITE)))


@dataclass(frozen=True)
class _Ask:
    work: Callable[[Tx], Any]
    answer: "Future[Any]"


def _prepare_sqlite(engine: sa.Engine, begin: str, *, read_only: bool) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        # The driver's own transaction handling would begin too late: https://docs.sqlalchemy.org/en/20/dialects/sqlite.html
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_BUSY_MS}",
            f"wal_autocheckpoint={_PAGES_BETWEEN_CHECKPOINTS}", "temp_store=MEMORY", "cache_size=-16000",
            f"query_only={'ON' if read_only else 'OFF'}",
        ):  # fmt: skip
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)


class Database:
    """SQLite behind the stores: `read` and `write` run a function with a transaction."""

    def __init__(self, path: Path, hub: live.Live) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Contacts and keys are in it; the files that SQLite puts beside it take the same mode.
        path.touch(mode=_OWNER_ONLY)
        path.chmod(_OWNER_ONLY)
        url, shared = f"sqlite:///{path}", {"check_same_thread": False}
        self.path = path
        self._hub = hub
        # What was to be stored stays out of error texts: they are logged.
        self._writing = sa.create_engine(url, poolclass=sa.pool.StaticPool, connect_args=shared, hide_parameters=True)
        self._reading = sa.create_engine(url, poolclass=sa.pool.NullPool, connect_args=shared, hide_parameters=True)
        _prepare_sqlite(self._writing, "BEGIN IMMEDIATE", read_only=False)
        _prepare_sqlite(self._reading, "BEGIN", read_only=True)
        self._asked: queue.SimpleQueue[_Ask | None] = queue.SimpleQueue()
        self._writer: threading.Thread | None = None
        self._own = threading.local()
        self._readers: list[Connection | sa.PoolProxiedConnection] = []

    @property
    def engine(self) -> sa.Engine:
        """The writing engine, for migrations only, before `start`."""
        return self._writing

    def start(self) -> None:
        """Start the writer thread."""
        if self._writer is None:
            self._writer = threading.Thread(target=self._write_forever, name="writer", daemon=True)
            self._writer.start()

    def close(self) -> None:
        """Finish what was asked, then close; safe to call twice."""
        if self._writer is not None:
            self._asked.put(None)
            self._writer.join()
            self._writer = None
        while self._readers:
            self._readers.pop().close()
        self._own = threading.local()
        self._writing.dispose()

    async def read(self, work: Work[T]) -> T:
        """Run `work` on a consistent snapshot."""
        with self.reading() as tx:
            return work(tx)

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        """A consistent snapshot for the calling thread."""
        connection: Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = self._reading.connect()
            self._readers.append(connection)
        if connection.in_transaction():
            yield connection
            return
        with connection.begin():
            yield connection

    def fetch(self, prepared: Prepared, **parameters: object) -> Sequence[tuple[Any, ...]]:
        """The rows of a prepared query, on the calling thread's own connection."""
        raw: Any = getattr(self._own, "raw", None)
        if raw is None:
            lent = self._reading.raw_connection()
            self._readers.append(lent)
            raw = self._own.raw = lent.dbapi_connection
        rows: list[tuple[Any, ...]] = raw.execute(prepared.sql, parameters).fetchall()
        return rows

    async def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction of its own and return once it is on the disk."""
        return await asyncio.wrap_future(self._ask(work))

    def write_now(self, work: Work[T]) -> T:
        """The same for a thread that may wait."""
        return self._ask(work).result()

    def _ask(self, work: Work[T]) -> "Future[T]":
        if self._writer is None:
            raise Unavailable("The database is closed.", hint="Start the cloud again.")
        answer: Future[T] = Future()
        self._asked.put(_Ask(work, answer))
        return answer

    def _write_forever(self) -> None:
        with self._writing.connect() as connection:
            while True:
                group = self._next_group()
                if not group:
                    return
                self._commit(connection, group)

    def _next_group(self) -> list[_Ask]:
        first = self._asked.get()
        group: list[_Ask] = []
        while first is not None:
            group.append(first)
            if len(group) == _MOST_IN_A_GROUP:
                return group
            try:
                first = self._asked.get_nowait()
            except queue.Empty:
                return group
        if group:
            self._asked.put(None)
        return group

    def _commit(self, connection: Connection, group: list[_Ask]) -> None:
        done: list[tuple[_Ask, Any]] = []
        try:
            with connection.begin():
                for ask in group:
                    self._one(connection, ask, done, alone=len(group) == 1)
        except DBAPIError as error:
            live.take(connection)
            for ask in group:
                if not ask.answer.done():
                    ask.answer.set_exception(_translated(error))
            return
        except _Refused:
            return
        news = live.take(connection)
        for ask, result in done:
            ask.answer.set_result(result)
        self._hub.publish(news)

    def _one(self, connection: Connection, ask: _Ask, done: list[tuple[_Ask, Any]], *, alone: bool) -> None:
        held = live.mark(connection)
        if not ask.answer.set_running_or_notify_cancel():
            return
        try:
            if alone:
                result = ask.work(connection)
            else:
                with connection.begin_nested():
                    result = ask.work(connection)
        except DBAPIError as error:
            if isinstance(error, sa.exc.OperationalError):
                raise
            self._refuse(connection, ask, held, error, alone=alone)
        except Exception as error:  # noqa: BLE001 - the caller asked for this work and is told of its failure
            self._refuse(connection, ask, held, error, alone=alone)
        else:
            done.append((ask, result))

    def _refuse(self, connection: Connection, ask: _Ask, held: int, error: Exception, *, alone: bool) -> None:
        live.forget_since(connection, held)
        ask.answer.set_exception(error)
        if alone:
            raise _Refused


class _Refused(Exception):
    pass


def _translated(error: DBAPIError) -> ThingcloudError:
    # Where the database gave up the whole transaction, going back in it fails too: the first failure says why.
    earlier = error.__context__
    while earlier is not None:
        error, earlier = earlier if isinstance(earlier, DBAPIError) else error, earlier.__context__
    return Unavailable(
        f"The database did not take it ({type(error.orig).__name__}: {error.orig}). Nothing was stored.",
        hint="Look at the disk's free space and at the database's log, then try again.",
    )
