"""The broker's life: what it acknowledged it has, it comes back, it ends with us, it speaks TLS."""

import asyncio
import logging
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from tests.thingcloud.broker.conftest import PASSWORD, WATCHER, A, admit, consumed
from tests.thingcloud.broker.raw import Gone, Message, Raw
from thingcloud.plumbing.broker import Broker, BrokerAddress, leash
from thingcloud.plumbing.errors import Unavailable
from thingcloud.plumbing.settings import Settings

pytestmark = pytest.mark.slow

TELEMETRY = f"devices/{A}/telemetry"
SUBJECT = f"$MQTT.msgs.devices.{A}.telemetry"
SECONDS = 10


def settings(folder: Path, **more: object) -> Settings:
    return Settings(data=folder, mqtt_port=0, mqtt_tls_port=0, **more)  # type: ignore[arg-type]


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[Broker, BrokerAddress]]:
    made = Broker(settings(tmp_path), admit)
    yield made, made.start()
    made.stop()


class Back(logging.Handler):
    """Hears that the broker was started again."""

    def __init__(self) -> None:
        super().__init__()
        self.event = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage() == "the broker is back":
            self.event.set()


@pytest.fixture
def back() -> Iterator[Back]:
    heard, log = Back(), logging.getLogger("thingcloud.plumbing.broker.engine")
    log.addHandler(heard)
    yield heard
    log.removeHandler(heard)


def kill(broker: Broker, back: Back) -> None:
    """Kill the broker and wait until it is back."""
    back.event.clear()
    os.kill(broker.pid, signal.SIGKILL)
    assert back.event.wait(SECONDS)
    assert broker.ready


def ended(pid: int) -> bool:
    """Whether a process ends in time."""
    try:
        psutil.Process(pid).wait(SECONDS)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return False
    return True


def admitted(port: int, name: str = A) -> Raw:
    link = Raw(port)
    assert link.connect(name, name, PASSWORD) == 0
    return link


def test_what_is_said_right_after_the_start_is_kept(own: tuple[Broker, BrokerAddress]) -> None:
    broker, address = own
    link = Raw(address.mqtt_port)
    assert link.connect(A, A, PASSWORD) == 0
    link.published(TELEMETRY, b"first")
    link.close()
    assert broker.ready
    assert consumed(address.nats_url) == [(SUBJECT, b"first")]


def test_a_port_that_is_taken_while_the_broker_starts_gives_way_to_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Broker(settings(tmp_path), admit)
    choose = made._engine.nats.choose_ports
    chosen: list[int] = []

    def late() -> None:
        choose()
        if not chosen:
            made._engine.nats.mqtt_port = taken.getsockname()[1]
        chosen.append(made._engine.nats.mqtt_port)

    monkeypatch.setattr(made._engine.nats, "choose_ports", late)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = made.start()
        made.stop()
    assert address.mqtt_port == chosen[1] != chosen[0]


def test_a_broker_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "nats").mkdir()
    (tmp_path / "nats" / "jetstream").write_text("not a folder")
    made = Broker(settings(tmp_path), admit)
    with pytest.raises(Unavailable, match=r"The broker did not start: Can.t start JetStream"):
        made.start()
    made.stop()
    assert not made.ready


def test_nobody_is_admitted_before_the_consumer_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[int] = []
    made = Broker(settings(tmp_path), admit)
    stand = made._engine._ensure_consumer

    async def watched(link: object) -> None:
        answers.append(await asyncio.to_thread(knocked, made._engine.nats.mqtt_port))
        await stand(link)  # type: ignore[arg-type]

    monkeypatch.setattr(made._engine, "_ensure_consumer", watched)
    port = made.start().mqtt_port
    answers.append(knocked(port))
    made.stop()
    assert answers == [5, 0]


def knocked(port: int) -> int:
    link = Raw(port)
    code = link.connect(A, A, PASSWORD)
    link.close()
    return code


def test_every_acknowledged_pack_outlives_a_killed_broker(own: tuple[Broker, BrokerAddress], back: Back) -> None:
    broker, address = own
    acknowledged: set[bytes] = set()
    number = 0
    for _ in range(3):
        link = admitted(address.mqtt_port)
        sent = {link.publish(TELEMETRY, b"%d" % (number := number + 1)): b"%d" % number for _ in range(300)}
        while len(link.acknowledged) < 100:
            link._take()
        kill(broker, back)
        assert link.ended()
        acknowledged |= {sent[one] for one in link.acknowledged}
        link.close()
    link = admitted(address.mqtt_port)
    link.published(TELEMETRY, b"last")
    link.close()
    kept = [payload for _, payload in consumed(address.nats_url, 5000)]
    assert acknowledged <= set(kept)
    assert len(acknowledged) >= 300
    assert kept[-1] == b"last"


