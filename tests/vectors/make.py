"""Writes the vectors: `python -m tests.vectors.make`. Same seeds, same bytes; a test makes them again and compares."""

from pathlib import Path
from typing import Any

from tests.vectors import agreements, items, messages, packs

FILES: dict[str, Any] = {
    "packs": lambda: packs.good() + packs.bad(),
    "anchors": messages.anchors,
    "receipts": messages.receipts,
    "pairings": messages.pairings,
    "agreements": agreements.agreements,
    "cbor": items.items,
    "keys": items.keys,
    "topics": items.topics,
    "signatures": items.signatures,
}


def made() -> dict[str, str]:
    """The text of each file by its name."""
    return {f"{name}.json": items.text(make()) for name, make in FILES.items()}


if __name__ == "__main__":
    for name, text in made().items():
        Path(__file__).with_name(name).write_text(text)
