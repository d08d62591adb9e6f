"""The owner's pages of a thing and its tags; what belongs to another is not there."""

import asyncio
import io
import re

import pytest
import zxingcpp
from PIL import Image
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.thingcloud.cast import ALICE
from tests.thingcloud.owners.site import enter
from tests.thingcloud.things.conftest import CODE
from tests.thingcloud.things.test_things import write_notes
from thingcloud.owners.model import Account
from thingcloud.plumbing import http
from thingcloud.plumbing.house import House
from thingcloud.things import owner, service
from thingcloud.things.model import Tag, Thing


def filled(path: str, thing: Thing) -> str:
    return (
        path.replace("{thing}", thing.id).replace("{code}", CODE).replace("{route}", "nothing").replace("{kind}", "svg")
    )


def about_a_thing(house: House) -> list[Route]:
    return [route for route in owner.pages(house) if "{thing}" in route.path]


def test_anothers_thing_is_not_there_on_any_page(
    house: House, suitcase: Thing, tag: Tag, bob: Account, stranger: TestClient
) -> None:
    enter(house, stranger, bob)
    for route in about_a_thing(house):
        (method,) = (route.methods or set()) - {"HEAD"}
        answer = stranger.request(
            method, filled(route.path, suitcase), data={"name": "x"} if method == "POST" else None
        )
        assert answer.status_code == 404, (method, route.path)
        assert "Blue one" not in answer.text
    with house.db.reading() as tx:
        assert service.thing(tx, suitcase.id) == suitcase
        assert service.tags_of(tx, suitcase.id) == [tag]


def test_who_is_not_signed_in_is_shown_the_door_on_every_page(
    house: House, suitcase: Thing, tag: Tag, stranger: TestClient
) -> None:
    for route in owner.pages(house):
        (method,) = (route.methods or set()) - {"HEAD"}
        answer = stranger.request(method, filled(route.path, suitcase))
        assert (answer.status_code, answer.headers["location"]) == (303, "/owner/sign-in"), (method, route.path)


def test_a_post_from_another_site_is_refused_on_every_page(
    house: House, suitcase: Thing, tag: Tag, client: TestClient
) -> None:
    for route in owner.pages(house):
        if "POST" in (route.methods or set()):
            away = {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}
            assert client.post(filled(route.path, suitcase), headers=away).status_code == 403, route.path
    with house.db.reading() as tx:
        assert len(service.journal_of(tx, suitcase.id)) == 2


def test_a_members_page_shows_and_refuses_to_change(
    house: House, suitcase: Thing, tag: Tag, bob: Account, stranger: TestClient
) -> None:
    house.db.write_now(lambda tx: service.add_member(tx, 0, suitcase.id, bob.id))
    enter(house, stranger, bob)
    at = f"/owner/things/{suitcase.id}"
    assert stranger.get(f"{at}/tags").status_code == stranger.get(f"{at}/journal").status_code == 200
    assert "Switch off this tag" not in stranger.get(f"{at}/tags").text
    for path in ("edit", "lost", "found", "tags", f"tags/{CODE}/off"):
        assert stranger.post(f"{at}/{path}", data={"name": "x"}).status_code == 403, path
    assert stranger.post(f"{at}/notes", data={"note": "I looked after it"}).status_code == 303


def test_a_tag_is_reached_through_its_thing_only(house: House, alice: Account, tag: Tag, client: TestClient) -> None:
    other = house.db.write_now(lambda tx: service.create_thing(tx, 0, alice.id, "Bag", "bag"))
    assert client.get(f"/owner/things/{other.id}/tags/{CODE}/off").status_code == 404
    assert client.post(f"/owner/things/{other.id}/tags/{CODE}/off").status_code == 404
    assert client.get(f"/owner/things/{other.id}/tags/{CODE}/label.svg").status_code == 404


def test_adding_a_thing_makes_its_first_tag(house: House, alice: Account, client: TestClient) -> None:
    assert client.get("/owner/things/new").status_code == 200
    made = client.post("/owner/things/new", data={"name": "Bike", "kind": "bicycle", "place": "Cellar"})
    assert made.status_code == 303
    page = client.get(made.headers["location"])
    with house.db.reading() as tx:
        (thing,) = service.things_of(tx, alice.id)
        (tag,) = service.tags_of(tx, thing.id)
    assert tag.grouped in page.text
    assert "This is exactly what a stranger sees." in page.text
    assert "Bike" in client.get("/owner/things").text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": "", "kind": "bag"}, "Something is missing here."),
        ({"name": "n" * 90, "kind": "bag"}, "80 characters fit. Yours has 90."),
        ({"name": "Bag", "kind": "spaceship"}, "There is no kind of thing"),
        ({"name": "Bag", "kind": "bag", "place": "p" * 99}, "80 characters fit. Yours has 99."),
    ],
)
def test_what_does_not_fit_stays_in_the_form(
    house: House, alice: Account, client: TestClient, typed: dict[str, str], said: str
) -> None:
    page = client.post("/owner/things/new", data=typed)
    assert page.status_code == 400
    assert said in page.text
    assert f'value="{typed["name"]}"' in page.text
    with house.db.reading() as tx:
        assert service.things_of(tx, alice.id) == []


