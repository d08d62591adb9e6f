import re
from pathlib import Path

import pytest

import thingcloud.plumbing as plumbing

STATIC = Path(plumbing.__file__).parent / "static"
SHEET = (STATIC / "talktag.css").read_text(encoding="utf-8")
LIGHT = dict(re.findall(r"--(\w+):(#[0-9a-f]+)", SHEET.split("@media", 1)[0]))
DARK = LIGHT | dict(
    re.findall(r"--(\w+):(#[0-9a-f]+)", SHEET.split("prefers-color-scheme:dark", 1)[1].split("}}", 1)[0])
)


def rgb(colour: str) -> tuple[float, float, float]:
    digits = colour.removeprefix("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    return tuple(int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))  # type: ignore[return-value]


def luminance(colour: tuple[float, float, float]) -> float:
    bent = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour]
    return 0.2126 * bent[0] + 0.7152 * bent[1] + 0.0722 * bent[2]


def contrast(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def mixed(one: str, share: float, other: str) -> tuple[float, float, float]:
    return tuple(share * a + (1 - share) * b for a, b in zip(rgb(one), rgb(other), strict=True))  # type: ignore[return-value]


def test_the_stylesheet_fits_and_loads_nothing() -> None:
    assert len(SHEET.encode()) <= 8192
    assert "url(" not in SHEET
    assert "@import" not in SHEET
    assert "@font-face" not in SHEET


def test_the_script_is_small_and_speaks_to_its_own_house_only() -> None:
    script = (STATIC / "talktag.js").read_text(encoding="utf-8")
    assert len(script.encode()) <= 3072
    assert "http" not in script
    assert "eval" not in script
    assert "innerHTML =" not in script


def test_the_sheet_knows_no_left_and_right() -> None:
    assert not re.search(
        r"(?:margin|padding|border)-(?:left|right)|[;{](?:left|right):|text-align:(?:left|right)", SHEET
    )


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground", "least"),
    [
        *((text, ground, 4.5) for text in ("ink", "soft") for ground in ("paper", "card", "wash")),
        *((text, "card", 4.5) for text in ("main", "good", "warn", "bad")),
        ("main", "paper", 4.5), ("main", "wash", 4.5), ("card", "main", 4.5), ("soft", "line", 4.5),
        ("onsun", "sun", 4.5), ("sun", "onsun", 4.5),
        ("edge", "card", 3), ("edge", "paper", 3), ("s2", "card", 3), ("s3", "card", 3),
    ],
)  # fmt: skip
def test_every_pair_of_colours_is_readable(scheme: dict[str, str], text: str, ground: str, least: float) -> None:
    assert contrast(rgb(scheme[text]), rgb(scheme[ground])) >= least


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("text", ["soft", "main", "good", "bad", "warn"])
def test_every_pill_is_readable_on_its_own_tint(scheme: dict[str, str], text: str) -> None:
    share, tint = (0.25, scheme["sun"]) if text == "warn" else (0.12, scheme[text])
    assert contrast(rgb(scheme[text]), mixed(tint, share, scheme["card"])) >= 4.5
