"""A mail host that takes every mail over real SMTP and keeps it; it can be told to refuse, or to hang up half-way."""

import asyncio
from collections import deque
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

CUT = "cut"


class _AnyPort(Controller):
    def _trigger_server(self) -> None:
        # With port 0 the library would try the port that was asked for, not the one that was found.
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class Sink:
    """Use as a context; `url` goes into THINGCLOUD_SMTP, `answers` are replies to give before taking mail again."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.answers: deque[str] = deque()
        self._controller = _AnyPort(self, hostname="127.0.0.1", port=0)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop(no_assert=True)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._controller.port}"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.answers.popleft() if self.answers else "250 kept"
        if answer == CUT:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            return "421 gone"
        if answer.startswith("2"):
            parsed = message_from_bytes(envelope.original_content or b"", policy=POLICY)
            assert isinstance(parsed, EmailMessage)
            self.mails.append(parsed)
            self.raw.append(envelope.original_content or b"")
            self.envelopes.append((envelope.mail_from or "", list(envelope.rcpt_tos)))
        return answer


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def html_of(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())
