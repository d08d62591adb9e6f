import io
import random
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]
import pytest
import reportlab  # type: ignore[import-untyped]
import zxingcpp
from PIL import Image

from talktag import code, preflight, press, sheet
from talktag.drawing import Border, Drawing, Icon, Rule, Square, Text, icons
from talktag.label import CALL, PROMISE, Wish, advice, label
from talktag.refusal import Refused
from talktag.render.letters import Letters
from talktag.render.pdf import pdf
from talktag.render.png import module_at, png
from talktag.render.svg import svg
from talktag.stock import Stock, stock, stocks
from talktag.url import address

CODE = code.parse("7K3Q-X9M2-PDRZ-S7")
FRONT = "https://my.example"
LETTERS = Letters()
L7160 = stock("L7160")
FONT = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"
DICE = random.Random(4)


def made(paper: Stock, wish: Wish | None = None, front: str = FRONT, letters: Letters = LETTERS) -> Drawing:
    return label(paper, front, wish or Wish(CODE), letters.measure)


def texts(drawing: Drawing) -> list[Text]:
    return [element for element in drawing.elements if isinstance(element, Text)]


def said(drawing: Drawing) -> str:
    return " ".join(text.text for text in sorted(texts(drawing), key=lambda text: text.y))


@pytest.mark.parametrize("paper", stocks().values(), ids=lambda paper: paper.name)
def test_labels_of_a_stock_lie_within_the_paper_and_apart(paper: Stock) -> None:
    corners = {(x, y) for _, x, y in sheet.places(paper, paper.per_sheet)}
    assert len(corners) == paper.per_sheet
    assert all(x >= 0 and x + paper.size[0] <= paper.paper[0] + 0.01 for x, _ in corners)
    assert all(y >= 0 and y + paper.size[1] <= paper.paper[1] + 0.01 for _, y in corners)
    assert paper.pitch[0] >= paper.size[0]
    assert paper.pitch[1] >= paper.size[1]
    right = paper.paper[0] - paper.first[0] - (paper.columns - 1) * paper.pitch[0] - paper.size[0]
    assert right == pytest.approx(paper.first[0], abs=0.2)  # sheets are symmetrical


@pytest.mark.parametrize("paper", stocks().values(), ids=lambda paper: paper.name)
def test_everything_on_a_label_stays_within_it_and_off_the_square(paper: Stock) -> None:
    wish = Wish(CODE, *(("W" * 18, "gift") if paper.letters.line else ("", "")))
    drawing = made(paper, wish)
    (square,) = drawing.squares
    assert square.x >= 0
    assert square.y >= 0
    assert square.y + square.side <= drawing.height
    for text in texts(drawing):
        assert text.x >= square.x + square.side - 4 * square.symbol.module(square.side)
        assert text.x + text.width <= drawing.width - 0.99
        assert text.y - 0.7 * text.size > 0
        assert text.y + 0.22 * text.size <= drawing.height - 0.99


@pytest.mark.parametrize("paper", stocks().values(), ids=lambda paper: paper.name)
def test_lines_of_a_label_do_not_run_into_each_other(paper: Stock) -> None:
    wish = Wish(CODE, "Fragile, thank you") if paper.letters.line else Wish(CODE)
    lines = sorted(texts(made(paper, wish)), key=lambda text: text.y)
    assert all(above.y < below.y - 0.7 * below.size for above, below in pairwise(lines))


def test_the_standard_label_says_what_it_should_and_nothing_else() -> None:
    drawing = made(L7160, Wish(CODE, "€ 20 thank-you", "gift"))
    assert said(drawing) == f"{CALL} {PROMISE} € 20 thank-you 7K3Q-X9M2- PDRZ-S7 my.example/t"
    assert [type(element) for element in drawing.elements].count(Rule) == 1
    assert [icon.name for icon in drawing.elements if isinstance(icon, Icon)] == ["gift"]


def test_the_small_label_has_call_and_code_alone() -> None:
    assert said(made(stock("l4732"))) == f"{CALL} 7K3Q-X9M2- PDRZ-S7"


