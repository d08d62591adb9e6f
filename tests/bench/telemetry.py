"""How fast the ear is, against the rate at which libsodium alone can verify the same packs.

The packs wait in the broker; what is measured is the CPU time of the cloud's process, all its threads counted, until
they are stored and their receipts have reached another process (`ingest`), and until their readings can be queried and
the packs were handed on as well (`all`). The broker's CPU is apart.
"""

import contextlib
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nacl.bindings import crypto_sign_open

from tests.bench.harness import Book, NotDone, per_cpu_second
from tests.thingcloud.telemetry.voices import NOON, Voice, voice
from thingcloud.owners import service as owners
from thingcloud.plumbing import migrations
from thingcloud.plumbing.broker import CONSUMER, STREAM, Broker
from thingcloud.plumbing.clock import SystemClock
from thingcloud.plumbing.db import Database, Tx
from thingcloud.plumbing.live import Live
from thingcloud.plumbing.settings import Settings
from thingcloud.telemetry import service
from thingcloud.telemetry.device import Ear, Spreader, calm_collector
from thingcloud.telemetry.model import Kept
from thingcloud.telemetry.pull import Pull
from thingcloud.telemetry.source import Arrival, Source
from thingcloud.things import service as things
from thingseal import frame
from thingseal.cbor import Fraction10
from thingseal.reading import Reading

_DEVICES = 500
_PAIRS = 15
_ROUND = {"small": 4_000, "full": 40_000}
_NAMES = (("load", "1"), ("memory", "%"), ("disk", "%"), ("temperature", "Cel"))
_SECONDS = 120


