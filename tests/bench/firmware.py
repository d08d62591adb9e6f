"""How much faster the device signs than a textbook would, on the same 32-bit MicroPython."""

import json
import subprocess
from pathlib import Path

from tests.bench.harness import PAIRS, Book, NotDone
from thingflash.interpreter import find_or_fetch

ROOT = Path(__file__).parents[2]
SCRIPT = "tests/bench/signing.py"
_ROUNDS = {"small": 60, "full": 200}


def run(book: Book, scale: str) -> None:
    """One key, 200-byte messages; each pair runs both in one process, one after the other."""
    said: list[str] = []
    found = find_or_fetch(ROOT / "var" / "micropython", said.append)
    if found is None or found.bits != 32:
        book.missing("firmware.sign_speedup", "ratio", " ".join(said) or "there is no 32-bit MicroPython here")
        return
    command = found.command(SCRIPT, [str(PAIRS), str(_ROUNDS[scale])], heap="512k")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        raise NotDone(f"signing on MicroPython: {done.stderr or done.stdout}")
    pairs = [(float(textbook), float(ours)) for textbook, ours in json.loads(done.stdout)]
    against = f"textbook Ed25519, MicroPython {found.version} i386, 200 bytes"
    book.measure("firmware.sign_speedup", "ratio", against, pairs)
    book.report("firmware.sign_ms", "ms", [1000 * ours for _, ours in pairs], "the same")
