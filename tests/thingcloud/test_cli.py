"""The first owner of a cloud of one's own: made before it is served, let in by a link."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.thingcloud.test_web import REACH
from thingcloud import app, cli
from thingcloud.plumbing.clock import SystemClock
from thingcloud.plumbing.settings import Settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("THINGCLOUD_DATA", str(tmp_path / "var"))
    return tmp_path / "var"


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = cli.main(["owner", *words])
    said = capsys.readouterr()
    return code, said.out + said.err


def test_the_first_owner_opens_the_printed_link(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run(capsys, "Robin Keller", "robin@my.example")
    assert code == 0
    link = said.split()[-1]
    house = app.build_house(Settings(data=folder), SystemClock())
    house.db.start()
    browser = TestClient(app.web(house, REACH, lambda: True), base_url="http://localhost:8080", follow_redirects=False)
    assert browser.post(link).headers["location"] == "/owner"
    assert "Robin Keller" in browser.get("/owner/settings").text
    house.db.close()


def test_a_known_owner_is_let_in_again_and_not_made_twice(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (run(capsys, "Robin", "robin@my.example")[1] for _ in range(2))
    assert first.split()[-1] != second.split()[-1]
    house = app.build_house(Settings(data=folder), SystemClock())
    with house.db.reading() as tx:
        assert tx.exec_driver_sql("SELECT count(*) FROM accounts").scalar() == 1
    house.db.close()


def test_a_desk_is_made_with_its_first_agent_and_a_second_joins_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hook = "https://desk.example.net/hook"
    for agent in ("kim", "lee"):
        words = ["vendor", "Example Cable", "example.net", f"Agent {agent.title()}", f"{agent}@example.net"]
        assert cli.main([*words, "--webhook", hook]) == 0
    said = capsys.readouterr().out
    assert said.count("/vendor/in/") == 2
    assert len({line for line in said.splitlines() if "whsec_" in line}) == 1
    house = app.build_house(Settings(data=folder), SystemClock())
    house.db.start()
    browser = TestClient(app.web(house, REACH, lambda: True), base_url="http://localhost:8080", follow_redirects=False)
    assert browser.post(said.split()[-1]).headers["location"] == "/vendor"
    assert "Example Cable" in browser.get("/vendor").text
    with house.db.reading() as tx:
        assert tx.exec_driver_sql("SELECT count(*) FROM vendors").scalar() == 1
    house.db.close()


def test_an_agent_answers_for_one_vendor_only(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["vendor", "One", "one.example", "Agent Kim", "kim@desk.example"]) == 0
    assert cli.main(["vendor", "Two", "two.example", "Agent Kim", "kim@desk.example"]) == 1
    assert "another vendor" in capsys.readouterr().err


def test_while_a_cloud_runs_it_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder.mkdir()
    with app._alone(folder):
        code, said = run(capsys, "Robin", "robin@my.example")
    assert code == 1
    assert "Another thingcloud works in" in said
    assert "robin@" not in said


def test_half_an_address_is_refused_in_words(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run(capsys, "Robin", "robin")
    assert code == 1
    assert "not a whole mail address" in said
