"""`python -m tests.bench [--only GROUP] [--scale full]`: measure, write var/bench.json, print a table."""

import argparse
import importlib
import time
from pathlib import Path

from tests.bench.harness import Book, NotDone, fail, machine

GROUPS = ("telemetry", "scans", "firmware", "cloud")
OUT = Path("var/bench.json")


def main() -> None:
    """Run the groups and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", choices=GROUPS, help="one group")
    parser.add_argument("--scale", choices=("small", "full"), default="small", help="full takes the sizes of the table")
    chosen = parser.parse_args()
    print(machine(), flush=True)
    book = Book()
    for group in (chosen.only,) if chosen.only else GROUPS:
        print(group, flush=True)
        began = time.monotonic()
        try:
            importlib.import_module(f"tests.bench.{group}").run(book, chosen.scale)
        except NotDone as error:
            fail(f"{group}: the work was not done: {error}")
        print(f"  took {time.monotonic() - began:.0f} s", flush=True)
    book.write(OUT)
    print(f"\n{book.table()}\n\nwritten to {OUT}")


if __name__ == "__main__":
    main()
