"""The README's table of who does what is held against the program itself: `thingcloud routes`."""

import pytest

from tests.house.test_docs import rows_of
from tests.house.tree import document
from thingcloud import app
from thingcloud.cli import main
from thingcloud.plumbing.routes import Way

# Places that answer for the program as a whole, not for somebody who is talking to us.
_OF_THE_HOUSE = ("thingcloud/plumbing/", "thingcloud/app.py")


@pytest.fixture(scope="module")
def ways() -> list[Way]:
    return list(app.ways())


def test_every_way_in_is_in_the_readme(ways: list[Way]) -> None:
    named = {place.partition(" ")[0] for _, places in rows_of(document("README.md")) for place in places}
    ours = {way.file for way in ways if way.how not in {"JOB", "MQTT"} and way.file.startswith("thingcloud/")}
    edges = {file for file in ours if not file.startswith(_OF_THE_HOUSE)}
    assert sorted(edges - named) == []


def test_every_edge_in_the_readme_answers_somewhere(ways: list[Way]) -> None:
    answering = {way.file for way in ways}
    edges = {
        place
        for _, places in rows_of(document("README.md"))
        for place in places
        if place.startswith("thingcloud/") and place.endswith(("finder.py", "owner.py", "vendor.py", "device.py"))
    }
    assert sorted(edges - answering) == []


def test_an_anonymous_phone_reaches_finder_files_only(ways: list[Way]) -> None:
    """Whatever answers under /t and /c stands in a `finder.py`, but for the signed-in views of one's own tag."""
    strays = {
        way.file for way in ways if way.where.lower().startswith(("/t/", "/c/")) and not way.file.endswith("/finder.py")
    }
    assert strays <= {"thingcloud/scans/owner.py", "thingcloud/scans/vendor.py"}


def test_routes_prints_a_line_for_each_with_file_and_line(ways: list[Way], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["routes"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == len(ways)
    assert any("devices/{device}/telemetry" in line and "thingcloud/telemetry/device.py:" in line for line in printed)
