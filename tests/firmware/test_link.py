"""Addresses, and what is refused rather than sent in the clear: these tests run on CPython and on MicroPython alike."""

from device import http
from device.errors import ConfigError, DeviceError
from device.link import Address, Line, trusting
from tests.firmware.ground import refusal

_HTTP = ("http", "https")


def test_addresses_come_apart() -> None:
    for text, parts in (
        ("https://my.example", (True, "my.example", 443, "")),
        ("https://my.example:8443/base", (True, "my.example", 8443, "/base")),
        ("http://[::1]:8080", (False, "::1", 8080, "")),
        ("http://127.0.0.1", (False, "127.0.0.1", 80, "")),
    ):
        found = Address(text, _HTTP)
        assert (found.secure, found.host, found.port, found.path) == parts


def test_what_is_no_address_is_refused() -> None:
    for text in (
        "",
        "my.example",
        "ftp://my.example",
        "https://",
        "https://a:b@my.example",
        "https://h:0",
        "https://h:x",
    ):
        refusal(ConfigError, lambda text=text: Address(text, _HTTP))  # type: ignore[misc]


def test_only_this_machine_counts_as_loopback() -> None:
    for text, here in (
        ("http://127.0.0.1", True),
        ("http://127.9.9.9:80", True),
        ("http://localhost", True),
        ("http://[::1]", True),
        ("http://127.evil.example", False),
        ("http://127.0.0.1.evil.example", False),
        ("http://localhost.example", False),
        ("http://192.168.1.2", False),
    ):
        assert Address(text, _HTTP).on_loopback() == here, text


def test_clear_text_beyond_this_machine_is_refused() -> None:
    for text in ("http://192.0.2.1", "http://my.example"):
        said = refusal(ConfigError, lambda text=text: Line(Address(text, _HTTP), "", "loopback"))  # type: ignore[misc]
        assert "not encrypted" in said


def test_an_anchor_that_is_no_certificate_is_refused() -> None:
    for anchor in (
        "nonsense",
        "-----BEGIN CERTIFICATE-----\nAAAA",
        "-----BEGIN CERTIFICATE-----!-----END CERTIFICATE-----",
    ):
        said = refusal(DeviceError, lambda anchor=anchor: trusting(anchor))  # type: ignore[misc]
        assert "certificate" in said


def test_answers_of_a_host_are_read_whole_or_refused() -> None:
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    assert http.answer(whole) == (200, b"{}")
    pieces = b"HTTP/1.1 403 x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    assert http.answer(pieces) == (403, b"abcde")
    assert http.answer(b"HTTP/1.0 200 OK\r\n\r\nrest") == (200, b"rest")
    for broken in (
        b"",
        b"SSH-2.0-x\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 abc x\r\n\r\n",
        b"\xff\xfe\r\n\r\n",
        whole[:-1],
        pieces[:-12],
        b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabc",
    ):
        refusal(DeviceError, lambda broken=broken: http.answer(broken))  # type: ignore[misc]
