"""Alice's fridge and suitcase, Bob's bicycle, and devices that sign like real ones."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from nacl.signing import SigningKey
from starlette.routing import Mount
from starlette.testclient import TestClient

from tests.thingcloud.cast import ALICE, BOB, make_house
from tests.thingcloud.owners.site import browser, enter, program, site
from thingcloud.devices import device as door
from thingcloud.devices import owner, service
from thingcloud.devices.model import Credentials
from thingcloud.owners import service as owners
from thingcloud.owners.model import Account
from thingcloud.plumbing.broker import BrokerAddress
from thingcloud.plumbing.house import House
from thingcloud.plumbing.ids import from_b64url
from thingcloud.plumbing.jobs import Job, Worker
from thingcloud.things import service as things
from thingcloud.things.model import Thing
from thingseal import frame, keys
from thingseal.pairing import PAIR, Pairing, encode_pairing

AT = BrokerAddress("nats://never:shown@127.0.0.1:4222", 1883, 8883, "-----BEGIN CERTIFICATE-----", "pin=")
LOCAL = ("127.0.0.1", 50000)


class Board:
    """A device as its host sees it: a key of its own, and messages that are right or changed in one place."""

    def __init__(self, seed: int = 1) -> None:
        self.key = SigningKey(bytes([seed]) * 32)
        self.public = bytes(self.key.verify_key)
        self.id = keys.device_id(self.public)

    def message(self, host: str, nonce: bytes, code: str, /, **changes: object) -> bytes:
        said = Pairing(nonce, host, PAIR, code, self.public, "Fridge sensor", "desk")
        for name, value in changes.items():
            setattr(said, name, value)
        signer = changes.get("signer", self.key)
        assert isinstance(signer, SigningKey)
        payload = encode_pairing(said)
        hint = keys.kid(said.key)
        return frame.seal(frame.PAIRING, payload, hint, said.nonce, None, lambda data: signer.sign(data).signature)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = make_house(tmp_path)
    yield made
    made.db.close()


@pytest.fixture
def alice(house: House) -> Account:
    return house.db.write_now(lambda tx: owners.create_account(tx, house.clock.now(), *ALICE))


@pytest.fixture
def bob(house: House) -> Account:
    return house.db.write_now(lambda tx: owners.create_account(tx, house.clock.now(), *BOB))


def thing(house: House, account: Account, name: str, kind: str) -> Thing:
    return house.db.write_now(lambda tx: things.create_thing(tx, house.clock.now(), account.id, name, kind))


@pytest.fixture
def fridge(house: House, alice: Account) -> Thing:
    return thing(house, alice, "Cold one", "fridge")


@pytest.fixture
def suitcase(house: House, alice: Account) -> Thing:
    return thing(house, alice, "Blue one", "suitcase")


@pytest.fixture
def bicycle(house: House, bob: Account) -> Thing:
    return thing(house, bob, "Fast one", "bicycle")


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
def wire(house: House) -> TestClient:
    """The door for devices, on this machine."""
    return TestClient(site(house, door.pages(house, lambda: AT)), base_url="http://127.0.0.1:8080", client=LOCAL)


@pytest.fixture
def stranger(house: House) -> TestClient:
    return browser(site(house, owner.pages(house), Mount("/api/v1", program(house, owner.api(house)))))


def kicked(house: House) -> list[tuple[str, ...]]:
    """Do what is due; whom the broker was told to end, with the topics that are cleared."""
    told: list[tuple[str, ...]] = []
    asyncio.run(worked(house, lambda *what: told.append(what)))
    return told


async def worked(house: House, kick: Callable[..., object]) -> None:
    async def nothing(_: Job) -> None:
        """Events are handed on elsewhere."""

    await Worker(house.db, house.clock, house.live, {**service.jobs(kick), "things.event": nothing}).run_due()


@pytest.fixture
def client(house: House, alice: Account, stranger: TestClient) -> TestClient:
    return enter(house, stranger, alice)


def code_for(house: House, thing: Thing) -> str:
    return house.db.write_now(lambda tx: service.pairing_code(tx, house.clock.now(), thing.id))


def paired(house: House, board: Board, thing: Thing) -> Credentials:
    """Take the board in for this thing, without HTTP."""
    now, key = house.clock.now(), house.key.seed
    nonce = service.begin_pairing(key, now, board.id)
    claim = service.claim(board.message(house.key.id, nonce, code_for(house, thing)), house.key.id)
    return house.db.write_now(lambda tx: service.pair(tx, now, claim, key))


def nonce_from(wire: TestClient, board: Board) -> bytes:
    answer = wire.post(
        "/pair/begin", content=json.dumps({"device": board.id}), headers={"content-type": "application/json"}
    )
    assert answer.status_code == 200, answer.text
    return from_b64url(answer.json()["nonce"])
