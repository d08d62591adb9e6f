"""The writer's new words: a mail's text without what it quotes and without its signature.

Pure. Patterns are bounded and lines are cut, so that no text makes them slow.
"""

import re
from typing import Final

from thingcloud.conversations.masking import UNSEEN

_MOST_TEXT: Final = 40_000
_MOST_LINES: Final = 1000
_MOST_OF_A_LINE: Final = 400
_MOST_LINES_OF_AN_ATTRIBUTION: Final = 4
_MOST_LINES_OF_A_SIGNATURE: Final = 8
_SHORT_LINE: Final = 60
_FEW_WORDS: Final = 3

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


def own_words(text: str) -> str:
    """The writer's new words: cut at quoted mail and at the signature."""
    text = text[:_MOST_TEXT].replace("\r\n", "\n").replace("\r", "\n").translate(UNSEEN)
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
