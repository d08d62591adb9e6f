"""Due work: done once, taken over from the dead, put off when the other side is down."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
import sqlalchemy as sa

from thingcloud.plumbing import jobs as work
from thingcloud.plumbing import live, migrations
from thingcloud.plumbing.clock import MINUTE, SECOND, FakeClock
from thingcloud.plumbing.db import Database, Tx
from thingcloud.plumbing.errors import Unavailable

T = TypeVar("T")


class Bench:
    """A worker on a fake clock, and what its handler saw."""

    def __init__(self, folder: Path) -> None:
        self.hub = live.Live()
        self.db = Database(folder / "jobs.db", self.hub)
        migrations.upgrade(self.db.engine)
        self.db.start()
        self.clock = FakeClock()
        self.seen: list[str] = []
        self.trouble: Exception | None = None

    async def handle(self, job: work.Job) -> work.Finish:
        self.seen.append(job.key)
        if self.trouble:
            raise self.trouble
        return lambda tx: _note(tx, f"after {job.key}", self.clock.now() + 99 * MINUTE)

    def worker(self) -> work.Worker:
        return work.Worker(self.db, self.clock, self.hub, {"test": self.handle})

    async def put(self, key: str, wait: int = 0) -> bool:
        return await self.db.write(lambda tx: work.put(tx, key, "test", {"n": 1}, self.clock.now() + wait))

    def state(self, key: str) -> str:
        with self.db.reading() as tx:
            return str(tx.execute(sa.select(work.jobs.c.state).where(work.jobs.c.key == key)).scalar())


def _note(tx: Tx, key: str, due: int) -> None:
    work.put(tx, key, "test", {}, due)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.db.close()


async def test_due_work_is_done_once_and_what_follows_is_in_the_same_transaction(bench: Bench) -> None:
    await bench.put("a")
    worker = bench.worker()
    assert await worker.run_due() == 1
    assert await worker.run_due() == 0
    assert bench.seen == ["a"]
    assert (bench.state("a"), bench.state("after a")) == ("done", "due")


async def test_work_waits_until_it_is_due(bench: Bench) -> None:
    await bench.put("a", wait=MINUTE)
    assert await bench.worker().run_due() == 0
    bench.clock.advance(MINUTE)
    assert await bench.worker().run_due() == 1


async def test_the_same_key_is_put_once(bench: Bench) -> None:
    assert await bench.put("a")
    assert not await bench.put("a")


async def test_cancelled_work_is_not_done(bench: Bench) -> None:
    await bench.put("case:1:mail")
    await bench.put("case:10:mail")
    assert await bench.db.write(lambda tx: work.cancel(tx, "case:1:")) == 1
    await bench.worker().run_due()
    assert bench.seen == ["case:10:mail"]


async def test_work_put_off_is_tried_again_with_growing_waits(bench: Bench) -> None:
    await bench.put("a")
    bench.trouble = work.Later("the mail host is down")
    worker = bench.worker()
    for wait in (5 * SECOND, 10 * SECOND, 20 * SECOND):
        assert await worker.run_due() == 1
        bench.clock.advance(wait - 1)
        assert await worker.run_due() == 0
        bench.clock.advance(1)
    bench.trouble = None
    await worker.run_due()
    assert bench.state("a") == "done"


async def test_work_that_cannot_succeed_is_given_up_with_its_reason(bench: Bench) -> None:
    await bench.put("a")
    bench.trouble = work.GivenUp("no such mailbox")
    await bench.worker().run_due()
    assert bench.state("a") == "given-up"


async def test_a_handler_that_trips_does_not_end_the_worker(bench: Bench) -> None:
    await bench.put("a")
    bench.trouble = ValueError("boom")
    await bench.worker().run_due()
    assert bench.state("a") == "due"


async def test_what_follows_may_fail_without_ending_the_worker_or_losing_the_job(bench: Bench) -> None:
    await bench.put("a")

    async def handle(_job: work.Job) -> work.Finish:
        return _fails

    await work.Worker(bench.db, bench.clock, bench.hub, {"test": handle}).run_due()
    assert bench.state("a") == "due"


def _fails(_tx: Tx) -> None:
    raise ValueError("boom")


async def test_a_database_that_does_not_answer_does_not_end_the_worker(bench: Bench) -> None:
    class Broken(Database):
        refusals = 3

        async def write(self, work: Callable[[Tx], T]) -> T:
            if self.refusals:
                self.refusals -= 1
                raise Unavailable("The disk is full.")
            return await bench.db.write(work)

    await bench.put("a")
    done = asyncio.Event()

    async def handle(_job: work.Job) -> work.Finish:
        done.set()
        return None

    worker = asyncio.create_task(
        work.Worker(Broken(bench.db.path, bench.hub), Impatient(), bench.hub, {"test": handle}).run()
    )
    await asyncio.wait_for(done.wait(), 10)
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)


async def test_a_slow_job_holds_up_nothing_but_itself(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_GRACE_SECONDS", 0)
    await bench.put("slow")
    begun, done = asyncio.Event(), asyncio.Event()

    async def handle(job: work.Job) -> work.Finish:
        if job.key == "slow":
            begun.set()
            await asyncio.Event().wait()
        done.set()
        return None

    running = asyncio.create_task(work.Worker(bench.db, Impatient(), bench.hub, {"test": handle}).run())
    await asyncio.wait_for(begun.wait(), 10)
    await bench.put("quick")
    await asyncio.wait_for(done.wait(), 10)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert bench.state("slow") == "due"


async def test_what_is_being_sent_at_the_end_is_noted_as_sent(bench: Bench) -> None:
    await bench.put("a")
    begun, answered = asyncio.Event(), asyncio.Event()

    async def handle(_job: work.Job) -> work.Finish:
        begun.set()
        await answered.wait()
        return None

    running = asyncio.create_task(work.Worker(bench.db, Impatient(), bench.hub, {"test": handle}).run())
    await asyncio.wait_for(begun.wait(), 10)
    running.cancel()
    await asyncio.sleep(0)
    answered.set()
    await asyncio.gather(running, return_exceptions=True)
    assert bench.state("a") == "done"


class Impatient(FakeClock):
    """A clock on which no wait takes time."""

    async def wait(self, event: asyncio.Event, at_most: int) -> bool:
        await asyncio.sleep(0)
        return event.is_set()


async def test_whoever_makes_us_wait_past_the_lease_waits_in_vain(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "_LONGEST", 1)
    await bench.put("a")

    async def handle(_job: work.Job) -> work.Finish:
        await asyncio.Event().wait()
        return None

    await work.Worker(bench.db, bench.clock, bench.hub, {"test": handle}).run_due()
    assert bench.state("a") == "due"


async def test_a_dead_workers_job_is_taken_over_after_its_lease(bench: Bench) -> None:
    await bench.put("a")
    now = bench.clock.now()
    await bench.db.write(lambda tx: work._claim(tx, now, "dead", 10))
    assert await bench.worker().run_due() == 0
    bench.clock.advance(work.LEASE)
    assert await bench.worker().run_due() == 1
    assert bench.state("a") == "done"


async def test_done_work_is_forgotten_after_a_month_and_due_work_never(bench: Bench) -> None:
    await bench.put("old")
    await bench.worker().run_due()
    await bench.put("waits", wait=99 * MINUTE)
    bench.clock.advance(work.KEEP_DONE + MINUTE)
    gone = await bench.db.write(lambda tx: work.forget_done(tx, bench.clock.now() - work.KEEP_DONE))
    assert gone == 1
    assert bench.state("waits") == "due"


async def test_the_only_process_takes_over_at_its_start_what_a_killed_one_held(bench: Bench) -> None:
    await bench.put("a")
    now = bench.clock.now()
    await bench.db.write(lambda tx: work._claim(tx, now, "dead", 10))
    assert await bench.worker().run_due() == 0
    assert await bench.db.write(work.take_over) == 1
    assert await bench.worker().run_due() == 1
    assert bench.state("a") == "done"
