"""One real broker for each module, with a short list of who is admitted."""

import asyncio
from collections.abc import Callable, Iterator

import nats
import pytest

from tests.thingcloud.broker.raw import Raw
from thingcloud.plumbing.broker import CONSUMER, STREAM, Broker, BrokerAddress, Permissions
from thingcloud.plumbing.settings import Settings

A, B = "a" * 24, "b" * 24
WATCHER, CONTROLLER, GUEST = "watcher", "controller", "guest"
PASSWORD = "correct horse"


def of_device(device: str) -> Permissions:
    own = f"devices/{device}"
    return Permissions((f"{own}/telemetry", f"{own}/status", f"{own}/result"), (f"{own}/command", f"{own}/receipt"))


ADMITTED = {
    A: of_device(A),
    B: of_device(B),
    WATCHER: Permissions(subscribe=(f"devices/{A}/#", f"devices/{B}/#")),
    CONTROLLER: Permissions(publish=(f"devices/{A}/command",)),
    GUEST: Permissions(subscribe=(f"things/{GUEST}/#",), seconds=1),
}


def admit(client_id: str, user: str, password: str) -> Permissions | None:
    return ADMITTED.get(user) if client_id == user and password == PASSWORD else None


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    made = Broker(Settings(data=tmp_path_factory.mktemp("data"), mqtt_port=0, mqtt_tls_port=0), admit)
    made.address = made.start()  # type: ignore[attr-defined]
    yield made
    made.stop()


@pytest.fixture(scope="module")
def address(broker: Broker) -> BrokerAddress:
    found: BrokerAddress = broker.address  # type: ignore[attr-defined]
    return found


Client = Callable[..., Raw]


@pytest.fixture
def client(address: BrokerAddress) -> Iterator[Client]:
    made: list[Raw] = []

    def connected(name: str, **options: object) -> Raw:
        made.append(Raw(address.mqtt_port))
        assert made[-1].connect(name, name, PASSWORD, **options) == 0  # type: ignore[arg-type]
        return made[-1]

    yield connected
    for one in made:
        one.close()


def consumed(nats_url: str, most: int = 1000) -> list[tuple[str, bytes]]:
    """What waits in the durable consumer, acknowledged as it is read: (subject, payload)."""
    return asyncio.run(_consumed(nats_url, most))


async def _consumed(nats_url: str, most: int) -> list[tuple[str, bytes]]:
    link = await nats.connect(nats_url)
    found: list[tuple[str, bytes]] = []
    try:
        pull = await link.jetstream().pull_subscribe_bind(durable=CONSUMER, stream=STREAM)
        while len(found) < most:
            waiting = (await pull.consumer_info()).num_pending
            if not waiting:
                break
            for message in await pull.fetch(min(waiting, 500), timeout=5):
                found.append((message.subject, message.data))
                await message.ack()
        await link.flush()
    finally:
        await link.close()
    return found
