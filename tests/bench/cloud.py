"""How soon `thingcloud serve` is ready, broker included, and how much memory it takes then."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil

from tests.bench.harness import Book, NotDone
from tests.thingcloud.cast import ALICE, make_house
from thingcloud.owners import service as owners
from thingcloud.plumbing.db import Tx
from thingcloud.things import service as things

_STARTS = 5
_THINGS = {"small": 2_000, "full": 100_000}
_SECONDS = 30


def run(book: Book, scale: str) -> None:
    """Several starts on one database full of things."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settle(folder, _THINGS[scale])
        started = [start(folder) for _ in range(_STARTS)]
    against = f"{_THINGS[scale]:,} things"
    book.report("cloud.start_s", "s", [seconds for seconds, _, _ in started], against)
    book.report("cloud.rss_mb", "MB", [megabytes for _, megabytes, _ in started], f"{against}, broker apart")
    book.report("cloud.broker_rss_mb", "MB", [broker for _, _, broker in started], against)


def settle(folder: Path, many: int) -> None:
    """A house with so many things in it."""
    house = make_house(folder)

    def work(tx: Tx) -> None:
        now = house.clock.now()
        owner = owners.create_account(tx, now, *ALICE)
        for number in range(many):
            things.create_thing(tx, now, owner.id, f"Thing {number}", "fridge")

    house.db.write_now(work)
    house.db.close()


def start(folder: Path) -> tuple[float, float, float]:
    """Seconds until /readyz says so, then the memory of the cloud and of its broker in megabytes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {key: value for key, value in os.environ.items() if not key.startswith("THINGCLOUD_")}
    chosen = {"DATA": str(folder), "PORT": str(port), "MQTT_PORT": "0", "MQTT_TLS_PORT": "0"}
    environment = own | {f"THINGCLOUD_{key}": value for key, value in chosen.items()}
    command = [str(Path(sys.executable).with_name("thingcloud")), "serve"]
    began = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _ready(process, port)
        seconds = time.monotonic() - began
        # One pass of everything that starts late.
        time.sleep(1)
        one = psutil.Process(process.pid)
        broker = sum(child.memory_info().rss for child in one.children(recursive=True))
        return seconds, one.memory_info().rss / 1e6, broker / 1e6
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=_SECONDS)


def _ready(process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            assert process.stderr is not None
            raise NotDone(f"serve ended: {process.stderr.read().decode()[-400:]}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.01)
    raise NotDone(f"not ready within {_SECONDS} s")
