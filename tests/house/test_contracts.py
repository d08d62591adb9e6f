"""The import contracts bite: a small house with every fault in it breaks every contract, one without breaks none."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT, local, under

ROOMS = re.findall(r"^\[importlinter:contract:store-(\w+)\]", (ROOT / ".importlinter").read_text("utf-8"), re.MULTILINE)
FILES = ("finder", "owner", "vendor", "device", "service", "store", "model")
FAULTS = {
    "Rooms import only rooms below them": ("thingcloud/things/owner.py", "from thingcloud.scans import service"),
    "Inside a room": ("thingcloud/scans/service.py", "from thingcloud.scans import finder"),
    "Decisions and formats": ("thingcloud/rules/model.py", "import sqlite3"),
    "talktag, thingseal and thingflash stand alone": ("talktag/code.py", "from thingcloud.plumbing import db"),
    "Contact details": ("thingcloud/scans/finder.py", "from thingcloud.owners import contacts"),
    "No siblings import each other in a circle": ("thingcloud/plumbing/db.py", "from thingcloud.plumbing import ids"),
} | {
    f"The SQL of {room} is used by {room} alone": (
        "thingcloud/app.py",
        f"from thingcloud.{room} import store as {room}",
    )
    for room in ROOMS
}


def build(house: Path) -> None:
    """A house with every room and every file, all of them sound."""
    shutil.copy(ROOT / ".importlinter", house)
    for room in ROOMS:
        for name in ("__init__", *FILES):
            write(house / "thingcloud" / room / f"{name}.py")
    for name in ("__init__", "app", "cli", "plumbing/__init__", "plumbing/db", "plumbing/errors", "plumbing/ids"):
        write(house / "thingcloud" / f"{name}.py")
    for name in ("owners/contacts", "notify/deliver", "telemetry/pack"):
        write(house / "thingcloud" / f"{name}.py")
    for name in ("talktag/__init__", "talktag/code", "thingseal/__init__", "thingflash/__init__"):
        write(house / f"{name}.py")
    write(house / "thingcloud/plumbing/ids.py", "from thingcloud.plumbing import db as _db")
    write(house / "thingcloud/notify/deliver.py", "from thingcloud.owners import contacts")
    write(house / "thingcloud/scans/model.py", "from thingcloud.plumbing import errors")
    write(house / "thingcloud/scans/finder.py", "from thingcloud.scans import service")
    write(
        house / "thingcloud/scans/service.py",
        "from thingcloud.scans import store\nfrom thingcloud.rules import service",
    )


def write(path: Path, line: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


def verdicts(house: Path) -> dict[str, str]:
    """What lint-imports says of each contract."""
    said = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"],
        cwd=house,
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.findall(r"^(.+) (KEPT|BROKEN)", said.stdout, re.MULTILINE)
    assert found, said.stdout + said.stderr
    return dict(found)


def test_this_house_keeps_every_contract() -> None:
    assert [name for name, verdict in verdicts(ROOT).items() if verdict == "BROKEN"] == []


def test_every_room_with_sql_has_a_contract_of_its_own() -> None:
    stores = {local(path).split("/")[1] for path in under("thingcloud", suffix="/store.py")}
    assert sorted(stores - set(ROOMS)) == []


def test_a_sound_house_keeps_every_contract(tmp_path: Path) -> None:
    build(tmp_path)
    assert set(verdicts(tmp_path).values()) == {"KEPT"}


def test_every_contract_breaks_on_its_fault(tmp_path: Path) -> None:
    build(tmp_path)
    for file, line in FAULTS.values():
        write(tmp_path / file, line)
    found = verdicts(tmp_path)
    assert sorted(name for name, verdict in found.items() if verdict == "KEPT") == []
    assert [fault for fault in FAULTS if not any(name.startswith(fault) for name in found)] == []
    assert len(found) == len(FAULTS)


@pytest.mark.parametrize("fault", list(FAULTS)[:6])
def test_one_fault_is_enough(tmp_path: Path, fault: str) -> None:
    build(tmp_path)
    write(tmp_path / FAULTS[fault][0], FAULTS[fault][1])
    broken = [name for name, verdict in verdicts(tmp_path).items() if verdict == "BROKEN"]
    assert any(name.startswith(fault) for name in broken)


def test_a_room_that_nobody_placed_breaks_the_order(tmp_path: Path) -> None:
    build(tmp_path)
    write(tmp_path / "thingcloud" / "cellar" / "__init__.py")
    assert verdicts(tmp_path)["Rooms import only rooms below them"] == "BROKEN"
