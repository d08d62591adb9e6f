"""Values with their SenML unit (RFC 8428, section 12.1) as people read them."""

from typing import Final

from thingcloud.plumbing.words import amount

_WORDS: Final = {"Cel": "°C", "%RH": "% humid", "%EL": "%", "count": "", "Cel/s": "°C/s", "deg": "°"}
_SIZES: Final = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB"))
_SPANS: Final = ((86_400, "days"), (3_600, "h"), (60, "min"))


def scale(unit: str, size: float = 0) -> tuple[float, str]:
    """What to multiply values of about `size` by, and the unit people read then: a share of 0.41 is 41 %."""
    for step, words in {"B": _SIZES, "s": _SPANS}.get(unit, ()):
        if abs(size) >= step:
            return 1 / step, words
    return (100, "%") if unit == "/" else (1, _WORDS.get(unit, unit))


def spoken(value: float | bool | str, unit: str) -> tuple[str, str]:
    """A value and its unit as words: (0.41, "/") is 41 and %, (5400, "s") is 1.5 and h."""
    if isinstance(value, bool | str):
        return amount(value), ""
    factor, words = scale(unit, value)
    return amount(value * factor, 3 if factor >= 1 else 2), words
