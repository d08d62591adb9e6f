"""What the broker lets a client say and hear. Brokers acknowledge what they deny: denial is proved by non-delivery."""

import contextlib
import json
import socket
from urllib.parse import urlsplit

import pytest

from tests.thingcloud.broker.conftest import CONTROLLER, GUEST, PASSWORD, WATCHER, A, B, Client, consumed
from tests.thingcloud.broker.raw import REFUSED_FILTER, Gone, Message, Raw
from thingcloud.plumbing.broker import Broker, BrokerAddress

pytestmark = pytest.mark.slow

FOREIGN_FILTERS = [
    f"devices/{B}/receipt", f"devices/{B}/#", f"devices/{B}/+", "devices/+/receipt", "devices/#", "+/+/receipt",
    "+/+/+", "#", "/#", "+/#", "things/#", "$SYS/#", "$MQTT/#", "$MQTT/sub/#", "$MQTT/msgs/#", "$MQTT/rmsgs/#", "$JS/#",
    "_INBOX/#", ">", "*", "*.*.*", "devices.>", "devices/>", "devices/*/receipt", f"devices.{B}.receipt",
    f"devices/{B}.receipt", f"devices/{A}/receipt/#", f"devices/{A}/+", f"devices/{A}/#",
]  # fmt: skip
FOREIGN_TOPICS = [
    f"devices/{B}/telemetry", f"devices/{B}/status", f"devices/{A}/receipt", f"devices/{A}/command",
    f"devices.{B}.telemetry", f"devices/{B}.telemetry", f"devices.{B}/telemetry", f"devices//{B}/telemetry",
    "devices/*/telemetry", "devices/>", "*", ">", f"devices/{B}/telemetry/", f"/devices/{B}/telemetry",
    f"$MQTT/msgs/devices/{B}/telemetry", f"$MQTT.msgs.devices.{B}.telemetry", "$JS/API/STREAM/DELETE/$MQTT_msgs",
    "$SYS/REQ/USER/AUTH", f"things/{B}/pack",
]  # fmt: skip


def test_a_device_hears_what_is_said_to_it(broker: Broker, client: Client) -> None:
    device = client(A)
    assert device.subscribe(f"devices/{A}/receipt") == 0
    broker.publish(f"devices/{A}/receipt", b"stored")
    assert device.next() == Message(f"devices/{A}/receipt", b"stored")


def test_a_command_that_was_sent_while_the_device_slept_reaches_it(client: Client) -> None:
    device = client(A, clean=False)
    assert device.subscribe(f"devices/{A}/command", 1) == 1
    device.close(politely=True)
    client(CONTROLLER).published(f"devices/{A}/command", b"identify")
    assert client(A, clean=False).next() == Message(f"devices/{A}/command", b"identify", qos=1)
    client(A, clean=True)


@pytest.mark.parametrize(
    ("client_id", "user", "password"),
    [
        (A, A, "wrong"), (A, A, ""), (B, A, PASSWORD), (A, B, PASSWORD), ("c" * 24, "c" * 24, PASSWORD),
        ("", A, PASSWORD), (A, "", PASSWORD), ("cloud", "cloud", PASSWORD), (A, "cloud", ""),
        ("admission", "admission", ""),
    ],
)  # fmt: skip
def test_who_is_not_on_the_list_is_not_let_in(address: BrokerAddress, client_id: str, user: str, password: str) -> None:
    stranger = Raw(address.mqtt_port)
    with contextlib.suppress(Gone, ConnectionError):
        assert stranger.connect(client_id, user, password) != 0
    assert stranger.ended()
    stranger.close()


def test_a_device_hears_nothing_that_is_not_for_it(broker: Broker, client: Client) -> None:
    device, other, watcher = client(A), client(B), client(WATCHER)
    answers = {pattern: device.subscribe(pattern, qos) for pattern in FOREIGN_FILTERS for qos in (0, 1)}
    assert device.subscribe(f"devices/{A}/receipt") == 0
    assert watcher.subscribe(f"devices/{B}/#", 1) == 1
    assert other.subscribe(f"devices/{B}/receipt", 1) == 1
    for said in (b"one", b"two"):
        broker.publish(f"devices/{B}/receipt", said)
        assert other.next().payload == said
    broker.publish("things/aaa/pack", b"pack")
    other.published(f"devices/{B}/status", b"online")
    other.published(f"devices/{B}/result", b"done")
    assert [watcher.next().payload for _ in range(4)] == [b"one", b"two", b"online", b"done"]
    broker.publish(f"devices/{A}/receipt", b"mine")
    assert device.next() == Message(f"devices/{A}/receipt", b"mine")
    device.settle()
    assert device.messages == []
    assert set(answers.values()) == {REFUSED_FILTER}


