"""Runs first on a board: counts starts, chooses the app's slot, holds a failing app back. Never updated by air."""

import json
import os

_FAILURES_AT_MOST = 3


def current(folder: str) -> "dict[str, object]":
    """Return the present start: `boots` (its number), `failed` (starts in a row before it), `slot`, `safe`."""
    try:
        with open(folder + "/boot.json") as file:
            raw = json.load(file)
        return {
            "boots": int(raw["boots"]),
            "failed": int(raw["failed"]),
            "slot": "b" if raw["slot"] == "b" else "a",
            "safe": bool(raw["safe"]),
        }
    except (OSError, ValueError, KeyError, TypeError):
        return {"boots": 0, "failed": 0, "slot": "a", "safe": False}


def begin(folder: str) -> "dict[str, object]":
    """Count this start. After three that failed: back from slot b to slot a, or else safe mode for one start."""
    if folder:
        try:
            os.mkdir(folder)
        except OSError:
            pass  # it is there; where it cannot be made, writing below says so
    state = current(folder)
    failed = int(str(state["failed"]))
    tired = failed >= _FAILURES_AT_MOST
    state["boots"] = int(str(state["boots"])) + 1
    state["safe"] = tired and state["slot"] == "a"
    state["slot"] = "a" if tired else state["slot"]
    state["failed"] = 0 if tired else failed + 1
    _write(folder, state)
    return state


def healthy(folder: str) -> None:
    """Say that this start got going."""
    state = current(folder)
    if state["failed"]:
        state["failed"] = 0
        _write(folder, state)


def _write(folder: str, state: "dict[str, object]") -> None:
    with open(folder + "/boot.new", "w") as file:
        json.dump(state, file)
    os.rename(folder + "/boot.new", folder + "/boot.json")


# A board starts this file by itself; elsewhere main.py calls `begin`.
if __name__ == "__main__":
    begin("")
