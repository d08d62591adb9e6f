"""The desk and the owner's side of it, as pages: who sees what, and what an agent can do."""

import re
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.thingcloud.vendors.conftest import Desk
from thingcloud.conversations import service as conversations
from thingcloud.owners import service as owners
from thingcloud.plumbing import guard, http
from thingcloud.plumbing.clock import MINUTE
from thingcloud.plumbing.db import Tx
from thingcloud.vendors import finder, owner, service, store, vendor
from thingcloud.vendors.model import ROSTER, Scope, Value, Vendor


@dataclass
class Web:
    desk: Desk
    app: Starlette

    def as_(self, account_id: str, door: str = "owner") -> TestClient:
        house = self.desk.house
        now = house.clock.now()
        secret = house.db.write_now(lambda tx: owners.sign_in_link(tx, now, account_id, door))  # type: ignore[arg-type]
        token = house.db.write_now(lambda tx: owners.open_link(tx, now, secret, door))  # type: ignore[arg-type]
        return TestClient(self.app, base_url="http://localhost:8080", cookies={http.SESSION_COOKIE: token})

    @property
    def kim(self) -> TestClient:
        return self.as_(self.desk.kim.account_id, "vendor")

    @property
    def alice(self) -> TestClient:
        return self.as_(self.desk.alice.id)


@pytest.fixture
def web(desk: Desk) -> Web:
    routes = [*finder.pages(desk.house), *owner.pages(desk.house), *vendor.pages(desk.house)]
    handlers = guard.for_people(desk.house.pages)
    return Web(desk, Starlette(routes=routes, exception_handlers=handlers))  # type: ignore[arg-type]


def hearing_of(desk: Desk, scan_id: str = "s1") -> str:
    desk.scan(scan_id, words="It blinks orange.")
    with desk.house.db.reading() as tx:
        return service.queue(tx, desk.vendor.id)[-1].id


def test_an_owner_reads_the_terms_agrees_and_stops_it_with_one_button(web: Web) -> None:
    page = f"/owner/things/{web.desk.modem.id}/vendors"
    client = web.alice
    assert "Nobody listens" in client.get(page).text
    given = client.post(page, data={"vendor": web.desk.vendor.id, "events": "scan", "scanners": ["owner", "member"]})
    assert "Stop telling Example Cable" in given.text
    assert "Scans by strangers" in given.text
    assert web.desk.scan("s1") == [web.desk.vendor.id]
    with web.desk.house.db.reading() as tx:
        [(grant, _)] = service.grants_of(tx, web.desk.modem.id)
    assert "Nobody listens" in client.post(f"{page}/{grant.id}/stop").text
    assert web.desk.scan("s2") == []


def test_another_owner_sees_and_ends_nothing(web: Web) -> None:
    grant = web.desk.give()
    page = f"/owner/things/{web.desk.modem.id}/vendors"
    bob = web.as_(web.desk.bob.id)
    assert bob.get(page).status_code == 404
    assert bob.post(page, data={"vendor": web.desk.vendor.id, "events": "scan"}).status_code == 404
    assert bob.post(f"{page}/{grant.id}/stop").status_code == 404
    assert web.desk.scan("s1") == [web.desk.vendor.id]


def test_a_grant_asked_for_by_another_site_is_refused(web: Web) -> None:
    page = f"/owner/things/{web.desk.modem.id}/vendors"
    forged = web.alice.post(
        page, data={"vendor": web.desk.vendor.id, "events": "scan"}, headers={"origin": "https://evil.example"}
    )
    assert forged.status_code == 403
    assert web.desk.scan("s1") == []


def test_an_agent_answers_and_the_card_is_there_for_the_one_who_scanned(web: Web) -> None:
    web.desk.give()
    hearing, kim = hearing_of(web.desk), web.kim
    assert "It blinks orange." in kim.get("/vendor").text
    kim.post(f"/vendor/scans/{hearing}/take")
    said = {
        "title": "There is an outage in your area. Your modem is fine.",
        "words": "Nothing to restart.",
        "until": "18:30",
    }
    assert "Your modem is fine." in kim.post(f"/vendor/scans/{hearing}/answer", data=said).text
    with web.desk.house.db.reading() as tx:
        [card] = service.answers_for(tx, "s1")
    assert (card.title, card.vendor_name, card.agent) == (said["title"], "Example Cable", "Agent Kim")
    assert card.until is not None
    assert 0 < card.until - web.desk.house.clock.now() <= 24 * 60 * MINUTE


