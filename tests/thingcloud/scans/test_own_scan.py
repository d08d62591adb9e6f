import re

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from tests.thingcloud.scans.conftest import Street
from thingcloud.conversations import service as conversations
from thingcloud.conversations.letters import Mail
from thingcloud.conversations.store import case_aliases
from thingcloud.notify.store import notices
from thingcloud.owners import service as owners
from thingcloud.plumbing.errors import NotAllowed
from thingcloud.scans import service
from thingcloud.things import service as things
from thingcloud.things.model import Tag
from thingcloud.vendors import service as vendors
from thingcloud.vendors.model import Hearing, Scope, Vendor

PRIVATE_ANSWER = "Your last bill is open. Your modem is fine."


@pytest.fixture
def modem(street: Street) -> Tag:
    thing = street.write(lambda tx, now: things.create_thing(tx, now, street.alice.id, "Cable modem", "modem"))
    tag: Tag = street.write(lambda tx, now: things.new_tag(tx, now, thing.id))
    street.write(lambda tx, now: things.add_route(tx, now, tag.code, "support", "Ask for help"))
    return tag


@pytest.fixture
def cable(street: Street, modem: Tag) -> Vendor:
    made: Vendor = street.write(lambda tx, now: vendors.create_vendor(tx, now, "Example Cable", "cable.example"))
    street.write(
        lambda tx, now: vendors.give_grant(
            tx, now, street.alice.id, modem.thing_id, made.id, Scope(), base_url="http://localhost"
        )
    )
    street.write(lambda tx, now: vendors.add_agent(tx, made.id, street.bob.id, "Agent Kim"))
    return made


def queue(street: Street, cable: Vendor) -> list[Hearing]:
    return street.write(lambda tx, now: vendors.queue(tx, cable.id))


def ask(client: TestClient, tag: Tag, words: str = "The light blinks orange.", taps: int = 1) -> int:
    once = re.findall(r'name="once" value="([^"]+)"', client.get(f"/t/{tag.code}").text)
    sent = [client.post(f"/t/{tag.code}/support", data={"words": words, "once": once}) for _ in range(taps)]
    return sent[-1].status_code


def answer(street: Street, cable: Vendor) -> None:
    kim = street.write(lambda tx, now: vendors.agent(tx, street.bob.id))
    hearing = queue(street, cable)[0]
    assert kim is not None
    street.write(
        lambda tx, now: vendors.answer(
            tx, now, kim, hearing.id, title=PRIVATE_ANSWER, words="No need to restart.", until=now + 3_600_000
        )
    )


def test_the_owner_gets_one_big_button_and_looking_tells_nobody(street: Street, modem: Tag, cable: Vendor) -> None:
    page = street.signed_in(street.alice).get(f"/t/{modem.code}").text
    assert "Tell Example Cable" in page
    assert page.count("b big fill") == 1
    assert queue(street, cable) == []


def test_pressing_it_tells_the_vendor_what_the_owner_wrote_and_no_name(
    street: Street, modem: Tag, cable: Vendor
) -> None:
    assert ask(street.signed_in(street.alice), modem) == 303
    (heard,) = queue(street, cable)
    assert (heard.words, heard.scanner, heard.thing_kind) == ("The light blinks orange.", "owner", "modem")
    assert street.alice.name not in repr(heard)
    assert modem.code not in repr(heard)


def test_two_taps_ask_once_and_asking_later_asks_again(street: Street, modem: Tag, cable: Vendor) -> None:
    client = street.signed_in(street.alice)
    assert ask(client, modem, taps=2) == 303
    assert len(queue(street, cable)) == 1
    assert ask(client, modem) == 303
    assert len(queue(street, cable)) == 2
    assert len(street.write(lambda tx, now: service.scans_of(tx, modem.thing_id))) == 2


def test_the_answer_appears_on_the_owners_page_and_is_marked_as_seen(street: Street, modem: Tag, cable: Vendor) -> None:
    client = street.signed_in(street.alice)
    ask(client, modem)
    assert "You see the answer here." in client.get(f"/t/{modem.code}").text
    answer(street, cable)
    page = client.get(f"/t/{modem.code}").text
    assert PRIVATE_ANSWER in page
    assert "Expected back" in page
    assert "Did this help?" in page
    scan = street.write(lambda tx, now: service.scans_of(tx, modem.thing_id))[0]
    (card,) = street.write(lambda tx, now: vendors.answers_for(tx, scan.id))
    assert card.seen_at is not None


