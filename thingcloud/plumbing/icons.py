"""The icons: drawn by us as inline SVG, so that a page needs no second request for them."""

import math
from functools import cache
from typing import Final

from markupsafe import Markup


def _ring(x: float, y: float, r: float) -> str:
    return f"M{x - r:g} {y:g}a{r:g} {r:g} 0 1 0 {2 * r:g} 0a{r:g} {r:g} 0 1 0-{2 * r:g} 0"


def _box(x: float, y: float, w: float, h: float, r: float) -> str:
    bend = f"a{r:g} {r:g} 0 0 1 "
    flat, tall = w - 2 * r, h - 2 * r
    there = f"h{flat:g}{bend}{r:g} {r:g}v{tall:g}{bend}-{r:g} {r:g}"
    return f"M{x + r:g} {y:g}{there}h-{flat:g}{bend}-{r:g}-{r:g}v-{tall:g}{bend}{r:g}-{r:g}z"


def _scallop(lobes: int = 10, radius: float = 7.8) -> str:
    bend = radius * math.sin(math.pi / lobes) * 1.15
    corners = [
        (12 + radius * math.sin(2 * math.pi * n / lobes), 12 - radius * math.cos(2 * math.pi * n / lobes))
        for n in range(lobes + 1)
    ]
    arcs = (f"A{bend:.2g} {bend:.2g} 0 0 1 {x:.4g} {y:.4g}" for x, y in corners[1:])
    return f"M{corners[0][0]:.4g} {corners[0][1]:.4g}" + "".join(arcs) + "z"


