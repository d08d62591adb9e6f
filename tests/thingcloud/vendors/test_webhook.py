"""The signed webhook: what a vendor's own system receives, and what happens when it does not answer."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import sqlalchemy as sa
from nacl.signing import VerifyKey

from tests.thingcloud.vendors.conftest import Desk
from thingcloud.plumbing.db import Tx
from thingcloud.plumbing.jobs import Worker, jobs
from thingcloud.vendors import deliver, store


class FakeDesk(HTTPServer):
    """A vendor's system on loopback that remembers what it was sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answer = 204
        self.endless = False
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"


class _Handler(BaseHTTPRequestHandler):
    server: FakeDesk

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.server.answer)
        self.send_header("location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()
        with contextlib.suppress(OSError):
            while self.server.endless:
                self.wfile.write(b"x" * 65_536)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def fake() -> Iterator[FakeDesk]:
    server = FakeDesk()
    yield server
    server.shutdown()
    server.server_close()


async def told(desk: Desk, url: str) -> str:
    """Scan the modem with the vendor's desk at `url`; returns the state of the webhook's job."""

    def point(tx: Tx) -> None:
        tx.execute(store.vendors.update().values(webhook_url=url))

    desk.house.db.write_now(point)
    desk.give()
    desk.scan("s1", words="It blinks orange.")
    return await work(desk)


async def work(desk: Desk) -> str:
    house = desk.house
    await Worker(house.db, house.clock, house.live, {**deliver.jobs(house), "things.event": nothing}).run_due()
    with house.db.reading() as tx:
        return str(tx.execute(sa.select(jobs.c.state).where(jobs.c.kind == "vendors.webhook")).scalar())


async def nothing(_job: object) -> None:
    return None


async def test_the_scan_arrives_signed_and_says_nothing_of_the_owner(desk: Desk, fake: FakeDesk) -> None:
    assert await told(desk, fake.url) == "done"
    [(headers, body)] = fake.got
    event = json.loads(body)
    assert event["type"] == "thingcloud.scan"
    assert event["data"] == {"kind": "modem", "scanner": "owner", "words": "It blinks orange."}
    for canary in ("canary", "alice", desk.alice.id, desk.modem.id, "Cable modem"):
        assert canary.lower() not in body.decode().lower() + str(headers).lower()


async def test_both_signatures_hold_over_id_time_and_body(desk: Desk, fake: FakeDesk) -> None:
    await told(desk, fake.url)
    [(headers, body)] = fake.got
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    shared, own = (part.partition(",")[2] for part in headers["webhook-signature"].split())
    with desk.house.db.reading() as tx:
        secret = tx.execute(sa.select(store.vendors.c.webhook_secret)).scalar_one()
    assert base64.b64decode(shared) == hmac.new(secret, content, hashlib.sha256).digest()
    VerifyKey(desk.house.key.public).verify(content, base64.b64decode(own))


async def test_a_desk_that_is_down_is_tried_again(desk: Desk, fake: FakeDesk) -> None:
    fake.answer = 503
    assert await told(desk, fake.url) == "due"
    fake.answer = 200
    desk.house.clock.advance(5000)  # type: ignore[attr-defined]
    assert await work(desk) == "done"
    assert len({headers["webhook-id"] for headers, _ in fake.got}) == 1


@pytest.mark.parametrize("answer", [302, 410])
async def test_redirects_are_not_followed_and_gone_is_gone(desk: Desk, fake: FakeDesk, answer: int) -> None:
    fake.answer = answer
    assert await told(desk, fake.url) == "given-up"
    assert len(fake.got) == 1


async def test_nothing_is_sent_to_a_private_address_unless_the_operator_allows_it(desk: Desk, fake: FakeDesk) -> None:
    closed = desk.house.settings.__class__(data=desk.house.settings.data, private_webhooks=False)
    desk.house = desk.house.__class__(**{**vars(desk.house), "settings": closed})
    assert await told(desk, fake.url) == "given-up"
    assert await told_again(desk, fake.url.replace("http:", "https:")) == "given-up"
    assert fake.got == []


async def told_again(desk: Desk, url: str) -> str:
    def again(tx: Tx) -> None:
        tx.execute(store.vendors.update().values(webhook_url=url))
        tx.execute(jobs.update().where(jobs.c.kind == "vendors.webhook").values(state="due"))

    desk.house.db.write_now(again)
    return await work(desk)


async def test_a_withdrawal_just_before_sending_holds_the_event_back(desk: Desk, fake: FakeDesk) -> None:
    def end(tx: Tx) -> None:
        tx.execute(store.grants.update().values(withdrawn_at=1))

    desk.house.db.write_now(lambda tx: tx.execute(store.vendors.update().values(webhook_url=fake.url)))
    desk.give()
    desk.scan("s1")
    desk.house.db.write_now(end)
    await work(desk)
    assert fake.got == []


async def test_a_desk_whose_reply_never_ends_is_not_read_to_its_end(desk: Desk, fake: FakeDesk) -> None:
    fake.answer, fake.endless = 200, True
    assert await asyncio.wait_for(told(desk, fake.url), 20) == "done"
