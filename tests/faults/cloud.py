"""The part of the cloud that hears devices, to be killed: `python -m tests.faults.cloud FOLDER PORT`.

It prints one line of JSON when it listens: the MQTT port and the broker's process id.
"""

import asyncio
import json
import sys
from pathlib import Path

from thingcloud.devices import service as devices
from thingcloud.plumbing.broker import CONSUMER, STREAM, Broker
from thingcloud.plumbing.clock import SystemClock
from thingcloud.plumbing.db import Database
from thingcloud.plumbing.house import House
from thingcloud.plumbing.html import Pages
from thingcloud.plumbing.keys import load_or_make
from thingcloud.plumbing.live import Live
from thingcloud.plumbing.settings import Settings
from thingcloud.telemetry.device import Listening
from thingcloud.telemetry.pull import Pull


def main() -> None:
    """Listen until killed."""
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    settings = Settings(data=folder, mqtt_port=port, mqtt_tls_port=0, ack_wait=2)
    hub, clock = Live(), SystemClock()
    db = Database(settings.database, hub)
    db.start()
    house = House(settings, db, clock, hub, load_or_make(folder / "host.key"), Pages(settings))
    broker = Broker(settings, lambda *asked: devices.admit(db, clock.now(), *asked))
    address = broker.start()
    listening = Listening(house, Pull(lambda: address.nats_url, STREAM, CONSUMER), broker.publish)
    listening.start()
    print(json.dumps({"port": address.mqtt_port, "broker": broker.pid}), flush=True)
    asyncio.run(listening.watch())


if __name__ == "__main__":
    main()
