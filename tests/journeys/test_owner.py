"""The owner: readings that are signed, a journal, a mail that is answered by mail, a tag to print."""

import base64
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import DESK, PHONE, Open
from tests.journeys.stage import ROOT, Demo

Picture = Callable[[Page, str], None]


def test_the_thing_shows_live_readings_and_its_journal(
    demo: Demo, people: Open, owner_state: object, picture: Picture
) -> None:
    for device, name in ((DESK, "thing-desktop"), (PHONE, "thing-phone")):
        owner = people(device, storage_state=owner_state)
        owner.goto(f"{demo.base_url}/owner/things/{demo.thing_id}")
        expect(owner.get_by_text("Load").first).to_be_visible()
        expect(owner.get_by_text("all checked").first).to_be_visible()
        expect(owner.get_by_text("A device was paired").first).to_be_visible()
        picture(owner, name)


def test_new_readings_appear_without_a_reload(demo: Demo, people: Open, owner_state: object) -> None:
    owner = people(DESK, storage_state=owner_state)
    owner.goto(f"{demo.base_url}/owner/things/{demo.thing_id}")
    seal = owner.get_by_text("all checked").first
    before = int(re.sub(r"\D", "", (seal.text_content() or "").split("readings")[0]))
    expect(seal).not_to_contain_text(f"{before:,} readings", timeout=15_000)


def test_a_pack_is_verified_offline_with_nothing_but_the_devices_key(demo: Demo, tmp_path: Path) -> None:
    item = demo.api(f"/things/{demo.thing_id}/packs")["items"][0]
    assert item["device"] == demo.device_id
    data = base64.urlsafe_b64decode(item["pack"] + "==")
    good, bad = tmp_path / "pack.cose", tmp_path / "bad.cose"
    good.write_bytes(data)
    bad.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    says = verify(good, demo.device_did)
    assert says.returncode == 0
    assert f"signed by {demo.device_did}" in says.stdout
    assert f"number {item['sequence']}, " in says.stdout
    assert verify(bad, demo.device_did).returncode == 1
    key = demo.api(f"/devices/{demo.device_id}")["key"]
    assert verify(good, key).returncode == 0


def verify(file: Path, key: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "thingcloud.cli", "verify", str(file), "--key", key]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)


def test_a_mail_is_answered_by_mail_and_only_the_words_go_on(demo: Demo, people: Open, picture: Picture) -> None:
    finder = people(PHONE)
    finder.goto(demo.tag_page)
    finder.get_by_label("Where is it?").fill("Mail run: it is in the ticket hall.")
    finder.get_by_role("button", name="Send to the owner").click()
    finder.wait_for_url("**/c/**")
    reader = people(DESK)
    reader.goto(demo.smtp_view_url)
    picture(reader, "mail-desktop")
    open_mail(reader, demo, "Mail run")
    picture(reader, "mail-open-desktop")
    reader.get_by_label("Answer this mail").fill(f"Thank you! Call me on +49 171 1234567 or {demo.owner_email}.")
    reader.get_by_role("button", name="Send the answer").click()
    expect(finder.get_by_role("heading", level=1)).to_contain_text("The owner answered.")
    said = finder.locator(".says").last.text_content() or ""
    assert "Thank you!" in said
    for canary in ("171", "1234567", demo.owner_email, "Sent from my desk", "wrote:"):
        assert canary not in said


def open_mail(reader: Page, demo: Demo, words: str) -> None:
    """Open the newest mail about the suitcase that holds these words, as soon as it is there."""
    for _ in range(50):
        reader.goto(demo.smtp_view_url)
        if reader.locator("a", has_text="Someone found your suitcase").count():
            reader.locator("a", has_text="Someone found your suitcase").first.click()
            if words in reader.content():
                return
        reader.wait_for_timeout(100)
    raise AssertionError(f"no mail with {words!r} came")


def test_a_label_can_be_printed_from_the_things_page(demo: Demo, people: Open, owner_state: object) -> None:
    owner = people(DESK, storage_state=owner_state)
    owner.goto(f"{demo.base_url}/owner/things/{demo.thing_id}/tags")
    for kind, start in (("pdf", b"%PDF"), ("png", b"\x89PNG"), ("svg", b"<svg")):
        path = f"/owner/things/{demo.thing_id}/tags/{demo.tag_code}/label.{kind}"
        got = owner.request.get(demo.base_url + path)
        assert got.ok
        assert start in got.body()[:200]
        assert demo.owner_name.encode() not in got.body()


@pytest.mark.parametrize("path", ["", "/things", "/messages", "/settings", "/settings/notifications"])
def test_the_owners_pages_hold_at_phone_width(demo: Demo, people: Open, owner_state: object, path: str) -> None:
    owner = people(PHONE, storage_state=owner_state)
    owner.goto(f"{demo.base_url}/owner{path}")
    assert owner.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_thing_is_made_and_its_tag_answers_at_once(demo: Demo, people: Open, owner_state: object) -> None:
    owner = people(DESK, storage_state=owner_state)
    owner.goto(f"{demo.base_url}/owner/things/new")
    owner.get_by_label("Name").fill("Red bicycle")
    owner.get_by_label("What is it?").select_option(label="Bicycle")
    owner.locator("main form button").last.click()
    owner.wait_for_url("**/tags")
    code = re.search(r"[0-9A-Z]{4}(?:-[0-9A-Z]{2,4}){3}", owner.content())
    assert code is not None
    finder = people(PHONE)
    finder.goto(f"{demo.base_url}/t/{code.group().replace('-', '')}")
    expect(finder.get_by_role("heading", level=1)).to_contain_text("You scanned a bicycle.")
