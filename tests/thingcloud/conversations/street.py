"""Alice's lost suitcase, a finder with a phone, and a mail host: what the tests of talk and mail stand on."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from starlette.testclient import TestClient

from tests.fakes.mail import Sink
from tests.thingcloud.cast import ALICE, BOB, make_house
from tests.thingcloud.owners.site import browser, enter, site
from thingcloud.conversations import finder, owner, service
from thingcloud.conversations.model import Opened
from thingcloud.notify import finder as notify_finder
from thingcloud.notify import owner as notify_owner
from thingcloud.notify import service as notify
from thingcloud.owners import service as owners
from thingcloud.owners.model import Account
from thingcloud.plumbing.clock import FakeClock
from thingcloud.plumbing.db import Tx
from thingcloud.plumbing.house import House
from thingcloud.plumbing.jobs import Worker
from thingcloud.things import service as things
from thingcloud.things.model import Tag, Thing

T = TypeVar("T")

FINDER_MAIL = "frida.finder.canary@phone.example"


@dataclass
class Street:
    """The people, the thing and the parts; every verb runs in a transaction of its own."""

    house: House
    clock: FakeClock
    sink: Sink
    alice: Account
    bob: Account
    suitcase: Thing
    tag: Tag

    def do(self, verb: Callable[[Tx, int], T]) -> T:
        return self.house.db.write_now(lambda tx: verb(tx, self.clock.now()))

    def find(self, words: str = "Found it on platform 4 under a bench.", **more: str) -> Opened:
        """A finder writes to the owner."""
        return self.do(
            lambda tx, now: service.open_case(
                tx, now, thing_id=self.suitcase.id, tag_code=self.tag.code, owner_id=self.alice.id, kind="found",
                opener="finder", words=words, **more,
            )
        )  # fmt: skip

    def write(self, case_id: str, words: str) -> None:
        """The finder writes once more."""
        self.do(lambda tx, now: service.post(tx, now, case_id, "finder", words))

    def answer(self, case_id: str, words: str = "Thank you so much!") -> None:
        self.do(lambda tx, now: service.post(tx, now, case_id, "owner", words))

    async def work(self) -> int:
        """Do what is due until nothing is; returns how many jobs were done."""
        handlers = {**notify.jobs(self.house), **service.jobs(self.house), "things.event": _nothing}
        worker = Worker(self.house.db, self.clock, self.house.live, handlers)
        count = 0
        while done := await worker.run_due():
            count += done
        return count

    def work_now(self) -> int:
        return asyncio.run(self.work())

    def phone(self, opened: Opened) -> TestClient:
        """The finder's browser, on the page of the case."""
        client = self.browser()
        client.get(f"/c/{opened.secret}")
        return client

    def browser(self) -> TestClient:
        pages = [
            *finder.pages(self.house), *owner.pages(self.house), *notify_owner.pages(self.house),
            *notify_finder.pages(self.house),
        ]  # fmt: skip
        return browser(site(self.house, pages))

    def signed_in(self, account: Account) -> TestClient:
        return enter(self.house, self.browser(), account)


async def _nothing(_job: object) -> None:
    return None


@contextmanager
def open_street(folder: Path) -> Iterator[Street]:
    """A house in this folder with everybody in place."""
    with Sink() as sink:
        house = make_house(folder, smtp=sink.url, mail_port=2525, mail_domain="talk.example", url="http://talk.example")
        now = house.clock.now()
        alice = house.db.write_now(lambda tx: owners.create_account(tx, now, *ALICE))
        bob = house.db.write_now(lambda tx: owners.create_account(tx, now, *BOB))
        suitcase = house.db.write_now(lambda tx: things.create_thing(tx, now, alice.id, "Old Samsonite", "suitcase"))
        tag = house.db.write_now(lambda tx: things.new_tag(tx, now, suitcase.id))
        house.db.write_now(lambda tx: things.mark_lost(tx, now, suitcase.id))
        assert isinstance(house.clock, FakeClock)
        yield Street(house, house.clock, sink, alice, bob, suitcase, tag)
        house.db.close()
