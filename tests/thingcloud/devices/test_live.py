"""From the pairing code to the broker and back out: a real broker that asks the real tables."""

import asyncio
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from tests.thingcloud.broker.conftest import consumed
from tests.thingcloud.broker.raw import Message, Raw
from tests.thingcloud.devices.conftest import LOCAL, Board, code_for, nonce_from, worked
from tests.thingcloud.owners.site import browser, enter, site
from thingcloud.devices import device as door
from thingcloud.devices import owner, service
from thingcloud.owners import service as owners
from thingcloud.owners.model import Account
from thingcloud.plumbing.broker import Broker, BrokerAddress
from thingcloud.plumbing.house import House
from thingcloud.plumbing.settings import Settings
from thingcloud.things.model import Thing

pytestmark = pytest.mark.slow


class Live:
    """A house with its broker."""

    def __init__(self, house: House) -> None:
        chosen = Settings(data=house.settings.data, mqtt_port=0, mqtt_tls_port=0)
        self.house = house
        self.broker = Broker(chosen, lambda *who: service.admit(house.db, house.clock.now(), *who))
        self.address: BrokerAddress = self.broker.start()

    def pair(self, board: Board, thing: Thing) -> dict[str, str]:
        pages = door.pages(self.house, lambda: self.address)
        wire = TestClient(site(self.house, pages), base_url="http://127.0.0.1:8080", client=LOCAL)
        body = board.message(self.house.key.id, nonce_from(wire, board), code_for(self.house, thing))
        told: dict[str, str] = wire.post("/pair", content=body, headers={"content-type": "application/cose"}).json()
        return told

    def connect(self, client_id: str, user: str, password: str, port: int = 0) -> tuple[Raw, int]:
        link = Raw(port or self.address.mqtt_port)
        return link, link.connect(client_id, user, password)


@pytest.fixture
def live(house: House) -> Iterator[Live]:
    made = Live(house)
    yield made
    made.broker.stop()


def test_a_paired_device_is_heard_where_it_was_told_to_go(live: Live, board: Board, fridge: Thing) -> None:
    told = live.pair(board, fridge)
    link, code = live.connect(told["username"], told["username"], told["password"], urlsplit(told["mqtt"]).port or 0)
    assert code == 0
    link.published(f"devices/{board.id}/telemetry", b"pack")
    link.close()
    assert consumed(live.address.nats_url) == [(f"$MQTT.msgs.devices.{board.id}.telemetry", b"pack")]


def test_a_device_that_is_switched_off_is_gone_at_once_and_stays_away(
    live: Live, alice: Account, board: Board, fridge: Thing
) -> None:
    told = live.pair(board, fridge)
    link, code = live.connect(board.id, board.id, told["password"])
    assert code == 0
    page = enter(live.house, browser(site(live.house, owner.pages(live.house))), alice)
    assert page.post(f"/owner/things/{fridge.id}/device/{board.id}/off").status_code == 303
    asyncio.run(worked(live.house, live.broker.kick))
    assert link.ended()
    link.close()
    again, code = live.connect(board.id, board.id, told["password"])
    assert code == 5
    again.close()


def test_an_owner_hears_what_is_handed_on_of_their_things_and_of_no_other(
    live: Live, alice: Account, fridge: Thing, bicycle: Thing
) -> None:
    key = live.house.db.write_now(lambda tx: owners.api_token(tx, live.house.clock.now(), alice.id, ("read",)))
    link, code = live.connect(f"{alice.id}-kitchen", "owner", key)
    assert code == 0
    assert link.subscribe(f"things/{fridge.id}/#") == 0
    for pattern in ("things/#", f"things/{bicycle.id}/#", "devices/#", "#"):
        assert link.subscribe(pattern) == 0x80
    live.broker.publish(f"things/{bicycle.id}/pack", b"not yours")
    live.broker.publish(f"things/{fridge.id}/readings", b"yours")
    assert link.next() == Message(f"things/{fridge.id}/readings", b"yours")
    link.settle()
    assert link.messages == []
    link.close()
