from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.thingcloud.cast import ALICE, make_house
from tests.thingcloud.telemetry.station import Station
from thingcloud.owners import service as owners
from thingcloud.things import service as things


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    house = make_house(tmp_path)
    now = house.clock.now()
    owner = house.db.write_now(lambda tx: owners.create_account(tx, now, *ALICE))
    thing = house.db.write_now(lambda tx: things.create_thing(tx, now, owner.id, "Fridge", "fridge"))
    yield Station(house, owner.id, thing.id)
    house.db.close()
