"""What the local network may see, and how refusals read."""

import pytest
from starlette.types import Message, Scope

from thingcloud.plumbing import guard
from thingcloud.plumbing.errors import BadInput, NotFound, TooMuch


async def inside(scope: Scope, receive: object, send: object) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[operator]


async def status(path: str, server: tuple[str, int] | None) -> int:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    scope: Scope = {"type": "http", "method": "GET", "path": path, "server": server, "headers": []}
    await guard.TagPagesOnly(inside)(scope, receive, send)
    return int(sent[0]["status"])


@pytest.mark.parametrize(
    "path", ["/t", "/t/7K3QX9M2PDRZS7", "/T/7K3QX9M2PDRZS7", "/c/secret", "/static/a/b.css", "/kept", "/"]
)
async def test_the_network_sees_tag_pages(path: str) -> None:
    assert await status(path, ("192.168.1.20", 8080)) == 200


@pytest.mark.parametrize(
    "path",
    ["/owner", "/OWNER", "/owner/in/x", "/vendor", "/mail", "/api/v1/things", "/pair", "/readyz", "/tx", "//owner"],
)
async def test_the_network_sees_nothing_else(path: str) -> None:
    assert await status(path, ("192.168.1.20", 8080)) == 404
    assert await status(path, None) == 404
    assert await status(path, ("127.0.0.1", 8080)) == 200


def test_every_error_has_its_status() -> None:
    assert guard.status(NotFound("x")) == 404
    assert guard.status(BadInput("x")) == 400
    assert guard.status(TooMuch("x", again_in=1)) == 429


def test_a_problem_names_its_reason_and_when_to_try_again() -> None:
    answer = guard.problem(TooMuch("Too fast.", again_in=90_000, hint="Wait."), 429)
    assert answer.headers["retry-after"] == "90"
    assert answer.media_type == "application/problem+json"
    assert b'"title":"Too fast."' in bytes(answer.body)
