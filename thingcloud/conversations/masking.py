"""Words without contacts: addresses, links, phone numbers and names replaced.

Pure. Patterns are bounded, so that no text makes them slow. What they cannot know: a place that is described, a number
spelled in words.
"""

import re
from collections import Counter
from typing import Final

# Characters that nobody sees and that would let a number or an address slip through in pieces.
UNSEEN: Final = dict.fromkeys(
    [0x00AD, 0x034F, 0x061C, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF]
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
_WORDS: Final = r"(?:[A-ZÀ-Þ][\w'’.-]{1,30}\s){1,3}"
_WAY: Final = (
    r"(?:Street|Road|Lane|Avenue|Drive|Close|Court|Square|Place|Terrace|Gardens|Crescent|Boulevard|Way|Row|Mews|Hill"
    r"|St|Rd|Ln|Ave|Dr|Ct|Sq|Blvd)\b\.?"
)
_HOUSE: Final = re.compile(
    rf"\b\d{{1,5}}[a-zA-Z]?,?\s{_WORDS}{_WAY}"
    rf"|\b{_WORDS}(?:Street|Road|Lane|Avenue|Drive|Close|Square|Way)\s\d{{1,5}}[a-zA-Z]?\b"
    r"|\b[A-ZÄÖÜ][\wäöüß-]{1,40}(?:straße|strasse|str\.|gasse|weg|platz|allee|ring|ufer|damm|straat|laan|plein|gracht|kade|gatan"
    r"|vägen|vej|gade)\s\d{1,5}[a-zA-Z]?\b"
    r"|\b[A-ZÄÖÜ][\wäöüß-]{1,40}\s(?:Straße|Strasse|Str\.|Gasse|Weg|Platz|Allee|Ring|Ufer|Damm)\s\d{1,5}[a-zA-Z]?\b"
    r"|\b\d{1,5},?\s(?:bis\s|ter\s)?(?:rue|avenue|boulevard|place|chemin|impasse|allée|quai)\s"
    r"(?:d[eu]s?\s|de la\s|d['’]|l[ae]s?\s)?[A-ZÀ-Þ][\w'’-]{1,30}"
    r"|\b(?:[Cc]alle|[Aa]venida|[Pp]laza|Via|Viale|Piazza|Corso|[Uu]lica|[Uu]l\.|[Rr]ua)\s"
    r"(?:d[eaio]s?\s|del\s|de l[ao]s?\s)?[A-ZÀ-Þ][\w'’-]{1,30}(?:\s[A-ZÀ-Þ][\w'’-]{1,30})?,?\s\d{1,5}[a-zA-Z]?\b"
)
_TOWN: Final = re.compile(
    r"\b(?:[A-Z]{1,2}-)?\d{5}\s[A-ZÀ-Þ][\w'’-]{2,30}|\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b|\b[A-Z]{2}\s\d{5}(?:-\d{4})?\b"
    r"|\b\d{4}\s?[A-Z]{2}\b(?:\s[A-ZÀ-Þ][\w'’-]{2,30})?"
)
_NUMBER: Final = re.compile(rf"(?<!\d)[+\uff0b(]{{0,2}}\d(?:{_SEPARATORS}\d){{6,}}(?!\d)[\ufe0f\u20e3]{{0,2}}")
_DATE: Final = re.compile(
    r"(?:\d{1,2}[./\- ]\d{1,2}[./\- ](?:\d{2}|\d{4})|\d{4}[./-]\d{1,2}[./-]\d{1,2})(?:[\sT]+\d{1,2}(?:[.:]\d{2})?)?"
    r"|\d{1,2}[.:]\d{2}\s?[-–]\s?\d{1,2}[.:]\d{2}"
)

_NAME: Final = "[name left out]"
_NAMES: Final = re.compile(r"\[name left out\](?:[\s\-]{0,3}\[name left out\])*")
_PLACES: Final = re.compile(r"\[address left out\](?:[\s,]{1,3}\[address left out\])+")
_LEFT_OUT: Final = re.compile(r"(\[(?:address|link|phone number|name) left out\])")
# Words that are somebody's address and everybody's language.
COMMON: Final = {"mail", "email", "info", "contact", "hello", "office", "post", "home", "family", "team", "the", "web"}

_ONE: Final = {"address": "an address", "link": "a link", "phone number": "a phone number", "name": "your name"}


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

    text = _LINK.sub(lambda _: put("link"), text.translate(UNSEEN))
    for pattern in (_EMAIL, _SPELLED, _HANDLE):
        text = pattern.sub(lambda _: put("address"), text)
    text = _NUMBER.sub(number, _DOMAIN.sub(domain, text))
    for pattern in (_HOUSE, _TOWN):
        text = pattern.sub(lambda _: put("address"), text)
    text = _PLACES.sub("[address left out]", text)
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
