"""Accounts, settings, sessions and keys: each person reaches their own only."""

import re

import pytest
from starlette.testclient import TestClient

from tests.thingcloud.cast import ALICE
from tests.thingcloud.owners.site import enter
from thingcloud.owners import model, service
from thingcloud.owners.model import Account
from thingcloud.plumbing import http
from thingcloud.plumbing.errors import BadInput, Conflict, NotFound
from thingcloud.plumbing.house import House


def test_one_address_has_one_account_whatever_its_case(house: House, alice: Account) -> None:
    with pytest.raises(Conflict) as refused:
        house.db.write_now(lambda tx: service.create_account(tx, 0, "Another", ALICE[1].upper()))
    assert ALICE[1].lower() not in str(refused.value).lower()
    with house.db.reading() as tx:
        assert service.account_by_email(tx, ALICE[1].title()) == alice
        assert service.is_address_of(tx, alice.id, ALICE[1].upper())


@pytest.mark.parametrize(
    ("name", "reason"),
    [("", "name-empty"), (" \n ", "name-empty"), ("x" * 81, "name-too-long"), ("a\u202eb", "name-unprintable")],
)
def test_a_name_that_cannot_be_kept_is_refused_by_reason(name: str, reason: str) -> None:
    with pytest.raises(BadInput) as refused:
        model.person_name(name)
    assert refused.value.reason == reason


def test_an_unknown_account_is_not_found(house: House) -> None:
    with house.db.reading() as tx, pytest.raises(NotFound):
        service.account(tx, "nobody")


def test_who_is_not_signed_in_is_shown_the_door(client: TestClient) -> None:
    for answer in (
        client.get("/owner/settings"),
        client.post("/owner/sign-out"),
        client.post("/owner/settings/tokens"),
    ):
        assert (answer.status_code, answer.headers["location"]) == (303, "/owner/sign-in")


def test_a_forged_session_is_nobody(house: House, client: TestClient) -> None:
    for token in ("x", "a" * 10_000, "' OR 1=1 --"):
        assert service.current(house.db, house.clock.now(), token) is None


def test_signing_out_ends_the_session_itself(house: House, alice: Account, client: TestClient) -> None:
    token = enter(house, client, alice).cookies[http.SESSION_COOKIE]
    client.post("/owner/sign-out")
    assert service.current(house.db, house.clock.now(), token) is None


def test_a_post_from_another_site_is_refused(house: House, alice: Account, client: TestClient) -> None:
    enter(house, client, alice)
    for path in ("/owner/sign-out", "/owner/settings/name", "/owner/settings/tokens"):
        assert client.post(path, data={"name": "x"}, headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_a_name_that_does_not_fit_stays_in_the_form(house: House, alice: Account, client: TestClient) -> None:
    enter(house, client, alice)
    assert client.post("/owner/settings/name", data={"name": "Alia"}).status_code == 303
    assert 'value="Alia"' in client.get("/owner/settings").text
    page = client.post("/owner/settings/name", data={"name": "n" * 100})
    assert page.status_code == 400
    assert "80 characters fit. Yours has 100." in page.text
    assert "n" * 100 in page.text


def test_a_key_is_shown_once_and_opens_the_api(house: House, alice: Account, client: TestClient) -> None:
    enter(house, client, alice)
    page = client.post("/owner/settings/tokens", data={"token": "My script", "scope": ["write", "read"]})
    secret = page.text.partition("<code>")[2].partition("</code>")[0]
    assert service.bearer(house.db, 0, secret) == (alice, ("read", "write"))
    assert secret not in client.get("/owner/settings").text
    with house.db.reading() as tx:
        (token,) = service.tokens_of(tx, alice.id)
    client.post(f"/owner/settings/tokens/{token.id}/end")
    assert service.bearer(house.db, 0, secret) is None


def test_a_key_needs_a_scope_we_know(house: House, alice: Account, client: TestClient) -> None:
    enter(house, client, alice)
    for scope in ([], ["everything"]):
        page = client.post("/owner/settings/tokens", data={"token": "Mine", "scope": scope})
        assert page.status_code == 400
        assert "A key may read or write" in page.text
        assert 'value="Mine"' in page.text


def test_nobody_ends_what_belongs_to_another(house: House, alice: Account, bob: Account, client: TestClient) -> None:
    house.db.write_now(lambda tx: service.api_token(tx, 0, bob.id, ("read",)))
    secret = house.db.write_now(lambda tx: service.sign_in_link(tx, house.clock.now(), bob.id))
    house.db.write_now(lambda tx: service.open_link(tx, house.clock.now(), secret, "owner"))
    with house.db.reading() as tx:
        token = service.tokens_of(tx, bob.id)[0].id
        session = service.sessions_of(tx, house.clock.now(), bob.id, None)[0][0].id
    enter(house, client, alice)
    assert client.post(f"/owner/settings/tokens/{token}/end").status_code == 404
    assert client.post(f"/owner/settings/sessions/{session}/end").status_code == 404
    with house.db.reading() as tx:
        assert len(service.tokens_of(tx, bob.id)) == len(service.sessions_of(tx, house.clock.now(), bob.id, None)) == 1


def test_two_taps_make_one_key_and_both_pages_show_it(house: House, alice: Account, client: TestClient) -> None:
    enter(house, client, alice)
    once = re.findall(r'name="once" value="([^"]+)"', client.get("/owner/settings").text)[0]
    typed = {"token": "Script", "scope": "read", "once": once}
    shown = [re.findall(r"tc_\w+", client.post("/owner/settings/tokens", data=typed).text) for _ in range(2)]
    assert shown[0] == shown[1]
    with house.db.reading() as tx:
        assert [token.name for token in service.tokens_of(tx, alice.id)] == ["Script"]
        stored = tx.exec_driver_sql("SELECT made FROM posted").scalars().all()
    assert stored == [""]
    found = service.bearer(house.db, house.clock.now(), shown[1][0])
    assert found is not None
    assert found[0] == alice


def test_another_browser_is_signed_out_from_here(house: House, alice: Account, client: TestClient) -> None:
    enter(house, client, alice)
    own = client.cookies[http.SESSION_COOKIE]
    client.cookies.clear()
    enter(house, client, alice)
    with house.db.reading() as tx:
        listed = service.sessions_of(tx, house.clock.now(), alice.id, client.cookies[http.SESSION_COOKIE])
    (other,) = [session.id for session, here in listed if not here]
    client.post(f"/owner/settings/sessions/{other}/end")
    assert service.current(house.db, house.clock.now(), own) is None


def test_broken_forms_change_nothing(house: House, alice: Account, client: TestClient) -> None:
    enter(house, client, alice)
    for body, kind in [(b"\xff\xfe=\x00", "application/json"), (b"--x\r\nbroken", "multipart/form-data; boundary=x")]:
        answer = client.post("/owner/settings/name", content=body, headers={"content-type": kind})
        assert answer.status_code == 400
    huge = client.post("/owner/settings/name", data={"name": "x" * 100_000})
    assert huge.status_code == 400
    with house.db.reading() as tx:
        assert service.account(tx, alice.id) == alice


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
        ("", "A browser"),
        ("<script>", "A browser"),
    ],
)
def test_a_browser_is_named_roughly(agent: str, said: str) -> None:
    assert model.browser(agent) == said
