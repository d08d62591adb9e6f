"""Whatever comes in: an answer or a refusal with a reason from the list, never anything else."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from talktag import code, preflight, url
from talktag.drawing import Drawing
from talktag.label import Wish, label
from talktag.refusal import Refused
from talktag.render.letters import Letters
from talktag.render.pdf import pdf
from talktag.render.png import png
from talktag.render.svg import svg
from talktag.stock import stock

SPECIFICATION = (Path(__file__).parent.parent.parent / "docs" / "tags.md").read_text("utf-8")
REASONS = set(re.findall(r"^\| `(\w+)` \|", SPECIFICATION.partition("## 7 ")[2], re.MULTILINE))
CODE = code.parse("7K3Q-X9M2-PDRZ-S7")
LETTERS = Letters()
LABEL = label(stock("L7160"), "my.example", Wish(CODE), LETTERS.measure)
FILES = {"pdf": pdf([LABEL], LETTERS, "x"), "svg": svg(LABEL, LETTERS), "png": png(LABEL, LETTERS)}
NEAR = st.text(st.sampled_from([*code.ALPHABET.lower(), *code.ALPHABET, *"oOiIlLuU?-–  ſİıß\x00"]), max_size=20)


def reason(action: Callable[[], object]) -> str:
    """The reason of the refusal, or nothing."""
    try:
        action()
    except Refused as refused:
        return refused.reason if str(refused) else "nothing said"
    return ""


@given(st.text() | NEAR)
@settings(deadline=None)
def test_any_text_is_a_code_or_refused(typed: str) -> None:
    assert reason(lambda: code.parse(typed)) in {"", "empty", "length", "character", "check"}
    assert reason(lambda: code.read(typed)) in {"", "empty", "length", "character", "unreadable", "check"}


@given(st.text(st.sampled_from([*code.ALPHABET, "?"]), min_size=14, max_size=14))
@settings(max_examples=150, deadline=None)
def test_a_reading_differs_only_where_it_says_so(typed: str) -> None:
    try:
        reading = code.read(typed)
    except Refused:
        return
    differing = tuple(at for at, (was, now) in enumerate(zip(typed, reading.code.text, strict=True)) if was != now)
    assert differing == reading.changed
    assert reading.kind == ("recovered" if "?" in typed else "proposal" if differing else "exact")


@given(st.text() | st.builds("{}://{}".format, st.sampled_from(["http", "https", "HTTPS", "x"]), st.text()))
@example("http://[fe80::1%25eth0]")
@example("https://" + "a." * 200)
@example("//my.example")
@example("T")
@settings(deadline=None)
def test_any_text_is_a_front_or_refused(front: str) -> None:
    assert reason(lambda: url.address(front, CODE)) in {"", "front"}
    if not reason(lambda: url.address(front, CODE)):
        printed = url.address(front, CODE)
        assert re.fullmatch(r"HTTPS?://[A-Z0-9.-]+(:\d+)?/T/7K3QX9M2PDRZS7", printed)
        assert url.code_in(printed) == CODE


@given(st.text(max_size=22))
@settings(max_examples=50, deadline=None)
def test_any_line_is_set_or_refused(line: str) -> None:
    wish = Wish(CODE, line)
    made = reason(lambda: svg(label(stock("L7160"), "my.example", wish, LETTERS.measure), LETTERS))
    assert made in {"", "line", "script"}


@pytest.mark.parametrize("kind", FILES)
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_a_damaged_file_is_read_as_its_code_or_not_at_all(kind: str, data: st.DataObject) -> None:
    whole = FILES[kind]
    at = data.draw(st.integers(0, len(whole) - 1))
    piece = data.draw(st.binary(max_size=8))
    damaged = whole[:at] + piece + whole[at + data.draw(st.integers(0, 400)) :]
    found: list[preflight.Found] = []
    assert reason(lambda: found.extend(preflight.found(kind, damaged))) in {"", "file"}
    assert {square.text for square in found} <= {url.address("my.example", CODE)}


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("svg", b'<svg viewBox="0 0 ' + b"9" * 400 + b' 1">'),
        ("svg", b'<svg viewBox="0 0 9999 9999">'),
        ("pdf", pdf([Drawing(5000, 5000, ())], LETTERS, "x")),
    ],
)
def test_a_file_of_monstrous_size_is_refused_before_it_is_drawn(kind: str, data: bytes) -> None:
    assert reason(lambda: preflight.found(kind, data)) == "file"


def test_the_reasons_here_are_those_of_the_specification() -> None:
    assert {"empty", "length", "character", "unreadable", "check", "front", "line", "script", "file"} <= REASONS
