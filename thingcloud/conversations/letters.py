"""A mail that came: parsed, cut and rebuilt, so that nothing of it but the writer's words goes on.

Pure: bytes in, words out. Headers, formatting, pictures and attachments are read where needed and never handed on.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import HeaderParseError, MessageError
from email.header import decode_header, make_header
from email.message import Message
from html import unescape
from typing import Final

from thingcloud.conversations import masking, trimming
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


_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]{0,30})")
_QUOTE_OR_END: Final = re.compile(r"[\"'>]")
_ATTRIBUTE: Final = re.compile(r"(?:class|id|style)\s{0,3}=\s{0,3}(?:\"[^\"]{0,500}|'[^']{0,500}|[^\s\"']{1,500})")
_RAW: Final = {"script", "style", "title", "textarea", "xmp"}
_UNTOLD: Final = {"head", "template", "svg", "math", "object", "blockquote", "select", "audio", "video"}
_LINES: Final = {"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "table", "ul", "ol", "hr", "blockquote"}
_ALONE: Final = {"br", "img", "hr", "meta", "link", "input", "wbr", "col", "base", "area", "source", "embed"}
_QUOTES: Final = ("gmail_quote", "gmail_attr", "moz-cite-prefix", "yahoo_quoted", "_quote", "signature")
_ENDS: Final = ("divrplyfwdmsg", "appendonsend", "reference-message")


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
        words, contacts = masking.without_contacts(words, (name, *_speaking(local)), (sender, domain, local))
        found += contacts
    mark = hashlib.sha256(_header(message, "message-id").encode() or raw).hexdigest()
    return Mail(sender, words, masking.told(found), mark, automatic)


def _speaking(local: str) -> list[str]:
    """The parts of an address that may be a name: `frida.finder` gives Frida and Finder, `info` gives nothing."""
    return [part.capitalize() for part in re.split(r"[._+\-\d]+", local.lower()) if part and part not in masking.COMMON]


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


def _from_html(html: str) -> str:
    page = _Page()
    for text, tag, closing, attributes in _pieces(html):
        if tag:
            page.mark(tag, attributes, closing=closing)
        else:
            page.say(text)
    return "\n".join(line.strip() for line in "".join(page.said).split("\n"))


def _pieces(html: str) -> Iterator[tuple[str, str, bool, str]]:
    """Text and tags, (text, "", …) or ("", tag, closing, attributes), in one pass over any input.

    The parser of the standard library takes minutes for some 200 kB. What is not closed swallows the rest: losing words
    is better than letting an attribute pass as words.
    """
    place = 0
    while 0 <= place < len(html):
        start = html.find("<", place)
        yield html[place : start if start >= 0 else None], "", False, ""
        if start < 0:
            return
        tag = _TAG.match(html, start)
        if html.startswith("<!--", start):
            place = _after(html, "-->", start)
        elif tag is not None:
            end = _end_of_tag(html, tag.end())
            name = tag[2].lower()
            place = end + 1 if end >= 0 else -1
            if name not in _RAW:
                yield "", name, bool(tag[1]), html[tag.end() : end]
            elif not tag[1] and place >= 0:
                closing = re.compile(rf"</{name}", re.IGNORECASE).search(html, place)
                place = _after(html, ">", closing.end()) if closing else -1
        elif html[start + 1 : start + 2] in {"!", "?"}:
            place = _after(html, ">", start)
        else:
            yield "<", "", False, ""
            place = start + 1


def _after(html: str, end: str, start: int) -> int:
    found = html.find(end, start)
    return found + len(end) if found >= 0 else -1


def _end_of_tag(html: str, place: int) -> int:
    while True:
        found = _QUOTE_OR_END.search(html, place)
        if found is None or found[0] == ">":
            return found.start() if found else -1
        closing = html.find(found[0], found.end())
        if closing < 0:
            return -1
        place = closing + 1


class _Page:
    """The words of a mail's HTML, without quotes, signature, hidden text and anything that is not text."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self._skipped = ""
        self._depth = 0
        self._over = False

    def mark(self, tag: str, attributes: str, *, closing: bool) -> None:
        """A tag: begin a line, begin to skip, or stop skipping."""
        if self._depth:
            if tag == self._skipped:
                self._depth += -1 if closing else 1
            return
        if closing:
            self._line(tag)
            return
        marks = " ".join(_ATTRIBUTE.findall(attributes.lower()))
        self._over = self._over or any(mark in marks for mark in _ENDS)
        hidden = any(mark in marks for mark in _QUOTES) or "display:none" in marks.replace(" ", "")
        if (tag in _UNTOLD or hidden) and tag not in _ALONE:
            self._skipped, self._depth = tag, 1
        else:
            self._line(tag)

    def _line(self, tag: str) -> None:
        if tag == "br" or (tag in _LINES and not (self.said and self.said[-1] == "\n")):
            self.said.append("\n")

    def say(self, text: str) -> None:
        """Words, with the white space that a browser would show."""
        shown = re.sub(r"\s+", " ", unescape(text))
        if not self._depth and not self._over and (shown.strip() or (shown and self.said and self.said[-1] != "\n")):
            self.said.append(shown)
