"""Things, tags, routes and the journal, as verbs."""

import asyncio
import json

import pytest
import sqlalchemy as sa

from tests.thingcloud.cast import ALICE
from tests.thingcloud.things.conftest import CODE
from thingcloud.owners.model import Account
from thingcloud.plumbing.clock import FakeClock
from thingcloud.plumbing.db import Tx
from thingcloud.plumbing.errors import BadInput, Conflict, NotAllowed, NotFound
from thingcloud.plumbing.house import House
from thingcloud.plumbing.jobs import Job, Worker
from thingcloud.things import kinds, model, service, store
from thingcloud.things.model import Tag, Thing

NOW = 1_000


def write_notes(house: House, thing: Thing, count: int) -> None:
    def work(tx: Tx) -> None:
        for number in range(count):
            service.note(tx, NOW + number, thing.id, f"Note {number}.")

    house.db.write_now(work)


def kinds_of(house: House, thing: Thing) -> list[str]:
    with house.db.reading() as tx:
        return [event.kind for event in reversed(service.journal_of(tx, thing.id))]


def test_a_new_thing_has_a_journal_that_begins(house: House, suitcase: Thing) -> None:
    assert kinds_of(house, suitcase) == ["thing.made"]


@pytest.mark.parametrize(
    ("name", "kind", "reason"),
    [
        ("", "suitcase", "name-empty"),
        ("\x00 \n", "suitcase", "name-empty"),
        ("x" * 81, "suitcase", "name-too-long"),
        ("a\u202eb", "suitcase", "name-unprintable"),
        ("Case", "spaceship", "kind-unknown"),
        ("Case", "", "kind-unknown"),
        ("Case", "\x00", "kind-unknown"),
    ],
)
def test_what_cannot_be_a_thing_is_refused_by_reason(
    house: House, alice: Account, name: str, kind: str, reason: str
) -> None:
    with pytest.raises(BadInput) as refused:
        house.db.write_now(lambda tx: service.create_thing(tx, NOW, alice.id, name, kind))
    assert refused.value.reason == reason
    with house.db.reading() as tx:
        assert service.things_of(tx, alice.id) == []


def test_a_nul_in_a_name_is_left_out(house: House, alice: Account) -> None:
    thing = house.db.write_now(lambda tx: service.create_thing(tx, NOW, alice.id, "Blue\x00  case\n", "suitcase"))
    assert thing.name == "Blue case"


def test_lost_things_come_first(house: House, alice: Account, suitcase: Thing) -> None:
    bike = house.db.write_now(lambda tx: service.create_thing(tx, NOW * 2, alice.id, "Bike", "bicycle"))
    house.db.write_now(lambda tx: service.mark_lost(tx, NOW * 3, bike.id))
    with house.db.reading() as tx:
        assert [thing.name for thing in service.things_of(tx, alice.id)] == ["Bike", "Blue one"]


def test_found_takes_message_and_reward_away(house: House, suitcase: Thing, tag: Tag) -> None:
    house.db.write_now(lambda tx: service.mark_lost(tx, NOW, suitcase.id, " Dark blue.\r\nRed ribbon. ", "€ 20"))
    facts = service.tag_facts(house.db, CODE)
    assert facts is not None
    assert (facts.lost, facts.message, facts.reward) == (True, "Dark blue.\nRed ribbon.", "€ 20")
    house.db.write_now(lambda tx: service.mark_found(tx, NOW, suitcase.id))
    facts = service.tag_facts(house.db, CODE)
    assert facts is not None
    assert (facts.lost, facts.message, facts.reward) == (False, "", "")
    assert kinds_of(house, suitcase) == ["thing.made", "tag.made", "thing.lost", "thing.found"]


def test_doing_a_thing_twice_is_written_down_once(house: House, suitcase: Thing, tag: Tag) -> None:
    for _ in range(2):
        house.db.write_now(lambda tx: service.mark_lost(tx, NOW, suitcase.id, "Blue"))
        house.db.write_now(lambda tx: service.disable_tag(tx, NOW, CODE))
        house.db.write_now(lambda tx: service.change_thing(tx, NOW, suitcase.id, "Blue one", "suitcase"))
    assert kinds_of(house, suitcase) == ["thing.made", "tag.made", "thing.lost", "tag.disabled"]


def test_members_see_and_only_owners_change(house: House, suitcase: Thing, alice: Account, bob: Account) -> None:
    def refused(tx: Tx) -> None:
        service.owned_by(tx, bob.id, suitcase.id)

    with house.db.reading() as tx, pytest.raises(NotFound):
        service.seen_by(tx, bob.id, suitcase.id)
    house.db.write_now(lambda tx: service.add_member(tx, NOW, suitcase.id, bob.id))
    with house.db.reading() as tx:
        assert service.role(tx, bob.id, suitcase.id) == "member"
        assert service.seen_by(tx, bob.id, suitcase.id) == suitcase
        assert service.things_of(tx, bob.id) == [suitcase]
    with house.db.reading() as tx, pytest.raises(NotAllowed):
        refused(tx)
    house.db.write_now(lambda tx: service.remove_member(tx, NOW, suitcase.id, bob.id))
    with house.db.reading() as tx, pytest.raises(NotFound):
        refused(tx)


