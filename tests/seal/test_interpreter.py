"""Finding a MicroPython: the mirror is the system's own, a file not tested is not run, and a 'no' is said plainly."""

import shutil
import subprocess
from pathlib import Path

import pytest

from thingflash import interpreter
from thingflash.interpreter import Interpreter, command, find_or_fetch


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the place of apt's own configuration."""
    folder = tmp_path / "apt"
    (folder / "sources.list.d").mkdir(parents=True)
    monkeypatch.setattr(interpreter, "_APT", folder)
    return folder


@pytest.fixture
def nothing_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)


def test_the_command_names_heap_script_and_arguments() -> None:
    found = Interpreter(("ld.so", "--library-path", "lib", "micropython"), "1.25.0", 32)
    assert found.command("main.py", ["--dir", "var"], heap="64k") == [
        "ld.so", "--library-path", "lib", "micropython", "-X", "heapsize=64k", "main.py", "--dir", "var",
    ]  # fmt: skip


def test_the_mirror_and_keyring_are_those_of_the_system(apt: Path) -> None:
    (apt / "sources.list.d" / "debian.sources").write_text(
        "# comment: with a colon\nTypes: deb\nURIs: http://mirror.test/debian-security\nSuites: stable-security\n\n"
        "Types: deb\nURIs: http://mirror.test/debian\nSuites: stable\nComponents: main\nSigned-By: /keys/archive.gpg\n"
    )
    assert interpreter._mirror() == ("http://mirror.test/debian", "/keys/archive.gpg")


def test_a_mirror_in_the_old_form_is_found_too(apt: Path) -> None:
    (apt / "sources.list").write_text(
        "# deb http://old.test/debian stable main\n"
        "deb-src http://src.test/debian stable main\n"
        "deb [arch=amd64] http://mirror.test/debian/ stable main\n"
    )
    assert interpreter._mirror() == ("http://mirror.test/debian/", interpreter._KEYRING)


def test_another_distribution_is_no_debian(
    apt: Path, tmp_path: Path, nothing_on_the_path: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    (apt / "sources.list").write_text("deb http://archive.test/ubuntu noble main\n")
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "micropython" else name)
    said: list[str] = []
    assert find_or_fetch(tmp_path / "cache", said.append) is None
    assert "knows no Debian archive" in said[-1]
    assert list((tmp_path / "cache").iterdir()) == []


def test_without_apt_the_reason_is_said_and_the_path_is_tried(tmp_path: Path, nothing_on_the_path: None) -> None:
    said: list[str] = []
    assert find_or_fetch(tmp_path, said.append) is None
    assert "apt-get is missing" in said[-1]


def test_without_micropython_the_command_runs_under_this_python(tmp_path: Path, nothing_on_the_path: None) -> None:
    assert command(tmp_path, "main.py", ["x"])[1:] == ["main.py", "x"]


def test_a_package_other_than_the_tested_one_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def download(_command: list[str], _doing: str, timeout: float, cwd: Path) -> str:
        (cwd / "micropython_1_i386.deb").write_bytes(b"another file")
        return ""

    monkeypatch.setattr(interpreter, "_run", download)
    package = {"name": "micropython", "version": "1", "sha256": "00" * 32}
    with pytest.raises(interpreter._NotToBeHad, match="not the file that was tested"):
        interpreter._download_one(["apt-get"], package, tmp_path, lambda _line: None)


def test_a_version_that_left_the_archive_is_replaced_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def download(command: list[str], _doing: str, timeout: float, cwd: Path) -> str:
        asked.append(command[-1])
        if "=" in command[-1]:
            raise interpreter._NotToBeHad("no such version")
        return ""

    monkeypatch.setattr(interpreter, "_run", download)
    said: list[str] = []
    package = {"name": "libc6", "version": "1", "sha256": "00" * 32}
    interpreter._download_one(["apt-get"], package, tmp_path, said.append)
    assert asked == ["libc6=1", "libc6"]
    assert "replaced in the archive" in said[0]


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("#!/bin/sh\nexit 3\n", "starting it failed"),
        ("#!/bin/sh\necho something else entirely\n", "does not answer"),
    ],
)
def test_a_program_that_is_no_micropython_is_passed_over(tmp_path: Path, script: str, why: str) -> None:
    program = tmp_path / "micropython"
    program.write_text(script)
    program.chmod(0o755)
    with pytest.raises(interpreter._NotToBeHad, match=why):
        interpreter._probe((str(program),))


def test_a_program_that_answers_as_micropython_is_taken(tmp_path: Path) -> None:
    program = tmp_path / "micropython"
    program.write_text("#!/bin/sh\necho micropython 1.26.1 64\n")
    program.chmod(0o755)
    assert interpreter._probe((str(program),)) == Interpreter((str(program),), "1.26.1", 64)


def test_a_command_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_args: object, **_kwargs: object) -> None:
        raise subprocess.TimeoutExpired("x", 2)

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(interpreter._NotToBeHad, match="took longer than 2 s"):
        interpreter._run(["x"], "reading the package index", timeout=2)
