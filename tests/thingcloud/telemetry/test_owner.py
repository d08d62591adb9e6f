"""What an owner, somebody else and a program see of readings and packs."""

import base64
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.thingcloud.cast import BOB
from tests.thingcloud.owners.site import browser, enter, program, site
from tests.thingcloud.telemetry.station import Station
from tests.thingcloud.telemetry.voices import NOON, Voice
from thingcloud.devices import service as devices
from thingcloud.owners import service as owners
from thingcloud.owners.model import Account
from thingcloud.plumbing.clock import FakeClock
from thingcloud.plumbing.db import Tx
from thingcloud.plumbing.ids import from_b64url
from thingcloud.telemetry import owner, service
from thingcloud.telemetry.check import check
from thingcloud.things import service as things
from thingseal.cbor import Fraction10
from thingseal.reading import Reading


@pytest.fixture
def fridge(station: Station) -> Voice:
    (one,) = station.pair("fridge")
    for minute in range(3):
        said = Reading("inside", "Cel", Fraction10(41 + minute, -1)), Reading("door", None, False)
        station.hear((one, one.pack(*said, iat=NOON - 1800 + 600 * minute)))
    return one


def signed_in(station: Station, account: Account) -> TestClient:
    return enter(station.house, browser(site(station.house, owner.pages(station.house))), account)


@pytest.fixture
def alice(station: Station) -> TestClient:
    return signed_in(station, station.ask(owners.account, station.owner_id))


@pytest.fixture
def bob(station: Station) -> TestClient:
    account = station.house.db.write_now(lambda tx: owners.create_account(tx, station.house.clock.now(), *BOB))
    return signed_in(station, account)


def calls(station: Station, account_id: str) -> TestClient:
    app = FastAPI()
    app.mount("/api/v1", program(station.house, owner.api(station.house)))
    token = station.house.db.write_now(lambda tx: owners.api_token(tx, 0, account_id, ("read",)))
    return TestClient(app, headers={"authorization": f"Bearer {token}"})


def test_the_page_shows_values_plot_and_packs(station: Station, fridge: Voice, alice: TestClient) -> None:
    page = alice.get(f"/owner/things/{station.thing_id}/readings").text
    assert "4.3 <small>°C</small>" in page
    assert "6 readings in 3 signed packs, all checked" in page
    assert page.count(">Verify</a>") == 3
    assert "4.1 to 4.3 °C, now 4.3 °C" in page
    assert "We kept it aside" not in page


def test_without_a_device_the_page_waits_for_the_first_reading(station: Station, alice: TestClient) -> None:
    assert "Waiting for the first reading" in alice.get(f"/owner/things/{station.thing_id}/readings").text


@pytest.mark.parametrize(
    "query", ["?name=<script>&span=year", "?name=door", "?span=century", "?name=" + "x" * 3000, "?name=%00"]
)
def test_odd_questions_get_the_page_and_nothing_of_theirs_is_in_it(
    station: Station, fridge: Voice, alice: TestClient, query: str
) -> None:
    answer = alice.get(f"/owner/things/{station.thing_id}/readings{query}")
    assert answer.status_code == 200
    assert "<script>&" not in answer.text


def test_a_pack_is_checked_again_when_it_is_looked_at(station: Station, fridge: Voice, alice: TestClient) -> None:
    lines = station.ask(service.newest_packs, station.thing_id, 10)
    page = alice.get(f"/owner/things/{station.thing_id}/packs/{lines[0].id}").text
    assert "Checked again just now:" in page
    assert "signed by this device, unchanged." in page
    assert "is the one it names" in page
    assert "4.3 °C" in page


def test_a_pack_that_was_changed_on_the_disk_no_longer_matches(
    station: Station, fridge: Voice, alice: TestClient
) -> None:
    station.house.db.write_now(
        lambda tx: tx.exec_driver_sql("UPDATE packs SET pack = CAST(pack || x'00' AS BLOB) WHERE sequence = 2")
    )
    line = station.ask(service.packs, station.thing_id, 0, 10)[1]
    page = alice.get(f"/owner/things/{station.thing_id}/packs/{line.id}").text
    assert "This pack does not match its signature." in page
    assert "trailing-bytes" in page


def test_a_pack_whose_predecessor_was_replaced_says_so(station: Station, fridge: Voice, alice: TestClient) -> None:
    other = fridge.pack(Reading("inside", "Cel", 9), sequence=2)
    station.house.db.write_now(lambda tx: tx.exec_driver_sql("UPDATE packs SET pack = ? WHERE sequence = 2", (other,)))
    line = station.ask(service.packs, station.thing_id, 0, 10)[2]
    assert "is not the one it names" in alice.get(f"/owner/things/{station.thing_id}/packs/{line.id}").text


def test_the_saved_file_can_be_checked_with_the_key_alone(station: Station, fridge: Voice, alice: TestClient) -> None:
    line = station.ask(service.packs, station.thing_id, 0, 1)[0]
    saved = alice.get(f"/owner/things/{station.thing_id}/packs/{line.id}/file")
    assert saved.headers["content-disposition"] == 'attachment; filename="pack-1.cose"'
    assert saved.content == line.pack
    assert check(saved.content, fridge.public).holds


def test_a_refused_pack_is_told_and_can_be_looked_at(station: Station, fridge: Voice, alice: TestClient) -> None:
    station.hear((fridge, b"\xd2not a pack"))
    page = alice.get(f"/owner/things/{station.thing_id}/readings").text
    assert "A message came that this device did not sign." in page
    aside = alice.get(f"/owner/things/{station.thing_id}/refused").text
    assert b"\xd2not a pack".hex() in aside


