"""Things for programs: a key with a scope, the same rules, errors by reason."""

import pytest
from starlette.testclient import TestClient

from thingcloud.owners import service as owners
from thingcloud.owners.model import Account
from thingcloud.plumbing.house import House
from thingcloud.things import service
from thingcloud.things.model import Tag, Thing


def key(house: House, account: Account, *scopes: str) -> dict[str, str]:
    token = house.db.write_now(lambda tx: owners.api_token(tx, 0, account.id, scopes))
    return {"authorization": f"Bearer {token}"}


@pytest.fixture
def write(house: House, alice: Account) -> dict[str, str]:
    return key(house, alice, "read", "write")


def test_a_thing_is_made_listed_and_read(stranger: TestClient, write: dict[str, str]) -> None:
    made = stranger.post("/api/v1/things", json={"name": "Fridge", "kind": "fridge"}, headers=write)
    assert made.status_code == 201
    thing = made.json()["id"]
    tag = stranger.post(f"/api/v1/things/{thing}/tags", headers=write).json()
    assert tag["address"] == f"http://localhost:8080/t/{tag['code']}"
    assert [item["name"] for item in stranger.get("/api/v1/things", headers=write).json()["items"]] == ["Fridge"]
    assert stranger.get(f"/api/v1/things/{thing}", headers=write).json()["tags"] == [tag]
    events = stranger.get(f"/api/v1/things/{thing}/events", headers=write).json()["items"]
    assert [event["kind"] for event in events] == ["tag.made", "thing.made"]
    older = stranger.get(f"/api/v1/things/{thing}/events?before=2", headers=write).json()["items"]
    assert [event["number"] for event in older] == [1]


def test_lost_and_found_over_the_api(stranger: TestClient, write: dict[str, str], suitcase: Thing) -> None:
    lost = stranger.post(f"/api/v1/things/{suitcase.id}/lost", json={"message": "Blue"}, headers=write).json()
    assert (lost["lost"], lost["message"]) == (True, "Blue")
    assert not stranger.post(f"/api/v1/things/{suitcase.id}/found", headers=write).json()["lost"]


def test_a_thing_is_changed_in_part(stranger: TestClient, write: dict[str, str], suitcase: Thing) -> None:
    changed = stranger.patch(f"/api/v1/things/{suitcase.id}", json={"place": "Hall"}, headers=write).json()
    assert (changed["name"], changed["kind"], changed["place"]) == ("Blue one", "suitcase", "Hall")


def test_a_note_is_written(stranger: TestClient, write: dict[str, str], suitcase: Thing) -> None:
    note = stranger.post(f"/api/v1/things/{suitcase.id}/events", json={"text": "New wheel"}, headers=write)
    assert (note.status_code, note.json()["text"], note.json()["number"]) == (201, "New wheel", 2)
    assert len(note.json()["digest"]) == 64


def test_a_tag_is_switched_and_gets_buttons(
    stranger: TestClient, write: dict[str, str], suitcase: Thing, tag: Tag
) -> None:
    at = f"/api/v1/things/{suitcase.id}/tags/{tag.code}"
    shown = stranger.patch(at, json={"state": "off", "visibility": "contact"}, headers=write).json()
    assert (shown["state"], shown["visibility"]) == ("off", "contact")
    assert stranger.patch(at, json={"state": "on"}, headers=write).json()["state"] == "on"
    button = {"kind": "support", "label": "Ask Example Cable"}
    routes = stranger.post(f"{at}/routes", json=button, headers=write).json()["routes"]
    assert [(route["kind"], route["audience"]) for route in routes] == [
        ("lost-and-found", "everyone"),
        ("support", "household"),
    ]
    left = stranger.delete(f"{at}/routes/{routes[1]['id']}", headers=write).json()["routes"]
    assert [route["kind"] for route in left] == ["lost-and-found"]
    assert stranger.post(f"{at}/routes", json={"kind": "x", "label": "y"}, headers=write).status_code == 400


def test_nothing_is_told_without_a_key(stranger: TestClient, suitcase: Thing) -> None:
    for headers in (
        {},
        {"authorization": "Bearer nonsense"},
        {"authorization": "Basic eDp5"},
        {"authorization": "Bearer tc_" + "a" * 9000},
    ):
        for path in ("things", f"things/{suitcase.id}", f"things/{suitcase.id}/events"):
            answer = stranger.get(f"/api/v1/{path}", headers=headers)
            assert answer.status_code in {401, 403}
            assert answer.json()["reason"] == "signed-out"


def test_a_cookie_is_no_key(client: TestClient) -> None:
    assert client.get("/api/v1/things").status_code in {401, 403}


def test_a_key_to_read_does_not_write(house: House, alice: Account, stranger: TestClient, suitcase: Thing) -> None:
    read = key(house, alice, "read")
    calls = [("things", {"name": "Bag"}), (f"things/{suitcase.id}/lost", {}), (f"things/{suitcase.id}/tags", None)]
    for path, body in calls:
        answer = stranger.post(f"/api/v1/{path}", json=body, headers=read)
        assert (answer.status_code, answer.json()["reason"]) == (403, "scope")
    with house.db.reading() as tx:
        assert service.things_of(tx, alice.id) == [suitcase]


def test_anothers_thing_is_not_there(
    house: House, bob: Account, stranger: TestClient, suitcase: Thing, tag: Tag
) -> None:
    his = key(house, bob, "read", "write")
    at = f"/api/v1/things/{suitcase.id}"
    calls = [
        ("GET", at, None),
        ("PATCH", at, {"name": "Mine"}),
        ("GET", f"{at}/events", None),
        ("POST", f"{at}/events", {"text": "Mine"}),
        ("POST", f"{at}/lost", {}),
        ("POST", f"{at}/found", None),
        ("POST", f"{at}/tags", None),
        ("PATCH", f"{at}/tags/{tag.code}", {"state": "off"}),
        ("POST", f"{at}/tags/{tag.code}/routes", {"kind": "support", "label": "Mine"}),
        ("DELETE", f"{at}/tags/{tag.code}/routes/x", None),
    ]
    told = {(method, path): stranger.request(method, path, json=body, headers=his) for method, path, body in calls}
    assert {call: answer.status_code for call, answer in told.items()} == dict.fromkeys(told, 404)
    assert stranger.get("/api/v1/things", headers=his).json() == {"items": []}
    with house.db.reading() as tx:
        assert service.thing(tx, suitcase.id) == suitcase
        assert service.tags_of(tx, suitcase.id) == [tag]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"name": "\x00"}, "name-empty"),
        ({"name": "x" * 100}, "name-too-long"),
        ({"name": "x", "kind": "ufo"}, "kind-unknown"),
    ],
)
def test_bad_input_is_refused_by_reason(
    stranger: TestClient, write: dict[str, str], body: dict[str, str], reason: str
) -> None:
    answer = stranger.post("/api/v1/things", json=body, headers=write)
    assert (answer.status_code, answer.json()["reason"]) == (400, reason)


@pytest.mark.parametrize("query", ["before=0", "before=x", "limit=0", "limit=1001", "before=99999999999999999999"])
def test_a_query_out_of_range_is_refused(
    stranger: TestClient, write: dict[str, str], suitcase: Thing, query: str
) -> None:
    assert stranger.get(f"/api/v1/things/{suitcase.id}/events?{query}", headers=write).status_code == 422
