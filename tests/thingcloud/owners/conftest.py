"""A house with Alice and Bob in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.thingcloud.cast import ALICE, BOB, make_house
from tests.thingcloud.owners.site import browser, site
from thingcloud.owners import owner, service
from thingcloud.owners.model import Account
from thingcloud.plumbing.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = make_house(tmp_path)
    yield made
    made.db.close()


@pytest.fixture
def alice(house: House) -> Account:
    return house.db.write_now(lambda tx: service.create_account(tx, house.clock.now(), *ALICE))


@pytest.fixture
def bob(house: House) -> Account:
    return house.db.write_now(lambda tx: service.create_account(tx, house.clock.now(), *BOB))


@pytest.fixture
def client(house: House) -> TestClient:
    return browser(site(house, owner.pages(house)))