def test_the_desk_hears_whether_the_card_was_read_and_helped(web: Web) -> None:
    web.desk.give()
    hearing, kim = hearing_of(web.desk), web.kim
    kim.post(f"/vendor/scans/{hearing}/answer", data={"title": "All is well."})
    with web.desk.house.db.reading() as tx:
        [card] = service.answers_for(tx, "s1")
    web.desk.house.db.write_now(lambda tx: service.seen(tx, web.desk.house.clock.now(), "s1"))
    web.desk.house.db.write_now(lambda tx: service.helped(tx, "s1", card.id, "not-yet"))
    page = kim.get(f"/vendor/scans/{hearing}").text
    assert "read" in page
    assert "Not yet" in page


def test_nothing_of_the_owner_reaches_the_desk(web: Web) -> None:
    grant = web.desk.give(Scope(("machine",), ("scan", "reading")))
    hearing = hearing_of(web.desk)
    web.desk.house.db.write_now(
        lambda tx: service.hear_readings(tx, web.desk.modem.id, "machine", [Value("signal", "dBmV", "-6.4", 1)])
    )
    kim = web.kim
    seen = "".join(kim.get(path).text for path in ("/vendor", f"/vendor/scans/{hearing}"))
    assert "−6.4" in seen
    assert grant.handle in seen
    for canary in ("Canary", "canary", "Appleby", web.desk.alice.id, web.desk.modem.id):
        assert canary not in seen


@pytest.mark.parametrize(
    ("page", "shown", "title"),
    [("/vendor", "Queue", "Queue"), ("{scan}", "Case", "Modem"), ("{scan}/context", "You may see", "You may see")],
)
def test_on_a_small_screen_each_part_of_the_desk_is_a_page_of_its_own(
    web: Web, page: str, shown: str, title: str
) -> None:
    web.desk.give()
    text = web.kim.get(page.format(scan=f"/vendor/scans/{hearing_of(web.desk)}")).text
    assert re.findall(r'class="stack on" aria-label="([^"]+)"', text) == [shown]
    assert re.findall(r"<h1>([^<]+)</h1>", text) == [title]


def test_the_number_of_those_who_wait_is_kept_fresh(web: Web) -> None:
    web.desk.give()
    hearing_of(web.desk)
    text = web.kim.get("/vendor").text
    assert re.search(r'id="waiting" data-live="/vendor/live">1 waiting · longest \d+:\d\d<', text)


def test_the_work_keys_stand_on_the_buttons(web: Web) -> None:
    web.desk.give()
    text = web.kim.get(f"/vendor/scans/{hearing_of(web.desk)}").text
    keys = set(re.findall(r'data-key="(\w)"', text))
    assert keys == {word.lower() for word in re.findall(r"<kbd>(\w)</kbd>", text)} == {"t", "e", "c", "s"}


@pytest.mark.parametrize("verb", ["context", "delete", "Done"])
def test_a_verb_that_is_not_known_does_nothing(web: Web, verb: str) -> None:
    web.desk.give()
    hearing, kim = hearing_of(web.desk), web.kim
    assert kim.post(f"/vendor/scans/{hearing}/{verb}", data={"title": "x"}).status_code == 404
    assert "It blinks orange." in kim.get("/vendor").text


def test_after_withdrawal_the_desk_sees_the_thing_no_more(web: Web) -> None:
    grant = web.desk.give()
    hearing, kim = hearing_of(web.desk), web.kim
    web.desk.house.db.write_now(lambda tx: service.withdraw(tx, 1, web.desk.alice.id, grant.id))
    assert "It blinks orange." not in kim.get("/vendor").text
    refused = kim.get(f"/vendor/scans/{hearing}")
    assert refused.status_code == 403
    assert "The owner withdrew." in refused.text


@pytest.mark.parametrize("path", ["/vendor", "/vendor/scans/abc", "/vendor/live"])
def test_the_desk_is_for_agents_only(web: Web, path: str) -> None:
    assert web.alice.get(path).status_code == 403
    stranger = TestClient(web.app, base_url="http://localhost:8080", follow_redirects=False)
    assert stranger.get(path).headers["location"] == "/vendor/sign-in"


