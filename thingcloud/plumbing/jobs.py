"""Work that is due: rows that a worker claims with a lease, so that a dead one's work is taken over.

A job does its outside effect, then its completion and whatever follows from it are one transaction. No effect is
exactly-once: it is at least once, and `key` lets the other side drop a repeat.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from thingcloud.plumbing import live
from thingcloud.plumbing.clock import DAY, MINUTE, SECOND, Clock
from thingcloud.plumbing.db import Database, Tx, metadata
from thingcloud.plumbing.ids import new_id

log = logging.getLogger(__name__)

LEASE = 2 * MINUTE
_LONGEST = LEASE - 30 * SECOND
_FIRST_RETRY = 5 * SECOND
_LONGEST_RETRY = 60 * MINUTE
_MOST_AT_ONCE = 32
_GRACE_SECONDS = 2
_LOOK_AGAIN = 1 * SECOND
_CLEAN_EVERY = 60 * MINUTE
# A key stays taken this long after its work was done; nothing puts the same key again later than that.
KEEP_DONE = 30 * DAY

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.String(200), nullable=False, unique=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("due_at", sa.BigInteger, nullable=False),
    sa.Column("lease", sa.String(16)),
    sa.Column("lease_until", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("state", sa.String(10), nullable=False, server_default="due"),
    sa.Column("said", sa.String(300)),
    sa.Index("ix_jobs_state_due_at", "state", "due_at"),
)


@dataclass(frozen=True)
class Job:
    """One piece of due work."""

    id: int
    key: str
    kind: str
    payload: dict[str, Any]
    attempts: int


class Later(Exception):
    """The effect did not come about; try again after `wait` ms, or by back-off, at most `most` times."""

    def __init__(self, why: str, *, wait: int | None = None, most: int = 20) -> None:
        super().__init__(why)
        self.wait = wait
        self.most = most


class GivenUp(Exception):
    """The effect can never come about; say why in words without any contact."""


Finish = Callable[[Tx], None] | None
Handler = Callable[[Job], Awaitable[Finish]]


def put(tx: Tx, key: str, kind: str, payload: Mapping[str, object], due_at: int) -> bool:
    """Add a job unless its key was used before; True if it is new. Payloads hold ids, never contacts."""
    if tx.execute(sa.select(jobs.c.id).where(jobs.c.key == key)).first():
        return False
    tx.execute(jobs.insert().values(key=key, kind=kind, payload=json.dumps(dict(payload)), due_at=due_at))
    live.announce(tx, "jobs")
    return True


def cancel(tx: Tx, prefix: str) -> int:
    """Cancel what is still due under a key prefix; returns how many."""
    outcome = tx.execute(
        jobs.update()
        .where(jobs.c.key.startswith(prefix, autoescape=True), jobs.c.state == "due")
        .values(state="cancelled")
    )
    return outcome.rowcount


def _claim(tx: Tx, now: int, lease: str, most: int) -> list[Job]:
    free = (
        sa.select(jobs.c.id)
        .where(jobs.c.state == "due", jobs.c.due_at <= now, jobs.c.lease_until <= now)
        .order_by(jobs.c.due_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    rows = tx.execute(
        jobs.update()
        .where(jobs.c.id.in_(free.scalar_subquery()), jobs.c.lease_until <= now)
        .values(lease=lease, lease_until=now + LEASE, attempts=jobs.c.attempts + 1)
        .returning(jobs.c.id, jobs.c.key, jobs.c.kind, jobs.c.payload, jobs.c.attempts)
    )
    return [Job(r.id, r.key, r.kind, json.loads(r.payload), r.attempts) for r in rows]


def _close(tx: Tx, job: Job, lease: str, state: str, said: str = "", due_at: int | None = None) -> bool:
    values: dict[str, object] = {"state": state, "said": said[:300], "lease": None, "lease_until": 0}
    if due_at is not None:
        values["due_at"] = due_at
    ours = (jobs.c.id == job.id) & (jobs.c.lease == lease)
    return tx.execute(jobs.update().where(ours).values(values)).rowcount == 1


def forget_done(tx: Tx, before: int) -> int:
    """Remove what was done, cancelled or given up and was due before a time; returns how many."""
    ended = jobs.c.state.in_(("done", "cancelled", "given-up"))
    return tx.execute(jobs.delete().where(ended, jobs.c.due_at < before)).rowcount


def take_over(tx: Tx) -> int:
    """Free all leases at the start of the only process that works here: whoever held them is gone; returns how many."""
    held = (jobs.c.state == "due") & (jobs.c.lease_until > 0)
    return tx.execute(jobs.update().where(held).values(lease=None, lease_until=0)).rowcount


class Worker:
    """Claims due jobs and hands each to the handler of its kind."""

    def __init__(self, db: Database, clock: Clock, hub: live.Live, handlers: Mapping[str, Handler]) -> None:
        self._db = db
        self._clock = clock
        self._hub = hub
        self._handlers = dict(handlers)
        self._news = asyncio.Event()
        self._name = new_id()
        self._cleaned_at = 0
        self._under_way: set[asyncio.Task[None]] = set()

    async def run_due(self) -> int:
        """Do what is due now, once; returns how many jobs were claimed."""
        claimed = await self._claimed(_MOST_AT_ONCE)
        outcomes = await asyncio.gather(*(self._do(job) for job in claimed), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return len(claimed)

    async def run(self) -> None:
        """Work until cancelled."""
        listening = asyncio.create_task(self._listen())
        try:
            while True:
                self._news.clear()
                if not await self._turn():
                    await self._clock.wait(self._news, _LOOK_AGAIN)
        finally:
            listening.cancel()
            await self._finish()

    async def _finish(self) -> None:
        """What has gone out should be noted as done before the end, or the next start does it again."""
        under_way = set(self._under_way)
        if under_way:
            await asyncio.wait(under_way, timeout=_GRACE_SECONDS)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    async def _turn(self) -> bool:
        """Begin what is due; a slow job holds up nothing but itself."""
        try:
            await self._clean()
            claimed = await self._claimed(_MOST_AT_ONCE - len(self._under_way))
        except Exception as error:
            # A database that does not answer now may answer later: what is due stays due.
            log.exception("the worker could not go on: %s", type(error).__name__)
            return False
        for job in claimed:
            task = asyncio.create_task(self._do(job))
            self._under_way.add(task)
            task.add_done_callback(self._ended)
        return bool(claimed)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._under_way.discard(task)
        self._news.set()
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("a job could not be settled: %s", type(error).__name__, exc_info=error)

    async def _claimed(self, most: int) -> list[Job]:
        now = self._clock.now()
        if most <= 0 or not await self._any(now):
            return []
        return await self._db.write(lambda tx: _claim(tx, now, self._name, most))

    async def _clean(self) -> None:
        now = self._clock.now()
        if now - self._cleaned_at >= _CLEAN_EVERY:
            self._cleaned_at = now
            await self._db.write(lambda tx: forget_done(tx, now - KEEP_DONE))

    async def _any(self, now: int) -> bool:
        due = (
            sa.select(jobs.c.id).where(jobs.c.state == "due", jobs.c.due_at <= now, jobs.c.lease_until <= now).limit(1)
        )
        return await self._db.read(lambda tx: tx.execute(due).first() is not None)

    async def _listen(self) -> None:
        async for _ in self._hub.watch("jobs"):
            self._news.set()

    async def _do(self, job: Job) -> None:
        try:
            # Past its lease a job may be somebody else's: whoever makes us wait that long waits in vain.
            async with asyncio.timeout(_LONGEST / SECOND):
                finish = await self._handlers[job.kind](job)
            await self._settle(job, "done", "", finish)
        except GivenUp as why:
            log.warning("job %s given up: %s", job.kind, why)
            await self._settle(job, "given-up", str(why))
        except Later as why:
            await self._again(job, why)
        except Exception as error:
            # Whatever a handler trips over must neither end the worker nor lose the job.
            log.exception("job %s failed: %s", job.kind, type(error).__name__)
            await self._again(job, Later(type(error).__name__))

    async def _settle(self, job: Job, state: str, said: str, finish: Finish = None) -> None:
        def work(tx: Tx) -> None:
            if _close(tx, job, self._name, state, said) and finish is not None:
                finish(tx)

        await self._db.write(work)

    async def _again(self, job: Job, why: Later) -> None:
        if job.attempts >= why.most:
            log.warning("job %s given up after %d tries: %s", job.kind, job.attempts, why)
            await self._settle(job, "given-up", str(why))
            return
        wait = why.wait if why.wait is not None else min(_FIRST_RETRY * 2 ** (job.attempts - 1), _LONGEST_RETRY)
        due = self._clock.now() + wait
        await self._db.write(lambda tx: _close(tx, job, self._name, "due", str(why), due))
