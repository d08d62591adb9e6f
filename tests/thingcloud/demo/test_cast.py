"""The stage of the demo, run again after somebody played with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.thingcloud.cast import make_house
from thingcloud.demo import cast
from thingcloud.demo.cast import Cast
from thingcloud.owners import service as owners
from thingcloud.plumbing.house import House
from thingcloud.things import service as things


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = make_house(tmp_path)
    yield made
    made.db.close()


def enter(house: House) -> Cast:
    house.clock.advance(1000)  # type: ignore[attr-defined]
    return house.db.write_now(lambda tx: cast.enter(tx, house.clock.now(), "http://localhost:8080"))


def test_a_second_run_finds_the_first_thing_whatever_else_was_made_and_lost(house: House) -> None:
    first = enter(house)
    now = house.clock.now() + 1
    other = house.db.write_now(lambda tx: things.create_thing(tx, now, first.owner_id, "Kite", "thing"))
    house.db.write_now(lambda tx: things.mark_lost(tx, now, other.id))
    house.db.write_now(lambda tx: things.mark_found(tx, now, first.thing_id))
    second = enter(house)
    assert (second.thing_id, second.tag_code) == (first.thing_id, first.tag_code)


def test_a_second_run_has_a_tag_that_answers(house: House) -> None:
    first = enter(house)
    house.db.write_now(lambda tx: things.disable_tag(tx, house.clock.now(), first.tag_code))
    second = enter(house)
    facts = things.tag_facts(house.db, second.tag_code)
    assert facts is not None
    assert facts.answers


def test_the_key_of_an_earlier_run_ends(house: House) -> None:
    first, second = enter(house), enter(house)
    assert owners.bearer(house.db, house.clock.now(), first.api_token) is None
    assert owners.bearer(house.db, house.clock.now(), second.api_token) is not None
