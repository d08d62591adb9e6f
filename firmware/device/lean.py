"""Keeping memory free: a board has about 100 kB for code and data together."""

import gc
import sys


def unload(*names: str) -> None:
    """Let go of modules that are not needed again, once nothing refers to them any more; only where memory is short."""
    if sys.implementation.name != "micropython":
        return
    for name in names:
        parent, _, leaf = name.rpartition(".")
        if sys.modules.pop(name, None) is not None and parent in sys.modules:
            delattr(sys.modules[parent], leaf)
    gc.collect()
