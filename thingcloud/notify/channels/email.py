"""The channel of mail: composed anew from words we chose, handed to a mail host by SMTP.

Nothing of a mail host's answer is repeated anywhere: hosts quote the address they refuse.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final
from urllib.parse import unquote, urlsplit

import aiosmtplib

from thingcloud.notify.model import Letter
from thingcloud.plumbing.errors import BadSetting
from thingcloud.plumbing.house import House
from thingcloud.plumbing.jobs import GivenUp, Later

LOOP: Final = "X-Thingcloud-Sent"
_PERMANENT: Final = 500
_REFUSED_SIGN_IN: Final = 530
_LAST_REFUSED_SIGN_IN: Final = 538
_TIMEOUT_S: Final = 20
# A folded address line would be written as encoded words, which no mail program reads as an address.
_POLICY: Final = SMTP.clone(max_line_length=500)
_WIDTH: Final = 998
_NO_HOST: Final = "no mail host is set (THINGCLOUD_SMTP)"


@dataclass(frozen=True)
class Smarthost:
    """Where mail is handed over: `smtp://name:password@host:587`, or `smtps://` for TLS from the start."""

    host: str
    port: int
    tls: bool
    user: str | None
    password: str | None

    def __repr__(self) -> str:
        return f"Smarthost({self.host}:{self.port})"


def smarthost(setting: str) -> Smarthost:
    """Read THINGCLOUD_SMTP; the refusal does not repeat it, since it may hold a password."""
    parts = urlsplit(setting)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or port == -1:
        raise BadSetting("THINGCLOUD_SMTP is not the address of a mail host.", hint="Example: smtp://mail.example:587")
    tls = parts.scheme == "smtps"
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    return Smarthost(parts.hostname, port or (465 if tls else 25), tls, user, password)


async def send(house: House, to: str, letter: Letter) -> None:
    """Hand a letter to the mail host; `Later` where trying again may help, `GivenUp` where it cannot."""
    if not house.settings.smtp:
        raise GivenUp(_NO_HOST)
    host = smarthost(house.settings.smtp)
    try:
        message = compose(house, to, letter)
        sender = str(message["From"].addresses[0].addr_spec)
        await aiosmtplib.send(
            message.as_bytes(), sender=sender, recipients=[to], hostname=host.host, port=host.port, use_tls=host.tls,
            username=host.user, password=host.password, timeout=_TIMEOUT_S,
        )  # fmt: skip
    except aiosmtplib.SMTPRecipientsRefused as error:
        codes = [refused.code for refused in error.recipients]
        raise _outcome(max(codes, default=_PERMANENT)) from None
    except aiosmtplib.SMTPResponseException as error:
        raise _outcome(error.code) from None
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise Later(f"the mail host did not take it ({type(error).__name__})") from None


def _outcome(code: int) -> Later | GivenUp:
    # A refused sign-in is the operator's to mend: the mail itself is not to blame.
    if code >= _PERMANENT and not _REFUSED_SIGN_IN <= code <= _LAST_REFUSED_SIGN_IN:
        return GivenUp(f"the mail host refused it for good ({code})")
    return Later(f"the mail host refused it for now ({code})")


def compose(house: House, to: str, letter: Letter) -> EmailMessage:
    """The mail: plain text that is complete, and one column of HTML without a picture."""
    settings = house.settings
    domain = settings.alias_domain
    base = settings.front_url if letter.public else settings.base_url
    answerable = bool(letter.alias and settings.mail_port)
    shown = f"{letter.speaker}, through {domain}" if letter.speaker else settings.name
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address(_header(shown), letter.alias if answerable else "no-reply", domain)
    message["To"] = to
    message["Subject"] = _header(letter.subject)
    message["Date"] = format_datetime(datetime.fromtimestamp(house.clock.now() / 1000, UTC))
    message["Message-ID"] = f"<{letter.id}@{domain}>"
    message[LOOP] = "1"
    message["X-Auto-Response-Suppress"] = "All"
    if letter.automatic:
        message["Auto-Submitted"] = "auto-generated"
    if letter.thread:
        message["References"] = message["In-Reply-To"] = f"<{letter.thread}@{domain}>"
    if answerable:
        message["Reply-To"] = Address(_header(shown), letter.alias, domain)
    if letter.stop:
        message["List-Unsubscribe"] = f"<{base}{letter.stop}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    facts = {"letter": letter, "base": base, "answerable": answerable}
    message.set_content(house.pages.render("en", "notify/mail.txt", **facts).strip() + "\n", cte="quoted-printable")
    html = house.pages.render("en", "notify/mail.html", **facts)
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    return message


def _header(text: str) -> str:
    # A line break would begin a header of the writer's own.
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_WIDTH]