def test_the_cloud_speaks_again_when_the_broker_is_back(own: tuple[Broker, BrokerAddress], back: Back) -> None:
    broker, address = own
    kill(broker, back)
    device = admitted(address.mqtt_port)
    device.subscribe(f"devices/{A}/receipt")
    device.settle()
    broker.publish(f"devices/{A}/receipt", b"stored")
    assert device.next() == Message(f"devices/{A}/receipt", b"stored")
    device.close()


def test_a_broker_that_does_not_come_back_at_once_is_tried_again(
    own: tuple[Broker, BrokerAddress], back: Back, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker, address = own
    spawn, tries = broker._engine.nats.spawn, []

    def reluctant() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise OSError("no memory")
        spawn()

    monkeypatch.setattr(broker._engine.nats, "spawn", reluctant)
    kill(broker, back)
    assert len(tries) == 3
    admitted(address.mqtt_port).close()


def test_the_broker_ends_when_the_cloud_is_killed(tmp_path: Path) -> None:
    script = (
        "import signal, sys; from pathlib import Path; from thingcloud.plumbing.broker import Broker\n"
        "from thingcloud.plumbing.settings import Settings\n"
        "b = Broker(Settings(data=Path(sys.argv[1]), mqtt_port=0, mqtt_tls_port=0), lambda *_: None); b.start()\n"
        "print(b.pid, flush=True); signal.pause()"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True) as cloud:
        assert cloud.stdout is not None
        pid = int(cloud.stdout.readline())
        assert psutil.pid_exists(pid)
        cloud.kill()
    assert ended(pid)


@pytest.mark.parametrize("ending", ["terminate", "close"])
def test_where_the_kernel_does_not_tie_a_watcher_ends_the_command(ending: str) -> None:
    waiting = "import os, signal; print(os.getpid(), flush=True); signal.pause()"
    command = [sys.executable, "-I", "-S", leash.__file__, "0", sys.executable, "-c", waiting]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as watcher:
        assert watcher.stdin is not None
        assert watcher.stdout is not None
        child = int(watcher.stdout.readline())
        if ending == "terminate":
            watcher.terminate()
        else:
            watcher.stdin.close()
        assert ended(child)


def test_nobody_else_may_read_what_the_broker_keeps(own: tuple[Broker, BrokerAddress], tmp_path: Path) -> None:
    for name in ("nats/nats.conf", "tls/authority.pem", "tls/leaf.pem"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600, name
    password = urlsplit(own[1].nats_url).password or ""
    assert password in (tmp_path / "nats/nats.conf").read_text()
    assert password not in (tmp_path / "nats/nats.log").read_text() + repr(own[1])


def test_a_device_that_trusts_the_hosts_anchor_is_heard_over_tls(address: BrokerAddress) -> None:
    link = Raw(address.tls_port, ssl.create_default_context(cadata=address.anchor))
    assert link.connect(A, A, PASSWORD) == 0
    packs = [bytes([number]) * 1000 for number in range(50)]
    for pack in packs:
        link.publish(TELEMETRY, pack)
    link.settle()
    link.close()
    assert [payload for _, payload in consumed(address.nats_url)] == packs


def test_a_device_that_knows_another_anchor_does_not_speak(address: BrokerAddress) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        Raw(address.tls_port, ssl.create_default_context())


def test_clear_text_at_the_tls_door_is_not_understood(address: BrokerAddress) -> None:
    link = Raw(address.tls_port)
    with pytest.raises((Gone, ConnectionError)):
        link.connect(A, A, PASSWORD)
    link.close()


def test_a_second_start_keeps_packs_and_anchor(tmp_path: Path) -> None:
    first = Broker(settings(tmp_path), admit)
    address = first.start()
    link = Raw(address.mqtt_port)
    link.connect(A, A, PASSWORD)
    link.published(TELEMETRY, b"kept")
    link.close()
    first.stop()
    second = Broker(settings(tmp_path, ack_wait=7), admit)
    again = second.start()
    try:
        assert again.anchor == address.anchor
        assert consumed(again.nats_url) == [(SUBJECT, b"kept")]
    finally:
        second.stop()


def test_a_watcher_hears_a_device_of_another_door(address: BrokerAddress) -> None:
    watcher = admitted(address.mqtt_port, WATCHER)
    watcher.subscribe(TELEMETRY)
    link = Raw(address.tls_port, ssl.create_default_context(cadata=address.anchor))
    link.connect(A, A, PASSWORD)
    link.published(TELEMETRY, b"pack")
    assert watcher.next() == Message(TELEMETRY, b"pack")
    link.close()
    watcher.close()
