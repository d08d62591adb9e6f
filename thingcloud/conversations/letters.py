"""A mail that came: parsed, cut and rebuilt, so that nothing of it but the writer's words goes on.

Pure: bytes in, words out. Headers, formatting, pictures and attachments are read where needed and never handed on.
"""

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import HeaderParseError, MessageError
from email.header import decode_header, make_header
from email.message import Message
from html.parser import HTMLParser
from typing import Final

from thingcloud.conversations import trimming
from thingcloud.plumbing.errors import BadInput

MOST_BYTES: Final = 5 * 1024 * 1024
_MOST_PARTS: Final = 40
_MOST_TEXT: Final = 200_000
_MOST_WORDS: Final = 20_000
_MOST_HOPS: Final = 40
_LOOP: Final = "x-thingcloud-sent"

_ADDRESS = r"[^<>\s@\",;:()\[\]]{1,64}@[^<>\s@\",;:()\[\]]{1,255}"
_NAME = r"\"(?:[^\"\\]|\\.){0,200}\"|[^<>\",;]{0,200}?"
_ANGLE: Final = re.compile(rf"\s*(?P<name>{_NAME})\s*<(?P<addr>{_ADDRESS})>\s*")
_BARE: Final = re.compile(rf"\s*(?P<addr>{_ADDRESS})\s*(?:\((?P<name>[^()]{{0,200}})\))?\s*")

_AUTOMATIC_SUBJECT: Final = re.compile(
    r"\s*(?:automatic reply|auto(?:matische)?[ -]?(?:reply|antwort|response)|out of (?:the )?office|abwesenheits"
    r"|undeliver|delivery status|mail delivery|réponse automatique|respuesta automática|risposta automatica)",
    re.IGNORECASE,
)
_MASSES: Final = {"bulk", "junk", "list", "auto_reply"}
_MACHINES: Final = ("mailer-daemon@", "postmaster@", "noreply@", "no-reply@", "donotreply@", "do-not-reply@")


@dataclass(frozen=True)
class Mail:
    """What passes of a mail: `sender` is only ever compared; `automatic` says why no person wrote it, if none did."""

    sender: str
    words: str
    left_out: tuple[str, ...]
    mark: str
    automatic: str = ""


def read(raw: bytes) -> Mail:
    """Take a mail apart; one that cannot be taken is refused with a named reason."""
    low = raw.lower()
    if low.count(b"boundary") > _MOST_PARTS or low.count(b"message/") > _MOST_PARTS:
        raise BadInput("This mail has too many parts.", hint="Send plain words.", reason="too-many-parts")
    try:
        message = message_from_bytes(raw)
        name, sender = _sender(message)
        automatic = _automatic(message, sender)
        text, dropped = ("", 0) if automatic else _text(message)
    except (MessageError, RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        # The parser of the standard library raises any of these for headers that are bent enough.
        raise BadInput("This mail cannot be read.", hint="Send plain words.", reason="broken-mail") from error
    words = trimming.own_words(text)[: _MOST_WORDS + 1]
    found: Counter[str] = Counter({"attachment": dropped} if dropped else {})
    if len(words) <= _MOST_WORDS:
        local, _, domain = sender.partition("@")
        words, contacts = trimming.without_contacts(words, tuple(filter(None, (name, sender, domain, local))))
        found += contacts
    mark = hashlib.sha256(_header(message, "message-id").encode() or raw).hexdigest()
    return Mail(sender, words, trimming.told(found), mark, automatic)


def _header(message: Message, name: str) -> str:
    value = message.get(name, "")
    return " ".join(str(value).split())[:2000]


def _sender(message: Message) -> tuple[str, str]:
    """Name and address of the one writer; an address of "" fits nobody."""
    lines = message.get_all("from", [])
    if len(lines) != 1:
        return "", ""
    line = " ".join(str(lines[0]).split())[:1000]
    found = _ANGLE.fullmatch(line) or _BARE.fullmatch(line)
    if found is None:
        return "", ""
    return _decoded(found["name"] or "").strip('" '), found["addr"]


def _decoded(text: str) -> str:
    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, LookupError, ValueError):
        return text


