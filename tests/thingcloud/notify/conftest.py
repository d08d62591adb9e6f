"""The street of these tests: one house, three people, one suitcase."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.mail import Sink
from tests.thingcloud.cast import ALICE, BOB, make_house
from tests.thingcloud.conversations.street import Street
from thingcloud.owners import service as owners
from thingcloud.plumbing.clock import FakeClock
from thingcloud.things import service as things


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as made:
        yield made


@pytest.fixture
def street(tmp_path: Path, sink: Sink) -> Iterator[Street]:
    house = make_house(tmp_path, smtp=sink.url, mail_port=2525, mail_domain="talk.example", url="http://talk.example")
    now = house.clock.now()
    alice = house.db.write_now(lambda tx: owners.create_account(tx, now, *ALICE))
    bob = house.db.write_now(lambda tx: owners.create_account(tx, now, *BOB))
    suitcase = house.db.write_now(lambda tx: things.create_thing(tx, now, alice.id, "Old Samsonite", "suitcase"))
    tag = house.db.write_now(lambda tx: things.new_tag(tx, now, suitcase.id))
    house.db.write_now(lambda tx: things.mark_lost(tx, now, suitcase.id))
    assert isinstance(house.clock, FakeClock)
    yield Street(house, house.clock, sink, alice, bob, suitcase, tag)
    house.db.close()
