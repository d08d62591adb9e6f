"""The files of the project, as the house rules see them."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PRODUCT = ("thingcloud", "tags", "firmware")
EDGES = ("finder", "owner", "vendor", "device")
_NOT_OURS = {".git", ".venv", "var", "__pycache__", "node_modules", "dist", "build"}


@dataclass(frozen=True)
class Function:
    """A function, how many lines it has, decorators left out, and whether the device compiles it to machine code."""

    name: str
    file: Path
    lines: int
    native: bool


@cache
def files() -> tuple[Path, ...]:
    """Every file that is or may be committed; without git, every file outside the working folders."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=ROOT,
            capture_output=True,
            check=True,
            text=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        found = (path for path in ROOT.rglob("*") if not _NOT_OURS & set(path.relative_to(ROOT).parts))
    else:
        found = (ROOT / name for name in listed.split("\0") if name)
    return tuple(sorted(path for path in found if path.is_file()))


def under(*folders: str, suffix: str = "") -> list[Path]:
    """Files below the named folders with this suffix."""
    return [path for path in files() if local(path).split("/")[0] in folders and local(path).endswith(suffix)]


def local(path: Path) -> str:
    """The path as it is written in docs: relative, with slashes."""
    return path.relative_to(ROOT).as_posix()


def text(path: Path) -> str:
    """The file's text, or nothing where it is not text."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return ""


def functions(path: Path) -> Iterator[Function]:
    """Every function and method of a Python file, nested ones too."""
    for node in ast.walk(ast.parse(text(path))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            marks = {ast.unparse(mark) for mark in node.decorator_list}
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield Function(node.name, path, lines, "micropython.viper" in marks)


def document(name: str) -> str:
    """The text of a document that must exist."""
    path = ROOT / name
    assert path.is_file(), f"{name} is missing"
    return text(path)
