"""The broker's parts without a broker: topics, ports, binaries, the anchor, what waits to be sent."""

import socket
import ssl
from pathlib import Path

import pytest
from cryptography import x509

from thingcloud.plumbing.broker import tls
from thingcloud.plumbing.broker.admission import subject, subjects
from thingcloud.plumbing.broker.process import binary, free_port
from thingcloud.plumbing.broker.publish import Outgoing
from thingcloud.plumbing.clock import DAY
from thingcloud.plumbing.errors import BadSetting, Unavailable
from thingcloud.plumbing.settings import Settings

NOW = 1_795_000_000_000


def test_a_filter_covers_what_it_covers_in_mqtt() -> None:
    assert subjects(("things/a/#", "devices/b/status")) == ["things.a.>", "devices.b.status", "things.a"]


@pytest.mark.parametrize(
    "topic", ["#", "a/+", "a/*", "a.b", "a>", "a b", "", "/a", "a/", "a//b", "a/#/b", "a/b#", "ä", "a\n"]
)
def test_a_topic_that_means_something_else_to_the_broker_is_refused(topic: str) -> None:
    with pytest.raises(ValueError, match="not a topic"):
        subject(topic)


@pytest.mark.parametrize("topic", ["#", "a/#", "a/+", "a/*", "a.b", "a>", "a b", "", "/a", "a/", "a\r\nPUB x 1", "a\n"])
def test_nothing_is_published_on_a_topic_with_wildcards(topic: str) -> None:
    outgoing = Outgoing(lambda: "nats://nobody@127.0.0.1:1")
    with pytest.raises(ValueError, match="not a topic"):
        outgoing.publish(topic, b"payload")


def test_a_taken_port_gives_way_to_the_next() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = free_port(port)
    assert port < found <= port + 50
    assert free_port(0) > 0


def program(folder: Path, said: str) -> Settings:
    made = folder / "nats-server"
    made.write_text(f"#!/bin/sh\n{said}\n")
    made.chmod(0o700)
    return Settings(data=folder, nats_binary=str(made))


@pytest.mark.parametrize("said", ["echo nats-server: v2.15.0", "echo nats-server: v2.9.10", "echo hello", "exit 1"])
def test_a_broker_with_known_holes_is_refused(tmp_path: Path, said: str) -> None:
    with pytest.raises(BadSetting):
        binary(program(tmp_path, said))


@pytest.mark.parametrize(
    "said", ["echo nats-server: v2.15.1", "echo nats-server: v2.16.0", "echo nats-server: v3.0.0-RC.1"]
)
def test_a_newer_broker_is_taken(tmp_path: Path, said: str) -> None:
    chosen = program(tmp_path, said)
    assert binary(chosen) == chosen.nats_binary


def test_a_binary_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"THINGCLOUD_NATS_BINARY cannot be run: .*gone"):
        binary(Settings(data=tmp_path, nats_binary=str(tmp_path / "gone")))


def test_the_anchor_stays_and_the_leaf_is_renewed(tmp_path: Path) -> None:
    authority = tls.load_or_make(tmp_path)
    context = authority.context(tmp_path, ("my.example", "127.0.0.1"), NOW)
    first = x509.load_pem_x509_certificate((tmp_path / "leaf.pem").read_bytes())
    tls.load_or_make(tmp_path).renew(context, tmp_path, ("my.example",), NOW + 80 * DAY)
    second = x509.load_pem_x509_certificate((tmp_path / "leaf.pem").read_bytes())
    assert tls.load_or_make(tmp_path).pin == authority.pin
    assert (second.not_valid_after_utc - first.not_valid_after_utc).days == 80
    second.verify_directly_issued_by(authority.certificate)
    names = first.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["my.example"]
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("content", [b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\n"])
def test_a_damaged_anchor_is_said_and_not_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "authority.pem").write_bytes(content)
    with pytest.raises(Unavailable, match=r"authority\.pem"):
        tls.load_or_make(tmp_path)
    assert (tmp_path / "authority.pem").read_bytes() == content


def test_an_anchor_with_another_key_is_refused(tmp_path: Path) -> None:
    parts = []
    for name in ("one", "two"):
        tls.load_or_make(tmp_path / name)
        parts.append((tmp_path / name / "authority.pem").read_bytes().partition(b"-----BEGIN CERTIFICATE"))
    (tmp_path / "one" / "authority.pem").write_bytes(parts[0][0] + b"".join(parts[1][1:]))
    with pytest.raises(Unavailable, match="not that of the certificate"):
        tls.load_or_make(tmp_path / "one")


def heard(link: socket.socket, end: bytes) -> bytes:
    said = b""
    while end not in said:
        said += link.recv(65536)
    return said


def test_what_is_said_while_the_broker_is_away_waits_for_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as fake:
        fake.settimeout(5)
        outgoing = Outgoing(lambda: f"nats://cloud:secret@127.0.0.1:{fake.getsockname()[1]}")
        outgoing.publish("things/a/pack", b"one")
        outgoing.start()
        with fake.accept()[0] as link:
            assert b'"pass": "secret"' in heard(link, b"PING\r\n")
            link.sendall(b"INFO {}\r\nPONG\r\n")
            assert heard(link, b"one\r\n") == b"PUB things.a.pack 3\r\none\r\n"
        outgoing.publish("things/a/pack", b"two")
        with fake.accept()[0] as link:
            heard(link, b"PING\r\n")
            link.sendall(b"INFO {}\r\nPONG\r\n")
            assert heard(link, b"two\r\n") == b"PUB things.a.pack 3\r\ntwo\r\n"
            outgoing.stop()


def test_a_queue_that_nobody_empties_drops_its_oldest() -> None:
    outgoing = Outgoing(lambda: "nats://nobody@127.0.0.1:1")
    for number in range(50_010):
        outgoing.publish("a", b"%d" % number)
    assert len(outgoing._waiting) == 50_000
    assert outgoing._waiting[0] == ("a", b"10")
