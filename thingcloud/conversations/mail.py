"""The edge of whoever speaks by mail: an SMTP listener for the masked addresses.

Refusals are given while the other host is still on the line, so that we never send a bounce to an address that may be
forged. Nothing of a mail is logged.
"""

import asyncio
import logging
from typing import Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from thingcloud.conversations import letters, service
from thingcloud.plumbing.errors import (
    BadInput,
    Conflict,
    NotAllowed,
    NotFound,
    ThingcloudError,
    TooMuch,
    Unavailable,
)
from thingcloud.plumbing.house import House

log = logging.getLogger(__name__)

_MOST_AT_ONCE: Final = 50
_MOST_TO: Final = 5
_QUIET_S: Final = 60
_CODES: Final = {
    NotFound: "550 5.1.1", Conflict: "550 5.2.1", NotAllowed: "550 5.7.1", BadInput: "550 5.6.0",
    TooMuch: "450 4.7.1", Unavailable: "451 4.3.0",
}  # fmt: skip


class Door:
    """The listener: `start` gives the port it found, `stop` ends it."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._server: asyncio.Server | None = None
        self._open = 0
        # The library's own log names peers and addresses.
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)

    async def start(self, port: int | None = None) -> int:
        """Listen where the settings say, or on another port (0: any free one)."""
        settings = self._house.settings
        wanted = settings.mail_port if port is None else port
        try:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(self._protocol, settings.mail_bind, wanted)
        except OSError as error:
            raise Unavailable(
                f"Port {wanted} is taken, so no mail can come in ({error.strerror}).",
                hint="Choose another THINGCLOUD_MAIL_PORT, or 0 for none.",
            ) from error
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def stop(self) -> None:
        """Stop listening; a mail that is half-way will be sent again by its host."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    def _protocol(self) -> SMTP:
        return _Line(
            self, data_size_limit=letters.MOST_BYTES, enable_SMTPUTF8=True, hostname=self._house.settings.alias_domain,
            ident="thingcloud", timeout=_QUIET_S, loop=asyncio.get_running_loop(),
        )  # fmt: skip

    def came(self) -> bool:
        """Count a new connection; False where there are too many."""
        self._open += 1
        return self._open <= _MOST_AT_ONCE

    def went(self) -> None:
        """Count an ended connection."""
        self._open -= 1

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take the masked addresses of open cases, nothing else."""
        if len(envelope.rcpt_tos) >= _MOST_TO:
            return "452 4.5.3 Too many recipients."
        local, _, domain = address.rpartition("@")
        if domain.lower() != self._house.settings.alias_domain.lower():
            return "550 5.7.1 Mail for other places is not taken here."
        try:
            await self._house.db.read(lambda tx: service.alias(tx, local))
        except ThingcloudError as why:
            return _said(why)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Say the words of a mail in their case, or say why not."""
        if envelope.mail_from in {None, "", "<>"}:
            # A bounce: our own mail did not arrive. Whoever waits sees that no answer came.
            return "250 2.0.0 OK"
        raw = envelope.original_content or b""
        try:
            mail = await asyncio.to_thread(letters.read, raw)
            for address in envelope.rcpt_tos:
                await self._hear(address, mail)
        except ThingcloudError as why:
            return _said(why)
        return "250 2.0.0 OK"

    async def _hear(self, address: str, mail: letters.Mail) -> None:
        now = self._house.clock.now()
        await self._house.db.write(lambda tx: service.hear_mail(tx, now, address.rpartition("@")[0], mail))

    async def handle_exception(self, error: Exception) -> str:
        """Our own fault: the other host keeps the mail and tries again."""
        log.error("a mail could not be taken: %s", type(error).__name__)
        return "451 4.3.0 Something broke on our side. Please try again later."


class _Line(SMTP):
    """One connection, counted."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, unless too many are open."""
        if self.event_handler.came():
            super().connection_made(transport)
            return
        self.event_handler.went()
        transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        """End."""
        if self.transport is not None:
            self.event_handler.went()
            super().connection_lost(error)


def _said(why: ThingcloudError) -> str:
    code = _CODES.get(type(why), "550 5.0.0")
    return f"{code} {why}".encode("ascii", "replace").decode()
