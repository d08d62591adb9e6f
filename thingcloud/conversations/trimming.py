"""What passes of a mail's text: the writer's new words, without quotes and signature, with contacts replaced.

Pure. Patterns are bounded, so that no text makes them slow. What they cannot know: a street, a number spelled in words.
"""

import re
from collections import Counter
from typing import Final

_MOST_TEXT: Final = 40_000
_MOST_LINES: Final = 1000
_MOST_OF_A_LINE: Final = 400
_MOST_LINES_OF_AN_ATTRIBUTION: Final = 4
_MOST_LINES_OF_A_SIGNATURE: Final = 8
_SHORT_LINE: Final = 60
_FEW_WORDS: Final = 3

# Characters that nobody sees and that would let a number or an address slip through in pieces.
_UNSEEN: Final = dict.fromkeys(
    [0x00AD, 0x034F, 0x061C, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF]
)

_ATTRIBUTION: Final = re.compile(
    r"\s{0,3}(?:On|Am|Le|El|Il|Op|Em|W dniu|Den|Dne|At|在)\s.{4,300}?"
    r"\b(?:wrote|writes|schrieb|a écrit|écrit|escribió|ha scritto|schreef|escreveu|napisał\(?a?\)?|skrev|napsal|写道)\b"
    r".{0,80}[:\uff1a]\s*$"
)
_WROTE: Final = re.compile(r"\s{0,3}.{0,200}<[^<>\s]{3,100}@[^<>\s]{3,100}>.{0,60}[:\uff1a]\s*$")
_HEADER: Final = re.compile(r"\s{0,3}\*{0,2}(?:From|Von|De|Da|Van|Från|Fra|Od|От|发件人)\s?:\*{0,2}\s?\S")
_SECOND_HEADER: Final = re.compile(
    r"\s{0,3}\*{0,2}(?:Sent|Date|To|Subject|Gesendet|Datum|An|Betreff|Envoyé|À|Objet|Enviado|Para|Asunto|Inviato|Oggetto"
    r"|Verzonden|Aan|Onderwerp|Skickat|Till|Ämne|发送时间|收件人|主题)\s?:"
)
_ORIGINAL: Final = re.compile(
    r"\s{0,3}(?:[-_]{3,}\s?.{0,60}(?:message|nachricht|messaggio|mensaje|bericht|meddelande|mail)\b.{0,20}"
    r"|[-_=*~]{5,}\s*$|Begin forwarded message)",
    re.IGNORECASE,
)
_DELIMITER: Final = re.compile(r"\s{0,3}(?:--|—|––)\s*$")
_SENT_FROM: Final = re.compile(
    r"\s{0,3}(?:sent (?:from|with|via|by)|get outlook for|(?:diese nachricht wurde )?(?:gesendet|von meinem)"
    r"|envoyé (?:de|depuis)|enviado (?:desde|do|de)|inviato da|verstuurd vanaf"
    r"|skickat från|sendt fra|wysłane z|отправлено)\b.{0,80}$",
    re.IGNORECASE,
)
_REGARDS: Final = re.compile(
    r"\s{0,3}(?:(?:(?:with )?(?:best|kind|kindest|warm|warmest|many)\s)?(?:regards|wishes)\b"
    r"|(?:yours )?(?:sincerely|faithfully|truly)\b"
    r"|(?:mit )?(?:freundlichen?|viele|liebe|beste|herzliche|schöne)n? grü(?:ß|ss)en?\b|mfg\b|lg\b|vg\b"
    r"|cordialement\b|bien à vous\b|amicalement\b|salutations\b|(?:un )?(?:cordial )?saludos?\b|atentamente\b"
    r"|cordiali saluti\b|saluti\b|met vriendelijke groet|groeten\b|vänliga hälsningar"
    r"|atenciosamente|pozdrawiam).{0,60}$",
    re.IGNORECASE,
)
_THANKS: Final = re.compile(
    r"\s{0,3}(?:best|cheers|thanks|thank you|many thanks|love|yours|danke|merci|gracias|grazie|bedankt|tack)"
    r"(?:[,!.–-]\s?[^.?!,]{0,40}|)$",
    re.IGNORECASE,
)
_BYE: Final = re.compile(
    r"\s{0,3}(?:Best|Cheers|Thanks|Love|Yours|Bye|Danke|Merci),\s[A-ZÀ-Þ]\w{1,30}(?:\s[A-ZÀ-Þ]\w{1,30})?$"
)

