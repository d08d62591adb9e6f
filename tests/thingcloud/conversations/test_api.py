"""Programs of the owner do what the owner's pages do; watchers hear after the commit."""

import asyncio
from collections.abc import AsyncGenerator

from starlette.testclient import TestClient

from tests.thingcloud.conversations.street import Street
from tests.thingcloud.owners.site import browser, program
from thingcloud.conversations import owner, service
from thingcloud.owners import service as owners
from thingcloud.owners.model import Account


def program_of(street: Street, account: Account, *scopes: str) -> TestClient:
    key = street.do(lambda tx, now: owners.api_token(tx, now, account.id, scopes))
    client = browser(program(street.house, owner.api(street.house)))
    client.headers["authorization"] = f"Bearer {key}"
    return client


def test_a_program_reads_answers_and_closes(street: Street) -> None:
    opened = street.find()
    calls = program_of(street, street.alice, "read", "write")
    (line,) = calls.get("/cases").json()["items"]
    assert (line["id"], line["needs_you"], line["unread"]) == (opened.case_id, True, 1)
    said = calls.post(f"/cases/{opened.case_id}/messages", json={"words": "Thank you!", "once": "a"})
    again = calls.post(f"/cases/{opened.case_id}/messages", json={"words": "Thank you!", "once": "a"})
    assert said.status_code == 201
    assert said.json() == again.json()
    case = calls.get(f"/cases/{opened.case_id}").json()
    assert [message["party"] for message in case["messages"]] == ["finder", "owner"]
    assert calls.post(f"/cases/{opened.case_id}/close", json={"how": "returned"}).json()["outcome"] == "returned"


def test_a_program_of_somebody_else_finds_nothing(street: Street) -> None:
    opened = street.find()
    calls = program_of(street, street.bob, "read", "write")
    assert calls.get("/cases").json()["items"] == []
    assert calls.get(f"/cases/{opened.case_id}").status_code == 404
    assert calls.post(f"/cases/{opened.case_id}/messages", json={"words": "x"}).status_code == 404
    assert calls.post(f"/cases/{opened.case_id}/close", json={"how": "returned"}).status_code == 404


def test_a_key_that_may_only_read_does_not_answer(street: Street) -> None:
    opened = street.find()
    calls = program_of(street, street.alice, "read")
    assert calls.post(f"/cases/{opened.case_id}/messages", json={"words": "x"}).status_code == 403
    assert calls.post(f"/cases/{opened.case_id}/close", json={"how": "returned"}).status_code == 403


async def test_the_finders_page_hears_of_an_answer_once_it_is_stored(street: Street) -> None:
    opened = street.find()
    changes = street.house.live.watch(f"case:{opened.case_id}")
    upcoming = asyncio.ensure_future(anext(changes))
    await asyncio.sleep(0)
    now = street.clock.now()
    await street.house.db.write(lambda tx: service.post(tx, now, opened.case_id, "owner", "Thank you!"))
    assert (await asyncio.wait_for(upcoming, 10))[0] == f"case:{opened.case_id}"
    assert isinstance(changes, AsyncGenerator)
    await changes.aclose()
