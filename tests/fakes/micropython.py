"""The MicroPython that tests run files on: fetched once into var/, a skip where it cannot be had, a failure in CI."""

import os
import subprocess
from functools import cache
from pathlib import Path

import pytest

from thingflash.interpreter import Interpreter, find_or_fetch

ROOT = Path(__file__).parents[2]


@cache
def _found() -> Interpreter | str:
    said: list[str] = []
    return find_or_fetch(ROOT / "var" / "micropython", said.append) or " ".join(said) or "no MicroPython"


def interpreter() -> Interpreter:
    """The interpreter, or the end of this test."""
    found = _found()
    if isinstance(found, str):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(found)
    return found


def run(script: str, *args: str, heap: str = "96k", timeout: float = 60) -> str:
    """What a script prints under MicroPython, started at the top of the tree; its failure is the test's."""
    command = interpreter().command(script, args, heap)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False)
    if done.returncode:
        pytest.fail(f"{script} {' '.join(args)} on MicroPython:\n{done.stdout}{done.stderr}", pytrace=False)
    return done.stdout
