"""Replies as six common mail clients shape them, each with 23 marks of who wrote it."""

import base64
from collections.abc import Callable
from email.message import EmailMessage

NAME = "Alice Appleby"
ADDRESS = "alice.canary@owner-canary.example"
PHONE = "+49 170 555 01 23"
WORDS = "Thank you, you made our day! The desk is perfect.\n\nPlease ask for a receipt number on 22.11.2026 14:30."
KEPT = WORDS

# Where each mark stands, and what must not be found afterwards.
CANARIES = {
    "received": "canary-received", "originating-ip": "203.0.113.77", "dkim": "canary-dkim", "results": "canary-results",
    "return-path": "canary-return", "sender": "canary-sender", "cc": "canary-cc", "message-id": "canary-message-id",
    "autocrypt": "canary-autocrypt", "disposition": "canary-disposition", "user-agent": "canary-agent",
    "thread-index": "canary-thread", "subject": "canary-subject", "from-name": NAME, "quote": "canary-quote",
    "signature": "canary-signature", "pixel": "canary-pixel", "attachment-name": "canary-attachment",
    "vcard": "canary-vcard", "picture": "canary-exif", "address": ADDRESS, "phone": "555 01 23",
    "domain": "owner-canary.example",
}  # fmt: skip

_PICTURE = b"\xff\xd8\xff\xe1\x00\x20Exif\x00\x00canary-exif 52.5200,13.4050\xff\xd9"
_CONTACTS = f"Call me: {PHONE} or write to {ADDRESS}, see https://owner-canary.example/alice or owner-canary.example."
_SIGNED = f"{NAME}\nCanary Lane 7, canary-signature\n{PHONE}\n{ADDRESS}"


def _message(agent: str) -> EmailMessage:
    made = EmailMessage()
    made["Received"] = (
        "from canary-received.lan (canary-received.lan [203.0.113.77]) by mx; Sun, 22 Nov 2026 14:05:00 +0000"
    )
    made["X-Originating-IP"] = "[203.0.113.77]"
    made["DKIM-Signature"] = "v=1; a=rsa-sha256; d=owner-canary.example; s=canary-dkim; b=abcd"
    made["Authentication-Results"] = "mx; spf=pass smtp.mailfrom=canary-results"
    made["Return-Path"] = "<canary-return@owner-canary.example>"
    made["Sender"] = "canary-sender@owner-canary.example"
    made["Cc"] = "Partner <canary-cc@owner-canary.example>"
    made["Message-ID"] = f"<canary-message-id.{agent.replace(' ', '')}@owner-canary.example>"
    made["Autocrypt"] = f"addr={ADDRESS}; keydata=canary-autocrypt"
    made["Disposition-Notification-To"] = "canary-disposition@owner-canary.example"
    made["User-Agent"] = f"{agent} canary-agent"
    made["Thread-Index"] = "canary-thread"
    made["Subject"] = f"Re: Someone found your suitcase canary-subject {NAME}"
    made["From"] = f"{NAME} <{ADDRESS}>"
    made["To"] = "the-alias@talk.example"
    return made


def _attach(message: EmailMessage) -> None:
    card = f"BEGIN:VCARD\nFN:{NAME}\nNOTE:canary-vcard\nEND:VCARD\n"
    message.add_attachment(card.encode(), maintype="text", subtype="vcard", filename="canary-attachment.vcf")
    message.add_attachment(_PICTURE, maintype="image", subtype="jpeg", filename="canary-attachment.jpg")


def _finish(message: EmailMessage, plain: str, html: str = "") -> bytes:
    message.set_content(plain)
    if html:
        pixel = '<img src="https://canary-pixel.example/p.gif" width=1 height=1>'
        message.add_alternative(
            f"<html><head><style>canary-pixel</style></head><body>{html}{pixel}</body></html>", subtype="html"
        )
    _attach(message)
    return message.as_bytes()


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.split("\n"))


_OURS = "Someone found your suitcase.\n\ncanary-quote “Found it on platform 4.”\n\nAnswer: http://talk.example/owner/messages/x"


