"""The stranger's and the owner's way through a real browser at phone size, with and without script."""

import shutil
import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.thingcloud.scans.conftest import Street, build
from thingcloud.conversations import service as conversations
from thingcloud.scans import service
from thingcloud.things import service as things
from thingcloud.vendors import service as vendors
from thingcloud.vendors.model import Scope

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 390, "height": 844}

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def served(street: Street) -> Iterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    app = build(street.house, service.Limits(street.house.clock))
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    # The socket listens already, so a first request waits in its queue until the server answers.
    yield f"http://localhost:{listening.getsockname()[1]}"
    server.should_exit = server.force_exit = True
    thread.join(timeout=10)


def phone(browser: Browser, *, script: bool = True, token: str = "", base: str = "") -> tuple[BrowserContext, Page]:
    context = browser.new_context(viewport=PHONE, java_script_enabled=script)  # type: ignore[arg-type]
    if token:
        context.add_cookies([{"name": "session", "value": token, "url": base}])
    return context, context.new_page()


def wait_for_watchers(street: Street, page: Page, topic: str) -> None:
    """Until the page's stream is listened to: what is said before that nobody is told."""
    for _ in range(200):
        if any(watched.startswith(topic) for watched in street.house.live._watchers):
            return
        page.evaluate("new Promise(requestAnimationFrame)")
    raise AssertionError(f"nobody watches {topic}")


def words_in(street: Street) -> list[str]:
    lines = street.write(lambda tx, now: conversations.cases_of(tx, street.alice.id))
    return [line.words for line in lines]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_stranger_writes_and_lands_on_the_case(browser: Browser, served: str, street: Street, script: bool) -> None:
    context, page = phone(browser, script=script)
    page.goto(f"{served}/t/{street.tag.code}")
    assert page.get_by_role("heading", level=1).inner_text() == "You found a lost suitcase."
    page.get_by_label("Where is it?").fill("Platform 4, under a bench.")
    page.get_by_text("I left it at…").click()
    page.get_by_label("Kind of place").select_option(label="lost property office")
    page.get_by_label("Which one?").fill("Central station")
    page.get_by_role("button", name="Send to the owner").click()
    page.wait_for_url("**/c/at/*")
    assert page.get_by_role("heading", level=1).inner_text() == "Sent. Thank you!"
    assert "Platform 4, under a bench." in page.inner_text("main")
    assert words_in(street) == ["Platform 4, under a bench."]
    context.close()


def test_the_one_button_ends_above_the_bars_of_a_phones_browser(browser: Browser, served: str, street: Street) -> None:
    context, page = phone(browser)
    page.goto(f"{served}/t/{street.tag.code}")
    box = page.get_by_role("button", name="Send to the owner").bounding_box()
    assert box
    assert box["y"] + box["height"] <= 680
    context.close()


@pytest.mark.parametrize("path", ["/t/{code}", "/t", "/t/ABCDEFGHJKMNPQ", "/kept"])
def test_nothing_needs_a_sideways_scroll_at_320(browser: Browser, served: str, street: Street, path: str) -> None:
    context, page = phone(browser)
    page.set_viewport_size({"width": 320, "height": 640})
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
    page.goto(served + path.format(code=street.tag.code))
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert complaints == []
    context.close()


def test_without_a_network_the_words_stay_and_go_out_when_it_is_back(
    browser: Browser, served: str, street: Street
) -> None:
    context, page = phone(browser)
    page.goto(f"{served}/t/{street.tag.code}")
    page.get_by_label("Where is it?").fill("Platform 4, in the tunnel.")
    context.set_offline(True)
    page.get_by_role("button", name="Send to the owner").click()
    assert page.get_by_text("Not sent yet: no network.").is_visible()
    assert words_in(street) == []
    context.set_offline(False)
    page.wait_for_url("**/c/at/*")
    assert words_in(street) == ["Platform 4, in the tunnel."]
    context.close()


def test_words_outlive_a_closed_page_until_they_arrived(browser: Browser, served: str, street: Street) -> None:
    context, page = phone(browser)
    page.goto(f"{served}/t/{street.tag.code}")
    page.get_by_label("Where is it?").fill("Half a sentence")
    page.goto(f"{served}/t")
    page.goto(f"{served}/t/{street.tag.code}")
    assert page.get_by_label("Where is it?").input_value() == "Half a sentence"
    page.get_by_role("button", name="Send to the owner").click()
    page.wait_for_url("**/c/at/*")
    page.goto(f"{served}/t/{street.tag.code}")
    assert page.get_by_label("Where is it?").input_value() == ""
    context.close()


def test_the_owners_answer_appears_on_the_strangers_page_by_itself(
    browser: Browser, served: str, street: Street
) -> None:
    context, page = phone(browser)
    page.goto(f"{served}/t/{street.tag.code}")
    page.get_by_label("Where is it?").fill("Platform 4")
    page.get_by_role("button", name="Send to the owner").click()
    page.wait_for_url("**/c/at/*")
    page.get_by_label("Your reply").fill("I am typing this")
    wait_for_watchers(street, page, "case:")
    (line,) = street.write(lambda tx, now: conversations.cases_of(tx, street.alice.id))
    street.write(lambda tx, now: conversations.post(tx, now, line.case.id, "owner", "Thank you so much!"))
    page.get_by_text("Thank you so much!").wait_for(timeout=5000)
    assert page.get_by_role("heading", level=1).inner_text() == "The owner answered."
    assert page.get_by_label("Your reply").input_value() == "I am typing this"
    context.close()


def test_the_vendors_answer_appears_on_the_owners_phone_and_never_on_a_strangers(
    browser: Browser, served: str, street: Street
) -> None:
    street.write(lambda tx, now: things.add_route(tx, now, street.tag.code, "support", "Ask for help"))
    made = street.write(lambda tx, now: vendors.create_vendor(tx, now, "Example Cable", "cable.example"))
    street.write(
        lambda tx, now: vendors.give_grant(
            tx, now, street.alice.id, street.suitcase.id, made.id, Scope(), base_url=served
        )
    )
    street.write(lambda tx, now: vendors.add_agent(tx, made.id, street.bob.id, "Agent Kim"))
    token = street.signed_in(street.alice).cookies["session"]
    mine, page = phone(browser, token=token, base=served)
    page.goto(f"{served}/t/{street.tag.code}")
    page.get_by_role("button", name="Tell Example Cable").click()
    page.get_by_text("You see the answer here.").wait_for(timeout=5000)
    wait_for_watchers(street, page, "scan:")
    kim = street.write(lambda tx, now: vendors.agent(tx, street.bob.id))
    assert kim is not None
    (heard,) = street.write(lambda tx, now: vendors.queue(tx, made.id))
    street.write(
        lambda tx, now: vendors.answer(tx, now, kim, heard.id, title="Your modem is fine.", words="", until=None)
    )
    page.get_by_text("Your modem is fine.").wait_for(timeout=5000)
    other, strangers = phone(browser)
    strangers.goto(f"{served}/t/{street.tag.code}")
    assert "Your modem is fine." not in strangers.content()
    assert "Example Cable" not in strangers.content()
    mine.close()
    other.close()
