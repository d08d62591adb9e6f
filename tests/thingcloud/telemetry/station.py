"""A house that listens, played batch by batch."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.thingcloud.telemetry.voices import Played, Voice, voice
from thingcloud.plumbing.db import Tx
from thingcloud.plumbing.house import House
from thingcloud.telemetry.device import Listening
from thingcloud.telemetry.model import Kept


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

        def work(tx: Tx) -> None:
            for one in found:
                one.pair(tx, now, self.thing_id)

        self.house.db.write_now(work)
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

    def ask(self, verb: Callable[..., Any], *rest: object) -> Any:
        """A verb of the room, on a snapshot."""
        with self.house.db.reading() as tx:
            return verb(tx, *rest)
