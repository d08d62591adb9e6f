"""kill -9 of the cloud and of the broker in mid-stream: nothing that was receipted is lost, nothing is there twice."""

import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.thingcloud.broker.raw import Gone, Raw
from tests.thingcloud.cast import ALICE, make_house
from tests.thingcloud.telemetry.voices import Voice, voice
from thingcloud.owners import service as owners
from thingcloud.plumbing.clock import SystemClock
from thingcloud.plumbing.db import Tx
from thingcloud.telemetry.device import Ear  # noqa: F401 - a broken room fails here, not in a child
from thingcloud.things import service as things
from thingseal.reading import Reading

KILLS = 50 if os.environ.get("FAULTS") else 5
SEED = int(os.environ.get("FAULTS_SEED", "7"))
DEVICES = 4
READINGS = 2
WINDOW = 40
REST_SECONDS = 60

pytestmark = pytest.mark.slow


class Speaker(threading.Thread):
    """A device that speaks without pause, and sends again whatever no receipt has named."""

    def __init__(self, of: Voice, password: str, port: int) -> None:
        super().__init__(daemon=True)
        self.voice = of
        self.password = password
        self.port = port
        self.lock = threading.Lock()
        self.signed: dict[int, bytes] = {}
        self.freed: set[int] = set()
        self.speaking = True
        self.stopped = False

    def run(self) -> None:
        while not self.stopped:
            try:
                self._session(Raw(self.port))
            except (OSError, Gone, TimeoutError, AssertionError):
                time.sleep(0.05)

    def _session(self, link: Raw) -> None:
        try:
            assert link.connect(self.voice.id, self.voice.id, self.password, clean=False) == 0
            assert link.subscribe(f"devices/{self.voice.id}/receipt", 1) != 0x80
            while not self.stopped:
                self._speak(link)
                link.settle()
                while link.messages:
                    self._hear(link.messages.pop(0).payload)
        finally:
            link.close()

    def _speak(self, link: Raw) -> None:
        with self.lock:
            if self.speaking and len(self.voice.held) < WINDOW:
                number = self.voice.sequence + 1
                said = Reading("count", None, number), Reading("half", None, number // 2)
                self.signed[number] = self.voice.pack(*said)
            held = list(self.voice.held.values())[-8:] + list(self.voice.held.values())[:8]
        for data in held:
            link.publish(f"devices/{self.voice.id}/telemetry", data)
        time.sleep(0.005)

    def _hear(self, receipt: bytes) -> None:
        with self.lock:
            before = set(self.voice.held)
            self.voice.hears(receipt)
            self.freed |= before - set(self.voice.held)


class Cloud:
    """The process under fire, on the same port over all its lives."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process: subprocess.Popen[str] | None = None
        self.broker = 0

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.faults.cloud", str(self.folder), str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        said = json.loads(self.process.stdout.readline())
        assert said["port"] == self.port
        self.broker = said["broker"]

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.communicate()

    def kill_broker(self) -> None:
        """The broker that runs now; it may be a later one than at the start of the process."""
        pid = int((self.folder / "nats" / "nats.pid").read_text())
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            assert self.process is not None
            assert self.process.poll() is None


def settled(folder: Path, port: int) -> list[Speaker]:
    """A house with devices in it, and the devices."""
    house, now = make_house(folder), SystemClock().now()

    def work(tx: Tx) -> list[Speaker]:
        owner = owners.create_account(tx, now, *ALICE)
        found = []
        for number in range(DEVICES):
            one = voice(f"speaker {number}")
            password = one.pair(tx, now, things.create_thing(tx, now, owner.id, f"Thing {number}", "fridge").id)
            found.append(Speaker(one, password, port))
        return found

    speakers = house.db.write_now(work)
    house.db.close()
    return speakers


def stored(folder: Path) -> dict[str, dict[int, list[bytes]]]:
    """What the database holds, by device and number."""
    link = sqlite3.connect(folder / "thingcloud.db")
    found: dict[str, dict[int, list[bytes]]] = {}
    query = "SELECT d.id, p.sequence, p.pack FROM packs p JOIN devices d ON d.row = p.device"
    for device, sequence, pack in link.execute(query):
        found.setdefault(device, {}).setdefault(sequence, []).append(bytes(pack))
    link.close()
    return found


def nothing_lost(folder: Path, speakers: list[Speaker]) -> None:
    """Every receipted pack is there once and as signed; every other one is still held by its device."""
    for one in speakers:
        with one.lock:
            freed, held, signed = set(one.freed), set(one.voice.held), dict(one.signed)
        there = stored(folder).get(one.voice.id, {})
        assert freed <= set(there), f"receipted and lost: {sorted(freed - set(there))[:5]}"
        assert freed | held == set(signed)
        assert all(there[number] == [signed[number]] for number in there if number in signed)


def at_rest(speakers: list[Speaker]) -> None:
    """Wait until no device holds anything back."""
    end = time.monotonic() + REST_SECONDS
    while any(one.voice.held for one in speakers):
        assert time.monotonic() < end, f"still held: {[sorted(one.voice.held)[:5] for one in speakers]}"
        time.sleep(0.05)


def spread(folder: Path, wanted: int) -> int:
    """How many readings are in their series, after waiting for the last of them."""
    link = sqlite3.connect(folder / "thingcloud.db")
    end = time.monotonic() + REST_SECONDS
    while (found := link.execute("SELECT count(*) FROM readings").fetchone()[0]) < wanted and time.monotonic() < end:
        time.sleep(0.05)
    link.close()
    return int(found)


def test_killing_cloud_and_broker_in_mid_stream_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    cloud = Cloud(tmp_path)
    speakers = settled(tmp_path, cloud.port)
    try:
        cloud.start()
        for one in speakers:
            one.start()
        for turn in range(KILLS):
            time.sleep(chance.uniform(0.3, 0.9))
            if turn % 2:
                cloud.kill_broker()
            else:
                cloud.kill()
                nothing_lost(tmp_path, speakers)
                cloud.start()
        for one in speakers:
            one.speaking = False
        at_rest(speakers)
        nothing_lost(tmp_path, speakers)
        total = sum(len(one.signed) for one in speakers)
        assert sum(len(numbers) for numbers in stored(tmp_path).values()) == total
        assert spread(tmp_path, total * READINGS) == total * READINGS
        assert total > 10 * KILLS, "too little was said for the kills to matter"
    finally:
        for one in speakers:
            one.stopped = True
        for one in speakers:
            one.join(10)
        if cloud.process is not None and cloud.process.poll() is None:
            cloud.kill()
