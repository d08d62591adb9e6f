"""Admission by the cloud's own tables: NATS asks, for each client that connects, and we answer with its permissions.

The question and the answer are JSON web tokens signed with NATS keys (nkeys), as NATS calls it: auth callout.
"""

import base64
import binascii
import json
import logging
import os
import time
from collections.abc import Mapping
from typing import Any

import nkeys
from nats.aio.client import Client
from nats.aio.msg import Msg

from thingcloud.plumbing.broker.admission import Admission, Permissions, subjects
from thingcloud.plumbing.broker.process import ACCOUNT

log = logging.getLogger(__name__)

_QUESTIONS = "$SYS.REQ.USER.AUTH"
_HEADER = {"typ": "JWT", "alg": "ed25519-nkey"}
_NOTHING = {"deny": [">"]}


def _encoded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _claims(token: bytes) -> dict[str, Any]:
    body = token.split(b".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + b"=" * (-len(body) % 4)))
    return found


class Callout:
    """Answers the broker's questions; refuses everybody until it is opened."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._key = nkeys.from_seed(nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_ACCOUNT))
        self.open = False

    @property
    def issuer(self) -> str:
        """The public key that the broker trusts for answers."""
        return str(self._key.public_key.decode())

    async def serve(self, connection: Client) -> None:
        """Answer on this connection, as long as it lives."""
        await connection.subscribe(_QUESTIONS, cb=self._on_question)
        await connection.flush()

    async def _on_question(self, message: Msg) -> None:
        try:
            asked = _claims(message.data)["nats"]
            server, user = asked["server_id"]["id"], asked["user_nkey"]
        except (IndexError, KeyError, ValueError, TypeError, binascii.Error):
            log.warning("the broker asked in a form we do not know")
            return
        allowed = self._decided(asked) if self.open else None
        await message.respond(self._answer(server, user, allowed))

    def _decided(self, asked: Mapping[str, Any]) -> Permissions | None:
        client, options = asked.get("client_info", {}), asked.get("connect_opts", {})
        if client.get("type") != "mqtt":
            return None
        try:
            return self._admission(
                str(client.get("mqtt_id", "")), str(options.get("user", "")), str(options.get("pass", ""))
            )
        except Exception:
            # Whatever the decision trips over, the client is refused and the others are still answered.
            log.exception("admission could not decide")
            return None

    def _answer(self, server: str, user: str, allowed: Permissions | None) -> bytes:
        said: dict[str, object] = {"type": "authorization_response", "version": 2}
        if allowed is None:
            said["error"] = "not admitted"
        else:
            said["jwt"] = self._signed(user, ACCOUNT, _permitted(allowed), allowed.seconds).decode()
        return self._signed(user, server, said)

    def _signed(self, subject: str, audience: str, nats: dict[str, object], seconds: int = 0) -> bytes:
        now = int(time.time())
        claims: dict[str, object] = {
            "jti": os.urandom(16).hex(), "iat": now, "iss": self.issuer, "sub": subject, "aud": audience, "nats": nats,
        }  # fmt: skip
        if seconds:
            claims["exp"] = now + seconds
        body = _encoded(_json(_HEADER)) + b"." + _encoded(_json(claims))
        return body + b"." + _encoded(self._key.sign(body))


def _permitted(allowed: Permissions) -> dict[str, object]:
    publish, subscribe = subjects(allowed.publish), subjects(allowed.subscribe)
    return {
        "type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1,
        "pub": {"allow": publish} if publish else _NOTHING,
        "sub": {"allow": subscribe} if subscribe else _NOTHING,
    }  # fmt: skip
