"""Every page that people meet, under axe-core: WCAG 2.0 to 2.2, A and AA, and good practice. Nothing may be found."""

import base64
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.conftest import PHONE, Open, ask_the_maker
from tests.journeys.stage import ROOT, Demo

_VERSION = "4.14.1"
_SHA512 = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
_SECONDS = 30
_RUN = """axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
.then((found) => found.violations.map((v) => v.id + ": " + v.nodes[0].html.slice(0, 120)))"""
_OF_THE_OWNER = (
    "/owner", "/owner/things", "/owner/things/new", "/owner/messages", "/owner/settings", "/owner/things/{thing}",
    "/owner/things/{thing}/vendors", "/owner/things/{thing}/tags",
)  # fmt: skip


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core, fetched once by npm; where there is no npm or no network these tests are left out."""
    kept = ROOT / "var" / f"axe-core-{_VERSION}.js"
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(_fetched())
    return kept.read_text()


def _fetched() -> str:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("axe-core comes by npm, and there is none here")
    with tempfile.TemporaryDirectory() as folder:
        pack = [npm, "pack", f"axe-core@{_VERSION}", "--silent", "--fetch-retries=0"]
        try:
            subprocess.run(pack, cwd=folder, check=True, timeout=_SECONDS, capture_output=True)
        except (OSError, subprocess.SubprocessError) as why:
            pytest.skip(f"axe-core is not to be had: {why}")
        [archive] = Path(folder).iterdir()
        assert base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() == _SHA512
        with tarfile.open(archive) as files:
            script = files.extractfile("package/axe.min.js")
            assert script is not None
            return script.read().decode()


def found_on(people: Open, axe: str, demo: Demo, paths: list[str], state: object, scheme: str) -> dict[str, Any]:
    """What axe says of each page, pages without a finding left out."""
    page = people(PHONE, storage_state=state, color_scheme=scheme, bypass_csp=True)
    found = {}
    for path in paths:
        page.goto(demo.base_url + path)
        page.evaluate(axe)
        found[path] = page.evaluate(_RUN)
    return {path: what for path, what in found.items() if what}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_strangers_pages_keep_nobody_out(demo: Demo, people: Open, axe: str, scheme: str) -> None:
    assert found_on(people, axe, demo, [f"/t/{demo.tag_code}", "/t"], None, scheme) == {}


def test_the_owners_pages_keep_nobody_out(demo: Demo, people: Open, axe: str, owner_state: object) -> None:
    paths = [path.format(thing=demo.thing_id) for path in _OF_THE_OWNER] + [f"/t/{demo.tag_code}"]
    assert found_on(people, axe, demo, paths, owner_state, "light") == {}


def test_the_desk_keeps_nobody_out(
    demo: Demo, people: Open, axe: str, owner_state: object, vendor_state: object
) -> None:
    phone = people(PHONE, storage_state=owner_state)
    ask_the_maker(phone, demo)
    desk = people(PHONE, storage_state=vendor_state)
    desk.goto(f"{demo.base_url}/vendor")
    scan = desk.locator("#queue a").first.get_attribute("href") or ""
    assert found_on(people, axe, demo, ["/vendor", scan, f"{scan}/context"], vendor_state, "light") == {}


def test_a_page_that_keeps_people_out_is_found(people: Open, axe: str) -> None:
    page = people(PHONE)
    page.set_content("<input><button></button>")
    page.evaluate(axe)
    assert {what.partition(":")[0] for what in page.evaluate(_RUN)} >= {"label", "button-name", "document-title"}
