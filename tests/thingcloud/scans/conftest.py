from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.testclient import TestClient

from tests.thingcloud.cast import ALICE, BOB, make_house
from thingcloud.conversations import finder as case_finder
from thingcloud.conversations import owner as case_owner
from thingcloud.owners import service as owners
from thingcloud.owners.model import Account
from thingcloud.plumbing import errors
from thingcloud.plumbing.db import Tx
from thingcloud.plumbing.house import House
from thingcloud.scans import finder, owner, service, vendor
from thingcloud.things import service as things
from thingcloud.things.model import Tag, Thing

T = TypeVar("T")
_STATUS = {
    errors.NotFound: 404,
    errors.NotAllowed: 403,
    errors.BadInput: 400,
    errors.TooMuch: 429,
    errors.Conflict: 409,
}


@dataclass
class Street:
    """A house on a street: Alice's lost suitcase with its tag, Bob, and a stranger with a phone."""

    house: House
    alice: Account
    bob: Account
    suitcase: Thing
    tag: Tag
    limits: service.Limits
    app: Starlette

    def stranger(self) -> TestClient:
        return TestClient(self.app, base_url="http://localhost:8080", follow_redirects=False)

    def signed_in(self, account: Account) -> TestClient:
        now = self.house.clock.now()
        secret = self.house.db.write_now(lambda tx: owners.sign_in_link(tx, now, account.id))
        token = self.house.db.write_now(lambda tx: owners.open_link(tx, now, secret, "owner"))
        client = self.stranger()
        client.cookies.set("session", token)
        return client

    def write(self, work: Callable[[Tx, int], T]) -> T:
        return self.house.db.write_now(lambda tx: work(tx, self.house.clock.now()))


def build(house: House, limits: service.Limits) -> Starlette:
    async def problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, errors.ThingcloudError)
        return house.pages.problem(request, error, _STATUS[type(error)])

    routes = [
        *owner.pages(house),
        *vendor.pages(house),
        *finder.pages(house, [owner.view(house), vendor.view(house)], limits),
        *case_finder.pages(house),
        *case_owner.pages(house),
        *house.pages.routes(),
    ]
    return Starlette(
        routes=routes, middleware=[finder.ahead(routes)], exception_handlers={errors.ThingcloudError: problem}
    )


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    house = make_house(tmp_path, port=8080)
    now = house.clock.now()
    alice = house.db.write_now(lambda tx: owners.create_account(tx, now, *ALICE))
    bob = house.db.write_now(lambda tx: owners.create_account(tx, now, *BOB))
    suitcase = house.db.write_now(lambda tx: things.create_thing(tx, now, alice.id, "Old Samsonite Canary", "suitcase"))
    tag = house.db.write_now(lambda tx: things.new_tag(tx, now, suitcase.id))
    message = "Dark blue, red ribbon on the handle. Nothing in it is worth much, but it means a lot to us."
    house.db.write_now(lambda tx: things.mark_lost(tx, now, suitcase.id, message, "€ 20"))
    limits = service.Limits(house.clock)
    yield Street(house, alice, bob, suitcase, tag, limits, build(house, limits))
    house.db.close()
