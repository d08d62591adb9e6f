"""The letters of a label: the PDF's own faces, or a font of the person's choice for other scripts."""

import unicodedata
from pathlib import Path

from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
from reportlab.pdfbase.ttfonts import TTFError, TTFont  # type: ignore[import-untyped]

from talktag.drawing import Face
from talktag.refusal import Refused

_OWN: dict[Face, str] = {
    "call": "Times-Bold",
    "plain": "Helvetica",
    "strong": "Helvetica-Bold",
    "code": "Courier-Bold",
}
_CHOSEN = "chosen "  # keeps a font file called Helvetica.ttf apart from the PDF's own
_FAMILY = {
    "Times-Bold": ("Times New Roman, Times, serif", "700"),
    "Helvetica": ("Helvetica, Arial, sans-serif", "400"),
    "Helvetica-Bold": ("Helvetica, Arial, sans-serif", "700"),
    "Courier-Bold": ("Courier New, Courier, monospace", "700"),
}


class Letters:
    """Measures and names the faces. `font` is a TrueType file for texts that the PDF's own faces lack."""

    def __init__(self, font: Path | None = None) -> None:
        self._other = _embedded(font) if font else ""

    def name(self, face: Face, text: str) -> str:
        """The PDF name of the font that sets `text`. Raises Refused with reason `script` where there is none."""
        if any(unicodedata.bidirectional(letter) in ("R", "AL", "AN") for letter in text):
            raise Refused("script", f"{text!r} runs from right to left, which labels cannot set")
        if any(unicodedata.category(letter)[0] == "M" for letter in text):
            raise Refused("script", f"{text!r} has letters that join or carry marks, which labels cannot set")
        if not text.isprintable():
            raise Refused("script", f"{text!r} has a character that cannot be printed")
        try:
            text.encode("cp1252")
        except UnicodeEncodeError:
            return self._drawn_by_other(text)
        return _OWN[face]

    def measure(self, face: Face, text: str) -> float:
        """The width in mm of `text` set 1 mm high."""
        return float(pdfmetrics.stringWidth(text, self.name(face, text), 1))

    def family(self, face: Face, text: str) -> tuple[str, str]:
        """The CSS family and weight for `text`."""
        name = self.name(face, text)
        return _FAMILY.get(name, (name.removeprefix(_CHOSEN), "400"))

    def _drawn_by_other(self, text: str) -> str:
        if not self._other:
            raise Refused("script", f"{text!r} needs letters that are not built in", "name a font: --font FILE.ttf")
        drawn = pdfmetrics.getFont(self._other).face.charToGlyph
        missing = [letter for letter in text if ord(letter) not in drawn]
        if missing:
            raise Refused("script", f"this font has no {missing[0]!r}", "name another font: --font FILE.ttf")
        return self._other


def _embedded(font: Path) -> str:
    name = _CHOSEN + font.stem
    try:
        loaded = TTFont(name, str(font))
    except (TTFError, OSError) as error:
        raise Refused("script", f"{font} cannot be used as a font: {error}", "give a TrueType file, .ttf") from None
    pdfmetrics.registerFont(loaded)
    return name
