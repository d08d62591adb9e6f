"""Alice has a modem and a desk to choose; Agent Kim answers there."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.thingcloud.cast import ALICE, BOB, make_house
from thingcloud.owners import service as owners
from thingcloud.owners.model import Account
from thingcloud.plumbing.db import Tx
from thingcloud.plumbing.house import House
from thingcloud.things import service as things
from thingcloud.things.model import Thing
from thingcloud.vendors import service
from thingcloud.vendors.model import Agent, Grant, Scope, Vendor


@dataclass
class Desk:
    """The people of these tests, in one house."""

    house: House
    alice: Account
    bob: Account
    modem: Thing
    vendor: Vendor
    kim: Agent

    def give(self, scope: Scope | None = None, vendor: Vendor | None = None) -> Grant:
        return self.house.db.write_now(
            lambda tx: service.give_grant(
                tx, self.house.clock.now(), self.alice.id, self.modem.id, (vendor or self.vendor).id, scope or Scope(),
                base_url="https://my.example",
            )
        )  # fmt: skip

    def scan(self, scan_id: str, scanner: str = "owner", words: str = "") -> list[str]:
        def hear(tx: Tx) -> list[str]:
            return service.hear_scan(
                tx, self.house.clock.now(), scan_id=scan_id, tag_code="0" * 14, thing_id=self.modem.id, scanner=scanner,
                asker_id=self.alice.id, words=words or "Help, please.",
            )  # fmt: skip

        return self.house.db.write_now(hear)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    house = make_house(tmp_path, private_webhooks=True)
    now = house.clock.now()

    def people(tx: Tx) -> Desk:
        alice, bob = (owners.create_account(tx, now, *who) for who in (ALICE, BOB))
        modem = things.create_thing(tx, now, alice.id, "Cable modem", "modem")
        vendor = service.create_vendor(tx, now, "Example Cable", "example.net", webhook_url="http://127.0.0.1:9/hook")
        account = owners.create_account(tx, now, "Kim Keller-Canary", "kim.canary@desk.example")
        return Desk(house, alice, bob, modem, vendor, service.add_agent(tx, vendor.id, account.id, "Agent Kim"))

    yield house.db.write_now(people)
    house.db.close()