def thunderbird(words: str = WORDS) -> bytes:
    plain = f"{words}\n{_CONTACTS}\n\n-- \n{_SIGNED}\n"
    cite = f"On 22/11/2026 14:02, The finder, through talk.example wrote:\n{_quoted(_OURS)}\n\n"
    return _finish(_message("Thunderbird"), cite + plain)


def gmail(words: str = WORDS) -> bytes:
    plain = (
        f"{words}\n{_CONTACTS}\n\n-- \n{_SIGNED}\n\nOn Sun, 22 Nov 2026 at 14:02, The finder, through talk.example <\n"
        f"the-alias@talk.example> wrote:\n\n{_quoted(_OURS)}\n"
    )
    html = (
        f'<div dir="ltr"><div>{_html(words)}<br>{_CONTACTS}</div><br clear="all"><span>-- </span><br>'
        f'<div dir="ltr" class="gmail_signature">{_html(_SIGNED)}</div></div>'
        f'<div class="gmail_quote"><div class="gmail_attr">On Sun wrote:</div>'
        f"<blockquote>{_html(_OURS)}</blockquote></div>"
    )
    return _finish(_message("Gmail"), plain, html)


def outlook(words: str = WORDS) -> bytes:
    plain = (
        f"{words}\n{_CONTACTS}\n\nKind regards,\n{_SIGNED}\n\n________________________________\nFrom: The finder, "
        f"through talk.example <the-alias@talk.example>\nSent: 22 November 2026 14:02\nTo: {NAME} <{ADDRESS}>\n"
        f"Subject: Someone found your suitcase\n\n{_OURS}\n"
    )
    html = (
        f'<div>{_html(words)}<br>{_CONTACTS}</div><div id="Signature">{_html(_SIGNED)}</div>'
        '<div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> The finder</div>'
        f"<div>{_html(_OURS)}</div>"
    )
    return _finish(_message("Outlook"), plain, html)


def apple(words: str = WORDS) -> bytes:
    plain = f"{words}\n{_CONTACTS}\n\nSent from my iPhone canary-signature\n\n{_cite()}\n{_quoted(_OURS)}\n"
    return _finish(_message("iPhone Mail"), plain)


def _cite() -> str:
    return "> On 22 Nov 2026, at 14:02, The finder, through talk.example <the-alias@talk.example> wrote:\n> "


def yahoo(words: str = WORDS) -> bytes:
    """HTML alone, as some webmail sends it."""
    message = _message("Yahoo")
    message.set_content(
        f'<html><body><div><div>{_html(words)}<br>{_CONTACTS}</div><div class="signature">{_html(_SIGNED)}</div></div>'
        f'<div id="yahoo_quoted_1" class="yahoo_quoted"><div>On Sunday, the finder wrote:</div>{_html(_OURS)}</div>'
        '<img src="https://canary-pixel.example/p.gif"></body></html>',
        subtype="html",
    )
    _attach(message)
    return message.as_bytes()


def k9(words: str = WORDS) -> bytes:
    """A German telephone: attribution, quote unmarked below."""
    plain = (
        f'{words}\n{_CONTACTS}\n\nViele Grüße\n{_SIGNED}\n\nAm 22. November 2026 14:02:33 MEZ schrieb "The finder, '
        f'through talk.example" <the-alias@talk.example>:\n{_OURS}\n'
    )
    return _finish(_message("K-9"), plain)


def _html(text: str) -> str:
    return text.replace("\n", "<br>\n")


CLIENTS: dict[str, Callable[..., bytes]] = {
    "thunderbird": thunderbird, "gmail": gmail, "outlook": outlook, "apple": apple, "yahoo": yahoo, "k9": k9,
}  # fmt: skip


def plain(body: str, charset: str = "utf-8", sender: str = f"{NAME} <{ADDRESS}>", **headers: str) -> bytes:
    """A bare mail with exactly this body."""
    lines = [f"From: {sender}", "To: the-alias@talk.example", "Subject: Re: hello", "MIME-Version: 1.0"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += [f'Content-Type: text/plain; charset="{charset}"', "Content-Transfer-Encoding: base64", ""]
    return "\r\n".join(lines).encode() + b"\r\n" + base64.encodebytes(body.encode("utf-8", "surrogateescape"))
