"""The gate: nothing is told to a vendor without a grant in force, whatever happened before."""

import random

import pytest
import sqlalchemy as sa

from tests.thingcloud.vendors.conftest import Desk
from thingcloud.plumbing.db import Tx
from thingcloud.plumbing.errors import BadInput, Conflict, NotFound
from thingcloud.plumbing.jobs import jobs
from thingcloud.vendors import service, store
from thingcloud.vendors.model import Agreement, Grant, Happening, Scope, may_hear

_SCANNERS = ("stranger", "owner", "member")
_STREAMS = ("host", "private")


def grant_of(scope: Scope, *, signed: bool = True, withdrawn: bool = False) -> Grant:
    agreement = Agreement("a", "thing", "vendor", "support-only-1", scope, b"", b"s", b"s" if signed else None, 0)
    return Grant("g", "thing", "vendor", "handle", agreement, 0, 1 if withdrawn else None)


@pytest.mark.parametrize(
    ("grant", "happening", "heard"),
    [
        (grant_of(Scope()), Happening("thing", "scan", "owner"), True),
        (grant_of(Scope()), Happening("thing", "scan", "member"), True),
        (grant_of(Scope()), Happening("thing", "scan", "stranger"), False),
        (grant_of(Scope(scanners=("owner",))), Happening("thing", "scan", "member"), False),
        (grant_of(Scope()), Happening("other", "scan", "owner"), False),
        (grant_of(Scope(), signed=False), Happening("thing", "scan", "owner"), False),
        (grant_of(Scope(), withdrawn=True), Happening("thing", "scan", "owner"), False),
        (grant_of(Scope(("host",), ("reading",))), Happening("thing", "scan", "owner"), False),
        (grant_of(Scope(("host",), ("reading",))), Happening("thing", "reading", stream="host"), True),
        (grant_of(Scope(("host",), ("reading",))), Happening("thing", "reading", stream="private"), False),
        (grant_of(Scope(("host",), ("scan",))), Happening("thing", "reading", stream="host"), False),
    ],
)
def test_the_gate_tells_what_the_agreement_names_and_no_more(grant: Grant, happening: Happening, heard: bool) -> None:
    assert may_hear(grant, happening) is heard


def test_no_scope_can_name_a_stranger() -> None:
    with pytest.raises(BadInput, match="stranger"):
        Scope(scanners=("owner", "stranger"))


def test_a_thousand_random_histories_of_grant_and_withdrawal(desk: Desk) -> None:
    """A plain model (a set of what is allowed now) and the gate agree after every step of every history."""
    chance = random.Random(7)

    def all_of_them(tx: Tx) -> list[int]:
        return [history for history in range(1000) if not _agrees(desk, tx, chance, history)]

    assert desk.house.db.write_now(all_of_them) == []


def _agrees(desk: Desk, tx: Tx, chance: random.Random, history: int) -> bool:
    for table in (store.hearings, store.grants, store.agreements, jobs):
        tx.execute(table.delete())
    allowed: set[str] = set()
    told: dict[str, bool] = {}

    for number in range(8):
        now, live = desk.house.clock.now(), store.grants_of(tx, desk.modem.id)
        verb = chance.choice(("give", "withdraw", "scan", "scan"))
        if verb == "give" and not live:
            scanners = chance.choice((("owner",), ("member",), ("owner", "member")))
            scope = Scope(
                ("host",), events=chance.choice((("scan",), ("reading",), ("scan", "reading"))), scanners=scanners
            )
            service.give_grant(
                tx, now, desk.alice.id, desk.modem.id, desk.vendor.id, scope, base_url="https://my.example"
            )
            allowed.update(scanners if "scan" in scope.events else ())
        elif verb == "withdraw" and live:
            service.withdraw(tx, now, desk.alice.id, live[0].id)
            allowed.clear()
        elif verb == "scan":
            who, scan_id = chance.choice(_SCANNERS), f"s{history}-{number}"
            service.hear_scan(
                tx, now, scan_id=scan_id, tag_code="0" * 14, thing_id=desk.modem.id, scanner=who,
                asker_id=desk.alice.id, words="Help, please.",
            )  # fmt: skip
            told[scan_id] = who in allowed
    heard = set(tx.execute(sa.select(store.hearings.c.scan_id)).scalars())
    return heard == {scan_id for scan_id, was in told.items() if was}


def test_a_vendor_with_a_key_of_its_own_hears_nothing_until_it_signs(desk: Desk) -> None:
    own = desk.house.db.write_now(
        lambda tx: service.create_vendor(tx, 0, "Own Key", "own.example", public=bytes(range(32)))
    )
    grant = desk.give(vendor=own)
    assert not grant.agreement.accepted
    assert desk.scan("s1") == []


def test_only_the_owner_gives_and_ends_grants(desk: Desk) -> None:
    grant = desk.give()
    with pytest.raises(NotFound):
        desk.house.db.write_now(lambda tx: service.withdraw(tx, 0, desk.bob.id, grant.id))
    with pytest.raises(Conflict, match="hear of this thing already"):
        desk.give()
    assert desk.scan("s1") == [desk.vendor.id]


def test_withdrawal_cancels_what_waits_to_be_told(desk: Desk) -> None:
    grant = desk.give()
    desk.scan("s1")
    desk.house.db.write_now(lambda tx: service.withdraw(tx, desk.house.clock.now(), desk.alice.id, grant.id))
    with desk.house.db.reading() as tx:
        states = tx.execute(sa.select(jobs.c.state).where(jobs.c.kind == "vendors.webhook")).scalars().all()
    assert states == ["cancelled"]
