"""The owner's pages and calls of a thing's devices."""

import asyncio
import re

from starlette.testclient import TestClient

from tests.thingcloud.devices.conftest import Board, kicked, paired, worked
from tests.thingcloud.owners.site import enter
from thingcloud.devices import service, store
from thingcloud.devices.model import code_digest
from thingcloud.owners import service as owners
from thingcloud.owners.model import Account
from thingcloud.plumbing.clock import FakeClock
from thingcloud.plumbing.errors import Unavailable
from thingcloud.plumbing.house import House
from thingcloud.plumbing.ids import b64url
from thingcloud.things import service as things
from thingcloud.things.model import Thing


def at(thing: Thing) -> str:
    return f"/owner/things/{thing.id}/device"


def keyed(house: House, account: Account, *scopes: str) -> dict[str, str]:
    key = house.db.write_now(lambda tx: owners.api_token(tx, house.clock.now(), account.id, scopes))
    return {"authorization": f"Bearer {key}"}


def test_a_thing_without_a_device_says_what_one_is_for(client: TestClient, fridge: Thing) -> None:
    page = client.get(at(fridge))
    assert page.status_code == 200
    assert "No device yet" in page.text
    assert "Add a device" in page.text


def test_a_new_code_is_shown_once_with_the_two_commands(house: House, client: TestClient, fridge: Thing) -> None:
    page = client.post(at(fridge))
    assert page.status_code == 200
    code = re.search(r"--code ([0-9A-Z]{4}-[0-9A-Z]{4})</code>", page.text)
    assert code is not None
    assert "thingflash configure --dir var/device --host http://localhost:8080 --code" in page.text
    assert "thingflash run --dir var/device" in page.text
    assert code[1] not in client.get(at(fridge)).text
    with house.db.reading() as tx:
        assert store.code(tx, code_digest(code[1])) is not None


def test_a_paired_device_is_shown_with_its_key_and_never_its_secrets(
    house: House, client: TestClient, board: Board, fridge: Thing
) -> None:
    given = paired(house, board, fridge)
    page = client.get(at(fridge)).text
    with house.db.reading() as tx:
        assert service.device(tx, board.id).did in page
    assert "Fridge sensor" in page
    assert "Not heard yet" in page
    assert given.password not in page
    assert b64url(given.receipt_secret) not in page
    house.db.write_now(lambda tx: service.seen(tx, house.clock.now(), board.id))
    assert "Not heard yet" not in client.get(at(fridge)).text


def test_switching_off_asks_once_then_ends_the_live_connection(
    house: House, client: TestClient, board: Board, fridge: Thing
) -> None:
    paired(house, board, fridge)
    assert "Switch off this device?" in client.get(f"{at(fridge)}/{board.id}/off").text
    assert kicked(house) == []
    assert client.post(f"{at(fridge)}/{board.id}/off").headers["location"] == at(fridge)
    assert kicked(house) == [(board.id, f"devices/{board.id}/status")]
    assert "Switched off" in client.get(at(fridge)).text
    assert service.by_ids(house.db, [board.id])[board.id].revoked


def test_a_released_device_is_no_longer_with_the_thing(
    house: House, client: TestClient, board: Board, fridge: Thing
) -> None:
    paired(house, board, fridge)
    assert "Release this device?" in client.get(f"{at(fridge)}/{board.id}/release").text
    client.post(f"{at(fridge)}/{board.id}/release")
    assert len(kicked(house)) == 1
    assert "No device yet" in client.get(at(fridge)).text
    assert client.post(f"{at(fridge)}/{board.id}/off").status_code == 404


def test_bob_sees_and_does_nothing_with_alices_device(
    house: House, stranger: TestClient, bob: Account, board: Board, fridge: Thing, bicycle: Thing
) -> None:
    paired(house, board, fridge)
    bobs = enter(house, stranger, bob)
    for path in (at(fridge), f"{at(fridge)}/{board.id}/off", f"{at(bicycle)}/{board.id}/off"):
        assert bobs.get(path).status_code == 404
    for path in (at(fridge), f"{at(fridge)}/{board.id}/off", f"{at(bicycle)}/{board.id}/off"):
        assert bobs.post(path).status_code == 404
    assert not service.by_ids(house.db, [board.id])[board.id].revoked