def test_the_wide_label_has_the_code_in_one_line() -> None:
    assert "7K3Q-X9M2-PDRZ-S7" in [text.text for text in texts(made(stock("L7163")))]


def test_sizes_are_those_of_the_plan() -> None:
    drawing = made(L7160, Wish(CODE, "Needs insulin"))
    assert [text.size for text in texts(drawing) if text.face == "call"] == [4.3, 4.3]
    assert {text.size for text in texts(drawing) if text.face in ("strong", "code")} == {2.35, 3.3}
    assert drawing.squares[0].symbol.module(34.0) == pytest.approx(0.92, abs=0.005)


@pytest.mark.parametrize(
    ("name", "wish", "reason"),
    [
        ("L7160", Wish(CODE, "x" * 19), "line"),
        ("L4732", Wish(CODE, "Fragile"), "room"),
        ("L4732", Wish(CODE, icon="gift"), "room"),
        ("L7160", Wish(CODE, icon="rocket"), "icon"),
        ("L7160", Wish(CODE, "ключи"), "script"),
        ("L7160", Wish(CODE, "two\nlines"), "script"),
        ("L7160", Wish(CODE, "\u202eabc"), "script"),
        ("L7160", Wish(CODE, "مفتاح"), "script"),
        ("L7160", Wish(CODE, "चाबी"), "script"),
    ],
)
def test_a_wish_that_cannot_be_set_is_refused(name: str, wish: Wish, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        made(stock(name), wish)
    assert refused.value.reason == reason


def test_a_font_of_ones_own_sets_letters_that_are_not_built_in() -> None:
    letters = Letters(FONT)
    drawing = made(L7160, Wish(CODE, "Łaba"), letters=letters)
    assert b"Vera" in pdf([drawing], letters, "x")
    assert "Łaba" in page_text(pdf([drawing], letters, "x"))
    assert b'font-family="Vera"' in svg(drawing, letters)


def test_letters_and_their_accents_typed_apart_are_put_together() -> None:
    assert "Café" in said(made(L7160, Wish(CODE, "Cafe\u0301")))


@pytest.mark.parametrize("font", [Path("missing.ttf"), Path(__file__)])
def test_a_file_that_is_no_font_is_refused(font: Path) -> None:
    with pytest.raises(Refused) as refused:
        Letters(font)
    assert refused.value.reason == "script"


def test_a_long_host_is_set_smaller_and_said_so() -> None:
    drawing = made(L7160, front="a-very-long-name-of-a-host.some-provider.example")
    (host,) = [text for text in texts(drawing) if text.text.endswith("/t")]
    assert host.width <= L7160.size[0] - L7160.letters.left - L7160.letters.right + 0.001
    assert advice(drawing) == ["'a-very-long-name-of-a-host.some-provider.example/t' is printed less than 1.5 mm high"]
    assert advice(made(L7160)) == []


def test_an_unknown_stock_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(Refused) as refused:
        stock("L9999")
    assert (refused.value.reason, "L7160" in refused.value.hint) == ("stock", True)


def test_a_sheet_can_start_at_any_label_and_runs_on() -> None:
    places = sheet.places(L7160, 20, start=4)
    assert places[0] == (0, *(pytest.approx(value) for value in (7.2, 15.15 + 38.1)))
    assert [page for page, _, _ in places] == [0] * 18 + [1] * 2
    assert places[18][1:] == L7160.first
    for wrong in (0, 22, -1):
        with pytest.raises(Refused) as refused:
            sheet.places(L7160, 1, wrong)
        assert refused.value.reason == "start"


def test_each_page_says_how_to_print_it_and_what_is_on_it() -> None:
    pages = sheet.sheets(L7160, [made(L7160)] * 19, 4, LETTERS.measure)
    notes = [[text.text for text in texts(page) if text.ink == "grey"] for page in pages]
    head = "L7160 · print at 100 %, then lay this sheet over a blank one and hold both to the light"
    assert notes[0] == [head, "start at label 4 · 18 labels · all read back at 150 dpi · smallest module 0.92 mm"]
    assert notes[1] == [head, "start at label 1 · 1 label · all read back at 150 dpi · smallest module 0.92 mm"]


@pytest.mark.parametrize("paper", stocks().values(), ids=lambda paper: paper.name)
def test_every_code_of_a_full_sheet_is_read_back_at_its_place(paper: Stock) -> None:
    codes = [code.new(DICE.randrange) for _ in range(paper.per_sheet)]
    pages = sheet.sheets(paper, [made(paper, Wish(each)) for each in codes], 1, LETTERS.measure)
    data = pdf(pages, LETTERS, "x")
    preflight.prove("pdf", data, pages, [address(FRONT, each) for each in codes])
    assert {found.text for found in preflight.found("pdf", data)} == {address(FRONT, each) for each in codes}


@pytest.mark.parametrize("paper", stocks().values(), ids=lambda paper: paper.name)
def test_one_label_reads_back_from_each_kind_of_file(paper: Stock) -> None:
    drawing, expected = made(paper), [address(FRONT, CODE)]
    files = {"pdf": pdf([drawing], LETTERS, "x"), "svg": svg(drawing, LETTERS), "png": png(drawing, LETTERS)}
    for kind, data in files.items():
        preflight.prove(kind, data, [drawing], expected)
        (found,) = preflight.found(kind, data)
        exact = module_at(drawing.squares[0], 300) if kind == "png" else drawing.squares[0].symbol.module(paper.square)
        assert (found.text, found.level) == (expected[0], "H")
        assert found.module == pytest.approx(exact, rel=0.04)


def test_a_square_that_reads_as_another_code_is_never_passed() -> None:
    drawing = made(L7160)
    other = address(FRONT, code.new())
    with pytest.raises(Refused) as refused:
        preflight.prove("pdf", pdf([drawing], LETTERS, "x"), [drawing], [other])
    assert refused.value.reason == "unread"


@pytest.mark.parametrize("kind", ["pdf", "svg", "png"])
def test_a_square_that_is_not_where_it_should_be_is_never_passed(kind: str) -> None:
    good = made(L7160)
    moved = Drawing(good.width, good.height, tuple(e for e in good.elements if not isinstance(e, Square)))
    data = {"pdf": lambda d: pdf([d], LETTERS, "x"), "svg": lambda d: svg(d, LETTERS), "png": lambda d: png(d, LETTERS)}
    with pytest.raises(Refused) as refused:
        preflight.prove(kind, data[kind](moved), [good], [address(FRONT, CODE)])
    assert refused.value.reason == "unread"


def test_small_modules_are_noted_and_too_small_ones_refused() -> None:
    small = made(stock("L4732"))
    assert preflight.advice([small]) == ["modules of 0.42 mm: read from close up only; 0.5 mm reads well"]
    assert preflight.advice([made(L7160)]) == []
    with pytest.raises(Refused, match=r"would be 0\.30 mm") as refused:
        preflight.advice([small], dpi=170)
    assert refused.value.reason == "module"


def test_a_label_with_too_small_modules_is_never_passed() -> None:
    tiny = replace(stock("L4732"), square=9.0)
    with pytest.raises(Refused) as refused:
        press.one("pdf", tiny, FRONT, Wish(CODE))
    assert refused.value.reason == "module"
    with pytest.raises(Refused) as proved:
        preflight.prove("pdf", pdf([made(tiny)], LETTERS, "x"), [made(tiny)], [address(FRONT, CODE)])
    assert proved.value.reason == "module"


def test_one_call_draws_reads_back_and_notes() -> None:
    printed = press.one("png", stock("L4732"), "http://localhost:8080", Wish(CODE))
    assert [found.text for found in preflight.found("png", printed.data)] == [address("http://localhost:8080", CODE)]
    assert [note.partition(":")[0] for note in printed.notes] == [
        "this front leads to this machine only",
        "modules of 0.34 mm",
    ]


def test_no_labels_and_other_kinds_of_file_are_refused() -> None:
    with pytest.raises(Refused) as other:
        press.one("gif", L7160, FRONT, Wish(CODE))
    with pytest.raises(Refused) as none:
        press.sheets(L7160, FRONT, [])
    assert (other.value.reason, none.value.reason) == ("file", "empty")


def test_a_long_front_is_noted_with_its_module() -> None:
    (note,) = preflight.advice([made(L7160, front="x" * 30 + ".example")])
    assert note.startswith("the front is long: square 4-Q, modules of 0.83 mm")


def test_a_png_has_whole_dots_and_says_its_resolution() -> None:
    data = png(made(L7160), LETTERS, dpi=203)
    with Image.open(io.BytesIO(data)) as picture:
        assert [round(side) for side in picture.info["dpi"]] == [203, 203]
        assert picture.size == (508, 305)
        dots = round(module_at(made(L7160).squares[0], 203) * 203 / 25.4)
        side = picture.convert("L").crop((20, 20, 280, 280))
        assert set(side.get_flattened_data()) <= {0, 255}
        assert dots == 7


def test_a_png_too_coarse_for_its_square_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        png(made(stock("L4732")), LETTERS, dpi=100)
    assert refused.value.reason == "room"


def test_the_svg_square_is_one_filled_outline_and_text_is_escaped() -> None:
    drawing = made(L7160, Wish(CODE, '<b> & "quoted"'))
    text = svg(drawing, LETTERS).decode()
    assert text.count('class="square"') == 1
    square = next(line for line in text.splitlines() if 'class="square"' in line)
    assert "stroke" not in square
    assert "&lt;b&gt; &amp; " in text
    assert 'width="63.5mm" height="38.1mm"' in text


def test_the_same_label_gives_the_same_bytes() -> None:
    assert pdf([made(L7160)], LETTERS, "x") == pdf([made(L7160)], LETTERS, "x")


def test_a_file_names_nobody_and_holds_the_code_in_its_square_and_text_alone() -> None:
    document = pypdfium2.PdfDocument(pdf([made(L7160)], LETTERS, "talk-tag"))
    about = document.get_metadata_dict()
    document.close()
    assert about["Title"] == "talk-tag"
    assert "7K3Q" not in str(about)


def test_a_label_is_at_the_pages_place_on_the_sheet() -> None:
    (page,) = sheet.sheets(L7160, [made(L7160)], 5, LETTERS.measure)
    (border,) = [element for element in page.elements if isinstance(element, Border)]
    assert [border.x, border.y] == [pytest.approx(7.2 + 66.0), pytest.approx(15.15 + 38.1)]


def test_every_icon_is_drawn_within_its_grid() -> None:
    for name, path in icons().items():
        numbers = [float(word.lstrip("MLC")) for word in path.split() if word != "Z"]
        assert len(numbers) % 2 == 0, name
        assert all(0 <= number <= 24 for number in numbers), name
        assert made(L7160, Wish(CODE, icon=name)).elements


@pytest.mark.parametrize("kind", ["pdf", "svg", "png", "jpg"])
@pytest.mark.parametrize(
    "data", [b"", b"%PDF-1.4 nothing", b"<svg/>", b'<svg viewBox="0 0 9e9 99999999999"/>', b"\x89PNG\r\n"]
)
def test_a_file_that_is_not_what_it_says_is_refused(kind: str, data: bytes) -> None:
    with pytest.raises(Refused) as refused:
        preflight.found(kind, data)
    assert refused.value.reason == "file"


def test_a_picture_of_another_size_and_light_is_still_read() -> None:
    with Image.open(io.BytesIO(png(made(L7160), LETTERS, dpi=200))) as picture:
        turned = picture.rotate(17, expand=True, fillcolor=255).point(lambda value: 60 + value * 140 // 255)
    out = io.BytesIO()
    turned.save(out, "JPEG", quality=60)
    (found,) = preflight.found("jpg", out.getvalue())
    assert found.text == address(FRONT, CODE)
    assert zxingcpp.read_barcodes(turned)[0].text == found.text


def page_text(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    try:
        return str(document[0].get_textpage().get_text_range())
    finally:
        document.close()
