"""Alice has a fridge that speaks and a suitcase that somebody found."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.thingcloud.cast import ALICE, BOB, make_house
from tests.thingcloud.owners.site import browser, enter, site
from thingcloud.conversations import service as conversations
from thingcloud.dashboard import owner
from thingcloud.owners import service as owners
from thingcloud.owners.model import Account
from thingcloud.plumbing.clock import HOUR, MINUTE
from thingcloud.plumbing.db import Tx
from thingcloud.plumbing.house import House
from thingcloud.telemetry import tables as telemetry
from thingcloud.things import service as things
from thingcloud.things.model import Thing

WORDS = "Found it on platform 4 under a bench. It is wet but closed."


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
def fridge(house: House, alice: Account) -> Thing:
    now = house.clock.now()
    made = house.db.write_now(lambda tx: things.create_thing(tx, now, alice.id, "Fridge", "fridge", "Kitchen"))
    values = [(now - n * 5 * MINUTE, 4.2 + n / 100) for n in range(6 * 12)]
    house.db.write_now(lambda tx: speak(tx, made.id, "inside", "Cel", values))
    house.db.write_now(lambda tx: speak(tx, made.id, "moisture", "/", [(now - HOUR // 2, 0.41)]))
    return made


@pytest.fixture
def suitcase(house: House, alice: Account) -> Thing:
    def work(tx: Tx) -> Thing:
        now = house.clock.now()
        made = things.create_thing(tx, now, alice.id, "Blue one", "suitcase")
        tag = things.new_tag(tx, now, made.id)
        lost = things.mark_lost(tx, now, made.id, "Dark blue, red ribbon.", "€ 20")
        conversations.open_case(
            tx, now - 4 * MINUTE, thing_id=made.id, tag_code=tag.code, owner_id=alice.id, kind="found",
            opener="finder", words=WORDS,
        )  # fmt: skip
        return lost

    return house.db.write_now(work)


@pytest.fixture
def stranger(house: House) -> TestClient:
    return browser(site(house, owner.pages(house)))


@pytest.fixture
def client(house: House, alice: Account, stranger: TestClient) -> TestClient:
    return enter(house, stranger, alice)


def speak(tx: Tx, thing_id: str, name: str, unit: str, values: list[tuple[int, float]], undated: int = 0) -> None:
    """Store readings of one series as after their packs were checked; the first `undated` without a known time."""
    row = {"thing_id": thing_id, "stream": "env", "name": name, "unit": unit}
    series = tx.execute(telemetry.series.insert().values(row).returning(telemetry.series.c.id)).scalar_one()
    rows = [
        {
            "series": series,
            "at": at,
            "pack": number,
            "value": value,
            "words": None,
            "dated": int(number >= undated),
        }
        for number, (at, value) in enumerate(values)
    ]
    tx.execute(telemetry.readings.insert(), rows)
