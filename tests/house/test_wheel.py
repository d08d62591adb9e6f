"""What is installed from the wheel does the whole job: no checkout beside it, nothing in it that is not needed."""

import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.house.tree import ROOT

_IDENTITY = """
import sys
import thingflash
from device.identity import create, read_table
create(sys.argv[1] + "/identity", read_table(str(thingflash.FIRMWARE / "lib/thingseal/comb.bin")))
print(thingflash.FIRMWARE, sys.modules["device"].__file__)
"""


def built(target: str, folder: Path) -> Path:
    """The wheel or sdist, made offline by the build backend that is installed here."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
    [made] = folder.iterdir()
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def tool(name: str) -> tuple[str, ...]:
    """What the console script of this name does."""
    return "-c", f"import sys; from {name}.cli import main; sys.exit(main())"


def python(installed: Path, cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the wheel and its dependencies only: -S keeps the editable checkout off the path."""
    paths = [str(installed), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    environment = {"PYTHONPATH": ":".join(paths), "PATH": "/usr/bin:/bin", "HOME": str(cwd), "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-S", "-P", *words]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_the_wheel_holds_four_packages_and_their_metadata(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "talktag",
        "thingcloud",
        "thingflash",
        "thingseal",
    }
    assert [name for name in names if {"tests", "docs", "var", "__pycache__"} & set(name.split("/"))] == []


def test_the_devices_files_travel_as_data_of_the_tool(installed: Path) -> None:
    for name in ("boot.py", "main.py", "manifest.py", "package.json", "device", "lib"):
        theirs, ours = installed / "thingflash" / "firmware" / name, ROOT / "firmware" / name
        assert tree(theirs) == tree(ours)


def tree(path: Path) -> dict[str, bytes]:
    """Each file below with its bytes, without what tools keep beside them."""
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    return {
        str(file.relative_to(path)): file.read_bytes()
        for file in files
        if file.suffix in {".py", ".bin", ".json"} and ".mypy_cache" not in file.parts
    }


def test_the_cloud_lists_its_routes_without_a_checkout(installed: Path, tmp_path: Path) -> None:
    done = python(installed, tmp_path, *tool("thingcloud"), "routes")
    assert done.returncode == 0, done.stderr
    assert "/t/{code}" in done.stdout


def test_a_tag_is_made_without_a_checkout(installed: Path, tmp_path: Path) -> None:
    done = python(installed, tmp_path, *tool("talktag"), "new")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.strip()) == len("7K3Q-X9M2-PDRZ-S7")


def test_a_device_is_configured_and_named_without_a_checkout(installed: Path, tmp_path: Path) -> None:
    folder = str(tmp_path / "shed")
    done = python(
        installed, tmp_path, *tool("thingflash"), "configure", "--dir", folder, "--host", "https://my.example"
    )
    assert done.returncode == 0, done.stderr
    assert "1 host(s)" in done.stdout
    unborn = python(installed, tmp_path, *tool("thingflash"), "key", "--dir", folder)
    assert (unborn.returncode, unborn.stdout) == (2, "")
    assert "started first" in unborn.stderr
    born = python(installed, tmp_path, "-c", _IDENTITY, folder)
    assert born.returncode == 0, born.stderr
    assert all(place.startswith(str(installed / "thingflash" / "firmware")) for place in born.stdout.split())
    named = python(installed, tmp_path, *tool("thingflash"), "key", "--dir", folder)
    assert "did:key:z6Mk" in named.stdout


def test_the_installed_firmware_starts(installed: Path, tmp_path: Path) -> None:
    """Its own words are refused as on a board, by the file that the tool would run."""
    main = installed / "thingflash" / "firmware" / "main.py"
    done = python(installed, tmp_path, str(main), "--nowhere")
    assert (done.returncode, done.stdout.strip()) == (2, "usage: main.py --dir FOLDER")


def test_the_source_archive_can_be_built_and_tested_from(tmp_path: Path) -> None:
    with tarfile.open(built("sdist", tmp_path)) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    tops = {name.partition("/")[0] for name in names}
    assert {".ci", "docs", "firmware", "tags", "tests", "thingcloud", "typings", "Makefile", "LICENSE"} <= tops
    assert {"requirements.lock", "requirements-flash.lock", "requirements-judges.txt"} <= tops
    assert not {"var", ".venv", ".git"} & tops
