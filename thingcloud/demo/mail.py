"""The demo's mail host: takes every mail over real SMTP, delivers none, and shows them on a page for this machine."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

import aiosmtplib
from aiosmtpd import smtp as smtpd
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thingcloud.plumbing import http
from thingcloud.plumbing.errors import NotFound, Unavailable
from thingcloud.plumbing.house import House

_MOST = 200
_LARGEST = 1 << 20
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Mail:
    """One mail as it arrived."""

    number: int
    sender: str
    to: str
    answer_to: str
    subject: str
    text: str
    at: int


class Sink:
    """Keeps the last mails in memory; nothing leaves this machine."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._kept: deque[Mail] = deque(maxlen=_MOST)
        self._count = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen on a free loopback port and return it."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: smtpd.SMTP(self, loop=loop, data_size_limit=_LARGEST, hostname="demo.example.org"), _LOOPBACK, 0
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    @property
    def mails(self) -> list[Mail]:
        """What arrived, newest first."""
        return list(reversed(self._kept))

    async def handle_DATA(self, _server: smtpd.SMTP, _session: smtpd.Session, envelope: smtpd.Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a mail."""
        message = message_from_bytes(envelope.original_content or b"", policy=SMTP)
        part = message.get_body(("plain", "html")) if isinstance(message, EmailMessage) else None
        self._count += 1
        self._kept.append(
            Mail(
                number=self._count,
                sender=str(message["from"] or envelope.mail_from or ""),
                to=", ".join(envelope.rcpt_tos),
                answer_to=str(message["reply-to"] or message["from"] or ""),
                subject=str(message["subject"] or ""),
                text=part.get_content() if part is not None else "",
                at=self._now(),
            )
        )
        return "250 Kept here, sent nowhere"


def pages(house: House, sink: Sink) -> list[Route]:
    """The viewer: what we would send, and a way to answer it as its reader would."""

    def mail(request: Request) -> Mail:
        wanted = request.path_params["number"]
        for kept in sink.mails:
            if kept.number == wanted:
                return kept
        raise NotFound("This mail is not here any more.", hint="The viewer keeps the last 200.")

    async def index(request: Request) -> Response:
        return house.pages.page(request, "demo/mails.html", mails=sink.mails)

    async def show(request: Request) -> Response:
        return house.pages.page(request, "demo/mail.html", mail=mail(request), sent=False)

    async def answer(request: Request) -> Response:
        http.same_origin(request, house.settings)
        read = mail(request)
        words = http.text(await http.form(request), "words")
        await _answer(house, read, words)
        return house.pages.page(request, "demo/mail.html", mail=read, sent=True)

    return [
        Route("/mail", index, methods=["GET"]),
        Route("/mail/{number:int}", show, methods=["GET"]),
        Route("/mail/{number:int}", answer, methods=["POST"]),
    ]


async def _answer(house: House, read: Mail, words: str) -> None:
    """Send an answer as a mail program would: quote below, signature and all."""
    reply = EmailMessage()
    reply["From"], reply["To"], reply["Subject"] = read.to, read.answer_to, f"Re: {read.subject}"
    quote = "\n".join(f"> {line}" for line in read.text.splitlines())
    reply.set_content(f"{words}\n\n-- \nSent from my desk, {read.to}\n\nOn that day {read.sender} wrote:\n{quote}\n")
    try:
        await aiosmtplib.send(
            reply, hostname=_LOOPBACK, port=house.settings.mail_port, use_tls=False, start_tls=False, timeout=10
        )
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        raise Unavailable("The answer was not taken.", hint=str(error)) from error
