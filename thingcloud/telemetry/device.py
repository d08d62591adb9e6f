"""A device spoke: the ear takes what the source brings, the spreader puts readings into their series.

Two threads beside the pages. The ear's way is short, so that a receipt follows a pack within milliseconds; the
spreader follows the ear by way of rows that survive both.
"""

import gc
import logging
import threading
import time
from collections import deque
from collections.abc import Callable

from thingcloud.devices import service as devices
from thingcloud.plumbing.clock import Clock
from thingcloud.plumbing.db import Database
from thingcloud.plumbing.errors import ThingcloudError
from thingcloud.plumbing.house import House
from thingcloud.telemetry import hearing, receipts, senml, service
from thingcloud.telemetry.model import Kept, Unspread
from thingcloud.telemetry.source import Arrival, Source

log = logging.getLogger(__name__)

Publish = Callable[[str, bytes], None]

_LISTEN_SECONDS = 0.5
_AFTER_FAILURE_SECONDS = 0.5
_STOP_SECONDS = 10
_MOST_WAITING = 24
_MUCH = 100
_GATHER_SECONDS = 0.2
_GATHER_READINGS_SECONDS = 0.35
_COLLECT_AFTER = 50_000
_MOST_AT_ONCE = 4000


def calm_collector() -> None:
    """Let the garbage collector of this process look less often: packs leave no cycles behind for it to find.

    At its usual pace it takes a tenth of the CPU time by going through every one of them.
    """
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 20)


class Spreader:
    """Puts the readings of stored packs into their series and hands the packs on."""

    def __init__(self, db: Database, clock: Clock, publish: Publish) -> None:
        self._db = db
        self._clock = clock
        self._publish = publish
        self._memory = service.Memory()
        self._fresh: deque[Kept] = deque()
        self._news = threading.Event()
        self._stopped = threading.Event()
        self._stuck: set[int | None] = set()
        self._behind = True
        self._much = False
        self._thread = threading.Thread(target=self._run, name="spread", daemon=True)

    def start(self) -> None:
        """Start the thread; first comes what an earlier process left."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; what it did not do yet is done at the next start."""
        self._stopped.set()
        self._news.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def forget(self, device: str) -> None:
        """Look this device up again before its next pack."""
        self._memory.forget_device(device)

    def take(self, kept: Kept) -> None:
        """Hand over a stored batch; if too many wait, this one is read back from the database later."""
        if len(self._fresh) < _MOST_WAITING:
            self._fresh.append(kept)
        else:
            self._behind = True
        self._news.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self.work()
            except Exception as error:
                # Whatever goes wrong with one batch must not end the thread; the batch is still in its table.
                log.exception("spreading failed: %s", type(error).__name__)
                self._memory.forget()
                self._behind = True
                self._stopped.wait(_AFTER_FAILURE_SECONDS)
            self._gather()

    def _gather(self) -> None:
        """Wait for work; while much comes, wait a little longer: rows that lie together are cheaper together."""
        if self._behind:
            return
        self._news.wait()
        if self._much and sum(len(kept.new) for kept in self._fresh) < _MOST_AT_ONCE:
            self._stopped.wait(_GATHER_READINGS_SECONDS)
        self._news.clear()

    def work(self) -> None:
        """Spread what waits: the batches at hand, then those that only the database knows of."""
        while self._fresh and not self._stopped.is_set():
            self._spread(self._some())
        if self._behind and not self._stopped.is_set():
            self._behind = False
            with self._db.reading() as tx:
                left = service.unspread(tx)
            passed_over = {kept.batch for kept in self._fresh} | self._stuck
            for batch in left:
                if batch.id not in passed_over:
                    self._catch_up(batch)

    def _catch_up(self, batch: Unspread) -> None:
        try:
            self._spread([self._recalled(batch)])
        except ThingcloudError:
            raise
        except Exception as error:
            # One batch that cannot be spread must not hold up those behind it; it stays for the next start.
            log.exception("batch %d cannot be spread: %s", batch.id, type(error).__name__)
            self._stuck.add(batch.id)
            self._memory.forget()

    def _some(self) -> list[Kept]:
        taken = [self._fresh.popleft()]
        size = len(taken[0].new)
        while self._fresh and size < _MOST_AT_ONCE:
            taken.append(self._fresh.popleft())
            size += len(taken[-1].new)
        return taken

    def _recalled(self, batch: Unspread) -> Kept:
        with self._db.reading() as tx:
            return service.recall(tx, batch)

    def _spread(self, batches: list[Kept]) -> None:
        now = self._clock.now()
        done = self._db.write_now(lambda tx: service.spread(tx, now, batches, self._memory))
        self._much = len(done) >= _MUCH
        for pack in done:
            self._publish(pack.sender.pack_topic, pack.data)
            if pack.pack.readings:
                self._publish(pack.sender.readings_topic, senml.view(pack))


