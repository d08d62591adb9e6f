"""Every way in, with the line of code behind it: what `thingcloud routes` prints."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Mount, Route

_HOUSE = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Way:
    """One way in: how, where, and who answers."""

    how: str
    where: str
    file: str
    line: int
    name: str

    def __str__(self) -> str:
        return f"{self.how:<5} {self.where:<56} {self.file}:{self.line} {self.name}"


def place(answers: Callable[..., Any]) -> tuple[str, int, str]:
    """The file, line and name of a function, looking through what wraps it."""
    function = inspect.unwrap(answers)
    function = getattr(function, "func", function)
    code = getattr(function, "__code__", None)
    if code is None:
        function = type(function).__call__
        code = function.__code__
    path = Path(code.co_filename).resolve()
    inside = path.relative_to(_HOUSE) if path.is_relative_to(_HOUSE) else Path(path.name)
    return str(inside), code.co_firstlineno, getattr(function, "__name__", "")


def http(routes: Iterable[BaseRoute], prefix: str = "") -> Iterator[Way]:
    """Every page and every call."""
    for route in routes:
        if isinstance(route, Mount):
            yield from http(route.routes, prefix + route.path)
        elif (included := getattr(route, "original_router", None)) is not None:
            # FastAPI keeps a router that was included as one route of its own.
            yield from http(included.routes, prefix)
        elif isinstance(route, Route | APIRoute):
            file, line, name = place(route.endpoint)
            for method in sorted((route.methods or set()) - {"HEAD"}):
                yield Way(method, prefix + route.path, file, line, name)


def named(how: str, table: Mapping[str, Callable[..., Any]]) -> Iterator[Way]:
    """Topics or jobs, from a table of who answers."""
    for where, answers in table.items():
        yield Way(how, where, *place(answers))
