"""Who is admitted to the broker, and to what."""

import pytest

from tests.thingcloud.devices.conftest import Board, paired
from thingcloud.devices import service
from thingcloud.owners import service as owners
from thingcloud.owners.model import Account
from thingcloud.plumbing.broker import Permissions
from thingcloud.plumbing.house import House
from thingcloud.things import service as things
from thingcloud.things.model import Thing


def admitted(house: House, client_id: str, user: str, password: str) -> Permissions | None:
    return service.admit(house.db, house.clock.now(), client_id, user, password)


def test_a_device_speaks_and_hears_in_its_own_place_alone(house: House, board: Board, fridge: Thing) -> None:
    given = paired(house, board, fridge)
    own = f"devices/{board.id}"
    assert admitted(house, board.id, board.id, given.password) == Permissions(
        (f"{own}/telemetry", f"{own}/status", f"{own}/result"), (f"{own}/command", f"{own}/receipt")
    )


def test_a_device_is_client_and_user_by_its_own_name(house: House, board: Board, fridge: Thing) -> None:
    given, other = paired(house, board, fridge), Board(2).id
    for client_id, user in ((other, board.id), (board.id, other), (other, other), ("", board.id), (board.id, "")):
        assert admitted(house, client_id, user, given.password) is None
    for password in ("", "wrong", given.password.upper(), given.password + " "):
        assert admitted(house, board.id, board.id, password) is None


@pytest.mark.parametrize("verb", [service.revoke, service.release])
def test_a_device_that_was_ended_is_refused_until_it_is_paired_again(
    house: House, board: Board, fridge: Thing, verb: object
) -> None:
    given = paired(house, board, fridge)
    house.db.write_now(lambda tx: verb(tx, house.clock.now(), board.id))  # type: ignore[operator]
    assert admitted(house, board.id, board.id, given.password) is None
    assert service.by_ids(house.db, [board.id])[board.id].revoked
    again = paired(house, board, fridge)
    assert admitted(house, board.id, board.id, again.password) is not None
    assert not service.by_ids(house.db, [board.id, "x" * 24])[board.id].revoked


def test_an_owner_hears_of_their_own_things_for_an_hour(
    house: House, alice: Account, fridge: Thing, suitcase: Thing, bicycle: Thing
) -> None:
    key = house.db.write_now(lambda tx: owners.api_token(tx, house.clock.now(), alice.id, ("read",)))
    found = admitted(house, f"{alice.id}-kitchen", "owner", key)
    assert found is not None
    assert set(found.subscribe) == {f"things/{fridge.id}/#", f"things/{suitcase.id}/#"}
    assert (found.publish, found.seconds) == ((), 3600)
    house.db.write_now(lambda tx: things.add_member(tx, house.clock.now(), bicycle.id, alice.id))
    later = admitted(house, alice.id, "owner", key)
    assert later is not None
    assert f"things/{bicycle.id}/#" in later.subscribe


def test_an_owner_is_refused_without_a_key_or_under_anothers_name(
    house: House, alice: Account, bob: Account, fridge: Thing, board: Board
) -> None:
    given = paired(house, board, fridge)
    key = house.db.write_now(lambda tx: owners.api_token(tx, house.clock.now(), alice.id, ("read",)))
    writing = house.db.write_now(lambda tx: owners.api_token(tx, house.clock.now(), alice.id, ("write",)))
    for name in (f"{bob.id}-kitchen", bob.id, board.id, "", "kitchen", f"x{alice.id}"):
        assert admitted(house, name, "owner", key) is None
    for password in ("", "tc_wrong", given.password, writing):
        assert admitted(house, alice.id, "owner", password) is None


def test_an_owner_without_things_has_nothing_to_hear(house: House, alice: Account) -> None:
    key = house.db.write_now(lambda tx: owners.api_token(tx, house.clock.now(), alice.id, ("read",)))
    assert admitted(house, alice.id, "owner", key) is None


def test_when_a_device_was_last_heard_never_goes_back(house: House, board: Board, fridge: Thing) -> None:
    paired(house, board, fridge)
    house.db.write_now(lambda tx: service.seen(tx, 5_000, board.id))
    house.db.write_now(lambda tx: service.seen(tx, 3_000, board.id))
    assert service.by_ids(house.db, [board.id])[board.id].last_seen == 5_000