_SEPARATORS: Final = r"[\s().\-/–—·_*|\u200d\ufe0f\u20e3]{0,4}"
_EMAIL: Final = re.compile(
    r"[^\s@\uff20<>()\[\],;:\"'“”]{1,64}(?:[@\uff20]|\s[@\uff20]\s|\s?[\[({]\s?(?:at|ät)\s?[\])}]\s?)"
    r"[^\s@\uff20<>()\[\],;:\"'“”]{1,100}(?:\s?[\[({]\s?(?:dot|punkt)\s?[\])}]\s?\w{2,20})?"
)
_HANDLE: Final = re.compile(r"(?<!\w)[@\uff20]\w{2,40}")
_LINK: Final = re.compile(
    r"\b[a-z][a-z0-9+.\-]{1,20}:(?://|\\\\)\S+|\b(?:mailto|tel|sms|sip|sips|xmpp|geo|skype|callto|facetime):\S+|\bwww\.\S+",
    re.IGNORECASE,
)
_ENDINGS: Final = (
    "com|org|net|info|biz|io|me|app|dev|eu|de|uk|fr|es|it|nl|ch|at|be|se|no|dk|fi|pl|pt|cz|us|ca|au|nz|br|mx|jp|cn|in|ru"
    "|link|shop|site|online|xyz|page|cloud|email|mail|social|example|test|invalid|localhost|family|name|art|blog|club"
)
_SPELLED: Final = re.compile(
    rf"\b[\w.+-]{{1,64}}\s(?:at|AT)\s[\w-]{{1,63}}(?:\s(?:dot|DOT)\s[\w-]{{2,20}}){{0,2}}\s(?:dot|DOT)\s(?:{_ENDINGS})\b"
)
_DOMAIN: Final = re.compile(
    rf"(?<![\w@.])(?:[\w-]{{1,63}}\.){{1,5}}(?:{_ENDINGS})(?![\w-])(?:[:/?#]\S*)?", re.IGNORECASE
)
# A sentence without a space after its end reads like a short domain: "tomorrow.no", "desk.it".
_SHORT_ENDING: Final = re.compile(r"[a-zà-ÿ]+\.(?:at|it|no|me|in|be|us|de|es|se|is)", re.IGNORECASE)
_NUMBER: Final = re.compile(rf"(?<!\d)[+\uff0b(]{{0,2}}\d(?:{_SEPARATORS}\d){{6,}}(?!\d)[\ufe0f\u20e3]{{0,2}}")
_DATE: Final = re.compile(
    r"(?:\d{1,2}[./\- ]\d{1,2}[./\- ](?:\d{2}|\d{4})|\d{4}[./-]\d{1,2}[./-]\d{1,2})(?:[\sT]+\d{1,2}(?:[.:]\d{2})?)?"
    r"|\d{1,2}[.:]\d{2}\s?[-–]\s?\d{1,2}[.:]\d{2}"
)

_NAME: Final = "[name left out]"
_NAMES: Final = re.compile(r"\[name left out\](?:[\s\-]{0,3}\[name left out\])*")
_LEFT_OUT: Final = re.compile(r"(\[(?:address|link|phone number|name) left out\])")
# Words that are somebody's address and everybody's language.
COMMON: Final = {"mail", "email", "info", "contact", "hello", "office", "post", "home", "family", "team", "the", "web"}

_ONE: Final = {"address": "an address", "link": "a link", "phone number": "a phone number", "name": "your name"}


def own_words(text: str) -> str:
    """The writer's new words: cut at quoted mail and at the signature."""
    text = text[:_MOST_TEXT].replace("\r\n", "\n").replace("\r", "\n").translate(_UNSEEN)
    lines = text.split("\n")[:_MOST_LINES]
    kept: list[str] = []
    place = 0
    while place < len(lines):
        line = lines[place]
        if _ends(lines, place):
            break
        if line.lstrip().startswith((">", "|>")):
            place += 1
            continue
        length = _attribution(lines, place)
        if length:
            if not _quote_follows(lines, place + length):
                break
            place += length
            continue
        kept.append(line.rstrip())
        place += 1
    return _squeezed(_without_regards(kept))


def _ends(lines: list[str], place: int) -> bool:
    line = lines[place][:_MOST_OF_A_LINE]
    if _DELIMITER.match(line) or _ORIGINAL.match(line) or _SENT_FROM.match(line):
        return True
    return bool(_HEADER.match(line)) and any(map(_SECOND_HEADER.match, lines[place + 1 : place + 4]))