class Ear:
    """Takes batches from a source: verify, store, receipt, acknowledge, in this order."""

    def __init__(
        self, db: Database, clock: Clock, source: Source, publish: Publish, then: Callable[[Kept], None]
    ) -> None:
        self._db = db
        self._clock = clock
        self._source = source
        self._publish = publish
        self._then = then
        self._memory = service.Memory()
        self._answers = receipts.Answers()
        self._answer_by = 0.0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ear", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the batch at hand."""
        self._stopped.set()
        self._source.close()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def forget(self, device: str) -> None:
        """Look this device up again before its next pack."""
        self._memory.forget_device(device)

    def _run(self) -> None:
        while not self._stopped.is_set():
            batch = self._source.receive(_GATHER_SECONDS if self._answers else _LISTEN_SECONDS)
            if batch:
                self.hear_all(batch)
            else:
                self._answer()
        self._answer()

    def hear_all(self, batch: list[Arrival]) -> None:
        """Do one batch whatever happens: what fails is not acknowledged, and comes again."""
        try:
            self.hear(batch)
        except ThingcloudError as error:
            log.warning("a batch of %d packs was not stored and will come again: %s", len(batch), error)
            self._memory.forget()
            self._stopped.wait(_AFTER_FAILURE_SECONDS)
        except Exception as error:
            # The thread must live: without it no receipt leaves and every device holds back its records.
            log.exception("a batch of %d packs was not stored: %s", len(batch), type(error).__name__)
            self._memory.forget()
            if len(batch) > 1:
                middle = len(batch) // 2
                self.hear_all(batch[:middle])
                self.hear_all(batch[middle:])

    def hear(self, batch: list[Arrival]) -> Kept:
        """Do one batch: after the commit its receipts leave and the source is told; a failure leaves nothing behind."""
        now = self._clock.now()
        known = service.senders(self._db, self._memory, {arrival.device for arrival in batch})
        heard = hearing.hear(batch, known)
        kept = self._db.write_now(lambda tx: service.keep(tx, now, heard, self._memory))
        self._answers.add(heard)
        if len(batch) < _MUCH or time.monotonic() > self._answer_by:
            self._answer()
        self._source.acknowledge([arrival.token for arrival in batch])
        self._then(kept)
        return kept

    def _answer(self) -> None:
        """Send the receipts that wait; while much comes they do, so that a device gets one for many packs."""
        for topic, receipt in self._answers.take():
            self._publish(topic, receipt)
        self._answer_by = time.monotonic() + _GATHER_SECONDS


class Listening:
    """Ear and spreader as the house runs them; `watch` keeps their memory true while devices come and go."""

    def __init__(self, house: House, source: Source, publish: Publish) -> None:
        self._live = house.live
        self.spreader = Spreader(house.db, house.clock, publish)
        self.ear = Ear(house.db, house.clock, source, publish, self.spreader.take)

    def start(self) -> None:
        """Start both threads."""
        calm_collector()
        self.spreader.start()
        self.ear.start()

    def stop(self) -> None:
        """End both threads; safe to call twice."""
        self.ear.stop()
        self.spreader.stop()

    async def watch(self) -> None:
        """Hear of devices that were paired, ended or moved, until cancelled."""
        async for _, device in self._live.watch(devices.CHANGED):
            self.ear.forget(device)
            self.spreader.forget(device)
