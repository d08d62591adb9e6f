"""The documents say everything that can be set, typed or refused, and who answers whom in which file."""

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from tests.house.tree import EDGES, ROOT, document, local, text, under

TOOLS = ("thingcloud", "talktag", "thingflash")


def words_of(parser: argparse.ArgumentParser) -> Iterator[str]:
    """The commands that a parser takes."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices


def parser_of(tool: str) -> argparse.ArgumentParser | None:
    """The tool's argument parser, by the name that every tool here gives it."""
    module = import_module(f"{tool}.cli")
    found = getattr(module, "_parser", None) or getattr(module, "parser", None)
    return found() if found else None


def pages() -> list[Path]:
    """What people read: the READMEs and everything in docs."""
    return [*under("docs", suffix=".md"), *under("firmware", suffix="/README.md"), ROOT / "README.md"]


def manual() -> str:
    return "\n".join(text(path) for path in pages())


@pytest.mark.parametrize("tool", TOOLS)
def test_every_command_is_in_the_manual(tool: str) -> None:
    parser = parser_of(tool)
    assert parser is not None, f"{tool}.cli has no _parser()"
    commands = list(words_of(parser))
    assert commands
    said = manual()
    assert [command for command in commands if not re.search(rf"\b{tool} {command}\b", said)] == []


def test_every_setting_is_in_the_manual_and_nothing_else_is() -> None:
    from thingcloud.plumbing.settings import Settings

    known = {f"THINGCLOUD_{name.upper()}" for name in Settings.__dataclass_fields__}
    named = set(re.findall(r"THINGCLOUD_[A-Z0-9_]*[A-Z0-9]", document("docs/settings.md")))
    assert sorted(known - named) == []
    assert sorted({name.removesuffix("_FILE") for name in named} - known) == []


def test_no_setting_is_read_past_the_settings() -> None:
    readers = [
        local(path)
        for path in under("thingcloud", suffix=".py")
        if re.search(r"environ\b|getenv", text(path)) and "THINGCLOUD_" in text(path)
    ]
    assert [path for path in readers if path not in ("thingcloud/plumbing/settings.py", "thingcloud/cli.py")] == []


def test_every_reason_of_the_wire_is_in_its_specification() -> None:
    from thingseal.refusal import REASONS

    said = document("docs/wire.md")
    assert REASONS
    assert [reason for reason in REASONS if f"`{reason}`" not in said] == []


def test_every_reason_that_the_wire_gives_is_on_its_list() -> None:
    from thingseal.refusal import REASONS

    given = {reason for path in under("firmware", suffix=".py") for reason in reasons_given(path, "Refused")}
    assert sorted(given - set(REASONS)) == []


def test_every_reason_of_a_tag_is_in_its_specification() -> None:
    given = {reason for path in under("tags", suffix=".py") for reason in reasons_given(path, "Refused")}
    chapter = document("docs/tags.md").partition("## 7 ")[2].partition("## 8 ")[0]
    listed = set(re.findall(r"^\| `(\w+)` \|", chapter, re.MULTILINE))
    assert given == listed


def reasons_given(path: Path, name: str) -> Iterator[str]:
    """The literal first arguments of calls to `name` in a file."""
    for node in ast.walk(ast.parse(text(path))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def rows_of(page: str) -> list[tuple[str, list[str]]]:
    """The rows `| who | does | file |` of the README's table: what is done, and the files and functions named."""
    table = page.partition("Who does what")[2]
    rows = []
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if (
            line.startswith("|")
            and len(cells) == 3
            and set(cells[0]) - set("-: ")
            and cells[2] not in ("file", "which file")
        ):
            rows.append((cells[1], re.findall(r"`([^`]+)`", cells[2])))
        elif rows and not line.startswith("|"):
            break
    return rows


def missing_in(place: str) -> str:
    """What is missing at `path/to/file.py` or `path/to/file.py function`, or nothing."""
    name, _, function = place.partition(" ")
    path = ROOT / name.rstrip("/")
    if not path.exists():
        return f"{name} does not exist"
    if function and not re.search(rf"(def|class) {re.escape(function.removesuffix('()'))}\b", text(path)):
        return f"{name} has no {function}"
    return ""


def test_the_table_of_who_does_what_names_files_and_functions_that_exist() -> None:
    rows = rows_of(document("README.md"))
    assert len(rows) >= len(EDGES), "README.md has no table below a heading 'Who does what, which file'"
    assert [does for does, places in rows if not places] == []
    assert [problem for _, places in rows for place in places if (problem := missing_in(place))] == []


def test_the_table_of_who_does_what_names_every_file_that_speaks_to_the_outside() -> None:
    named = {place.partition(" ")[0] for _, places in rows_of(document("README.md")) for place in places}
    rooms = [path for path in under("thingcloud", suffix=".py") if path.parent.name != "demo"]
    edges = {local(path) for path in rooms if path.stem in (*EDGES, "mail") and local(path).count("/") == 2}
    assert edges
    assert sorted(edges - named) == []


def test_the_rules_about_the_table_find_what_they_are_for() -> None:
    table = ["| who | does | file |", "|---|---|---|", "| finder | scans | `a/b.py`, `README.md` |"]
    page = "\n".join(["## Who does what, which file", "", *table, "", "| x | y | `z` |"])
    assert rows_of(page) == [("scans", ["a/b.py", "README.md"])]
    assert missing_in("a/b.py") == "a/b.py does not exist"
    assert missing_in("tests/house/tree.py nothing_like_it") == "tests/house/tree.py has no nothing_like_it"
    assert missing_in("tests/house/tree.py document()") == ""


def test_the_readme_can_be_run_before_line_20() -> None:
    lines = document("README.md").splitlines()
    assert any("make run" in line for line in lines[:20])


def test_the_readme_opens_with_a_sentence_and_no_badges() -> None:
    title, sentence, *_ = document("README.md").split("\n\n")
    assert re.fullmatch(r"# \w+", title)
    assert re.fullmatch(r"[A-Z][^.|<\[]+\.", sentence)


def broken_links(page: str, folder: Path) -> list[str]:
    """The relative links of a page that lead to no file."""
    links = re.findall(r"\]\(([^)#\s]+)", page)
    return [link for link in links if "://" not in link and not (folder / link).exists()]


def test_links_between_documents_lead_somewhere() -> None:
    assert broken_links("[a](nowhere.md) [b](tags.md#x) [c](https://my.example)", ROOT / "docs") == ["nowhere.md"]
    broken = {local(path): broken_links(text(path), path.parent) for path in pages()}
    assert {page: links for page, links in broken.items() if links} == {}


def test_the_changelog_and_the_licence_are_there() -> None:
    assert "## " in document("CHANGELOG.md")
    assert "Apache License" in document("LICENSE")
    assert "Version 2.0, January 2004" in document("LICENSE")


def test_python_of_this_run_is_one_that_is_promised() -> None:
    assert (3, 11) <= sys.version_info[:2] <= (3, 13)
