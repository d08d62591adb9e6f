"""Alice has a suitcase with a tag; Bob has nothing to do with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.routing import Mount
from starlette.testclient import TestClient

from tests.thingcloud.cast import ALICE, BOB, make_house
from tests.thingcloud.owners.site import browser, enter, program, site
from thingcloud.owners import service as owners
from thingcloud.owners.model import Account
from thingcloud.plumbing.house import House
from thingcloud.things import owner, service
from thingcloud.things.model import Tag, Thing

CODE = "7K3QX9M2PDRZS7"


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


@pytest.fixture
def suitcase(house: House, alice: Account) -> Thing:
    return house.db.write_now(lambda tx: service.create_thing(tx, house.clock.now(), alice.id, "Blue one", "suitcase"))


@pytest.fixture
def tag(house: House, suitcase: Thing) -> Tag:
    return house.db.write_now(lambda tx: service.new_tag(tx, house.clock.now(), suitcase.id, CODE))


@pytest.fixture
def stranger(house: House) -> TestClient:
    return browser(site(house, owner.pages(house), Mount("/api/v1", program(house, owner.api(house)))))


@pytest.fixture
def client(house: House, alice: Account, stranger: TestClient) -> TestClient:
    return enter(house, stranger, alice)