def test_did_this_help_reaches_the_vendor(street: Street, modem: Tag, cable: Vendor) -> None:
    client = street.signed_in(street.alice)
    ask(client, modem)
    answer(street, cable)
    scan = street.write(lambda tx, now: service.scans_of(tx, modem.thing_id))[0]
    (card,) = street.write(lambda tx, now: vendors.answers_for(tx, scan.id))
    said = client.post(f"/owner/scans/{scan.id}/helped", data={"answer": card.id, "helped": "yes"})
    assert said.status_code == 303
    assert street.write(lambda tx, now: vendors.answers_for(tx, scan.id))[0].helped == "yes"
    assert client.post(f"/owner/scans/{scan.id}/helped", data={"answer": card.id, "helped": "no!"}).status_code == 400


def test_a_stranger_never_sees_the_vendor_or_its_answer(street: Street, modem: Tag, cable: Vendor) -> None:
    ask(street.signed_in(street.alice), modem)
    answer(street, cable)
    for client in (street.stranger(), street.signed_in(street.bob)):
        page = client.get(f"/t/{modem.code}").text
        assert PRIVATE_ANSWER not in page
        assert "last bill" not in page
    stranger = street.stranger().get(f"/t/{modem.code}").text
    assert "Example Cable" not in stranger
    assert "Send to the owner" in stranger


def test_a_strangers_words_are_never_told_to_a_vendor(street: Street, modem: Tag, cable: Vendor) -> None:
    assert street.stranger().post(f"/t/{modem.code}/message", data={"words": "Found it"}).status_code == 303
    assert queue(street, cable) == []


