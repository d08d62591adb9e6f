"""A stranger finds the suitcase: writes a line, is answered, learns nothing of who owns it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Response, expect

from tests.journeys.conftest import DESK, PHONE, Open
from tests.journeys.stage import Demo

Picture = Callable[[Page, str], None]
_FOUND = "Found it on platform 4 under a bench. It is wet but closed. I can leave it at the information desk."
_THANKS = "Thank you so much, you made our day! The desk is perfect."


def write(page: Page, demo: Demo, words: str) -> None:
    """Scan the tag, write and send."""
    page.goto(demo.tag_page)
    page.get_by_label("Where is it?").fill(words)
    page.get_by_role("button", name="Send to the owner").click()
    page.wait_for_url("**/c/**")


def answer(page: Page, demo: Demo, finder_words: str, words: str) -> None:
    """The owner opens the newest message and answers it."""
    page.goto(f"{demo.base_url}/owner/messages")
    page.get_by_text(finder_words[:40]).first.wait_for()
    page.locator("main a", has_text="Suitcase").first.click()
    page.get_by_label("Your answer").fill(words)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".says").last).to_contain_text(words)


def test_a_stranger_writes_and_sees_the_answer_appear(
    demo: Demo, people: Open, owner_state: object, picture: Picture
) -> None:
    finder = people(PHONE)
    finder.goto(demo.tag_page)
    picture(finder, "finder-phone")
    write(finder, demo, _FOUND)
    expect(finder.get_by_role("heading", level=1)).to_contain_text("Sent. Thank you!")
    picture(finder, "case-sent-phone")
    owner = people(DESK, storage_state=owner_state)
    owner.goto(f"{demo.base_url}/owner")
    expect(owner.get_by_role("heading", level=1)).to_contain_text("needs you")
    picture(owner, "home-desktop")
    answer(owner, demo, _FOUND, _THANKS)
    picture(owner, "answer-owner-desktop")
    expect(finder.get_by_role("heading", level=1)).to_contain_text("The owner answered.")
    expect(finder.locator(".says").last).to_contain_text(_THANKS)
    picture(finder, "case-phone")


def test_without_script_the_same_works_by_reload(demo: Demo, people: Open, owner_state: object) -> None:
    finder = people(PHONE, java_script_enabled=False)
    words = "No script here. It stands at the north door."
    write(finder, demo, words)
    owner = people(DESK, storage_state=owner_state, java_script_enabled=False)
    answer(owner, demo, words, "I am on my way.")
    finder.reload()
    expect(finder.get_by_role("heading", level=1)).to_contain_text("The owner answered.")
    expect(finder.locator(".says").last).to_contain_text("I am on my way.")


def test_the_secret_link_opens_the_case_in_another_browser(demo: Demo, people: Open) -> None:
    finder = people(PHONE)
    write(finder, demo, "Left at the desk of the museum.")
    link = finder.locator("a[href*='/c/']").first.get_attribute("href") or ""
    later = people(DESK)
    later.goto(link if link.startswith("http") else demo.base_url + link)
    expect(later.locator(".says").first).to_contain_text("Left at the desk of the museum.")
    assert link.rpartition("/")[2] not in later.url


def test_a_person_without_the_link_does_not_see_the_case(demo: Demo, people: Open) -> None:
    finder = people(PHONE)
    write(finder, demo, "Only for the owner.")
    other = people(PHONE)
    other.goto(finder.url)
    expect(other.get_by_text("Only for the owner.")).to_have_count(0)
    expect(other.get_by_role("heading", level=1)).to_contain_text("This conversation is not here.")


def test_an_empty_message_is_refused_beside_the_field(demo: Demo, people: Open, picture: Picture) -> None:
    finder = people(PHONE)
    finder.goto(demo.tag_page)
    finder.get_by_role("button", name="Send to the owner").click()
    expect(finder.get_by_text("Write a few words, then send.")).to_be_visible()


def test_a_mistyped_code_is_proposed_back_for_the_person_to_confirm(demo: Demo, people: Open, picture: Picture) -> None:
    code = demo.tag_code
    wrong = code[:3] + ("0" if code[3] != "0" else "1") + code[4:]
    finder = people(PHONE)
    finder.goto(f"{demo.base_url}/t?code={wrong}")
    expect(finder.get_by_text("Did you mean")).to_be_visible()
    picture(finder, "code-phone")
    finder.get_by_role("link", name="Yes, this one").or_(finder.get_by_role("button", name="Yes, this one")).click()
    expect(finder.get_by_role("heading", level=1)).to_contain_text("You found a lost suitcase.")


@pytest.mark.parametrize("script", [True, False])
def test_not_one_byte_of_the_owner_reaches_the_stranger(
    demo: Demo, people: Open, owner_state: object, script: bool
) -> None:
    """Every answer the stranger's browser gets is kept whole: bodies, headers, addresses; then searched."""
    finder, got = people(PHONE, java_script_enabled=script), bytearray()
    answers: list[Response] = []
    finder.on("response", lambda one: answers.append(one))  # noqa: PLW0108 - Playwright takes no built-in

    def keep() -> None:
        """Before the page is left: a browser forgets the bodies of the page before."""
        for one in answers:
            got.extend(repr(one.all_headers()).encode() + one.url.encode())
            # A redirect has no body to ask for, and a live stream no end; what a stream announces is fetched as a page.
            if one.status // 100 != 3 and "event-stream" not in one.headers.get("content-type", ""):
                # The browser hands out no body of a page's own icon, so static files are asked for once more.
                got.extend(finder.request.get(one.url).body() if "/static/" in one.url else one.body())
        answers.clear()

    words = f"Canary run, script {'on' if script else 'off'}."
    finder.goto(demo.tag_page)
    keep()
    finder.get_by_label("Where is it?").fill(words)
    finder.get_by_role("button", name="Send to the owner").click()
    finder.wait_for_url("**/c/**")
    keep()
    owner = people(DESK, storage_state=owner_state)
    answer(owner, demo, words, "Thanks, says its owner.")
    if not script:
        finder.reload()
    expect(finder.locator(".says").last).to_contain_text("Thanks, says its owner.")
    keep()
    for path in ("/t", "/t/0000-0000-0000-00", "/nothing", "/owner", "/vendor", "/kept", "/.well-known/thingcloud"):
        finder.goto(demo.base_url + path)
        keep()
    assert len(got) > 10_000
    for part in (b"You found a lost suitcase.", b"Thanks, says its owner.", b"There is nothing here."):
        assert part in got, "the search must have seen the whole of it"
    name, mail = demo.owner_name, demo.owner_email
    for canary in (name, *name.split(), mail, mail.partition("@")[0], demo.thing_id, demo.device_id):
        assert canary.lower().encode() not in bytes(got).lower(), canary


def test_the_stranger_never_meets_a_sign_in_form(demo: Demo, people: Open) -> None:
    finder = people(PHONE)
    for page in (demo.tag_page, f"{demo.base_url}/t", f"{demo.base_url}/t/7K3QX9M2PDRZS7"):
        finder.goto(page)
        assert finder.locator("input[type=password], input[type=email], a[href*='sign-in']").count() == 0