def test_what_a_device_says_in_a_place_that_is_not_its_own_reaches_nobody(
    address: BrokerAddress, client: Client
) -> None:
    watcher = client(WATCHER)
    for topic in (f"devices/{A}/#", f"devices/{B}/#"):
        assert watcher.subscribe(topic) == 0
    watcher.settle()
    watcher.messages.clear()
    consumed(address.nats_url)
    for topic in FOREIGN_TOPICS:
        for qos in (0, 1):
            # A topic with a wildcard ends the connection: each try has one of its own.
            device = Raw(address.mqtt_port)
            assert device.connect(A, A, PASSWORD) == 0
            device.publish(topic, b"forged", qos, retain=bool(qos))
            with contextlib.suppress(Gone, ConnectionError):
                device.settle()
            device.close()
    device = client(A)
    device.published(f"devices/{A}/telemetry", b"genuine")
    assert watcher.next() == Message(f"devices/{A}/telemetry", b"genuine")
    watcher.settle()
    assert watcher.messages == []
    assert consumed(address.nats_url) == [(f"$MQTT.msgs.devices.{A}.telemetry", b"genuine")]


def test_nothing_forged_was_retained(client: Client) -> None:
    client(B).published(f"devices/{B}/status", b"genuine", retain=True)
    device = client(A)
    device.publish(f"devices/{B}/status", b"forged", retain=True)
    device.settle()
    watcher = client(WATCHER)
    watcher.subscribe(f"devices/{B}/#")
    assert watcher.next() == Message(f"devices/{B}/status", b"genuine", retained=True)
    watcher.settle()
    assert watcher.messages == []


def test_the_last_will_is_said_in_the_devices_own_place_and_kept(client: Client) -> None:
    status = f"devices/{A}/status"
    device, watcher = client(A, will=Message(status, b"offline", 1, retained=True)), client(WATCHER)
    watcher.subscribe(status)
    watcher.settle()
    watcher.messages.clear()
    device.close()
    assert watcher.next() == Message(status, b"offline")
    later = client(WATCHER)
    later.subscribe(status)
    assert later.next() == Message(status, b"offline", retained=True)


@pytest.mark.parametrize("retained", [False, True])
def test_a_last_will_in_another_devices_place_reaches_nobody(
    address: BrokerAddress, client: Client, retained: bool
) -> None:
    watcher = client(WATCHER)
    watcher.subscribe(f"devices/{B}/command")
    watcher.subscribe(f"devices/{A}/result")
    device = Raw(address.mqtt_port)
    if device.connect(A, A, PASSWORD, will=Message(f"devices/{B}/command", b"forged", 1, retained)) == 0:
        device.close()
    # The same client again: the broker has dealt with the earlier connection before it admits this one.
    client(A).published(f"devices/{A}/result", b"genuine")
    assert watcher.next() == Message(f"devices/{A}/result", b"genuine")
    late = client(WATCHER)
    late.subscribe(f"devices/{B}/command")
    late.settle()
    assert late.messages == []


def test_a_device_that_is_kicked_is_gone_and_its_status_with_it(broker: Broker, client: Client) -> None:
    status = f"devices/{A}/status"
    device = client(A, will=Message(status, b"offline", 1, retained=True))
    device.published(status, b"online", retain=True)
    assert broker.kick(A, status) == 1
    assert device.ended()
    # The visit that forgets the session is in the broker's list for a moment itself.
    assert any(broker.kick(A) == 0 for _ in range(20))
    watcher = client(WATCHER)
    watcher.subscribe(status)
    watcher.settle()
    assert watcher.messages == []


def test_of_a_device_that_was_kicked_nothing_is_remembered(broker: Broker, client: Client) -> None:
    command = f"devices/{A}/command"
    client(A, clean=False).subscribe(command, 1)
    assert broker.kick(A) == 1
    client(CONTROLLER).published(command, b"identify")
    device = client(A, clean=False)
    device.settle()
    assert (device.remembered, device.messages) == (0, [])
    client(A, clean=True)


def test_who_is_admitted_for_a_time_is_asked_again_after_it(client: Client) -> None:
    assert client(GUEST).ended()


def test_the_port_for_the_clouds_own_links_takes_no_device(address: BrokerAddress) -> None:
    inner = urlsplit(address.nats_url)
    for login in ({"user": A, "pass": PASSWORD}, {"user": "admission", "pass": ""}, {}):
        with socket.create_connection((inner.hostname or "", inner.port or 0), timeout=5) as link:
            link.sendall(b"CONNECT " + json.dumps({"verbose": False, **login}).encode() + b"\r\nPING\r\n")
            said = b""
            while more := link.recv(4096):
                said += more
        assert b"-ERR 'Authorization Violation'" in said
        assert b"PONG" not in said