_PICTURES: Final = {
    # things
    "suitcase": _box(3, 7, 18, 13, 2.5) + "M9 7V5.5A1.5 1.5 0 0 1 10.5 4h3A1.5 1.5 0 0 1 15 5.5V7M8 7v13M16 7v13",
    "bag": "M5.5 8.5h13L20 20H4zM8.5 11V7a3.5 3.5 0 0 1 7 0v4",
    "backpack": "M6 20.5V10a6 6 0 0 1 12 0v10.5zM9.5 4.5V3h5v1.5M6 14.5h12M10 14.5V17M10 9.5h4",
    "bike": _ring(6, 15.5, 3.5)
    + _ring(18, 15.5, 3.5)
    + "M6 15.5 9.3 9h6.2L12 15.5H6M12 15.5 8.7 7M7 7h3M18 15.5 14.8 6h3",
    "fridge": _box(6, 3, 12, 18, 2) + "M6 10h12M9.3 6v1.5M9.3 13v2.5",
    "modem": _box(3, 14, 18, 6, 2) + "M7 17h.01M10 17h.01M16 14v-3M13.5 9a3.6 3.6 0 0 1 5 0M11.5 6.4a6.5 6.5 0 0 1 9 0",
    "key": _ring(7.8, 16.2, 4) + "M10.7 13.3l9.6-9.6M16.8 7.2l3 3M13.8 10.2l2 2",
    "paw": "M12 12.5c-2.6 0-5 2.6-5 4.8 0 1.6 1.2 2.5 2.5 2.5 1 0 1.5-.5 2.5-.5s1.5.5 2.5.5c1.3 0 2.5-.9 2.5-2.5"
    " 0-2.2-2.4-4.8-5-4.8z" + _ring(5, 12, 1.6) + _ring(9, 7, 1.8) + _ring(15, 7, 1.8) + _ring(19, 12, 1.6),
    "cat": "M5 4.5 9.5 8h5L19 4.5V14a7 7 0 0 1-14 0zM9.5 12.5v.01M14.5 12.5v.01M10.5 16c.7.8 2.3.8 3 0",
    "plant": "M12 20.5V12M8 20.5h8M12 15c0-4-3-6.5-8-6.5 0 4.2 3 6.5 8 6.5zM12 12c0-4.5 3-7.5 8-7.5 0 4.5-3 7.5-8 7.5z",
    "cellar": "M3 20.5h4.5v-4.2H12v-4.2h4.5V8H21V3.5",
    "drop": "M12 3s6.5 6.5 6.5 11.3a6.5 6.5 0 0 1-13 0C5.5 9.5 12 3 12 3zM9 14.5a3 3 0 0 0 2.5 3",
    "thermo": "M10 14V5a2 2 0 0 1 4 0v9a4 4 0 1 1-4 0zM12 9v8",
    "door": "M6 21V4a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v17M3 21h18M14.7 12h.01",
    "bolt": "M13.5 3 5 14h6.2L10.5 21 19 10h-6.2z",
    "camera": "M4 8h3l1.7-2.5h6.6L17 8h3a1 1 0 0 1 1 1v9.5a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1z"
    + _ring(12, 13.3, 3.5),
    "mobile": _box(7, 3, 10, 18, 2) + "M11 17.8h2",
    "laptop": _box(5, 5, 14, 10.5, 1.5) + "M2.5 19h19",
    "computer": _box(3.5, 4, 17, 12, 2) + "M8.5 20h7M12 16v4",
    "wallet": _box(3, 6, 18, 13.5, 2) + "M3 10h18M16.5 15h.01",
    "umbrella": "M12 3v1.5M3 13.5a9 9 0 0 1 18 0zM12 13.5V19a2 2 0 0 1-4 0",
    "jacket": "M9 3.5 12 6.5l3-3 5 3.5-1 6.5h-2v8H7v-8H5L4 7zM12 6.5v14",
    "toy": _ring(12, 13.5, 7)
    + "M6.2 9.5A2.6 2.6 0 1 1 9 6.9M15 6.9a2.6 2.6 0 1 1 2.8 2.6"
    + "M9.7 12.5v.01M14.3 12.5v.01M10.5 16.5h3",
    "music": _ring(7, 17.5, 3) + _ring(17, 15.5, 3) + "M10 17.5V5.5L20 3.5v12",
    "medical": _box(4, 4, 16, 16, 3) + "M12 8.2v7.6M8.2 12h7.6",
    "box": "m12 3 8 4.5v9L12 21l-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9",
    # acts and states
    "pin": "M12 21s7-6.2 7-11.5a7 7 0 0 0-14 0C5 14.8 12 21 12 21z" + _ring(12, 9.5, 2.5),
    "phone": "M5 3.5h3.3L10 8.3 8 10.2a11 11 0 0 0 5.8 5.8l1.9-2 4.8 1.7V19a1.6 1.6 0 0 1-1.7 1.5"
    "C10.4 20 4 13.6 3.5 5.2A1.6 1.6 0 0 1 5 3.5z",
    "desk": "M3 19h18M5 16a7 7 0 0 1 14 0zM12 9V6M10 6h4",
    "globe": _ring(12, 12, 9) + "M3 12h18M12 3c3 2.6 4 5.6 4 9s-1 6.4-4 9c-3-2.6-4-5.6-4-9s1-6.4 4-9z",
    "shield": "m12 3 8 2.8V12c0 4.5-3.2 7.5-8 9-4.8-1.5-8-4.5-8-9V5.8zM8.5 12l2.5 2.5 4.5-4.5",
    "flag": "M5 21V4h13.5l-3 4.3 3 4.3H5",
    "check": "m5 12.5 4.5 4.5L19 7",
    "clock": _ring(12, 12, 9) + "M12 7v5l3.5 2",
    "bell": "M6 17v-6a6 6 0 0 1 12 0v6l1.5 1.2h-15zM10 21h4",
    "battery": _box(3, 8, 15, 8, 2) + "M21 11v2M6.7 11v2M10.3 11v2M13.9 11v2",
    "doc": "M7 3h7l5 5v12a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM14 3v5h5M9.5 13h5M9.5 16.5h5",
    "people": _ring(9, 8, 3.5)
    + "M3 20c0-4 2.5-6 6-6s6 2 6 6M15.5 4.7a3.5 3.5 0 0 1 0 6.6"
    + "M17.5 14.3c2.4.7 3.5 2.6 3.5 5.7",
    "sliders": "M3 7h9M17 7h4M3 17h3M11 17h10" + _ring(14.5, 7, 2.5) + _ring(8.5, 17, 2.5),
    "search": _ring(10.5, 10.5, 6.5) + "M15.3 15.3l5.2 5.2",
    "plus": "M12 5v14M5 12h14",
    "more": _ring(5.5, 12, 0.6) + _ring(12, 12, 0.6) + _ring(18.5, 12, 0.6),
    "down": "m6 9.5 6 6 6-6",
    "back": "m14.5 6-6 6 6 6",
    "send": "M21 3 10.5 13.5M21 3l-6.5 18-4-7.5L3 9.5z",
    "download": "M12 3v12M7 10.5l5 5 5-5M5 20h14",
    "copy": _box(8, 8, 13, 13, 2.5) + "M4.5 16A1.5 1.5 0 0 1 3 14.5v-10A1.5 1.5 0 0 1 4.5 3h10A1.5 1.5 0 0 1 16 4.5",
    "qr": _box(3, 3, 7, 7, 1.5)
    + _box(14, 3, 7, 7, 1.5)
    + _box(3, 14, 7, 7, 1.5)
    + "M14 14h3v3M21 14v.01M14 21v-.01M17.5 21H21v-3.5",
    "seal": _scallop() + "M8.7 12.2l2.2 2.2 4.4-4.6",
    "mail": _box(3, 5, 18, 14, 2) + "M3.7 7l8.3 6.3L20.3 7",
    "x": "m6 6 12 12M18 6 6 18",
    "alert": "M12 4 2.8 20h18.4zM12 10v4.5M12 17.3v.01",
    "info": _ring(12, 12, 9) + "M12 11v5.5M12 7.7v.01",
    "book": "M6 3h13v18H6a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zM4 19a2 2 0 0 1 2-2h13M9 7.5h6",
    "home": "m3 11.5 9-8 9 8M5.5 10v10.5h13V10M9.8 20.5v-5.5h4.4v5.5",
    "chat": "M5 4h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-8l-5 4v-4H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z",
    "rule": _ring(5, 5, 2.3) + _ring(19, 5, 2.3) + _ring(19, 19, 2.3) + "M7.3 5h9.4M5 7.3V15a4 4 0 0 0 4 4h7.7",
    "wrench": "M20.5 7.5a5 5 0 0 1-6.6 4.7L7 19.5a2.1 2.1 0 0 1-3-3l7.3-6.9A5 5 0 0 1 16.5 3.3L13.8 6l1 3.2 3.2 1z",
    "gift": "M3 8h18v4H3zM5 12v8.5h14V12M12 8v12.5M12 8s-1-4.5-3.7-4.5S6 7 8 8M12 8s1-4.5 3.7-4.5S18 7 16 8",
    "lock": _box(5, 11, 14, 10, 2) + "M8 11V8a4 4 0 0 1 8 0v3",
    "update": "M5 4h14M12 21V9M7 13.5l5-5 5 5",
    "link": "M10 14a4.5 4.5 0 0 0 6.4 0l3-3A4.5 4.5 0 0 0 13 4.6l-1.2 1.2M14 10a4.5 4.5 0 0 0-6.4 0l-3 3"
    "a4.5 4.5 0 0 0 6.4 6.4l1.2-1.2",
    "thumb": "M7 11v9.5H3.5V11zM7 11l4-8a2.3 2.3 0 0 1 2.3 2.3V9h5.2a2 2 0 0 1 2 2.3l-1.2 7.4a2 2 0 0 1-2 1.8H7",
    "hand": "M3 14.5 7 13l5 2.5H9.5M3 20l3-1h7l7.5-4.5a1.5 1.5 0 0 0-1.8-2.4L14 15M16 10s-4-2.3-4-5"
    "a2.1 2.1 0 0 1 4-.9 2.1 2.1 0 0 1 4 .9c0 2.7-4 5-4 5z",
    "mark": "M6.5 3h11A4 4 0 0 1 21.5 7v7a4 4 0 0 1-4 4H10l-6 4.5.5-5A4 4 0 0 1 2.5 14V7a4 4 0 0 1 4-4z"
    "M6 8a1.8 1.8 0 1 0 3.6 0A1.8 1.8 0 1 0 6 8",
}