def test_a_stranger_cannot_ask_a_vendor(street: Street, modem: Tag, cable: Vendor) -> None:
    answer = street.stranger().post(f"/t/{modem.code}/support", data={"words": "Help"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/owner/sign-in"
    assert ask(street.signed_in(street.bob), modem) == 404
    assert queue(street, cable) == []


def test_another_site_cannot_press_the_button(street: Street, modem: Tag, cable: Vendor) -> None:
    client = street.signed_in(street.alice)
    refused = client.post(f"/t/{modem.code}/support", data={}, headers={"sec-fetch-site": "cross-site"})
    assert refused.status_code == 403
    assert queue(street, cable) == []


def test_after_the_owner_withdrew_there_is_no_button_and_nobody_hears(
    street: Street, modem: Tag, cable: Vendor
) -> None:
    client = street.signed_in(street.alice)
    (grant, _), *_ = street.write(lambda tx, now: vendors.grants_of(tx, modem.thing_id))
    street.write(lambda tx, now: vendors.withdraw(tx, now, street.alice.id, grant.id))
    assert "Tell Example Cable" not in client.get(f"/t/{modem.code}").text
    assert ask(client, modem) == 403
    assert queue(street, cable) == []


def test_a_member_may_ask_too_and_only_sees_answers_to_own_questions(street: Street, modem: Tag, cable: Vendor) -> None:
    street.write(lambda tx, now: things.add_member(tx, now, modem.thing_id, street.bob.id))
    ask(street.signed_in(street.alice), modem)
    answer(street, cable)
    bobs = street.signed_in(street.bob)
    assert PRIVATE_ANSWER not in bobs.get(f"/t/{modem.code}").text
    assert ask(bobs, modem) == 303
    assert "member" in [heard.scanner for heard in queue(street, cable)]


def test_another_persons_scan_is_not_here(street: Street, modem: Tag, cable: Vendor) -> None:
    ask(street.signed_in(street.alice), modem)
    scan = street.write(lambda tx, now: service.scans_of(tx, modem.thing_id))[0]
    bobs = street.signed_in(street.bob)
    assert bobs.get(f"/owner/scans/{scan.id}/live").status_code == 404
    assert bobs.post(f"/owner/scans/{scan.id}/helped", data={"answer": "x", "helped": "yes"}).status_code == 404


def test_an_agent_sees_what_the_owner_allows_and_no_more(street: Street, modem: Tag, cable: Vendor) -> None:
    agent = street.signed_in(street.bob)
    sent = agent.get(f"/t/{modem.code}")
    assert sent.headers["location"] == f"/vendor/tags/{modem.code}"
    page = agent.get(sent.headers["location"]).text
    assert "Agent Kim" in page
    assert "Support only" in page
    assert street.alice.name not in page
    assert "Cable modem" not in page


def test_a_tag_without_a_grant_shows_an_agent_what_a_stranger_sees(street: Street, cable: Vendor) -> None:
    agent = street.signed_in(street.bob)
    assert "You found a lost suitcase." in agent.get(f"/t/{street.tag.code}").text
    refused = [agent.get(f"/vendor/tags/{code}") for code in (street.tag.code, "0" * 14, "x")]
    assert {answer.status_code for answer in refused} == {404}
    assert len({answer.text for answer in refused}) == 1
    assert street.stranger().get(f"/vendor/tags/{street.tag.code}").headers["location"] == "/vendor/sign-in"


def test_an_owner_without_a_support_button_is_led_to_the_thing(street: Street) -> None:
    page = street.signed_in(street.alice).get(f"/t/{street.tag.code}").text
    assert "Your own tag." in page
    assert f"/owner/things/{street.suitcase.id}" in page
    assert "Tell " not in page


def test_the_question_opens_a_masked_case_of_its_own(street: Street, modem: Tag, cable: Vendor) -> None:
    ask(street.signed_in(street.alice), modem)
    (line,) = street.write(lambda tx, now: conversations.cases_of(tx, street.alice.id))
    assert line.case.kind == "support"
    assert line.case.desk == "Example Cable"


def test_each_vendor_that_hears_has_a_conversation_of_its_own(street: Street, modem: Tag, cable: Vendor) -> None:
    lamps: Vendor = street.write(lambda tx, now: vendors.create_vendor(tx, now, "Lamp Desk", "lamps.example"))
    street.write(
        lambda tx, now: vendors.give_grant(
            tx, now, street.alice.id, modem.thing_id, lamps.id, Scope(), base_url="http://localhost"
        )
    )
    client = street.signed_in(street.alice)
    ask(client, modem, taps=2)
    lines = street.write(lambda tx, now: conversations.cases_of(tx, street.alice.id))
    page = client.get(f"/t/{modem.code}").text
    assert sorted(line.case.desk for line in lines) == ["Example Cable", "Lamp Desk"]
    for line in lines:
        assert re.search(f'href="/owner/messages/{line.case.id}">.*?Write to {line.case.desk}<', page)
    texts = [event.text for event in street.write(lambda tx, now: things.journal_of(tx, modem.thing_id))]
    assert {"You asked Example Cable for help", "You asked Lamp Desk for help"} <= set(texts)


def test_a_members_question_is_the_members_own(street: Street, modem: Tag, cable: Vendor) -> None:
    carol = street.write(lambda tx, now: owners.create_account(tx, now, "Carol", "carol@house.example"))
    street.write(lambda tx, now: things.add_member(tx, now, modem.thing_id, carol.id))
    assert ask(street.signed_in(carol), modem, "It hums.") == 303
    texts = [event.text for event in street.write(lambda tx, now: things.journal_of(tx, modem.thing_id))]
    assert "A member asked Example Cable for help" in texts
    assert not any(text.startswith("You asked") or "by you" in text for text in texts)
    assert street.write(lambda tx, now: conversations.cases_of(tx, street.alice.id)) == []
    (line,) = street.write(lambda tx, now: conversations.cases_of(tx, carol.id))
    kim = street.write(lambda tx, now: vendors.agent(tx, street.bob.id))
    assert kim is not None
    hearing = queue(street, cable)[0]
    street.write(lambda tx, now: vendors.write(tx, now, kim, hearing.id, "Is the lamp red?"))
    assert street.write(lambda tx, now: tx.execute(sa.select(notices.c.account_id)).scalars().all()) == [carol.id]
    at = f"/owner/messages/{line.case.id}"
    assert "Is the lamp red?" in street.signed_in(carol).get(at).text
    assert street.signed_in(street.alice).get(at).status_code == 404


def test_a_former_member_reads_the_question_no_more(street: Street, modem: Tag, cable: Vendor) -> None:
    carol = street.write(lambda tx, now: owners.create_account(tx, now, "Carol", "carol@house.example"))
    street.write(lambda tx, now: things.add_member(tx, now, modem.thing_id, carol.id))
    ask(street.signed_in(carol), modem, "It hums.")
    (line,) = street.write(lambda tx, now: conversations.cases_of(tx, carol.id))
    street.write(lambda tx, now: things.remove_member(tx, now, modem.thing_id, carol.id))
    assert street.signed_in(carol).get(f"/owner/messages/{line.case.id}").status_code == 404
    assert "It hums." not in street.signed_in(carol).get("/owner/messages").text
    local = street.write(lambda tx, now: tx.execute(sa.select(case_aliases.c.local)).scalar_one())
    mail = Mail("carol@house.example", "Still there?", (), mark="m1")
    with pytest.raises(NotAllowed):
        street.write(lambda tx, now: conversations.hear_mail(tx, now, local, mail))


def test_a_member_asks_nobody_who_may_hear_of_the_owner_only(street: Street, modem: Tag) -> None:
    made: Vendor = street.write(lambda tx, now: vendors.create_vendor(tx, now, "Example Cable", "cable.example"))
    scope = Scope(scanners=("owner",))
    street.write(
        lambda tx, now: vendors.give_grant(
            tx, now, street.alice.id, modem.thing_id, made.id, scope, base_url="http://localhost"
        )
    )
    street.write(lambda tx, now: things.add_member(tx, now, modem.thing_id, street.bob.id))
    bobs = street.signed_in(street.bob)
    assert "Tell Example Cable" not in bobs.get(f"/t/{modem.code}").text
    assert bobs.post(f"/t/{modem.code}/support", data={"words": "It hums."}).status_code == 403
    assert queue(street, made) == []
