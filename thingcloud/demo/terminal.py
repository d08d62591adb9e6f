"""What the first run says: a line as each part comes up, then the square to scan and three doors."""

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from talktag import symbol, terminal
from talktag.code import parse
from talktag.url import address

_WIDE = 76
_PRINTED = 34.0
_INDENT = "  "
_RIGHT_EDGE = 72
_BOLD, _SOFT, _GREEN, _YELLOW, _PETROL, _OFF = "\x1b[1m", "\x1b[2m", "\x1b[32m", "\x1b[33;1m", "\x1b[36m", "\x1b[0m"


@contextmanager
def keyboard() -> Iterator[None]:
    """Have Ctrl-C reach us alone: `make`, which started us, would else end with a code of its own.

    Ctrl-Z does nothing meanwhile, since nobody but us would be stopped by it.
    """
    if not sys.stdin.isatty() or os.tcgetpgrp(0) != os.getpgrp() or os.getpgrp() == os.getpid():
        yield
        return
    before = os.getpgrp()
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpgrp())
    try:
        yield
    finally:
        os.tcsetpgrp(0, before)


@dataclass(frozen=True)
class Doors:
    """Where the three people go in, where the mails are read, and the folder of what is kept."""

    finder: str
    owner: str
    vendor: str
    mail: str
    lan: bool
    data: str


class Screen:
    """Prints to a terminal with colours, or plainly into a pipe or under NO_COLOR."""

    def __init__(self, *, colour: bool | None = None, columns: int | None = None) -> None:
        wanted = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self.colour = wanted if colour is None else colour
        self._columns = columns or shutil.get_terminal_size((80, 24)).columns
        self._began = time.monotonic()

    def _paint(self, code: str, text: str) -> str:
        return f"{code}{text}{_OFF}" if self.colour else text

    def say(self, text: str = "") -> None:
        """One line, at once."""
        print(f"{_INDENT}{text}".rstrip(), flush=True)

    def title(self) -> None:
        """The name, and what it is."""
        print()
        self.say(f"{self._paint(_BOLD, 'thingcloud')}  {self._paint(_SOFT, 'a cloud for every thing you own')}")
        print()

    def done(self, part: str, text: str) -> None:
        """A part is up: its name, what it says, and the seconds since the start."""
        seconds = f"{time.monotonic() - self._began:.1f} s"
        mark = self._paint(_GREEN, "✓") if self.colour else "ok"
        gap = max(1, _RIGHT_EDGE - 12 - len(text) - len(seconds))
        self.say(f"{mark} {part:<9} {self._paint(_SOFT, text)}{' ' * gap}{self._paint(_SOFT, seconds)}")

    def invite(self, front: str, code: str, doors: Doors) -> None:
        """The square with its words, then the doors."""
        print()
        words = self._words(doors)
        if self.colour:
            self._square(front, code, words)
        else:
            for line in words:
                self.say(line)
        print()
        self.say(f"{self._paint(_YELLOW, 'Ready.')} Three people, three doors:")
        print()
        for name, link, note in (
            ("Finder", doors.finder, ""),
            ("Owner", doors.owner, "opens once"),
            ("Vendor", doors.vendor, "opens once"),
            ("Mail", doors.mail, "what we would send"),
        ):
            self.say(f"{name:<8} {self._paint(_PETROL, link)}{self._paint(_SOFT, '   ' + note) if note else ''}")
        print()
        self.say(self._paint(_SOFT, "Try: 1 scan and write · 2 answer as the owner · 3 watch the phone."))
        self.say(self._paint(_SOFT, f"Ctrl-C stops everything. Your data stays in {doors.data}/."))

    def _words(self, doors: Doors) -> list[str]:
        alone = "No network found: the square works on this machine only."
        reach = "It must be on the same network." if doors.lan else alone
        return [
            self._paint(_BOLD, "Point your phone at this square."),
            self._paint(_SOFT, reach),
            "",
            "You are the stranger who found a",
            "suitcase. Write its owner a line.",
            "",
            self._paint(_SOFT, "No phone at hand? Open"),
            *_folded(doors.finder),
            self._paint(_SOFT, "on this machine."),
            "",
            self._paint(_SOFT, "Nothing leaves your network:"),
            self._paint(_SOFT, "mails land in the viewer below."),
        ]

    def _square(self, front: str, code: str, words: Sequence[str]) -> None:
        drawn = terminal.lines(symbol.symbol(address(front, parse(code)), _PRINTED))
        beside = self._columns >= _WIDE
        first = max(0, (len(drawn) - len(words)) // 2)
        for number, line in enumerate(drawn):
            place = number - first
            note = words[place] if beside and 0 <= place < len(words) else ""
            self.say(f"{line}   {note}" if note else line)
        if not beside:
            print()
            for line in words:
                self.say(line)


def _folded(link: str) -> list[str]:
    """A link on two lines at the tag's path, so that it stands beside the square."""
    head, cut, tail = link.partition("/t/")
    return [head, cut + tail] if cut else [link]