_KINDS: Final = {
    "bicycle": "bike",
    "dog": "paw",
    "pet": "paw",
    "instrument": "music",
    "tool": "wrench",
    "keys": "key",
    "telephone": "mobile",
    "barrel": "drop",
    "thermometer": "thermo",
    "solar": "bolt",
    "host": "computer",
    "machine": "computer",
    "contract": "doc",
    "alarm": "bell",
    "thing": "box",
}
_FILLED: Final = frozenset({"mark"})
_POINTING: Final = frozenset({"send", "back"})


@cache
def icon(name: str) -> Markup:
    """Draw one icon, hidden from screen readers; a kind of thing has its own picture, an unknown one the box.

    24 grid, 1.75 stroke, round ends. `send` and `back` mirror where the text runs right to left.
    """
    picture = _PICTURES.get(_KINDS.get(name, name), _PICTURES["box"])
    marks = "i" + " turn" * (name in _POINTING)
    rule = ' fill="currentColor" stroke="none" fill-rule="evenodd"' * (name in _FILLED)
    return Markup(f'<svg class="{marks}" viewBox="0 0 24 24" aria-hidden="true"><path{rule} d="{picture}"/></svg>')


def names() -> tuple[str, ...]:
    """List every picture there is, in drawing order."""
    return tuple(_PICTURES)
