"""The answers to the broker's questions, without a broker."""

import asyncio
import base64
import json
from typing import Any, cast

import pytest
from nacl.signing import VerifyKey
from nats.aio.msg import Msg

from thingcloud.plumbing.broker.admission import Permissions
from thingcloud.plumbing.broker.callout import Callout

ALL = Permissions(("say/this",), ("hear/this/#",))


def part(text: bytes) -> bytes:
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))


def claims(token: str | bytes) -> dict[str, Any]:
    data = token.encode() if isinstance(token, str) else token
    found: dict[str, Any] = json.loads(part(data.split(b".")[1]))
    return found


class Question:
    """A message of the broker that remembers the answer."""

    def __init__(self, data: bytes = b"", **client: str) -> None:
        asked = {
            "server_id": {"id": "NSERVER"},
            "user_nkey": "UUSER",
            "client_info": {"type": "mqtt", "mqtt_id": "me", **client},
            "connect_opts": {"user": "me", "pass": "secret"},
        }
        body = base64.urlsafe_b64encode(json.dumps({"nats": asked}).encode()).rstrip(b"=")
        self.data = data or b"head." + body + b".seal"
        self.answer: bytes | None = None

    async def respond(self, data: bytes) -> None:
        self.answer = data


def answered(callout: Callout, question: Question) -> dict[str, Any]:
    asyncio.run(callout._on_question(cast("Msg", question)))
    assert question.answer is not None
    return claims(question.answer)


def opened(admission: Any) -> Callout:
    made = Callout(admission)
    made.open = True
    return made


def test_who_is_admitted_is_told_what_it_may() -> None:
    asked: list[tuple[str, ...]] = []

    def admission(*who: str) -> Permissions:
        asked.append(who)
        return ALL

    callout = opened(admission)
    told = answered(callout, Question())
    assert asked == [("me", "me", "secret")]
    assert (told["iss"], told["sub"], told["aud"]) == (callout.issuer, "UUSER", "NSERVER")
    user = claims(told["nats"]["jwt"])
    assert (user["iss"], user["sub"], user["aud"]) == (callout.issuer, "UUSER", "CLOUD")
    assert user["nats"]["pub"] == {"allow": ["say.this"]}
    assert user["nats"]["sub"] == {"allow": ["hear.this.>", "hear.this"]}
    assert "exp" not in user


def test_an_answer_is_signed_by_the_issuer() -> None:
    callout, question = opened(lambda *_: ALL), Question()
    answered(callout, question)
    assert question.answer is not None
    body, _, seal = question.answer.rpartition(b".")
    key = base64.b32decode(callout.issuer + "=" * (-len(callout.issuer) % 8))[1:33]
    assert VerifyKey(key).verify(body, part(seal)) == body


def test_who_may_nothing_is_told_that_everything_is_denied() -> None:
    user = claims(answered(opened(lambda *_: Permissions(seconds=60)), Question())["nats"]["jwt"])
    assert user["nats"]["pub"] == user["nats"]["sub"] == {"deny": [">"]}
    assert user["exp"] - user["iat"] == 60


def too_much(*_: str) -> Permissions:
    return Permissions(("a/+/b",))


def broken(*_: str) -> Permissions:
    raise RuntimeError("the tables are away")


@pytest.mark.parametrize(
    ("callout", "question"),
    [
        (Callout(lambda *_: ALL), Question()),
        (opened(lambda *_: None), Question()),
        (opened(broken), Question()),
        (opened(lambda *_: ALL), Question(type="nats")),
        (opened(lambda *_: ALL), Question(type="websocket")),
        (opened(too_much), Question()),
    ],
    ids=["closed", "not on the list", "cannot decide", "not MQTT", "websocket", "a pattern nobody may have"],
)
def test_everybody_else_is_refused(callout: Callout, question: Question) -> None:
    told = answered(callout, question)["nats"]
    assert told["error"] == "not admitted"
    assert "jwt" not in told


@pytest.mark.parametrize("data", [b"x", b"a.b.c", b"a.e30.c", b"a.!!.c", b"a.W10.c", b"a.bnVsbA.c"])
def test_a_question_in_another_form_gets_no_answer(data: bytes) -> None:
    question = Question(data)
    asyncio.run(opened(lambda *_: ALL)._on_question(cast("Msg", question)))
    assert question.answer is None
