"""The whole web side at once: names it answers to, bodies it reads, addresses that are slightly wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.thingcloud.cast import ALICE, make_house
from thingcloud import app
from thingcloud.owners import service as owners
from thingcloud.plumbing.broker import BrokerAddress
from thingcloud.plumbing.house import House

REACH = app.Reach(lambda _topic, _data: None, lambda _client: 0, lambda: BrokerAddress("", 0, 0, "", ""))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = make_house(tmp_path, port=8080, url="https://my.example", front="https://t.example")
    yield made
    made.db.close()


@pytest.fixture
def browser(house: House) -> TestClient:
    return TestClient(
        app.web(house, REACH, lambda: True), base_url="http://127.0.0.1:8080", follow_redirects=False,
        raise_server_exceptions=False,
    )  # fmt: skip


@pytest.mark.parametrize("path", ["/owner", "/vendor", "/owner/sign-in", "/mail", "/OWNER"])
@pytest.mark.parametrize("name", ["evil.example", "my.example.evil.example", "localhost.evil.example", "[", ""])
def test_a_name_that_others_lead_here_opens_no_page_of_this_machine(browser: TestClient, path: str, name: str) -> None:
    assert browser.get(path, headers={"host": name}).status_code == 421


@pytest.mark.parametrize(
    "name", ["localhost:8080", "127.0.0.1:9", "[::1]:8080", "my.example", "T.example", "192.0.2.7"]
)
def test_our_own_names_and_plain_numbers_do(browser: TestClient, name: str) -> None:
    assert browser.get("/owner/sign-in", headers={"host": name}).status_code == 200


@pytest.mark.parametrize("path", ["/t", "/healthz", "/api/v1/openapi.json", "/.well-known/thingcloud"])
def test_what_anyone_may_read_is_read_by_any_name(browser: TestClient, path: str) -> None:
    assert browser.get(path, headers={"host": "balancer.internal"}).status_code == 200


def test_a_last_slash_is_dropped_without_believing_the_request_about_our_name(browser: TestClient) -> None:
    assert browser.get("/t/", headers={"host": "evil.example"}).headers["location"] == "/t"
    assert browser.get("/nothing%0d%0ahere/").headers["location"] == "/nothing%0D%0Ahere"
    assert browser.get("http://127.0.0.1:8080//evil.example/").status_code == 404
    assert browser.get("/api/v1/things/").status_code == 404


def test_a_large_body_is_refused_before_anything_reads_it(browser: TestClient) -> None:
    kind = {"content-type": "application/json"}
    large = browser.post("/api/v1/things", content=b" " * 300_000, headers=kind)
    assert (large.status_code, large.json()["title"]) == (413, "The body is too large.")
    endless = browser.post("/api/v1/things", content=iter([b"{}"]), headers=kind)
    assert (endless.status_code, endless.json()["type"]) == (411, "about:blank#no-length")


@pytest.mark.parametrize("body", [b'{"name":"\xff"}', b"[" * 100_000])
def test_a_body_that_is_no_json_is_told_so(house: House, browser: TestClient, body: bytes) -> None:
    now = house.clock.now()
    account = house.db.write_now(lambda tx: owners.create_account(tx, now, *ALICE))
    key = house.db.write_now(lambda tx: owners.api_token(tx, now, account.id, ("read", "write")))
    headers = {"content-type": "application/json", "authorization": f"Bearer {key}"}
    answer = browser.post("/api/v1/things", content=body, headers=headers)
    assert (answer.status_code, answer.json()["title"]) == (400, "The body is not JSON in UTF-8.")
