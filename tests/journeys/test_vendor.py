"""The owner asks the maker from their own tag; the desk answers on their phone, and on nobody else's."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.journeys.conftest import DESK, PHONE, Open, ask_the_maker
from tests.journeys.stage import Demo

Picture = Callable[[Page, str], None]
_CARD = "There is an outage in your area. Your modem is fine."


def test_the_owner_asks_and_the_answer_card_appears_on_their_phone_only(
    demo: Demo, people: Open, owner_state: object, vendor_state: object, picture: Picture
) -> None:
    desk = people(DESK, storage_state=vendor_state)
    desk.goto(f"{demo.base_url}/vendor")
    phone = people(PHONE, storage_state=owner_state)
    phone.goto(demo.tag_page)
    picture(phone, "own-tag-phone")
    ask_the_maker(phone, demo)
    desk.locator("#queue a", has_text="It blinks orange.").first.click()
    picture(desk, "console-desktop")
    desk.get_by_label("The cause, and what is fine").fill(_CARD)
    desk.get_by_label("Expected back").fill("18:30")
    desk.get_by_role("button", name="Send the card").click()
    expect(phone.get_by_role("heading", name=_CARD)).to_be_visible()
    picture(phone, "answer-phone")
    phone.get_by_role("button", name="Not yet").click()
    expect(desk.get_by_text("Not yet")).to_be_visible()
    stranger = people(PHONE)
    stranger.goto(demo.tag_page)
    assert "outage" not in stranger.content()
    assert "Example Cable" not in stranger.content()


def test_on_a_phone_queue_case_and_context_are_pages_of_their_own(
    demo: Demo, people: Open, owner_state: object, vendor_state: object, picture: Picture
) -> None:
    ask_the_maker(people(PHONE, storage_state=owner_state), demo)
    desk = people(PHONE, storage_state=vendor_state)
    queue, case, context = (desk.get_by_label(name, exact=True) for name in ("Queue", "Case", "You may see"))
    desk.goto(f"{demo.base_url}/vendor")
    expect(case).to_be_hidden()
    desk.locator("#queue a").first.click()
    expect(case).to_be_visible()
    expect(queue).to_be_hidden()
    picture(desk, "console-phone")
    assert desk.evaluate("document.documentElement.scrollWidth") == PHONE["viewport"]["width"]  # type: ignore[index]
    desk.get_by_role("link", name="You may see").click()
    expect(context).to_be_visible()
    expect(case).to_be_hidden()
    desk.get_by_role("navigation").get_by_role("link").click()
    expect(case).to_be_visible()
    desk.get_by_role("link", name="Queue").click()
    expect(queue).to_be_visible()


def test_what_the_owner_writes_appears_at_the_desk(
    demo: Demo, people: Open, owner_state: object, vendor_state: object
) -> None:
    phone = people(PHONE, storage_state=owner_state)
    ask_the_maker(phone, demo)
    desk = people(DESK, storage_state=vendor_state)
    desk.goto(f"{demo.base_url}/vendor")
    desk.locator("#queue a").first.click()
    expect(desk.locator("#said .says").first).to_be_visible()
    phone.get_by_role("link", name="Write").first.click()
    phone.get_by_label("Your answer").fill("The third light is off as well.")
    phone.get_by_role("button", name="Send", exact=True).click()
    expect(desk.locator("#said")).to_contain_text("The third light is off as well.")


def test_a_strangers_message_never_reaches_the_desk(demo: Demo, people: Open, vendor_state: object) -> None:
    finder = people(PHONE)
    finder.goto(demo.tag_page)
    finder.get_by_label("Where is it?").fill("Stranger words, not for the desk.")
    finder.get_by_role("button", name="Send to the owner").click()
    finder.wait_for_url("**/c/**")
    desk = people(DESK, storage_state=vendor_state)
    desk.goto(f"{demo.base_url}/vendor")
    assert "Stranger words" not in desk.content()


def test_the_owner_sees_who_hears_and_can_stop_it(
    demo: Demo, people: Open, owner_state: object, picture: Picture
) -> None:
    owner = people(DESK, storage_state=owner_state)
    owner.goto(f"{demo.base_url}/owner/things/{demo.thing_id}/vendors")
    expect(owner.get_by_role("button", name="Stop telling Example Cable")).to_be_visible()
    expect(owner.get_by_text("Scans by strangers")).to_be_visible()
    picture(owner, "vendors-desktop")
