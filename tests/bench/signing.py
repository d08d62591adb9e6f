"""Runs on MicroPython: `signing.py PAIRS ROUNDS` prints [[seconds a signature, textbook, ours], …] as JSON.

Both must make the same signature, or nothing is printed and the run fails.
"""

import json
import sys
import time

try:
    from collections.abc import Callable
except ImportError:
    pass

sys.path[:0] = ["firmware/lib", "."]

from tests.bench import textbook_ed25519 as textbook  # noqa: E402 - the path comes first
from thingseal.ed25519 import Signer, Table  # noqa: E402

SEED = bytes(range(32))
MESSAGE = bytes(200)


def timed(sign: "Callable[[], bytes]", rounds: int) -> float:
    """Seconds for one signature."""
    before = time.time()
    for _ in range(rounds):
        sign()
    return (time.time() - before) / rounds


def main(pairs: int, rounds: int) -> None:
    """Interleave the two; ours reads its table from the file, as the device does."""
    with open("firmware/lib/thingseal/comb.bin", "rb") as file:

        def read(offset: int, size: int) -> bytes:
            file.seek(offset)
            return file.read(size)

        signer = Signer(SEED, Table(read))
        public = textbook.public_key(SEED)
        if signer.sign(MESSAGE) != textbook.sign(SEED, public, MESSAGE):
            raise SystemExit("the two signatures differ")
        found = []
        for _ in range(pairs):
            slow = timed(lambda: textbook.sign(SEED, public, MESSAGE), max(1, rounds // 10))
            found.append([slow, timed(lambda: signer.sign(MESSAGE), rounds)])
    print(json.dumps(found))


main(int(sys.argv[1]), int(sys.argv[2]))