@dataclass
class Ground:
    """A broker, a database and paired devices."""

    db: Database
    broker: Broker
    url: str
    voices: list[Voice]
    counter: subprocess.Popen[str]
    chance: random.Random = field(default_factory=lambda: random.Random(20))

    def counts(self) -> dict[str, int]:
        """What has reached the other process so far."""
        assert self.counter.stdin is not None
        assert self.counter.stdout is not None
        self.counter.stdin.write("\n")
        self.counter.stdin.flush()
        found: dict[str, int] = json.loads(self.counter.stdout.readline())
        return found

    def packs(self, many: int) -> list[tuple[Voice, bytes]]:
        """New packs of four readings each, the devices in turn."""
        return [(one, self._pack(one)) for _ in range(many // _DEVICES) for one in self.voices]

    def _pack(self, one: Voice) -> bytes:
        said = [Reading(name, unit, Fraction10(self.chance.randrange(100, 9999), -2).normal()) for name, unit in _NAMES]
        data = one.pack(*said, iat=NOON + 60 * one.sequence)
        one.held.clear()
        return data


@contextlib.contextmanager
def ground() -> Iterator[Ground]:
    """Everything a round needs, on free ports, taken away afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), mqtt_port=0, mqtt_tls_port=0)
        db = Database(settings.database, Live())
        migrations.upgrade(db.engine)
        db.start()
        broker = Broker(settings, lambda *_: None)
        url = broker.start().nats_url
        counter = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.counter", url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            yield Ground(db, broker, url, db.write_now(_settle), counter)
        finally:
            counter.kill()
            counter.wait()
            broker.stop()
            db.close()


def _settle(tx: Tx) -> list[Voice]:
    now = SystemClock().now()
    owner = owners.create_account(tx, now, "Bench", "bench@owner.example")
    found = [voice(f"bench {number}") for number in range(_DEVICES)]
    for one in found:
        one.pair(tx, now, things.create_thing(tx, now, owner.id, one.id[:12], "fridge").id)
    return found


def feed(ground: Ground, packs: list[tuple[Voice, bytes]]) -> subprocess.Popen[bytes]:
    """Have another process put packs into the broker's store as MQTT clients would, at once."""
    feeding = subprocess.Popen([sys.executable, "-m", "tests.bench.feeder", ground.url], stdin=subprocess.PIPE)
    assert feeding.stdin is not None
    head = b"NATS/1.0\r\nNmqtt-Pub:1\r\n\r\n"
    for one, data in packs:
        sizes = len(head), len(head) + len(data)
        feeding.stdin.write(b"HPUB $MQTT.msgs.devices.%b.telemetry %d %d\r\n" % (one.id.encode(), *sizes))
        feeding.stdin.write(head + data + b"\r\n")
    feeding.stdin.close()
    return feeding


def _until(done: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + _SECONDS
    while not done():
        if time.monotonic() > end:
            raise NotDone(f"{what} within {_SECONDS} s")
        time.sleep(0.05)


class Gate:
    """A source that can be shut while the broker is being filled."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.open = threading.Event()

    def receive(self, seconds: float) -> list[Arrival]:
        """What has come, once the gate is open."""
        return self._source.receive(seconds) if self.open.wait(0.1) else []

    def acknowledge(self, tokens: Sequence[bytes]) -> None:
        """Hand on."""
        self._source.acknowledge(tokens)

    def close(self) -> None:
        """Hand on."""
        self._source.close()


class Listener:
    """Ear and spreader as they run in the house; spreading can be put off, so that each is measured."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._spread_now = True
        self._put_off: list[Kept] = []
        self.spreader = Spreader(ground.db, SystemClock(), ground.broker.publish)
        self.gate = Gate(Pull(lambda: ground.url, STREAM, CONSUMER))
        self.ear = Ear(ground.db, SystemClock(), self.gate, ground.broker.publish, self._then)
        calm_collector()
        self.spreader.start()
        self.ear.start()

    def stop(self) -> None:
        """End both threads."""
        self.ear.stop()
        self.spreader.stop()

    def _then(self, kept: Kept) -> None:
        if self._spread_now:
            self.spreader.take(kept)
        else:
            self._put_off.append(kept)

    def heard(self, packs: list[tuple[Voice, bytes]], *, all_of_it: bool) -> float:
        """Packs per CPU-second of this process until receipted; with `all_of_it` until spread and handed on too."""
        ground = self._ground
        before = ground.counts()
        self._spread_now = all_of_it

        def arrived(kind: str) -> int:
            return ground.counts()[kind] - before[kind]

        def handed_on() -> bool:
            found = ground.counts()
            return all(found[kind] - before[kind] >= len(packs) for kind in ("packs", "views"))

        def work() -> int:
            self.gate.open.set()
            _until(lambda: arrived("named") >= len(packs), "the receipts did not all arrive")
            if all_of_it:
                _until(handed_on, "the packs were not all handed on")
            return len(packs)

        self.gate.open.clear()
        if feed(ground, packs).wait():
            raise NotDone("the broker was not filled")
        rate = per_cpu_second(work)

        def caught_up() -> bool:
            while self._put_off:
                self.spreader.take(self._put_off.pop(0))
            return handed_on()

        _until(caught_up, "the packs were not all handed on")
        _check(ground, sum(one.sequence for one in ground.voices))
        return rate


def _check(ground: Ground, packs: int) -> None:
    with ground.db.reading() as tx:
        stored = tx.exec_driver_sql("SELECT count(*) FROM packs").scalar()
        readings = tx.exec_driver_sql("SELECT count(*) FROM readings").scalar()
        if (stored, readings) != (packs, packs * len(_NAMES)) or service.unspread(tx) or service.refused(tx):
            raise NotDone(f"{stored} packs and {readings} readings of {packs} and {packs * len(_NAMES)}")


def _verified(packs: list[tuple[Voice, bytes]]) -> float:
    """Verifications per CPU-second of PyNaCl alone, on the same packs."""
    signed = []
    for one, data in packs:
        opened = frame.parse(data, frame.PACK)
        signed.append((opened.signature + opened.to_be_signed(), one.public))

    def work() -> int:
        for message, key in signed:
            crypto_sign_open(message, key)
        return len(signed)

    return per_cpu_second(work)


def run(book: Book, scale: str) -> None:
    """Both ratios, interleaved with the bound; the first round warms up and does not count."""
    with ground() as here:
        listener = Listener(here)
        many = _ROUND[scale] // _DEVICES * _DEVICES
        pairs: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
        try:
            for turn in range(_PAIRS + 1):
                for all_of_it, found in pairs.items():
                    packs = here.packs(many)
                    before = _verified(packs[::2])
                    rate = listener.heard(packs, all_of_it=all_of_it)
                    after = _verified(packs[1::2])
                    if turn:
                        found.append((rate, (before + after) / 2))
        finally:
            listener.stop()
        book.measure("telemetry.ingest_ratio", "ratio", "PyNaCl verifying the same packs", pairs[False])
        book.measure("telemetry.all_ratio", "ratio", "PyNaCl verifying the same packs", pairs[True])
        book.report("telemetry.ingest_per_core_s", "packs/CPU-s", [a for a, _ in pairs[False]])
        book.report("telemetry.verify_per_core_s", "packs/CPU-s", [b for _, b in pairs[False]])
