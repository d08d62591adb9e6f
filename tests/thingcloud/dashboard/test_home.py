"""The home page: what needs the owner first, then the things."""

from datetime import datetime

import pytest
from starlette.testclient import TestClient

from tests.thingcloud.cast import BOB
from tests.thingcloud.owners.site import enter
from thingcloud.conversations import service as conversations
from thingcloud.dashboard import model, service
from thingcloud.dashboard.model import Home
from thingcloud.owners.model import Account
from thingcloud.plumbing.clock import DAY, HOUR, FakeClock
from thingcloud.plumbing.house import House
from thingcloud.things import service as things
from thingcloud.things.model import Thing


def home(house: House, account: Account) -> Home:
    with house.db.reading() as tx:
        return service.home(tx, house.clock.now(), account.id)


def at(hour: int) -> int:
    return round(datetime(2026, 11, 22, hour, 30).astimezone().timestamp() * 1000)


def test_an_empty_home_says_how_to_begin(client: TestClient) -> None:
    page = client.get("/owner").text
    assert "Nothing needs you." in page
    assert "Nothing here yet" in page
    assert "Print a tag, stick it on, done in two minutes." in page


def test_a_finders_words_come_first_with_one_action(client: TestClient, suitcase: Thing, fridge: Thing) -> None:
    page = client.get("/owner").text
    assert "One thing needs you." in page
    assert "A finder wrote about the suitcase" in page
    assert "4 min ago · “Found it on platform 4 under a bench. It is wet but closed.”" in page
    assert page.index("Answer") < page.index("My things") < page.index("Fridge")


def test_an_answered_case_no_longer_waits(house: House, alice: Account, suitcase: Thing) -> None:
    (need,) = home(house, alice).needs
    case_id = need.href.rpartition("/")[2]
    house.db.write_now(lambda tx: conversations.post(tx, house.clock.now(), case_id, "owner", "Thank you!"))
    assert home(house, alice).needs == []
    house.db.write_now(lambda tx: conversations.post(tx, house.clock.now(), case_id, "finder", "It is at the desk."))
    assert [need.text for need in home(house, alice).needs] == ["“It is at the desk.”"]


def test_a_thing_that_speaks_shows_value_and_line(house: House, alice: Account, fridge: Thing) -> None:
    (card,) = home(house, alice).cards
    assert (card.value, card.unit, card.word) == ("4.2", "°C", "Moisture 41 %")
    assert "<svg" in card.spark


def test_a_lost_thing_shows_what_was_said(house: House, alice: Account, suitcase: Thing) -> None:
    (card,) = home(house, alice).cards
    assert (card.word, card.quote) == ("Lost", "Found it on platform 4 under a bench. It is wet but closed.")


def test_a_lost_thing_nobody_wrote_about_shows_the_owners_words(house: House, alice: Account, fridge: Thing) -> None:
    house.db.write_now(lambda tx: things.mark_lost(tx, 0, fridge.id, "White, very heavy"))
    (card,) = home(house, alice).cards
    assert card.quote == "White, very heavy"


def test_a_silent_thing_says_since_when(house: House, alice: Account, fridge: Thing) -> None:
    assert isinstance(house.clock, FakeClock)
    house.clock.advance(3 * DAY)
    (card,) = home(house, alice).cards
    assert card.plain == "Silent for 3 days. The last inside reading was 4.2 °C."
    assert (card.word, card.state) == ("Silent", "warn")


def test_a_thing_with_a_tag_alone_says_so(house: House, alice: Account) -> None:
    dog = house.db.write_now(lambda tx: things.create_thing(tx, 0, alice.id, "Rex", "dog"))
    assert home(house, alice).cards[0].plain == "It has no tag yet."
    house.db.write_now(lambda tx: things.new_tag(tx, 0, dog.id))
    assert home(house, alice).cards[0].plain == "Answers whoever scans its tag."


def test_home_shows_seven_things_and_counts_all(house: House, alice: Account) -> None:
    for name in "abcdefghi":
        thing = house.db.write_now(lambda tx: things.create_thing(tx, 0, alice.id, "Bag", "bag"))
        assert thing.name == "Bag", name
    found = home(house, alice)
    assert (len(found.cards), found.more) == (7, 9)


def test_news_are_counted_since_last_time(house: House, alice: Account, fridge: Thing) -> None:
    since, words = model.last_time(house.clock.now())
    house.db.write_now(lambda tx: things.journal(tx, since - 1, fridge.id, "scan", "Before"))
    house.db.write_now(lambda tx: things.journal(tx, since, fridge.id, "scan", "After"))
    assert home(house, alice).news.startswith(f"{words}: 1 scan, ")
    assert "signed readings" in home(house, alice).news


def test_nobody_sees_anothers_things(
    house: House, suitcase: Thing, fridge: Thing, bob: Account, stranger: TestClient
) -> None:
    page = enter(house, stranger, bob).get("/owner").text
    assert "Nothing needs you." in page
    assert "all quiet" in page
    for words in ("Fridge", "Blue one", "platform"):
        assert words not in page


def test_who_is_not_signed_in_is_shown_the_door(stranger: TestClient, fridge: Thing) -> None:
    for path in ("/owner", "/owner/live", f"/owner/things/{fridge.id}"):
        assert stranger.get(path).headers["location"] == "/owner/sign-in"


def test_no_page_tells_a_name_or_an_address(client: TestClient, alice: Account, suitcase: Thing, fridge: Thing) -> None:
    for path in ("/owner", f"/owner/things/{suitcase.id}"):
        page = client.get(path).text
        assert alice.name not in page
        assert BOB[1] not in page
        assert "style=" not in page


@pytest.mark.parametrize(
    ("hour", "said", "since"),
    [
        (0, "Good morning.", "Since last evening"),
        (11, "Good morning.", "Since last evening"),
        (12, "Good afternoon.", "Since this morning"),
        (18, "Good evening.", "Since this morning"),
        (23, "Good evening.", "Since this morning"),
    ],
)
def test_the_greeting_follows_the_clock_of_the_host(hour: int, said: str, since: str) -> None:
    assert model.greeting(at(hour)) == said
    begun, words = model.last_time(at(hour))
    assert words == since
    assert at(hour) - DAY < begun < at(hour)


def test_counts_are_said_as_people_say_them() -> None:
    assert [model.waiting(n) for n in (0, 1, 2, 12)] == [
        "Nothing needs you.", "One thing needs you.", "Two things need you.", "Twelve things need you.",
    ]  # fmt: skip
    assert model.waiting(1300) == "1,300 things need you."
    assert model.news("Since this morning", 2, 1, 4312) == (
        "Since this morning: 2 scans, 1 answer, 4,312 signed readings."
    )
    assert model.news("Since this morning", 0, 0, 0) == "Since this morning: all quiet."


def test_silence_begins_after_an_hour() -> None:
    assert model.silence(0, HOUR - 1) == ""
    assert model.silence(0, HOUR) == "Silent for an hour."
    assert model.silence(0, 30 * HOUR) == "Silent for 30 hours."
    assert model.silence(0, 3 * DAY) == "Silent for 3 days."


def test_a_quote_is_cut_at_a_word() -> None:
    assert model.quoted("short\nwords") == "short words"
    assert model.quoted("Found it on platform 4, under a bench", 25) == "Found it on platform 4…"
    assert model.quoted("x" * 100) == "x" * 60 + "…"