def test_a_member_sees_the_device_and_changes_nothing(
    house: House, stranger: TestClient, bob: Account, board: Board, fridge: Thing
) -> None:
    paired(house, board, fridge)
    house.db.write_now(lambda tx: things.add_member(tx, house.clock.now(), fridge.id, bob.id))
    bobs = enter(house, stranger, bob)
    page = bobs.get(at(fridge)).text
    assert board.id in page
    assert "Switch off" not in page
    assert bobs.post(f"{at(fridge)}/{board.id}/off").status_code == 403
    assert bobs.post(at(fridge)).status_code == 403


def test_who_is_not_signed_in_is_led_to_the_door(stranger: TestClient, fridge: Thing) -> None:
    assert stranger.get(at(fridge)).headers["location"] == "/owner/sign-in"
    assert stranger.post(at(fridge)).headers["location"] == "/owner/sign-in"


def test_a_post_from_another_site_is_refused(house: House, client: TestClient, board: Board, fridge: Thing) -> None:
    paired(house, board, fridge)
    said = client.post(f"{at(fridge)}/{board.id}/off", headers={"sec-fetch-site": "cross-site"})
    assert said.status_code == 403
    assert not service.by_ids(house.db, [board.id])[board.id].revoked


def test_a_program_reads_a_device_with_its_key(
    house: House, stranger: TestClient, alice: Account, board: Board, fridge: Thing
) -> None:
    given = paired(house, board, fridge)
    said = stranger.get(f"/api/v1/devices/{board.id}", headers=keyed(house, alice, "read"))
    found = said.json()
    assert found["did"].startswith("did:key:z6Mk")
    assert (found["key"], found["thing"]) == (b64url(board.public), fridge.id)
    assert (found["last_seen"], found["revoked"]) == (None, False)
    assert given.password not in said.text
    assert b64url(given.receipt_secret) not in said.text
    listed = stranger.get(f"/api/v1/things/{fridge.id}/devices", headers=keyed(house, alice, "read")).json()
    assert listed == {"items": [found]}


def test_a_program_makes_a_code_and_ends_a_device(
    house: House, stranger: TestClient, alice: Account, board: Board, fridge: Thing
) -> None:
    paired(house, board, fridge)
    writes = keyed(house, alice, "write")
    made = stranger.post(f"/api/v1/things/{fridge.id}/pairing-codes", headers=writes)
    assert (made.status_code, made.json()["minutes"]) == (201, 15)
    assert stranger.post(f"/api/v1/devices/{board.id}/revoke", headers=writes).status_code == 204
    assert stranger.post(f"/api/v1/devices/{board.id}/release", headers=writes).status_code == 204
    assert [one[0] for one in kicked(house)] == [board.id]


def test_a_key_of_somebody_else_or_without_the_right_ends_nothing(
    house: House, stranger: TestClient, alice: Account, bob: Account, board: Board, fridge: Thing
) -> None:
    paired(house, board, fridge)
    for headers, status in ((keyed(house, bob, "read", "write"), 404), (keyed(house, alice, "read"), 403), ({}, 403)):
        assert stranger.post(f"/api/v1/devices/{board.id}/revoke", headers=headers).status_code == status
    assert stranger.get(f"/api/v1/devices/{board.id}", headers=keyed(house, bob, "read")).status_code == 404
    assert stranger.get("/api/v1/devices/nobody", headers=keyed(house, alice, "read")).status_code == 404
    assert not service.by_ids(house.db, [board.id])[board.id].revoked


def test_while_the_broker_is_away_the_end_of_a_connection_stays_due(house: House, board: Board, fridge: Thing) -> None:
    def away(*_: str) -> None:
        raise Unavailable("The broker is being started again.")

    paired(house, board, fridge)
    house.db.write_now(lambda tx: service.revoke(tx, house.clock.now(), board.id))
    asyncio.run(worked(house, away))
    assert kicked(house) == []
    assert isinstance(house.clock, FakeClock)
    house.clock.advance(60_000)
    assert kicked(house) == [(board.id, f"devices/{board.id}/status")]


def test_switching_off_twice_is_done_once(house: House, client: TestClient, board: Board, fridge: Thing) -> None:
    paired(house, board, fridge)
    for _ in range(2):
        assert client.post(f"{at(fridge)}/{board.id}/off").status_code == 303
    assert len(kicked(house)) == 1
    with house.db.reading() as tx:
        ends = [event for event in things.journal_of(tx, fridge.id) if event.kind == "device.revoked"]
    assert len(ends) == 1
