"""The first run: what it writes, what the network may see, and that Ctrl-C leaves nothing behind."""

import fcntl
import os
import pty
import stat
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

import psutil
import pytest

from tests.journeys.stage import FREE_PORTS, ROOT, Demo, free_port, start, status


def test_demo_json_names_everything_and_only_its_owner_reads_it(demo: Demo) -> None:
    path = demo.folder / "demo.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    wanted = (
        "base_url lan_url tag_url tag_code owner_url owner_name owner_email vendor_url thing_id device_id device_did "
        "api_token mqtt_url smtp_view_url"
    )
    assert set(demo.facts) == set(wanted.split())


def test_nothing_but_the_pages_listens_beyond_this_machine(demo: Demo) -> None:
    own = psutil.Process(demo.process.pid)
    listening = [
        connection.laddr
        for process in (own, *own.children(recursive=True))
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    beyond = [address.port for address in listening if not address.ip.startswith("127.")]
    assert beyond in ([], [int(demo.base_url.rpartition(":")[2])])
    assert len(listening) >= 4


@pytest.fixture
def own() -> Demo:
    return start(Path(tempfile.mkdtemp(prefix="journey-")))


def test_ctrl_c_stops_every_child_and_says_so(own: Demo) -> None:
    children = psutil.Process(own.process.pid).children(recursive=True)
    assert {child.name().startswith(("nats", "ld-linux", "micropython", "python")) for child in children} == {True}
    assert len(children) >= 2
    code, printed = own.stop()
    assert code == 0
    assert printed.rstrip().splitlines()[-1].strip().startswith("Stopped. 5 of 5 parts closed")
    _, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []
    assert "✓" not in printed
    assert "\x1b[" not in printed
    for line in ("broker", "cloud", "device", "reading", "vendor"):
        assert f"ok {line}" in printed


def test_ctrl_c_at_the_keyboard_ends_make_run_with_code_0(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, **FREE_PORTS, "THINGCLOUD_DATA": str(tmp_path / "var"), "TERM": "xterm"}
    make = subprocess.Popen(
        ["make", "run", f"PORT={free_port()}"], cwd=ROOT, env=environment, stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - no other way to hand over a keyboard
    )  # fmt: skip
    os.close(theirs)
    said = b""
    while b"Ctrl-C stops everything" not in said:
        said += os.read(ours, 4096)
    os.write(ours, b"\x03")
    while b"Stopped." not in said:
        said += os.read(ours, 4096)
    assert make.wait(timeout=15) == 0
    assert b"\xe2\x9c\x93" in said
    os.close(ours)


def test_a_second_run_on_the_same_folder_finds_its_things_again(own: Demo) -> None:
    own.stop()
    again = start(own.folder)
    try:
        assert (again.thing_id, again.tag_code, again.device_id) == (own.thing_id, own.tag_code, own.device_id)
        assert status(again.tag_page) == 200
    finally:
        again.stop()


def test_a_port_that_is_taken_is_said_in_one_line(demo: Demo) -> None:
    port = demo.base_url.rpartition(":")[2]
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(
            [sys.executable, "-m", "thingcloud.cli", "demo", "--port", port],
            env={"PATH": "/usr/bin:/bin", "HOME": folder, "THINGCLOUD_DATA": folder}, capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip
    assert run.returncode == 1
    assert f"Port {port} is taken. Try: make run PORT={int(port) + 1}" in (run.stdout + run.stderr).replace(
        "\nthingcloud: ", " "
    )
