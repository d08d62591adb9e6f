"""The raw reader against a scripted broker on loopback."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from thingcloud.telemetry.pull import MOST_IN_A_BATCH, Pull

DEVICE = "a" * 24
HEAD = b"NATS/1.0\r\nNmqtt-Pub:1\r\n\r\n"


def message(number: int, payload: bytes) -> bytes:
    subject = f"$MQTT.msgs.devices.{DEVICE}.telemetry".encode()
    size = len(HEAD) + len(payload)
    return b"HMSG %b 1 $JS.ACK.%d %d %d\r\n%b%b\r\n" % (subject, number, len(HEAD), size, HEAD, payload)


class Script:
    """A broker that says what a test wants, and keeps what it heard."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(5)
        self.links: list[socket.socket] = []
        self.heard = b""

    @property
    def url(self) -> str:
        return f"nats://cloud:secret@127.0.0.1:{self.listener.getsockname()[1]}"

    def welcome(self) -> None:
        """Take one connection and answer its PING."""
        link, _ = self.listener.accept()
        link.settimeout(5)
        self.links.append(link)
        self.hear(b"PING\r\n")
        link.sendall(b'INFO {"server_id":"x"}\r\nPONG\r\n')

    def hear(self, until: bytes) -> bytes:
        """Everything up to these words."""
        while until not in self.heard:
            self.heard += self.links[-1].recv(4096)
        said, _, self.heard = self.heard.partition(until)
        return said + until

    def say(self, data: bytes) -> None:
        self.links[-1].sendall(data)


@pytest.fixture
def script() -> Iterator[Script]:
    made = Script()
    yield made
    for link in made.links:
        link.close()
    made.listener.close()


def connected(script: Script) -> Pull:
    pull = Pull(lambda: script.url, "$MQTT_msgs", "telemetry")
    greeting = threading.Thread(target=script.welcome)
    greeting.start()
    assert pull.receive(0.01) == []
    greeting.join()
    return pull


def test_one_read_brings_many_messages_and_one_write_acknowledges_them(script: Script) -> None:
    pull = connected(script)
    asked = script.hear(b"}\r\n")
    assert b"$JS.API.CONSUMER.MSG.NEXT.$MQTT_msgs.telemetry" in asked
    script.say(b"".join(message(n, b"pack %d\r\n" % n) for n in range(5)))
    batch = pull.receive(5)
    assert [(one.device, one.data) for one in batch] == [(DEVICE, b"pack %d\r\n" % n) for n in range(5)]
    pull.acknowledge([one.token for one in batch])
    assert script.hear(b"$JS.ACK.4 4\r\n+ACK\r\n").count(b"+ACK") == 5
    pull.close()


def test_a_message_in_pieces_is_put_together(script: Script) -> None:
    pull = connected(script)
    whole = message(1, bytes(range(256)))
    for piece in (whole[:30], whole[30:90], whole[90:-1]):
        script.say(piece)
        assert pull.receive(0.02) == []
    script.say(whole[-1:])
    (one,) = pull.receive(5)
    assert one.data == bytes(range(256))
    pull.close()


def test_a_batch_is_never_larger_than_its_limit_and_nothing_is_left_behind(script: Script) -> None:
    pull = connected(script)
    sending = threading.Thread(target=script.say, args=(b"".join(message(n, b"x") for n in range(2500)),))
    sending.start()
    sizes: list[int] = []
    began = time.monotonic()
    while sum(sizes) < 2500:
        sizes.append(len(pull.receive(60)))
        assert sizes[-1]
    assert time.monotonic() - began < 30, "what was at hand waited for more"
    sending.join()
    assert max(sizes) <= MOST_IN_A_BATCH
    assert sum(sizes) == 2500
    pull.close()


def test_it_answers_the_brokers_ping(script: Script) -> None:
    pull = connected(script)
    script.say(b"PING\r\n")
    assert pull.receive(0.05) == []
    script.hear(b"PONG\r\n")
    pull.close()


def test_when_the_request_has_run_out_it_asks_again(script: Script) -> None:
    pull = connected(script)
    asked = script.hear(b"}\r\n")
    inbox = next(word for word in asked.split() if word.startswith(b"_INBOX."))
    head = b"NATS/1.0 408 Request Timeout\r\nNats-Pending-Messages: 2000\r\nNats-Pending-Bytes: 0\r\n\r\n"
    script.say(b"HMSG %b 1 %d %d\r\n%b\r\n" % (inbox, len(head), len(head), head))
    assert pull.receive(0.2) == []
    script.hear(b"}\r\n")
    pull.close()


@pytest.mark.parametrize("odd", [b"-ERR 'Authorization Violation'\r\n", b"HMSG what\r\n", b"HMSG a 1 b -9 x\r\n", b""])
def test_after_a_lost_or_odd_link_it_connects_again(script: Script, odd: bytes) -> None:
    pull = connected(script)
    if odd:
        script.say(odd)
    else:
        script.links[-1].close()
    assert pull.receive(0.5) == []
    again = threading.Thread(target=script.welcome)
    again.start()
    pull.receive(0.05)
    again.join()
    script.say(message(1, b"after"))
    found = pull.receive(5)
    assert [one.data for one in found] == [b"after"]
    pull.close()


def test_closing_ends_the_waiting_for_a_broker_that_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    pull = Pull(lambda: f"nats://127.0.0.1:{port}", "s", "c")
    for _ in range(3):
        assert pull.receive(0.01) == []
    pull.close()
    pull.acknowledge([b"$JS.ACK.1"])
    assert pull.receive(0.01) == []
