import io
from pathlib import Path

import pytest

from talktag import cli, code
from talktag.stock import stock

LABEL = ["label", "7K3Q-X9M2-PDRZ-S7", "--front", "https://my.example"]
SHEET = ["sheet", "--front", "https://my.example"]


class Terminal:
    """Runs the tool as a person would and keeps what it printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self, *words: str | Path) -> tuple[int, str, str]:
        try:
            status = cli.main([str(word) for word in words])
        except SystemExit as stop:
            status = int(stop.code or 0)
        printed = self.capsys.readouterr()
        return status, printed.out, printed.err


@pytest.fixture
def talktag(capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(capsys)


def test_no_words_show_examples(talktag: Terminal) -> None:
    status, out, err = talktag()
    assert (status, err) == (0, "")
    assert all(f"$ talktag {command}" in out for command in ("new", "label", "sheet", "check", "read"))
    assert talktag("--help") == (0, out, "")


def test_new_prints_codes_that_check(talktag: Terminal) -> None:
    status, out, _ = talktag("new", "3")
    assert status == 0
    assert len({code.parse(line).text for line in out.splitlines()}) == 3


@pytest.mark.parametrize("typed", ["7k3q x9m2 pdrz s7", "7K3Q-X9M2-PD??-S7", "?K3Q-X9M2-PDRZ-S7"])
def test_check_prints_the_code_that_was_typed(talktag: Terminal, typed: str) -> None:
    assert talktag("check", typed) == (0, "7K3Q-X9M2-PDRZ-S7\n", "")


@pytest.mark.parametrize(
    ("typed", "problem", "hint"),
    [
        (
            "7K3Q-X9M2-PDRA-S7",
            "did you mean 7K3Q-X9M2-PDRZ-S7? letter 12 would be Z",
            "compare it with the tag",
        ),
        (
            "7K3Q-X9M2-P???-S7",
            "3 characters are unreadable and 2 can be recovered",
            "look at the tag again in better light, or at its other copy",
        ),
        (
            "K73Q-X9M2-PDRZ-S7",
            "this is not the code of a tag: more than one letter is wrong",
            "compare it with the tag, letter by letter",
        ),
    ],
)
def test_check_says_what_is_wrong_and_what_to_try(talktag: Terminal, typed: str, problem: str, hint: str) -> None:
    assert talktag("check", typed) == (1, "", f"talktag: {problem}\n  {hint}\n")


@pytest.mark.parametrize("kind", ["pdf", "svg", "png"])
def test_a_label_is_written_and_reads_as_its_code(talktag: Terminal, tmp_path: Path, kind: str) -> None:
    out = tmp_path / f"suitcase.{kind}"
    assert talktag(*LABEL, "--out", out, "--line", "€ 20 thank-you", "--icon", "gift") == (0, "", "")
    status, printed, _ = talktag("read", out)
    assert status == 0
    assert printed.startswith("7K3Q-X9M2-PDRZ-S7  HTTPS://MY.EXAMPLE/T/7K3QX9M2PDRZS7  level H, 0.")


def test_a_sheet_of_new_codes_fills_the_rest_and_lists_them(talktag: Terminal, tmp_path: Path) -> None:
    out = tmp_path / "sheet.pdf"
    status, listed, err = talktag(*SHEET, "--out", out, "--start", "4")
    assert (status, err) == (0, "")
    assert len(listed.splitlines()) == 18
    _, read, _ = talktag("read", out)
    assert {line.split()[0] for line in read.splitlines()} == set(listed.splitlines())


def test_a_sheet_of_known_codes_takes_lines_and_icons_from_a_file(talktag: Terminal, tmp_path: Path) -> None:
    codes = tmp_path / "codes.csv"
    codes.write_text("7K3Q-X9M2-PDRZ-S7, Needs insulin, paw\n\n0000-0000-0000-00\n", "utf-8")
    assert talktag(*SHEET, "--out", tmp_path / "s.pdf", "--codes", codes, "--line", "Fragile") == (0, "", "")
    _, read, _ = talktag("read", tmp_path / "s.pdf")
    assert sorted(line.split()[0] for line in read.splitlines()) == ["0000-0000-0000-00", "7K3Q-X9M2-PDRZ-S7"]


def test_codes_can_come_from_standard_input(talktag: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("7K3QX9M2PDRZS7\n"))
    assert talktag(*SHEET, "--out", tmp_path / "s.pdf", "--codes", "-")[0] == 0


def test_a_count_beyond_the_sheet_takes_more_sheets(talktag: Terminal, tmp_path: Path) -> None:
    status, listed, err = talktag(*SHEET, "--out", tmp_path / "s.pdf", "--count", "82", "--stock", "L4732")
    assert (status, len(listed.splitlines())) == (0, 82)
    assert err == "talktag: note: modules of 0.42 mm: read from close up only; 0.5 mm reads well\n"
    assert stock("L4732").per_sheet == 80


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["label", "7K3Q", "--front", "my.example", "--out", "x.pdf"], "a code has 14 letters and digits, this has 4"),
        ([*LABEL, "--out", "x.gif"], "x.gif ends in none of .pdf, .svg, .png"),
        ([*LABEL, "--out", "missing/x.pdf"], "missing/x.pdf cannot be written: No such file or directory"),
        ([*LABEL, "--out", "x.pdf", "--stock", "L1"], "no label sheet is called 'L1'"),
        ([*LABEL, "--out", "x.png", "--stock", "L4732", "--dpi", "170"], "the square's modules would be 0.30 mm"),
        ([*SHEET, "--out", "x.png"], "x.png ends in none of .pdf"),
        ([*SHEET, "--out", "x.pdf", "--start", "22"], "L7160 has labels 1 to 21, not 22"),
        ([*SHEET, "--out", "x.pdf", "--codes", "missing.csv"], "missing.csv cannot be read"),
        (["sheet", "--front", "a b", "--out", "x.pdf"], "'a b' cannot be printed as an address"),
        (["read", "missing.pdf"], "missing.pdf cannot be read: No such file or directory"),
        (["read", "notes.txt"], "notes.txt is not a pdf, svg, png or jpg file"),
    ],
)
def test_a_refusal_is_one_sentence_on_stderr_and_writes_nothing(
    talktag: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = talktag(*words)
    assert (status, out) == (1, "")
    assert err.startswith(f"talktag: {said}")
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_codes_or_squares_is_said_so(talktag: Terminal, tmp_path: Path) -> None:
    empty = tmp_path / "codes.csv"
    empty.write_text("\n", "utf-8")
    assert "has no codes" in talktag(*SHEET, "--out", tmp_path / "s.pdf", "--codes", empty)[2]
    blank = tmp_path / "blank.svg"
    blank.write_text('<svg viewBox="0 0 60 30"></svg>', "utf-8")
    assert "no square could be read" in talktag("read", blank)[2]


@pytest.mark.parametrize(
    "words", [["fly"], ["label"], ["new", "0"], ["new", "x"], [*LABEL, "--out", "x", "--icon", "y"]]
)
def test_wrong_usage_ends_with_2_and_points_to_help(talktag: Terminal, words: list[str]) -> None:
    status, out, err = talktag(*words)
    assert (status, out) == (2, "")
    assert err.startswith("talktag: ")
    assert "--help" in err


@pytest.mark.parametrize("command", ["new", "check", "read", "label", "sheet"])
def test_each_command_explains_itself(talktag: Terminal, command: str) -> None:
    status, out, err = talktag(command, "--help")
    assert (status, err) == (0, "")
    assert out.startswith(f"usage: talktag {command}")