def test_an_agent_of_another_vendor_sees_nothing_of_it(web: Web) -> None:
    web.desk.give()
    hearing = hearing_of(web.desk)

    def hire(tx: Tx) -> str:
        other = service.create_vendor(tx, 0, "Other", "other.example")
        account = owners.create_account(tx, 0, "Lee", "lee@other.example")
        return service.add_agent(tx, other.id, account.id, "Agent Lee").account_id

    lee = web.as_(web.desk.house.db.write_now(hire), "vendor")
    assert "It blinks orange." not in lee.get("/vendor").text
    assert lee.get(f"/vendor/scans/{hearing}").status_code == 404
    assert lee.post(f"/vendor/scans/{hearing}/answer", data={"title": "x"}).status_code == 404


@pytest.mark.parametrize(("until", "code"), [("25:99", 400), ("soon", 400), ("", 200), ("18:30", 200)])
def test_a_time_that_is_none_is_refused_in_words(web: Web, until: str, code: int) -> None:
    web.desk.give()
    hearing = hearing_of(web.desk)
    answered = web.kim.post(f"/vendor/scans/{hearing}/answer", data={"title": "All is well.", "until": until})
    assert answered.status_code == code
    assert ("not a time of day" in answered.text) is (code == 400)


def test_anyone_can_read_the_terms_and_check_their_digest(web: Web) -> None:
    stranger = TestClient(web.app)
    terms = ROSTER["support-only-1"]
    assert stranger.get("/terms/support-only-1").text == terms.text
    known = stranger.get("/.well-known/thingcloud").json()
    assert known["agreements"] == [{"terms": "support-only-1", "sha256": terms.digest.hex()}]
    assert known["host"] == web.desk.house.key.id
    assert stranger.get("/terms/other").status_code == 404


def test_two_taps_send_one_card_and_the_same_words_once(web: Web) -> None:
    grant = web.desk.give()
    web.desk.scan("s1", words="It blinks orange.")
    at = f"/vendor/scans/{hearing_in(web.desk, grant.id)}"
    kim = web.kim

    def twice(verb: str, said: dict[str, str]) -> None:
        once = re.findall(rf'{verb}">.*?name="once" value="([^"]+)"', kim.get(at).text, re.DOTALL)[0]
        for _ in range(2):
            assert kim.post(f"{at}/{verb}", data={**said, "once": once}).status_code == 200

    twice("answer", {"title": "A cable is cut", "words": "We mend it."})
    twice("write", {"message": "Is the lamp red?"})
    with web.desk.house.db.reading() as tx:
        assert [card.title for card in service.answers_for(tx, "s1")] == ["A cable is cut"]
        [(_, asked)] = service.desks(tx, "s1")
        assert [line.words for line in conversations.messages(tx, asked)][1:] == ["Is the lamp red?"]
    twice("answer", {"title": "A cable is cut", "words": "We mend it."})
    with web.desk.house.db.reading() as tx:
        assert len(service.answers_for(tx, "s1")) == 2


@pytest.mark.parametrize(
    ("verb", "typed", "said"),
    [
        ("answer", {"title": "", "words": "We mend it.", "until": "18:30"}, "Write what the cause is"),
        ("answer", {"title": "A cable is cut", "words": "We mend it.", "until": "soon"}, "not a time of day"),
        ("answer", {"title": "A cable is cut", "words": "m" * 2001}, "2,000 characters fit."),
        ("answer", {"title": "c" * 201, "words": "We mend it."}, "200 characters fit."),
        ("write", {"message": "m" * 2001}, "2,000 characters fit."),
    ],
)
def test_what_an_agent_typed_stays_in_the_form(web: Web, verb: str, typed: dict[str, str], said: str) -> None:
    web.desk.give()
    refused = web.kim.post(f"/vendor/scans/{hearing_of(web.desk)}/{verb}", data=typed)
    assert refused.status_code == 400
    assert re.search(rf'<p class="seal bad" id="\w+-says">.*?{said}', refused.text)
    for value in typed.values():
        assert value in refused.text


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"events": "scan"}, "Choose whose scans are told."),
        ({"events": "reading", "scanners": "member"}, "Name the streams"),
        ({"events": "reading", "scanners": "member", "streams": "Living Room"}, "This cannot be agreed on"),
        ({"events": "reading", "scanners": "member", "streams": "a b c d e f g h i"}, "8 streams fit. You named 9."),
        ({"scanners": "member", "streams": "host"}, "There is no such kind of event."),
    ],
)
def test_what_an_owner_chose_stays_in_the_form(web: Web, chosen: dict[str, str], said: str) -> None:
    second = web.desk.house.db.write_now(lambda tx: service.create_vendor(tx, 0, "Zeta Desk", "zeta.example"))
    page = web.alice.post(f"/owner/things/{web.desk.modem.id}/vendors", data={"vendor": second.id, **chosen})
    assert page.status_code == 400
    assert re.search(rf'<p class="seal bad"[^>]*>.*?{said}', page.text)
    assert f'value="{second.id}" selected' in page.text
    assert f'value="{chosen.get("streams", "")}"' in page.text
    assert set(re.findall(r'name="(?:events|scanners)" value="(\w+)" checked', page.text)) == {
        value for name, value in chosen.items() if name != "streams"
    }


