"""Not one byte of the owner's contact reaches a stranger: names and addresses are planted, then searched for."""

import base64
import json
import re

import pytest
from httpx2 import Response

from talktag import code as codes
from tests.thingcloud.cast import ALICE
from tests.thingcloud.scans.conftest import Street
from thingcloud.conversations import service as conversations
from thingcloud.owners import service as owners
from thingcloud.things import service as things

PHONE = "+49 170 5550199"
NAME, MAIL = ALICE
PLACE = "Canary Lane 7, Springfield"
THING = "Old Samsonite Canary"


def canaries(street: Street) -> list[bytes]:
    words = [NAME, *NAME.replace("-", " ").split(), MAIL, MAIL.partition("@")[0], PHONE, PHONE.replace(" ", ""), PLACE]
    words += [THING, street.alice.id, street.suitcase.id]
    plain = [word.encode() for word in words]
    return plain + [base64.b64encode(word) for word in plain] + [word.hex().encode() for word in plain]


@pytest.fixture
def planted(street: Street) -> Street:
    """Everything that is private to Alice is filled in before a stranger comes."""
    street.write(lambda tx, now: owners.rename(tx, street.alice.id, NAME))
    street.write(lambda tx, now: things.change_thing(tx, now, street.suitcase.id, THING, "suitcase", PLACE))
    street.write(lambda tx, now: things.note(tx, now, street.suitcase.id, f"Call me at {PHONE}"))
    street.write(lambda tx, now: things.add_route(tx, now, street.tag.code, "support", f"Help for {NAME}", PHONE))
    return street


def everything_a_stranger_can_ask(street: Street) -> list[bytes]:
    client, code = street.stranger(), street.tag.code
    client = type(client)(
        street.app, base_url="http://localhost:8080", follow_redirects=False, raise_server_exceptions=False
    )
    off = ("B" if code[0] == "A" else "A") + code[1:]
    gets = [
        f"/t/{code}",
        f"/T/{code.lower()}",
        f"/t/{off}",
        f"/t/{codes.new().text}",
        "/t",
        "/kept",
        f"/t/{code}/message",
    ]
    gets += [f"/t?code={code}", f"/t?code={off}", "/t/%00", f"/t/{code}%00", "/t/" + "x" * 3000]
    gets += [f"/owner/things/{street.suitcase.id}", f"/t/{code}/support", "/owner/scans/x/live"]
    answers = [client.get(path) for path in gets]
    answers += [client.get(f"/t/{code}", headers={"accept": kind}) for kind in ("application/linkset+json", "image/*")]
    answers += [client.get(f"/t/{code}", headers={"accept-encoding": way}) for way in ("gzip", "identity", "br")]
    answers += [client.get(f"/t/{code}", headers={"cookie": f"session={street.alice.id}; once=\x7f"})]
    forms = [
        {"words": "Hello"},
        {"words": "x" * 3000},
        {"words": "0170 000 00 00"},
        {"kind": "moon"},
        {},
        {"place": "here"},
    ]
    forms += [{"words": "again and again"}] * 3
    for action in ("message", "left-at", "location", "support", "helped"):
        answers += [client.post(f"/t/{code}/{action}", data=form) for form in forms]
    answers += [
        client.post(f"/t/{code}/message", content=b"\xff\x00", headers={"content-type": kind})
        for kind in ("text/plain", "multipart/form-data")
    ]
    answers += [client.put(f"/t/{code}"), client.options(f"/t/{code}"), client.head(f"/t/{code}")]
    return [_bytes(answer) for answer in answers]


def _bytes(answer: Response) -> bytes:
    headers = b"\n".join(name + b": " + value for name, value in answer.headers.raw)
    return str(answer.status_code).encode() + b"\n" + headers + b"\n\n" + answer.content


def test_nothing_of_the_owner_is_in_anything_a_stranger_obtains(planted: Street) -> None:
    seen = everything_a_stranger_can_ask(planted)
    assert len(seen) > 60
    assert any(b"You found a lost suitcase." in answer for answer in seen)
    for answer in seen:
        for canary in canaries(planted):
            assert canary.lower() not in answer.lower(), canary


def test_the_search_would_find_what_is_planted(planted: Street) -> None:
    page = planted.signed_in(planted.alice).get(f"/t/{planted.tag.code}")
    assert any(canary in page.content for canary in canaries(planted))


def test_nothing_of_the_finder_is_stored_but_what_was_sent(planted: Street) -> None:
    client = planted.stranger()
    client.headers["user-agent"] = "CanaryPhone/17"
    client.headers["x-forwarded-for"] = "203.0.113.77"
    client.headers["accept-language"] = "gsw-CH"
    client.get(f"/t/{planted.tag.code}")
    assert client.post(f"/t/{planted.tag.code}/message", data={"words": "Platform 4"}).status_code == 303
    stored = b"".join(path.read_bytes() for path in planted.house.settings.data.glob("thingcloud.db*"))
    assert b"Platform 4" in stored
    for canary in (b"CanaryPhone", b"203.0.113.77", b"gsw-CH", b"testclient"):
        assert canary not in stored


def test_the_finders_words_reach_the_owner_and_no_secret_does(planted: Street) -> None:
    answer = planted.stranger().post(f"/t/{planted.tag.code}/message", data={"words": "Platform 4"})
    secret = answer.headers["location"].rpartition("/")[2]
    lines = planted.write(lambda tx, now: conversations.cases_of(tx, planted.alice.id))
    events = planted.write(lambda tx, now: things.journal_of(tx, planted.suitcase.id))
    told = json.dumps([repr(line) for line in lines] + [repr(event) for event in events])
    assert "Platform 4" in told
    assert secret not in told
    stored = b"".join(path.read_bytes() for path in planted.house.settings.data.glob("thingcloud.db*"))
    assert secret.encode() not in stored


def test_no_page_of_a_finder_loads_anything_from_elsewhere(planted: Street) -> None:
    for path in (f"/t/{planted.tag.code}", "/t", "/kept", "/t/unknown"):
        page = planted.stranger().get(path).text
        loads = re.findall(r'(?:src|srcset|action|data-live)="([^"]*)"', page) + re.findall(
            r"<link[^>]*href=\"([^\"]*)\"", page
        )
        assert loads
        assert all(address.startswith("/") and not address.startswith("//") for address in loads)
        assert "style=" not in page
        assert not re.search(r"\son\w+=", page)