def _automatic(message: Message, sender: str) -> str:
    """Why no person wrote this mail; empty if one did."""
    if message.get(_LOOP) is not None or len(message.get_all("received", [])) > _MOST_HOPS:
        return "loop"
    if _header(message, "auto-submitted").lower() not in {"", "no"} or message.get("x-autoreply") is not None:
        return "auto-reply"
    if message.get("x-autorespond") is not None or _AUTOMATIC_SUBJECT.match(_decoded(_header(message, "subject"))):
        return "auto-reply"
    if message.get("list-id") is not None or _header(message, "precedence").lower() in _MASSES:
        return "bulk"
    if message.get_content_type() == "multipart/report" or sender.lower().startswith(_MACHINES):
        return "bounce"
    return "bounce" if _header(message, "return-path") == "<>" else ""


def _text(message: Message) -> tuple[str, int]:
    """The plain text of a mail, from HTML if there is no other, and how many attachments were left behind."""
    plain: list[str] = []
    rich: list[str] = []
    dropped = 0
    waiting: list[tuple[Message, bool]] = [(message, False)]
    while waiting:
        part, related = waiting.pop()
        kind = part.get_content_type()
        payload = part.get_payload()
        if kind.startswith("multipart/") and isinstance(payload, list):
            inner = [one for one in reversed(payload) if isinstance(one, Message)]
            waiting.extend((one, kind == "multipart/related") for one in inner)
        elif kind in {"text/plain", "text/html"} and not _attached(part):
            (plain if kind == "text/plain" else rich).append(_body(part))
        elif not (related and kind.startswith("image/")):
            dropped += 1
    if any(text.strip() for text in plain):
        return "\n".join(plain)[:_MOST_TEXT], dropped
    return "\n".join(_from_html(html) for html in rich)[:_MOST_TEXT], dropped


def _attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or part.get_filename() is not None


def _body(part: Message) -> str:
    payload = part.get_payload(decode=True)
    data = payload[:_MOST_TEXT] if isinstance(payload, bytes) else b""
    charset = part.get_content_charset("utf-8")
    try:
        text = data.decode(charset)
    except (LookupError, ValueError):
        # A wrong charset costs the letters it garbles, not the whole message.
        text = data.decode("utf-8", "replace")
    return text.replace("\x00", "").replace("\ufeff", "")


class _Words(HTMLParser):
    """The words of a mail's HTML, without quotes, signature, hidden text and anything that is not text."""

    _UNTOLD = frozenset(
        ["script", "style", "head", "title", "template", "svg", "math", "object", "noscript", "blockquote"]
    )
    _LINES = frozenset(["p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "table", "ul", "ol", "hr"])
    _ALONE = frozenset(["br", "img", "hr", "meta", "link", "input", "wbr", "col", "base", "area", "source", "embed"])
    _MARKS = ("gmail_quote", "gmail_attr", "moz-cite-prefix", "yahoo_quoted", "_quote", "signature")
    _ENDS = ("divrplyfwdmsg", "appendonsend", "reference-message")

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._tag = ""
        self._depth = 0
        self._over = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line, or begin to skip."""
        if self._depth:
            self._depth += tag == self._tag
            return
        marks = " ".join(value or "" for name, value in attrs if name in {"class", "id"}).lower()
        style = next((value or "" for name, value in attrs if name == "style"), "").replace(" ", "").lower()
        self._over = self._over or any(mark in marks for mark in self._ENDS)
        skip = tag in self._UNTOLD or any(mark in marks for mark in self._MARKS) or "display:none" in style
        if skip and tag not in self._ALONE:
            self._tag, self._depth = tag, 1
        elif tag in self._LINES:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """End a line, or end skipping."""
        if self._depth:
            self._depth -= tag == self._tag
        elif tag in self._LINES:
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        """Keep words."""
        if not self._depth and not self._over:
            self.said.append(re.sub(r"\s+", " ", data))


def _from_html(html: str) -> str:
    words = _Words()
    words.feed(html[:_MOST_TEXT])
    words.close()
    return "\n".join(line.strip() for line in "".join(words.said).split("\n"))
