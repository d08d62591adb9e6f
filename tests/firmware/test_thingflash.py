"""The `thingflash` tool."""

import json
import subprocess
from pathlib import Path

import pytest

from device.errors import DeviceError
from tests.fakes.micropython import interpreter
from thingflash import FIRMWARE, board, cli, desktop


def config(folder: Path) -> dict[str, object]:
    found = json.loads((folder / "config.json").read_text())
    assert isinstance(found, dict)
    return found


def test_configure_writes_what_the_device_reads(tmp_path: Path) -> None:
    words = [
        "configure",
        "--dir",
        str(tmp_path / "d"),
        "--host",
        "http://127.0.0.1:1",
        "--code",
        "AB",
        "--interval",
        "2",
    ]
    assert cli.main(words) == 0
    written = config(tmp_path / "d")
    assert written["hosts"] == [{"url": "http://127.0.0.1:1", "code": "AB"}]
    assert (tmp_path / "d" / "config.json").stat().st_mode & 0o077 == 0
    streams = written["streams"]
    assert isinstance(streams, list)
    assert streams[0]["interval"] == 2


def test_configure_adds_a_second_host_and_replaces_the_first(tmp_path: Path) -> None:
    for host, code in (("https://a.example", "A"), ("https://b.example", "B"), ("https://a.example/", "C")):
        assert cli.main(["configure", "--dir", str(tmp_path), "--host", host, "--code", code]) == 0
    hosts = config(tmp_path)["hosts"]
    assert isinstance(hosts, list)
    assert [(host["url"].rstrip("/"), host["code"]) for host in hosts] == [
        ("https://b.example", "B"),
        ("https://a.example", "C"),
    ]


def test_a_refused_setting_is_named_and_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["configure", "--dir", str(tmp_path), "--host", "ftp://a"]) == 2
    assert "url must be an address" in capsys.readouterr().err
    assert not (tmp_path / "config.json").exists()


def test_a_certificate_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["configure", "--dir", str(tmp_path), "--host", "https://a", "--ca", str(tmp_path / "ca.pem")]
    assert cli.main(words) == 2
    assert "ca.pem: No such file" in capsys.readouterr().err


def test_a_certificate_in_another_form_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ca.der").write_bytes(b"\x30\x82\xff")
    words = ["configure", "--dir", str(tmp_path), "--host", "https://a", "--ca", str(tmp_path / "ca.der")]
    assert cli.main(words) == 2
    assert "PEM" in capsys.readouterr().err


def test_key_before_the_first_start_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["key", "--dir", str(tmp_path)]) == 2
    assert "started first" in capsys.readouterr().err


def test_key_prints_what_a_person_compares_and_never_the_secret(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "identity").write_text(f"ed25519 {'07' * 32} {'d7' * 32}\n")
    assert cli.main(["key", "--dir", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "did:key:z6Mk" in said
    assert "0707" not in said


def test_hosts_are_listed_with_whether_they_are_paired(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["configure", "--dir", str(tmp_path), "--host", "https://a.example"])
    capsys.readouterr()
    assert cli.main(["hosts", "--dir", str(tmp_path)]) == 0
    assert capsys.readouterr().out.split() == ["https://a.example", "receipts", "required", "not", "paired"]


def test_where_there_is_no_micropython_the_line_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desktop, "find_or_fetch", lambda cache, say: None)
    said: list[str] = []
    line = desktop.command(tmp_path, tmp_path, said.append)
    assert said == ["No MicroPython here: the device runs the same files on Python."]
    assert line[1:] == [str(FIRMWARE / "main.py"), "--dir", str(tmp_path)]


def test_a_board_that_is_not_connected_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="No board found"):
        board.find_port(None, tmp_path)
    with pytest.raises(DeviceError, match="no port /dev/none"):
        board.find_port("/dev/none")


def test_one_board_is_found_and_two_are_asked_about(tmp_path: Path) -> None:
    (tmp_path / "ttyUSB0").touch()
    assert board.find_port(None, tmp_path) == str(tmp_path / "ttyUSB0")
    (tmp_path / "ttyACM1").touch()
    with pytest.raises(DeviceError, match="Choose with --port"):
        board.find_port(None, tmp_path)


def test_the_image_is_written_before_the_files_and_where_the_chip_wants_it(tmp_path: Path) -> None:
    (tmp_path / "main.py").touch()
    for chip, offset in (("esp32", "0x1000"), ("esp32c3", "0x0")):
        lines = board.commands("/dev/ttyUSB0", chip, Path("image.bin"), tmp_path)
        assert lines[0][:6] == ["esptool", "--chip", chip, "--port", "/dev/ttyUSB0", "write-flash"]
        assert lines[0][-2:] == [offset, "image.bin"]
        assert lines[1][:4] == ["mpremote", "connect", "/dev/ttyUSB0", "cp"]
        assert lines[1][-2:] == ["+", "reset"]
    assert len(board.commands("/dev/ttyUSB0", "esp32", None, tmp_path)) == 1


def test_flashing_without_image_or_configuration_names_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="no image"):
        board.flash(None, "esp32", tmp_path / "none.bin", None)
    with pytest.raises(DeviceError, match="thingflash configure"):
        board.flash(None, "esp32", None, tmp_path)


def test_the_package_lists_every_file_of_the_device() -> None:
    listed = json.loads((FIRMWARE / "package.json").read_text())["urls"]
    files = [path for name in ("device", "lib") for path in (FIRMWARE / name).rglob("*")]
    wanted = {str(path.relative_to(FIRMWARE)) for path in files if path.suffix in {".py", ".bin"}}
    assert {target for target, _ in listed} == wanted | {"boot.py", "main.py"}
    assert all(target == source for target, source in listed)


@pytest.mark.slow
def test_what_is_copied_to_a_board_runs_on_its_own(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "config.json").write_text('{"streams": [{"name": "machine", "interval": 60}]}')
    board.collect(tmp_path / "board", tmp_path / "state")
    assert not list((tmp_path / "board").rglob("thingflash"))
    line = interpreter().command(tmp_path / "board" / "main.py", ["--dir", str(tmp_path / "state")], desktop.HEAP)
    with subprocess.Popen(line, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as device:
        assert device.stdout is not None
        events = [json.loads(device.stdout.readline())["event"] for _ in range(2)]
        device.kill()
    assert events == ["key", "pack"]
