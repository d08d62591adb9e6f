"""The `talktag` tool. Errors go to stderr as `talktag: …` with a hint below; exit code 1, for wrong usage 2."""

import argparse
import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from talktag import code, preflight, press, url
from talktag.drawing import icons
from talktag.label import Wish
from talktag.refusal import Refused
from talktag.render.letters import Letters
from talktag.stock import Stock, stock, stocks

HELP = """\
talktag: codes and labels for things that answer whoever finds them.

    $ talktag new                    a new code: 7K3Q-X9M2-PDRZ-S7
    $ talktag new 21                 as many, one a line

    $ talktag label 7K3Q-X9M2-PDRZ-S7 --front https://my.example --out suitcase.pdf
                                     one label; .svg and .png work too

    $ talktag sheet --front https://my.example --out sheet.pdf --start 4
                                     a sheet of new codes from its fourth label on

    $ talktag check 7K3Q-X9M2-PD??-S7
                                     a typed code; write ? for what cannot be read
    $ talktag read sheet.pdf         the squares in a file, as a phone reads them

Every label is read back from the file before it is written. More: talktag COMMAND --help
"""


def main(words: Sequence[str] | None = None) -> int:
    """Run the tool; answers the exit code."""
    words = list(sys.argv[1:] if words is None else words)
    if not words or words[0] in ("-h", "--help", "help"):
        print(HELP, end="")
        return 0
    asked = _parser().parse_args(words)
    try:
        return int(asked.run(asked) or 0)
    except Refused as refused:
        _say(str(refused), refused.hint)
        return 1


def _new(asked: argparse.Namespace) -> None:
    for _ in range(asked.count):
        print(code.new().grouped)


def _check(asked: argparse.Namespace) -> int:
    reading = code.read(asked.code)
    if reading.kind == "proposal":
        at = reading.changed[0]
        place = f"letter {at + 1} would be {reading.code.text[at]}"
        _say(f"did you mean {reading.code.grouped}? {place}", "compare it with the tag")
        return 1
    print(reading.code.grouped)
    return 0


def _read(asked: argparse.Namespace) -> int:
    kind, data = preflight.opened(asked.file)
    found = preflight.found(kind, data)
    if not found:
        raise Refused("unread", f"no square could be read in {asked.file}", "try it larger, straight and in focus")
    for square in found:
        module = f"{square.module:.2f} mm a module" if square.module else "size unknown"
        print(f"{url.code_in(square.text).grouped}  {square.text}  level {square.level}, {module}")
    return 0


def _label(asked: argparse.Namespace) -> None:
    kind = _kind(asked.out, press.KINDS)
    wish = Wish(code.parse(asked.code), asked.line, asked.icon)
    _write(asked.out, press.one(kind, stock(asked.stock), asked.front, wish, Letters(asked.font), asked.dpi))


def _sheet(asked: argparse.Namespace) -> None:
    paper = stock(asked.stock)
    _kind(asked.out, ("pdf",))
    wishes = _wishes(asked, paper)
    _write(asked.out, press.sheets(paper, asked.front, wishes, asked.start, Letters(asked.font)))
    if not asked.codes:
        print("\n".join(wish.code.grouped for wish in wishes))


def _wishes(asked: argparse.Namespace, paper: Stock) -> list[Wish]:
    if not asked.codes:
        count = asked.count or max(paper.per_sheet - asked.start + 1, 1)
        return [Wish(code.new(), asked.line, asked.icon) for _ in range(count)]
    rows = _rows(asked.codes)
    if not rows:
        raise Refused("file", f"{asked.codes} has no codes", "one a line: CODE or CODE,line,icon")
    return [
        Wish(code.parse(row[0]), *((row[1:] + ["", ""])[:2] if row[1:] else (asked.line, asked.icon))) for row in rows
    ]


def _rows(path: Path) -> list[list[str]]:
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused("file", f"{path} cannot be read: {error}") from None
    return [[cell.strip() for cell in row] for row in csv.reader(text.splitlines()) if any(row)]


def _kind(out: Path, kinds: Sequence[str]) -> str:
    kind = out.suffix.lower().removeprefix(".")
    if kind not in kinds:
        raise Refused("file", f"{out} ends in none of .{', .'.join(kinds)}")
    return kind


def _write(out: Path, printed: press.Printed) -> None:
    part = out.with_name(out.name + ".part")
    try:
        part.write_bytes(printed.data)
        part.replace(out)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Refused("file", f"{out} cannot be written: {error.strerror}") from None
    for said in printed.notes:
        print(f"talktag: note: {said}", file=sys.stderr)


def _say(problem: str, hint: str = "") -> None:
    print(f"talktag: {problem}", file=sys.stderr)
    if hint:
        print(f"  {hint}", file=sys.stderr)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        _say(message, f"see {self.prog} --help")
        raise SystemExit(2)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="talktag", add_help=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    new = commands.add_parser("new", help="make new codes")
    new.add_argument("count", nargs="?", type=_count, default=1, help="how many, 1 if not said")
    new.set_defaults(run=_new)
    check = commands.add_parser("check", help="check a typed code")
    check.add_argument("code", help="14 letters and digits, ? for each one that cannot be read, two at most")
    check.set_defaults(run=_check)
    read = commands.add_parser("read", help="read the squares in a file")
    read.add_argument("file", type=Path, help="a pdf, png or jpg, or an svg that talktag wrote")
    read.set_defaults(run=_read)
    _printing(commands)
    return parser


def _printing(commands: "argparse._SubParsersAction[_Parser]") -> None:
    one = commands.add_parser("label", help="one label as pdf, svg or png")
    one.add_argument("code")
    one.add_argument("--dpi", type=_count, default=300, help="dots an inch of a png, 300 if not said")
    one.set_defaults(run=_label)
    many = commands.add_parser("sheet", help="sheets of labels as pdf; new codes are printed, one a line")
    many.add_argument("--start", type=int, default=1, help="first label to use, 1 if not said")
    many.add_argument("--count", type=_count, help="how many new codes; fills the sheet if not said")
    many.add_argument("--codes", type=Path, help="a file of lines CODE or CODE,line,icon; - reads standard input")
    many.set_defaults(run=_sheet)
    for each in (one, many):
        each.add_argument("--front", required=True, help="the address that tags lead to, such as https://my.example")
        each.add_argument("--out", required=True, type=Path, help="the file to write")
        each.add_argument("--stock", default="L7160", help=f"the sheet: {', '.join(stocks())}; L7160 if not said")
        each.add_argument("--line", default="", help="a line of yours, at most 18 characters")
        each.add_argument("--icon", default="", choices=["", *icons()], metavar="ICON", help=", ".join(icons()))
        each.add_argument("--font", type=Path, help="a TrueType file for a line in another script")


def _count(text: str) -> int:
    count = int(text)
    if not 1 <= count <= 10_000:
        raise argparse.ArgumentTypeError("between 1 and 10000")
    return count