def test_a_thing_is_changed(client: TestClient, suitcase: Thing) -> None:
    at = f"/owner/things/{suitcase.id}"
    assert 'value="Blue one"' in client.get(f"{at}/edit").text
    assert client.post(f"{at}/edit", data={"name": "Red one", "kind": "suitcase"}).status_code == 303
    assert "Renamed from Blue one" in client.get(f"{at}/journal").text
    assert client.post(f"{at}/edit", data={"name": "", "kind": "suitcase"}).status_code == 400


def test_lost_and_back_again(house: House, client: TestClient, suitcase: Thing, tag: Tag) -> None:
    at = f"/owner/things/{suitcase.id}"
    assert "Whoever scans it now sees your message." in client.get(f"{at}/lost").text
    assert client.post(f"{at}/lost", data={"message": "Dark <b>blue", "reward": "€ 20"}).status_code == 303
    page = client.get(f"{at}/lost").text
    assert "Dark &lt;b&gt;blue" in page
    assert "It is back" in page
    too_long = client.post(f"{at}/lost", data={"message": "Blue", "reward": "r" * 30})
    assert "20 characters fit. Yours has 30." in too_long.text
    assert client.post(f"{at}/found").status_code == 303
    facts = service.tag_facts(house.db, CODE)
    assert facts is not None
    assert not facts.lost


def test_switching_off_is_asked_once(house: House, client: TestClient, suitcase: Thing, tag: Tag) -> None:
    at = f"/owner/things/{suitcase.id}/tags/{CODE}"
    asked = client.get(f"{at}/off").text
    for words in (
        "Switch off this tag?",
        "The printed code stops answering. You can switch it on again at any time.",
        "Keep it",
    ):
        assert words in asked
    client.post(f"{at}/off")
    facts = service.tag_facts(house.db, CODE)
    assert facts is not None
    assert not facts.answers
    assert "Switched off" in client.get(f"/owner/things/{suitcase.id}/tags").text
    client.post(f"{at}/on")
    facts = service.tag_facts(house.db, CODE)
    assert facts is not None
    assert facts.answers


def test_buttons_are_added_moved_and_taken_off(house: House, client: TestClient, suitcase: Thing, tag: Tag) -> None:
    at = f"/owner/things/{suitcase.id}/tags/{CODE}"
    added = {"route": "support", "label": "Tell Example Cable", "target": "", "audience": "household"}
    assert client.post(f"{at}/routes", data=added).status_code == 303
    with house.db.reading() as tx:
        support = service.routes_of(tx, CODE)[1]
    assert (support.label, support.audience) == ("Tell Example Cable", "household")
    client.post(f"{at}/routes/{support.id}/up")
    with house.db.reading() as tx:
        assert service.routes_of(tx, CODE)[0].id == support.id
    client.post(f"{at}/routes/{support.id}/remove")
    assert client.post(f"{at}/routes/{support.id}/remove").status_code == 404
    wrong = client.post(f"{at}/routes", data={"route": "link", "label": "Mine", "target": "nowhere"})
    assert wrong.status_code == 400
    assert "This is not a web address." in wrong.text
    assert 'value="nowhere"' in wrong.text


def test_a_tag_can_be_private(house: House, client: TestClient, suitcase: Thing, tag: Tag) -> None:
    at = f"/owner/things/{suitcase.id}/tags/{CODE}/shown"
    assert client.post(at, data={"visibility": "private"}).status_code == 303
    assert client.post(at, data={"visibility": "loud"}).status_code == 400
    facts = service.tag_facts(house.db, CODE)
    assert facts is not None
    assert facts.visibility == "private"


def test_notes_gather_in_the_journal(client: TestClient, suitcase: Thing) -> None:
    at = f"/owner/things/{suitcase.id}"
    assert client.post(f"{at}/notes", data={"note": "New <wheel>"}).status_code == 303
    page = client.get(f"{at}/journal").text
    assert "New &lt;wheel&gt;" in page
    assert "Each entry holds on to the one before it, and still does." in page
    assert client.post(f"{at}/notes", data={"note": " "}).status_code == 400
    long = client.post(f"{at}/notes", data={"note": "w" * 1200})
    assert "1,000 characters fit. Yours has 1,200." in long.text
    assert "w" * 1200 in long.text


def test_a_long_journal_has_earlier_pages(house: House, client: TestClient, suitcase: Thing) -> None:
    write_notes(house, suitcase, 60)
    at = f"/owner/things/{suitcase.id}/journal"
    page = client.get(at).text
    assert "Note 59." in page
    assert "Note 5." not in page
    assert 'href="?before=12"' in page
    assert "Note 5." in client.get(f"{at}?before=12").text
    assert client.get(f"{at}?before=junk").status_code == 200


