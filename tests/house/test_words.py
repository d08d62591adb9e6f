"""What must not stand in any file: marks of unfinished work, style attributes, places that are not the project's."""

import re

import pytest

from tests.house.tree import files, local, text, under

# Put together here so that this file does not find itself.
MARKS = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]) + r")\b")
ELSEWHERE = re.compile(
    "|".join(
        [
            r"(?<![\w.])/wo" + r"rk/",
            r"py" + r"pi\.org",
            "python" + "hosted",
            r"registry\." + "npm",
            r"proxy\." + r"golang\.org",
            r"crates\." + "io/",
            "(?<!emit-)index" + "-url",
            "arti" + "factory",
        ]
    )
)
STYLE = re.compile(r"""(?<![\w-])style=\\?["']""")
# Mail programs drop style sheets; what mails look like has to stand in each element.
MAILS = "thingcloud/notify/templates/mail"


def found(pattern: re.Pattern[str], source: str) -> list[str]:
    return [line.strip() for line in source.splitlines() if pattern.search(line)]


@pytest.mark.parametrize(
    ("pattern", "bad", "good"),
    [
        (MARKS, "# TO" + "DO: later", "the to-do list"),
        (ELSEWHERE, "see /wo" + "rk/main", "it must work/play"),
        (ELSEWHERE, "https://py" + "pi.org/simple", "the Python package index"),
        (STYLE, '<p style="color:red">', 'dialect(paramstyle="named")'),
        (STYLE, "f'<p style=\\'x\\'>'", "<style>p{}</style>"),
    ],
)
def test_the_patterns_find_what_they_are_for(pattern: re.Pattern[str], bad: str, good: str) -> None:
    assert found(pattern, bad)
    assert not found(pattern, good)


def test_nothing_is_marked_as_unfinished() -> None:
    assert {local(path): found(MARKS, text(path)) for path in files() if found(MARKS, text(path))} == {}


def test_nothing_names_a_machine_or_a_package_registry() -> None:
    assert {local(path): found(ELSEWHERE, text(path)) for path in files() if found(ELSEWHERE, text(path))} == {}


def test_no_page_has_a_style_attribute() -> None:
    pages = [path for path in under("thingcloud") if path.suffix in (".html", ".svg", ".py", ".js", ".jinja")]
    pages = [path for path in pages if not local(path).startswith(MAILS)]
    assert pages
    assert {local(path): found(STYLE, text(path)) for path in pages if found(STYLE, text(path))} == {}
