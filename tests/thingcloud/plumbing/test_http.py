"""What every edge leans on: forms that bite, pages of other sites, whom to count."""

from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.types import Message

from thingcloud.plumbing import http
from thingcloud.plumbing.errors import BadInput, NotAllowed
from thingcloud.plumbing.settings import Settings

HOME = Settings(data=Path("var"), url="https://my.example")
BEHIND = Settings(data=Path("var"), proxy="127.0.0.1")


def request(body: bytes = b"", peer: str = "192.0.2.1", **headers: str) -> Request:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": raw, "client": (peer, 1)}, receive)


async def test_half_a_letter_from_a_charset_of_the_senders_choice_is_refused() -> None:
    body = b'--x\r\ncontent-disposition: form-data; name="words"\r\n\r\nhello \\ud800\r\n--x--\r\n'
    kind = "multipart/form-data; boundary=x; charset=unicode_escape"
    with pytest.raises(BadInput, match="broken"):
        await http.form(request(body, content_type=kind))


@pytest.mark.parametrize(
    "origin", ["http://[", "null", "https://evil.example", "https://my.example.evil.example", "//"]
)
def test_a_post_of_another_site_is_refused_however_it_names_itself(origin: str) -> None:
    with pytest.raises(NotAllowed):
        http.same_origin(request(host="localhost:8080", origin=origin), HOME)


@pytest.mark.parametrize("origin", ["https://my.example", "http://localhost:8080"])
def test_our_own_pages_may_post(origin: str) -> None:
    http.same_origin(request(host="localhost:8080", origin=origin), HOME)


def test_all_addresses_of_one_ipv6_network_are_counted_as_one() -> None:
    one, other = (http.client_key(request(peer=peer), HOME) for peer in ("2001:db8::1", "2001:db8::ffff:2"))
    assert one == other
    assert one != http.client_key(request(peer="2001:db8:0:1::1"), HOME)
    assert http.client_key(request(peer="::ffff:192.0.2.7"), HOME) == "192.0.2.7"


def test_only_the_named_proxy_is_believed_about_who_asks() -> None:
    said = "198.51.100.1, 2001:db8:1:2::3"
    assert http.client_key(request(peer="127.0.0.1", x_forwarded_for=said), BEHIND) == "2001:db8:1:2::/64"
    assert http.client_key(request(peer="192.0.2.9", x_forwarded_for=said), BEHIND) == "192.0.2.9"
    assert http.client_key(request(peer="127.0.0.1", x_forwarded_for="not::an::address"), BEHIND) == "not::an::address"
