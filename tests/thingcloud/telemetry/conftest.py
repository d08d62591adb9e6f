from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.thingcloud.cast import ALICE, make_house
from tests.thingcloud.telemetry.voices import Played, Voice, voice
from thingcloud.owners import service as owners
from thingcloud.plumbing.house import House
from thingcloud.telemetry.device import Listening
from thingcloud.telemetry.model import Kept
from thingcloud.things import service as things


@dataclass
class Station:
    """A house that listens, without threads of its own: each batch is done when `hear` returns."""

    house: House
    owner_id: str
    thing_id: str
    said: list[tuple[str, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.source = Played()
        self.listening = Listening(self.house, self.source, lambda topic, data: self.said.append((topic, data)))

    def pair(self, *names: str) -> list[Voice]:
        """New devices of the thing."""
        found = [voice(name) for name in names]
        now = self.house.clock.now()
        for one in found:
            self.house.db.write_now(lambda tx, one=one: one.pair(tx, now, self.thing_id))
        return found

    def hear(self, *said: tuple[Voice, bytes]) -> Kept:
        """One batch, spread as well."""
        kept = self.listening.ear.hear([one.says(data) for one, data in said])
        self.listening.spreader.work()
        return kept

    def receipts(self, of: Voice) -> list[bytes]:
        """The receipts sent to a device so far, which are taken away."""
        topic = f"devices/{of.id}/receipt"
        found = [data for where, data in self.said if where == topic]
        self.said = [one for one in self.said if one[0] != topic]
        return found

    def ask(self, verb, *rest):
        """A verb of the room, on a snapshot."""
        with self.house.db.reading() as tx:
            return verb(tx, *rest)


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    house = make_house(tmp_path)
    now = house.clock.now()
    owner = house.db.write_now(lambda tx: owners.create_account(tx, now, *ALICE))
    thing = house.db.write_now(lambda tx: things.create_thing(tx, now, owner.id, "Fridge", "fridge"))
    yield Station(house, owner.id, thing.id)
    house.db.close()