def test_two_taps_give_one_permission(web: Web) -> None:
    page, alice = f"/owner/things/{web.desk.modem.id}/vendors", web.alice
    once = re.findall(r'name="once" value="([^"]+)"', alice.get(page).text)[0]
    typed = {"vendor": web.desk.vendor.id, "events": "scan", "scanners": "owner", "once": once}
    assert [alice.post(page, data=typed).status_code for _ in range(2)] == [200, 200]
    with web.desk.house.db.reading() as tx:
        assert len(service.grants_of(tx, web.desk.modem.id)) == 1


def test_no_desk_reads_what_is_said_with_another(web: Web) -> None:
    desk, now = web.desk, web.desk.house.clock.now()

    def second(tx: Tx) -> tuple[Vendor, str]:
        made = service.create_vendor(tx, now, "Other Desk", "other.example")
        account = owners.create_account(tx, now, "Lee", "lee@other.example")
        service.add_agent(tx, made.id, account.id, "Agent Lee")
        return made, account.id

    other, lee_id = desk.house.db.write_now(second)
    grants = [desk.give(), desk.give(vendor=other)]
    desk.scan("s1", words="It blinks orange.")
    kims, lees = (f"/vendor/scans/{hearing_in(desk, grant.id)}" for grant in grants)
    kim, lee = web.kim, web.as_(lee_id, "vendor")
    for client, at, who in ((kim, kims, "Kim"), (lee, lees, "Lee")):
        client.post(f"{at}/write", data={"message": f"{who} asks for the lamp"})
    with desk.house.db.reading() as tx:
        talks = {vendor.name: case_id for vendor, case_id in service.desks(tx, "s1")}
    for name, case_id in talks.items():
        desk.house.db.write_now(lambda tx, n=name, c=case_id: conversations.post(tx, now, c, "owner", f"For {n}"))  # type: ignore[misc]
    own, others = kim.get(kims).text, lee.get(lees).text
    for page, mine, theirs in ((own, "Kim", "Lee"), (others, "Lee", "Kim")):
        assert "It blinks orange." in page
        assert f"{mine} asks for the lamp" in page
        assert f"{theirs} asks for the lamp" not in page
    assert "For Example Cable" in own
    assert "For Other Desk" not in own
    assert "For Other Desk" in others
    assert "For Example Cable" not in others
    assert kim.get(lees).status_code == lee.get(kims).status_code == 404


def test_the_owner_may_write_only_to_desks_that_may_still_hear(web: Web) -> None:
    grant = web.desk.give()
    web.desk.scan("s1")
    with web.desk.house.db.reading() as tx:
        assert [vendor.name for vendor, _ in service.desks(tx, "s1")] == ["Example Cable"]
    web.desk.house.db.write_now(lambda tx: service.withdraw(tx, 1, web.desk.alice.id, grant.id))
    with web.desk.house.db.reading() as tx:
        assert service.desks(tx, "s1") == []


@pytest.mark.parametrize("chosen", [{"events": "scan"}, {"events": "reading", "scanners": "owner"}])
def test_a_permission_under_which_nothing_is_told_is_not_given(web: Web, chosen: dict[str, str]) -> None:
    page = f"/owner/things/{web.desk.modem.id}/vendors"
    assert web.alice.post(page, data={"vendor": web.desk.vendor.id, **chosen}).status_code == 400
    assert "Nobody listens" in web.alice.get(page).text


def hearing_in(desk: Desk, grant_id: str) -> str:
    """What was heard of it under one grant."""
    with desk.house.db.reading() as tx:
        query = sa.select(store.hearings.c.id).where(store.hearings.c.grant_id == grant_id)
        return str(tx.execute(query).scalar_one())
