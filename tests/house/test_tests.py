"""Tests are fast and reach nobody: no waiting by the clock, no address of anybody real."""

import ipaddress
import re
import socket

import pytest

from tests.house.tree import local, text, under

MAY_WAIT = ("tests/faults/", "tests/journeys/", "tests/bench/")
SLEEP = re.compile(r"\bsleep\((?!0\)|self)")
NUMBERS = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
HOSTS = re.compile(
    r"\b(?:https?|wss?|mqtts?|smtps?|nats|tls)://(?:[^\s/@\"']*@)?(\[[^\]]*\]|[A-Za-z0-9.-]+)", re.IGNORECASE
)
NOBODY = ("localhost", "testserver", "www.w3.org", "json.schemastore.org")
RESERVED = (".example", ".test", ".invalid", ".localhost", "example.org", "example.net", "example.com")
HERE = "tests/house/test_tests.py"  # holds the bad examples
TESTS = [path for path in under("tests", suffix=".py") if not local(path).startswith((*MAY_WAIT, HERE))]


def waits(source: str) -> list[str]:
    return [line.strip() for line in source.splitlines() if SLEEP.search(line) and "def sleep(" not in line]


def numbers_of_somebody(source: str) -> list[str]:
    found = []
    for text_of_it in NUMBERS.findall(source):
        try:
            address = ipaddress.ip_address(text_of_it)
        except ValueError:
            continue
        if address.is_global:
            found.append(text_of_it)
    return found


def hosts_of_somebody(source: str) -> list[str]:
    found = []
    for host in HOSTS.findall(source):
        name = host.lower().rstrip(".")
        numeric = NUMBERS.fullmatch(name) or name.startswith("[")
        if "." in name and not numeric and name not in NOBODY and not name.endswith(RESERVED):
            found.append(host)
    return found


@pytest.mark.parametrize(
    ("check", "bad", "good"),
    [
        (waits, "time.sleep(0.5)", "await asyncio.sleep(0)"),
        (waits, "await asyncio.sleep(1)", "async def sleep(self, seconds): ..."),
        (numbers_of_somebody, "connect(('8.8.8" + ".8', 53))", "'127.0.0.1' '192.0.2.7' '10.0.0.1' '1.2.3'"),
        (hosts_of_somebody, "https://shop.real" + "brand.co.uk/x", "https://my.example http://127.0.0.1:8 http://host"),
        (hosts_of_somebody, "mqtt://me:pw@broker.host" + "ed.io", "https://a.b.example.org/t"),
    ],
)
def test_the_checks_find_what_they_are_for(check: object, bad: str, good: str) -> None:
    assert callable(check)
    assert check(bad)
    assert not check(good)


def test_no_test_waits_by_the_clock() -> None:
    assert TESTS
    assert {local(path): waits(text(path)) for path in TESTS if waits(text(path))} == {}


def test_no_test_names_an_address_of_somebody() -> None:
    named = {local(path): numbers_of_somebody(text(path)) + hosts_of_somebody(text(path)) for path in TESTS}
    assert {name: addresses for name, addresses in named.items() if addresses} == {}


def test_a_connection_beyond_this_machine_is_refused_before_it_is_made() -> None:
    with socket.socket() as wire, pytest.raises(AssertionError, match=r"reached out to .*192\.0\.2\.1"):
        wire.connect(("192.0.2.1", 9))
