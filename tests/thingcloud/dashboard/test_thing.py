"""The first page of a thing: values now, the plot with its seal, who may hear, the journal beside."""

import re

import pytest
from starlette.testclient import TestClient

from tests.thingcloud.dashboard.conftest import speak
from tests.thingcloud.owners.site import enter
from thingcloud.owners.model import Account
from thingcloud.plumbing import units
from thingcloud.plumbing.clock import HOUR, MINUTE
from thingcloud.plumbing.house import House
from thingcloud.things import service as things
from thingcloud.things.model import Thing
from thingcloud.vendors import service as vendors
from thingcloud.vendors.model import Scope


def test_values_plot_seal_and_journal_stand_on_one_page(client: TestClient, fridge: Thing) -> None:
    page = client.get(f"/owner/things/{fridge.id}").text
    for words in (
        "Inside",
        "4.2",
        "°C",
        "Moisture",
        "41",
        "signed packs, all checked",
        "The journal begins",
        "Kitchen",
    ):
        assert words in page
    assert 'role="img"' in page
    assert 'aria-label="Inside: 4.2 to 4.91 °C, now 4.2 °C' in page


def test_another_series_is_a_link_away(client: TestClient, fridge: Thing) -> None:
    page = client.get(f"/owner/things/{fridge.id}?name=moisture&span=week").text
    assert 'aria-label="Moisture: 41 to 41 %, now 41 %' in page
    assert 'href="?name=moisture&amp;span=week" aria-current="page"' in page


@pytest.mark.parametrize("query", ["?name=nothing", "?span=century", "?name=%00&span=%00", f"?name={'x' * 5000}"])
def test_an_unknown_choice_gives_the_usual_page(client: TestClient, fridge: Thing, query: str) -> None:
    page = client.get(f"/owner/things/{fridge.id}{query}")
    assert page.status_code == 200
    assert 'aria-label="Inside:' in page.text


def test_a_young_series_is_shown_by_the_hour(house: House, client: TestClient, alice: Account) -> None:
    now = house.clock.now()
    host = house.db.write_now(lambda tx: things.create_thing(tx, now, alice.id, "Host", "computer"))
    house.db.write_now(lambda tx: speak(tx, host.id, "load", "", [(now - MINUTE, 0.3), (now, 0.31)]))
    page = client.get(f"/owner/things/{host.id}").text
    assert 'href="?name=load&amp;span=hour" aria-current="page"' in page


@pytest.mark.parametrize("undated", [0, 1])
def test_a_plot_says_that_some_of_it_stands_where_it_arrived(
    house: House, client: TestClient, alice: Account, undated: int
) -> None:
    now = house.clock.now()
    host = house.db.write_now(lambda tx: things.create_thing(tx, now, alice.id, "Host", "computer"))
    house.db.write_now(lambda tx: speak(tx, host.id, "load", "", [(now - MINUTE, 0.3), (now - 1, 0.31)], undated))
    assert ("Time unknown" in client.get(f"/owner/things/{host.id}").text) is bool(undated)


def test_a_thing_without_a_device_says_what_one_would_add(client: TestClient, suitcase: Thing) -> None:
    page = client.get(f"/owner/things/{suitcase.id}").text
    assert "No device yet" in page
    assert "Nobody listens." in page


def test_a_lost_thing_can_be_called_back_from_its_page(client: TestClient, suitcase: Thing) -> None:
    page = client.get(f"/owner/things/{suitcase.id}").text
    assert "Dark blue, red ribbon." in page
    assert "€ 20 thank-you promised" in page
    assert f'action="/owner/things/{suitcase.id}/found"' in page


def test_who_may_hear_is_named(house: House, client: TestClient, alice: Account, fridge: Thing) -> None:
    now = house.clock.now()
    vendor = house.db.write_now(lambda tx: vendors.create_vendor(tx, 0, "Example Kitchens", "example.net"))
    house.db.write_now(
        lambda tx: vendors.give_grant(
            tx, now, alice.id, fridge.id, vendor.id, Scope(), base_url=house.settings.base_url
        )
    )
    assert "Example Kitchens" in client.get(f"/owner/things/{fridge.id}").text


def test_anothers_thing_is_not_there(house: House, bob: Account, stranger: TestClient, fridge: Thing) -> None:
    answer = enter(house, stranger, bob).get(f"/owner/things/{fridge.id}")
    assert answer.status_code == 404
    assert "Fridge" not in answer.text


def test_a_member_sees_and_is_not_offered_to_change(
    house: House, bob: Account, stranger: TestClient, suitcase: Thing
) -> None:
    house.db.write_now(lambda tx: things.add_member(tx, 0, suitcase.id, bob.id))
    page = enter(house, stranger, bob).get(f"/owner/things/{suitcase.id}").text
    assert "Dark blue, red ribbon." in page
    assert "It is back" not in page


def test_readings_of_the_future_do_not_break_the_page(house: House, client: TestClient, fridge: Thing) -> None:
    ahead = house.clock.now() + 10 * HOUR
    house.db.write_now(lambda tx: speak(tx, fridge.id, "ahead", "Cel", [(ahead, 1.0)]))
    assert client.get(f"/owner/things/{fridge.id}").status_code == 200
    assert client.get("/owner").status_code == 200


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (4.2, "Cel", ("4.2", "°C")),
        (-6.4, "dBmV", ("−6.4", "dBmV")),
        (0.413, "/", ("41.3", "%")),
        (5400, "s", ("1.5", "h")),
        (59, "s", ("59", "s")),
        (2_500_000, "B", ("2.5", "MB")),
        (True, "", ("yes", "")),
        ("shut", "", ("shut", "")),
    ],
)
def test_values_are_read_as_people_write_them(value: float | str, unit: str, said: tuple[str, str]) -> None:
    assert units.spoken(value, unit) == said


def test_a_plot_of_minutes_begins_with_the_first_reading(house: House, client: TestClient, alice: Account) -> None:
    now = house.clock.now()
    host = house.db.write_now(lambda tx: things.create_thing(tx, now, alice.id, "Host", "computer"))
    values = [(now - n * MINUTE, 0.3) for n in range(11)]
    house.db.write_now(lambda tx: speak(tx, host.id, "load", "", values))
    page = client.get(f"/owner/things/{host.id}?span=hour").text
    marks = re.findall(r'text-anchor="middle">(\d\d:\d\d)<', page)
    assert 4 <= len(marks) <= 6
    assert len(set(marks)) == len(marks)


def test_a_slow_device_is_not_called_silent_by_the_hour(client: TestClient, fridge: Thing) -> None:
    page = client.get(f"/owner/things/{fridge.id}?name=inside&span=hour").text
    assert 'class="gap"' not in page