def _attribution(lines: list[str], place: int) -> int:
    """How many lines from here announce a quote; 0 for none."""
    for length in range(1, _MOST_LINES_OF_AN_ATTRIBUTION + 1):
        joined = " ".join(line.strip() for line in lines[place : place + length])[:_MOST_OF_A_LINE]
        if _ATTRIBUTION.match(joined) or _WROTE.match(joined):
            return length
    return 0


def _quote_follows(lines: list[str], place: int) -> bool:
    following = next((line for line in lines[place:] if line.strip()), "")
    return following.lstrip().startswith(">")


def _without_regards(lines: list[str]) -> list[str]:
    while lines and not lines[-1].strip():
        lines.pop()
    for place in range(max(0, len(lines) - _MOST_LINES_OF_A_SIGNATURE), len(lines)):
        rest = [line.strip() for line in lines[place + 1 :] if line.strip()]
        if _REGARDS.fullmatch(lines[place]) and all(len(line) <= _SHORT_LINE for line in rest):
            return lines[:place]
        names = all(len(line.split()) <= _FEW_WORDS and line[-1] not in ".!?" for line in rest)
        if (rest and names and _THANKS.fullmatch(lines[place])) or (not rest and _BYE.fullmatch(lines[place])):
            return lines[:place]
    return lines


def _squeezed(lines: list[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def without_contacts(text: str, names: tuple[str, ...] = (), terms: tuple[str, ...] = ()) -> tuple[str, Counter[str]]:
    """The words with addresses, links, phone numbers, names and terms replaced, and how many of each were.

    Of a name its parts go too, of a term only the whole.
    """
    found: Counter[str] = Counter()

    def put(what: str) -> str:
        found[what] += 1
        return f"[{what} left out]"

    def number(match: re.Match[str]) -> str:
        return match[0] if _DATE.fullmatch(match[0].strip()) else put("phone number")

    def domain(match: re.Match[str]) -> str:
        return match[0] if _SHORT_ENDING.fullmatch(match[0]) else put("link")

    text = _LINK.sub(lambda _: put("link"), text.translate(_UNSEEN))
    for pattern in (_EMAIL, _SPELLED, _HANDLE):
        text = pattern.sub(lambda _: put("address"), text)
    text = _NUMBER.sub(number, _DOMAIN.sub(domain, text))
    parts = _LEFT_OUT.split(text)
    for pattern in _patterns_of(names, terms):
        parts = [part if _LEFT_OUT.fullmatch(part) else pattern.sub(_NAME, part) for part in parts]
        parts = _LEFT_OUT.split("".join(parts))
    text, count = _NAMES.subn(_NAME, "".join(parts))
    if count:
        found["name"] = count
    return _without_last_name(text), found


def _without_last_name(text: str) -> str:
    lines = text.split("\n")
    while lines and lines[-1].strip(" ,.!-–") in {"", _NAME}:
        lines.pop()
    return "\n".join(lines).strip()


def _patterns_of(names: tuple[str, ...], terms: tuple[str, ...]) -> list[re.Pattern[str]]:
    """Whole names in any case, then their parts as they are written, so that a "will" that is no name stays."""
    whole = {re.escape(one) for one in (*names, *terms) if len(one) > 2 and one.lower() not in COMMON}
    parts = {part for name in names for part in re.split(r"[\s,.@_+\-]+", name) if len(part) > 2}
    exact = {re.escape(form) for part in parts for form in (part.capitalize(), part.upper(), part)}
    made = []
    if whole:
        made.append(re.compile(rf"(?<!\w)(?:{'|'.join(sorted(whole, key=len, reverse=True))})(?!\w)", re.IGNORECASE))
    if exact:
        made.append(re.compile(rf"(?<!\w)(?:{'|'.join(sorted(exact, key=len, reverse=True))})(?!\w)"))
    return made


def told(found: Counter[str]) -> tuple[str, ...]:
    """What was left out, in words: "a phone number", "2 links"."""
    return tuple(_counted(what, number) for what, number in sorted(found.items()))


def _counted(what: str, number: int) -> str:
    if number == 1 or what == "name":
        return _ONE.get(what, f"1 {what}")
    return f"{number} {what}{'es' if what == 'address' else 's'}"