@pytest.mark.parametrize("kind", ["pdf", "svg", "png"])
def test_a_label_is_downloaded_without_the_owners_name(
    house: House, alice: Account, client: TestClient, suitcase: Thing, tag: Tag, kind: str
) -> None:
    answer = client.get(f"/owner/things/{suitcase.id}/tags/{CODE}/label.{kind}")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'inline; filename="talk-tag.{kind}"'
    assert ALICE[0].encode() not in answer.content
    assert b"Blue one" not in answer.content


def test_the_square_on_the_label_leads_to_the_tag(client: TestClient, suitcase: Thing, tag: Tag) -> None:
    answer = client.get(f"/owner/things/{suitcase.id}/tags/{CODE}/label.png")
    (read,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(answer.content)))
    assert read.text == f"HTTP://LOCALHOST:8080/T/{CODE}"


@pytest.mark.parametrize(
    "path",
    [
        "label.pdf?start=0",
        "label.pdf?start=99",
        "label.pdf?start=" + "9" * 5000,
        "label.pdf?stock=NONE",
        f"label.svg?line={'x' * 19}",
        "label.svg?line=%00%07",
    ],
)
def test_a_label_that_cannot_be_printed_says_why(client: TestClient, suitcase: Thing, tag: Tag, path: str) -> None:
    assert client.get(f"/owner/things/{suitcase.id}/tags/{CODE}/{path}").status_code == 400


def test_there_is_no_label_of_another_format(client: TestClient, suitcase: Thing, tag: Tag) -> None:
    assert client.get(f"/owner/things/{suitcase.id}/tags/{CODE}/label.exe").status_code == 404


def test_pages_are_kept_by_nobody(client: TestClient, suitcase: Thing, tag: Tag) -> None:
    for path in ("", "/tags", "/journal", "/edit", "/lost"):
        answer = client.get(f"/owner/things{'/' + suitcase.id + path if path else ''}")
        assert answer.headers["cache-control"] == "no-store", path
        assert "style=" not in answer.text


async def test_the_live_stream_tells_of_each_change(house: House, client: TestClient, suitcase: Thing) -> None:
    live = next(route for route in owner.pages(house) if route.path.endswith("/live"))
    cookie = f"{http.SESSION_COOKIE}={client.cookies[http.SESSION_COOKIE]}".encode()
    scope = {"type": "http", "method": "GET", "headers": [(b"cookie", cookie)], "path_params": {"thing": suitcase.id}}
    stream = await live.endpoint(Request(scope))
    assert isinstance(stream, StreamingResponse)
    lines = aiter(stream.body_iterator)
    assert "retry" in str(await anext(lines))
    following = asyncio.ensure_future(anext(lines))
    await asyncio.sleep(0)
    await house.db.write(lambda tx: service.mark_lost(tx, 0, suitcase.id))
    assert "event: changed" in str(await asyncio.wait_for(following, 5))
    await stream.body_iterator.aclose()  # type: ignore[attr-defined]


def test_two_taps_make_one_and_another_form_makes_another(
    house: House, alice: Account, client: TestClient, suitcase: Thing, tag: Tag
) -> None:
    at = f"/owner/things/{suitcase.id}"
    link = {"route": "link", "label": "Our club", "target": "https://club.example/"}
    forms: list[tuple[str, str, dict[str, str]]] = [
        ("/owner/things/new", "/owner/things/new", {"name": "Bike", "kind": "bicycle"}),
        (f"{at}/journal", f"{at}/notes", {"note": "A wheel is loose."}),
        (f"{at}/tags", f"{at}/tags", {}),
        (f"{at}/tags", f"{at}/tags/{tag.code}/routes", link),
    ]

    def made() -> tuple[int, int, int, int]:
        with house.db.reading() as tx:
            notes = [event for event in service.journal_of(tx, suitcase.id) if event.kind == "note"]
            tags, routes = service.tags_of(tx, suitcase.id), service.routes_of(tx, tag.code)
            return len(service.things_of(tx, alice.id)), len(notes), len(tags), len(routes)

    assert made() == (1, 0, 1, 1)
    for rounds in (1, 2):
        for page, post, typed in forms:
            once = re.findall(r'name="once" value="([^"]+)"', client.get(page).text)[0]
            answers = [client.post(post, data={**typed, "once": once}) for _ in range(2)]
            assert answers[0].status_code == 303
            assert answers[0].headers["location"] == answers[1].headers["location"]
        assert made() == (1 + rounds, rounds, 1 + rounds, 1 + rounds)


def test_one_persons_form_sent_by_another_is_another_form(
    house: House, alice: Account, bob: Account, client: TestClient, stranger: TestClient
) -> None:
    typed = {"name": "Bike", "kind": "bicycle", "once": "the same"}
    client.post("/owner/things/new", data=typed)
    enter(house, stranger, bob).post("/owner/things/new", data=typed)
    with house.db.reading() as tx:
        assert [len(service.things_of(tx, who.id)) for who in (alice, bob)] == [1, 1]
