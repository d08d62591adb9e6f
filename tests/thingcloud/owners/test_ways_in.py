"""One-time links: looking does not use them up, pressing does, once."""

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from tests.thingcloud.cast import ALICE
from thingcloud.owners import service, store
from thingcloud.owners.model import Account, Door
from thingcloud.plumbing import http
from thingcloud.plumbing.clock import DAY, MINUTE, FakeClock
from thingcloud.plumbing.house import House
from thingcloud.plumbing.jobs import jobs


def link(house: House, account: Account, door: Door = "owner") -> str:
    return house.db.write_now(lambda tx: service.sign_in_link(tx, house.clock.now(), account.id, door))


def later(house: House, milliseconds: int) -> None:
    assert isinstance(house.clock, FakeClock)
    house.clock.advance(milliseconds)


def test_a_link_looked_at_twice_still_opens_once(house: House, alice: Account, client: TestClient) -> None:
    secret = link(house, alice)
    for _ in range(2):
        page = client.get(f"/owner/in/{secret}")
        assert page.status_code == 200
        assert page.text.count("<button") == 1
        assert http.SESSION_COOKIE not in page.cookies
    opened = client.post(f"/owner/in/{secret}")
    assert (opened.status_code, opened.headers["location"]) == (303, "/owner")
    assert service.current(house.db, house.clock.now(), opened.cookies[http.SESSION_COOKIE]) == alice


def test_a_second_press_reads_that_the_link_was_used(house: House, alice: Account, client: TestClient) -> None:
    secret = link(house, alice)
    client.post(f"/owner/in/{secret}")
    again = client.post(f"/owner/in/{secret}")
    assert again.status_code == 410
    assert "This link was used already." in again.text
    assert "Send me a new one" in again.text
    assert "set-cookie" not in again.headers
    assert "This link was used already." in client.get(f"/owner/in/{secret}").text


def test_a_link_ends_after_fifteen_minutes(house: House, alice: Account, client: TestClient) -> None:
    secret = link(house, alice)
    later(house, 15 * MINUTE - 1)
    assert client.get(f"/owner/in/{secret}").status_code == 200
    later(house, 1)
    for page in (client.get(f"/owner/in/{secret}"), client.post(f"/owner/in/{secret}")):
        assert page.status_code == 410
        assert "This link is older than 15 minutes." in page.text


def test_an_owners_link_does_not_open_the_vendors_door(house: House, alice: Account, client: TestClient) -> None:
    secret = link(house, alice)
    assert client.post(f"/vendor/in/{secret}").status_code == 410
    assert client.post(f"/owner/in/{secret}").status_code == 303


def test_a_vendors_link_opens_the_vendors_door(house: House, alice: Account, client: TestClient) -> None:
    opened = client.post(f"/vendor/in/{link(house, alice, 'vendor')}")
    assert opened.headers["location"] == "/vendor"


@pytest.mark.parametrize("secret", ["nonsense", "a" * 5000, "%00", "é"])
def test_a_link_nobody_made_opens_nothing(client: TestClient, secret: str) -> None:
    for page in (client.get(f"/owner/in/{secret}"), client.post(f"/owner/in/{secret}")):
        assert page.status_code == 410
        assert secret not in page.text


def test_another_site_cannot_press_the_button(house: House, alice: Account, client: TestClient) -> None:
    secret = link(house, alice)
    assert client.post(f"/owner/in/{secret}", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.post(f"/owner/in/{secret}").status_code == 303


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    house: House, alice: Account, client: TestClient
) -> None:
    cookie = client.post(f"/owner/in/{link(house, alice)}").headers["set-cookie"].lower()
    assert {"httponly", "samesite=lax", "path=/", f"max-age={90 * 86400}"} <= set(cookie.split("; "))


def test_neither_link_nor_session_is_stored_as_it_is(house: House, alice: Account, client: TestClient) -> None:
    secret = link(house, alice)
    token = client.post(f"/owner/in/{secret}").cookies[http.SESSION_COOKIE]
    house.db.close()
    stored = b"".join(path.read_bytes() for path in house.settings.data.iterdir())
    assert secret.encode() not in stored
    assert token.encode() not in stored


def test_asking_reads_alike_for_known_and_unknown_addresses(house: House, alice: Account, client: TestClient) -> None:
    known = client.post("/owner/sign-in", data={"email": ALICE[1].upper()})
    unknown = client.post("/owner/sign-in", data={"email": "nobody@owner.example"})
    assert known.status_code == unknown.status_code == 200
    assert known.text == unknown.text
    with house.db.reading() as tx:
        rows = tx.execute(sa.select(jobs.c.kind, jobs.c.payload)).all()
    assert [row.kind for row in rows] == ["notify.sign_in"]
    assert alice.id in rows[0].payload
    assert "@" not in rows[0].payload


def test_asking_stores_as_much_for_unknown_addresses(house: House, alice: Account) -> None:
    def rows(email: str) -> int:
        house.db.write_now(lambda tx: service.ask_for_link(tx, house.clock.now(), email, "owner"))
        with house.db.reading() as tx:
            return len(tx.execute(sa.select(store.sign_in_links)).all())

    assert [rows("nobody@owner.example"), rows(ALICE[1])] == [1, 2]


def test_asking_again_within_a_minute_mails_once(house: House, alice: Account) -> None:
    for _ in range(3):
        house.db.write_now(lambda tx: service.ask_for_link(tx, house.clock.now(), ALICE[1], "owner"))
    with house.db.reading() as tx:
        assert len(tx.execute(sa.select(jobs.c.id)).all()) == 1


def test_asking_too_often_is_told_when_to_try_again(house: House, client: TestClient) -> None:
    answers = [client.post("/owner/sign-in", data={"email": f"a{n}@b.example"}) for n in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert "Please try again in 2 minutes." in answers[-1].text
    later(house, 10 * MINUTE)
    assert client.post("/owner/sign-in", data={"email": "a@b.example"}).status_code == 200


@pytest.mark.parametrize(
    "email", ["", "alice", "alice@", "a b@c.example", "x" * 300 + "@b.example", "a@b.example\x00,c@d"]
)
def test_half_an_address_stays_in_the_form(client: TestClient, email: str) -> None:
    page = client.post("/owner/sign-in", data={"email": email})
    assert page.status_code == 400
    assert 'aria-invalid="true"' in page.text


def test_a_session_ends_after_ninety_days(house: House, alice: Account, client: TestClient) -> None:
    token = client.post(f"/owner/in/{link(house, alice)}").cookies[http.SESSION_COOKIE]
    later(house, 90 * DAY - 1)
    assert service.current(house.db, house.clock.now(), token) == alice
    later(house, 1)
    assert service.current(house.db, house.clock.now(), token) is None


def test_what_is_over_is_forgotten(house: House, alice: Account, client: TestClient) -> None:
    client.post(f"/owner/in/{link(house, alice)}")
    later(house, 91 * DAY)
    link(house, alice)
    with house.db.reading() as tx:
        assert tx.execute(sa.select(sa.func.count()).select_from(store.sessions)).scalar() == 0
        assert tx.execute(sa.select(sa.func.count()).select_from(store.sign_in_links)).scalar() == 1
