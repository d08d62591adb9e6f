"""One demo and one browser for all journeys; every page opened is kept as a picture when PICTURES is set."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.journeys.stage import ROOT, Demo, start

_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
DESK = {"viewport": {"width": 1280, "height": 800}}
Open = Callable[..., Page]
# Each person comes from an address of their own, as behind a proxy: limits are counted by it.
_ADDRESSES = itertools.count(1)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for one file: while it is open its own loop runs in this thread, and no other can."""
    found = next((path for name in _CHROMIUMS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium here: install the package chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=list(_FLAGS))
        yield running
        running.close()


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    folder = Path(tempfile.mkdtemp(prefix="journey-"))
    running = start(folder)
    yield running
    with suppress(Exception):
        running.stop()
    running.process.kill()
    running.process.wait()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def people(browser: Browser) -> Iterator[Open]:
    """Opens a new person's browser; closed after the test."""
    opened: list[BrowserContext] = []

    def person(device: Mapping[str, object] = DESK, **more: object) -> Page:
        address = {"X-Forwarded-For": f"198.51.100.{next(_ADDRESSES)}"}
        known = {"reduced_motion": "reduce", "extra_http_headers": address, **device, **more}
        context = browser.new_context(**known)  # type: ignore[arg-type]
        context.set_default_timeout(10_000)
        opened.append(context)
        return context.new_page()

    yield person
    for context in opened:
        context.close()


@pytest.fixture(scope="session")
def owner_state(demo: Demo) -> object:
    """The owner, signed in by the link that opens once."""
    return demo.signed_in(demo.owner_url)


@pytest.fixture(scope="session")
def vendor_state(demo: Demo) -> object:
    """The agent, signed in."""
    return demo.signed_in(demo.vendor_url)


def ask_the_maker(phone: Page, demo: Demo) -> None:
    """As the owner, on their phone; where they have asked already it stays at that."""
    phone.goto(demo.tag_page)
    box = phone.get_by_label("What is the matter?")
    if box.is_visible():
        box.fill("It blinks orange.")
        phone.get_by_role("button", name="Tell Example Cable").click()
        phone.get_by_text("Sent.").wait_for()


@pytest.fixture
def picture() -> Callable[[Page, str], None]:
    """Keep what a person sees under docs/pictures, when the pictures are to be made anew."""

    def keep(page: Page, name: str) -> None:
        if os.environ.get("PICTURES"):
            page.screenshot(path=ROOT / "docs" / "pictures" / f"{name}.png")

    return keep