def test_what_was_refused_under_an_earlier_owner_is_not_for_the_next(
    station: Station, fridge: Voice, alice: TestClient, bob: TestClient
) -> None:
    clock = station.house.clock
    assert isinstance(clock, FakeClock)
    spoilt = fridge.pack(Reading("inside", "Cel", 7))[:-1] + b"?"
    station.hear((fridge, spoilt))
    assert spoilt.hex() in alice.get(f"/owner/things/{station.thing_id}/refused").text
    clock.advance(1000)

    def work(tx: Tx) -> str:
        devices.release(tx, clock.now(), fridge.id)
        account = owners.account_by_email(tx, BOB[1])
        assert account is not None
        thing = things.create_thing(tx, clock.now(), account.id, "Fridge", "fridge")
        fridge.pair(tx, clock.now(), thing.id)
        return thing.id

    page = bob.get(f"/owner/things/{station.house.db.write_now(work)}/refused")
    assert page.status_code == 200
    assert spoilt.hex() not in page.text


def test_a_plot_with_readings_of_unknown_time_says_so_whatever_came_since(
    station: Station, fridge: Voice, alice: TestClient
) -> None:
    where = f"/owner/things/{station.thing_id}/readings?name=inside"
    assert "Time unknown" not in alice.get(where).text
    station.hear((fridge, fridge.pack(Reading("inside", "Cel", 5), iat=None, boot=1, uptime=9)))
    now = station.house.clock.now() // 1000
    station.hear((fridge, fridge.pack(Reading("inside", "Cel", 6), iat=now + 60, boot=2, uptime=9)))
    assert "Time unknown" in alice.get(where).text


def test_another_owner_finds_nothing_here(station: Station, fridge: Voice, bob: TestClient) -> None:
    line = station.ask(service.packs, station.thing_id, 0, 1)[0]
    for path in ("readings", f"packs/{line.id}", f"packs/{line.id}/file", "refused"):
        assert bob.get(f"/owner/things/{station.thing_id}/{path}").status_code == 404


@pytest.mark.parametrize("pack", ["0", "999999", "-1", "x", "1" * 40, "%00"])
def test_a_pack_that_is_not_here_is_not_found(station: Station, fridge: Voice, alice: TestClient, pack: str) -> None:
    assert alice.get(f"/owner/things/{station.thing_id}/packs/{pack}").status_code == 404


def test_nobody_is_sent_to_the_door(station: Station, fridge: Voice) -> None:
    client = browser(site(station.house, owner.pages(station.house)))
    answer = client.get(f"/owner/things/{station.thing_id}/readings")
    assert (answer.status_code, answer.headers["location"]) == (303, "/owner/sign-in")


def test_a_program_reads_readings_within_bounds(station: Station, fridge: Voice) -> None:
    client = calls(station, station.owner_id)
    found = client.get(f"/api/v1/things/{station.thing_id}/readings", params={"name": "inside", "limit": 2}).json()
    assert [(item["value"], item["unit"], item["time_known"]) for item in found["items"]] == [
        (4.2, "Cel", True),
        (4.3, "Cel", True),
    ]
    assert found["signed"] is False
    since = (NOON - 1200) * 1000
    later = client.get(
        f"/api/v1/things/{station.thing_id}/readings", params={"since": since, "until": since + 1}
    ).json()
    assert [(item["name"], item["at"]) for item in later["items"]] == [
        ("inside", "2026-11-18T10:46:40Z"), ("door", "2026-11-18T10:46:40Z"),
    ]  # fmt: skip
    assert client.get(f"/api/v1/things/{station.thing_id}/readings?limit=0").status_code == 422


def test_a_program_walks_through_all_packs_and_checks_each(station: Station, fridge: Voice) -> None:
    client = calls(station, station.owner_id)
    seen: list[dict[str, Any]] = []
    after = 0
    while items := client.get(f"/api/v1/things/{station.thing_id}/packs", params={"after": after, "limit": 2}).json()[
        "items"
    ]:
        seen += items
        after = items[-1]["id"]
    assert [item["sequence"] for item in seen] == [1, 2, 3]
    assert all(check(from_b64url(item["pack"]), fridge.public).holds for item in seen)
    assert base64.urlsafe_b64decode(seen[0]["pack"] + "===")


def test_a_program_of_another_owner_and_one_without_a_key_get_nothing(station: Station, fridge: Voice) -> None:
    other = station.house.db.write_now(lambda tx: owners.create_account(tx, station.house.clock.now(), *BOB))
    for path in ("readings", "packs"):
        assert calls(station, other.id).get(f"/api/v1/things/{station.thing_id}/{path}").status_code == 404
        client = calls(station, other.id)
        del client.headers["authorization"]
        assert client.get(f"/api/v1/things/{station.thing_id}/{path}").status_code == 403


def test_the_newest_readings_are_found_without_going_through_the_older_ones(station: Station, fridge: Voice) -> None:
    last = NOON * 1000
    many = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 20000) "
    rows = f"INSERT INTO readings SELECT s.id, {last} - c.i * 60000, -c.i, c.i, NULL, 1 FROM series s, c"
    station.house.db.write_now(lambda tx: tx.exec_driver_sql(many + rows))
    with station.house.db.reading() as tx:
        steps: list[int] = []
        link = tx.connection.dbapi_connection
        assert link is not None
        link.set_progress_handler(lambda: steps.append(1), 1000)
        found = service.readings(tx, station.thing_id, "", 0, last, 20)
        link.set_progress_handler(None, 0)
    assert len(found) == 20
    assert [value.at for value in found] == sorted(value.at for value in found)
    assert found[-1].at == last - 60_000
    assert len(steps) < 20, "it went through them all"