def test_a_tag_begins_with_a_way_to_write_to_the_owner(house: House, tag: Tag) -> None:
    facts = service.tag_facts(house.db, CODE)
    assert facts is not None
    assert facts.answers
    assert [(route.kind, route.audience) for route in facts.routes] == [("lost-and-found", "everyone")]


def test_every_new_code_checks_and_differs(house: House, suitcase: Thing) -> None:
    made = {house.db.write_now(lambda tx: service.new_tag(tx, NOW, suitcase.id)).code for _ in range(10)}
    assert len(made) == 10
    assert {model.code(code) for code in made} == made


def test_a_code_is_on_one_thing_only(house: House, alice: Account, tag: Tag) -> None:
    other = house.db.write_now(lambda tx: service.create_thing(tx, NOW, alice.id, "Bag", "bag"))
    with pytest.raises(Conflict):
        house.db.write_now(lambda tx: service.new_tag(tx, NOW, other.id, "7k3q-x9m2-pdrz-s7"))
    with house.db.reading() as tx:
        assert service.tags_of(tx, other.id) == []


@pytest.mark.parametrize("code", ["", "7K3Q-X9M2-PDRZ-S8", "U" * 14, "x" * 5000, "7K3Q?X9M2PDRZS7"])
def test_a_code_that_does_not_check_is_refused(house: House, suitcase: Thing, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        house.db.write_now(lambda tx: service.new_tag(tx, NOW, suitcase.id, code))
    assert refused.value.reason.startswith("code-")


def test_a_tag_switched_off_no_longer_answers_and_can_come_back(house: House, tag: Tag) -> None:
    def answers() -> bool:
        facts = service.tag_facts(house.db, CODE)
        return facts is not None and facts.answers

    house.db.write_now(lambda tx: service.disable_tag(tx, NOW, CODE))
    assert not answers()
    house.db.write_now(lambda tx: service.enable_tag(tx, NOW, CODE))
    assert answers()
    house.db.write_now(lambda tx: service.show_tag(tx, NOW, CODE, "private"))
    assert not answers()


def test_a_thing_has_no_endless_number_of_tags(house: House, suitcase: Thing) -> None:
    for _ in range(20):
        house.db.write_now(lambda tx: service.new_tag(tx, NOW, suitcase.id))
    with pytest.raises(Conflict):
        house.db.write_now(lambda tx: service.new_tag(tx, NOW, suitcase.id))


def test_routes_keep_the_order_the_owner_gives_them(house: House, tag: Tag) -> None:
    house.db.write_now(lambda tx: service.add_route(tx, NOW, CODE, "support", "Tell Example Cable"))
    house.db.write_now(lambda tx: service.add_route(tx, NOW, CODE, "manual", "Manual", "https://my.example/m"))
    with house.db.reading() as tx:
        last = service.routes_of(tx, CODE)[-1]
    house.db.write_now(lambda tx: service.raise_route(tx, CODE, last.id))
    facts = service.tag_facts(house.db, CODE)
    assert facts is not None
    assert [route.kind for route in facts.routes] == ["lost-and-found", "manual", "support"]
    assert [route.audience for route in facts.routes] == ["everyone", "everyone", "household"]
    house.db.write_now(lambda tx: service.remove_route(tx, NOW, CODE, last.id))
    with house.db.reading() as tx:
        assert [route.kind for route in service.routes_of(tx, CODE)] == ["lost-and-found", "support"]


def test_a_second_way_to_write_changes_the_first(house: House, tag: Tag) -> None:
    house.db.write_now(lambda tx: service.add_route(tx, NOW, CODE, "lost-and-found", "Write to us"))
    with house.db.reading() as tx:
        assert [route.label for route in service.routes_of(tx, CODE)] == ["Write to us"]


@pytest.mark.parametrize(
    ("kind", "label", "target", "reason"),
    [
        ("teleport", "Go", "", "route-unknown"),
        ("manual", "", "https://my.example", "label-empty"),
        ("manual", "M" * 41, "https://my.example", "label-too-long"),
        ("manual", "Manual", "", "target-empty"),
        ("link", "Link", "javascript:alert(1)", "target-not-an-address"),
        ("link", "Link", "https://a@my.example/", "target-not-an-address"),
        ("link", "Link", "https://[", "target-not-an-address"),
        ("link", "Link", "ftp://my.example/", "target-not-an-address"),
    ],
)
def test_a_button_that_leads_nowhere_is_refused(
    house: House, tag: Tag, kind: str, label: str, target: str, reason: str
) -> None:
    with pytest.raises(BadInput) as refused:
        house.db.write_now(lambda tx: service.add_route(tx, NOW, CODE, kind, label, target))
    assert refused.value.reason == reason


def test_the_facts_of_a_tag_hold_no_contact_and_no_owners_name(house: House, tag: Tag) -> None:
    told = repr(service.tag_facts(house.db, CODE))
    assert ALICE[0] not in told
    assert ALICE[1] not in told


def test_nobody_knows_an_unknown_code(house: House) -> None:
    for code in ("7K3QX9M2PDRZS7", "", "\x00", "' OR 1=1"):
        assert service.tag_facts(house.db, code) is None


def test_the_journal_pages_backwards(house: House, suitcase: Thing) -> None:
    write_notes(house, suitcase, 5)
    with house.db.reading() as tx:
        newest = service.journal_of(tx, suitcase.id, 2)
        assert [event.text for event in newest] == ["Note 4.", "Note 3."]
        assert [event.number for event in service.journal_of(tx, suitcase.id, 9, newest[-1].number)] == [4, 3, 2, 1]


def change(house: House, statement: sa.sql.dml.Update | sa.sql.dml.Delete) -> None:
    house.db.write_now(lambda tx: tx.execute(statement) and None)


def test_an_untouched_journal_is_whole(house: House, suitcase: Thing) -> None:
    house.db.write_now(
        lambda tx: service.journal(tx, NOW, suitcase.id, "scan", "Scanned", {"b": 1, "a": [True, None, "é"]})
    )
    with house.db.reading() as tx:
        assert service.broken_at(tx, suitcase.id) is None


@pytest.mark.parametrize("column", ["text", "facts", "at", "kind", "private", "id"])
def test_a_journal_that_was_rewritten_says_where(house: House, suitcase: Thing, column: str) -> None:
    write_notes(house, suitcase, 3)
    changed = {"text": "Other", "facts": '{"a":1}', "at": 5, "kind": "scan", "private": False, "id": "another"}
    second = (store.events.c.thing_id == suitcase.id) & (store.events.c.number == 2)
    change(house, store.events.update().where(second).values({column: changed[column]}))
    with house.db.reading() as tx:
        assert service.broken_at(tx, suitcase.id) == 2


def test_an_entry_taken_out_is_missed(house: House, suitcase: Thing) -> None:
    write_notes(house, suitcase, 3)
    change(house, store.events.delete().where(store.events.c.number == 2))
    with house.db.reading() as tx:
        assert service.broken_at(tx, suitcase.id) == 2


def test_an_entry_is_never_lost_for_its_length(house: House, suitcase: Thing) -> None:
    event = house.db.write_now(lambda tx: service.journal(tx, NOW, suitcase.id, "scan", "x\x00" * 5000))
    assert len(event.text) == 2000
    assert event.text.endswith("…")


async def test_an_event_is_handed_on_as_a_cloud_event(house: House, suitcase: Thing) -> None:
    heard: list[tuple[str, bytes]] = []
    handlers = service.jobs(house, lambda topic, data: heard.append((topic, data)))
    assert isinstance(house.clock, FakeClock)
    await Worker(house.db, house.clock, house.live, handlers).run_due()
    ((topic, data),) = heard
    told = json.loads(data)
    assert topic == f"things/{suitcase.id}/events"
    assert (told["specversion"], told["type"], told["data"]["number"]) == ("1.0", "thingcloud.thing.made", 1)
    assert told["time"].endswith("Z")
    with house.db.reading() as tx:
        assert told["data"]["digest"] == service.journal_of(tx, suitcase.id)[0].digest.hex()
    assert set(told) == {"specversion", "id", "source", "type", "time", "datacontenttype", "data"}


async def test_an_event_that_is_gone_is_no_fault(house: House) -> None:
    hand_on = service.jobs(house, lambda topic, data: pytest.fail(f"{topic} {data!r}"))["things.event"]
    await hand_on(Job(1, "key", "things.event", {"event": "gone"}, 1))


async def test_a_change_is_told_to_the_pages_of_owner_and_thing(house: House, suitcase: Thing) -> None:
    watching = house.live.watch(f"thing:{suitcase.id}", f"owner:{suitcase.owner_id}")
    first = asyncio.ensure_future(anext(watching))
    await asyncio.sleep(0)
    await house.db.write(lambda tx: service.mark_lost(tx, NOW, suitcase.id))
    topics = {(await asyncio.wait_for(first, 5))[0], (await asyncio.wait_for(anext(watching), 5))[0]}
    assert topics == {f"thing:{suitcase.id}", f"owner:{suitcase.owner_id}"}


def test_there_are_twenty_kinds_and_one_for_the_rest() -> None:
    assert len(kinds.KINDS) == 21
    for kind in kinds.KINDS.values():
        assert kind.lost.endswith(".")
        assert kind.seen.endswith(".")
    assert kinds.kind("no-such-kind").lost == "You found something that is lost."


def test_a_long_journal_is_checked_from_an_entry_on(house: House, suitcase: Thing) -> None:
    write_notes(house, suitcase, 5)
    third = (store.events.c.thing_id == suitcase.id) & (store.events.c.number == 3)
    change(house, store.events.update().where(third).values(text="Other"))
    with house.db.reading() as tx:
        assert service.broken_at(tx, suitcase.id, newest=3) is None
        assert service.broken_at(tx, suitcase.id, newest=4) == 3
        assert service.broken_at(tx, suitcase.id) == 3
