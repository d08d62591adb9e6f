"""Runs test files under MicroPython: every function named test_… in the modules given as arguments."""

import asyncio
import gc
import sys

sys.path[:0] = ["", "firmware", "firmware/lib"]

# Imports within imports take stack: the deepest chain is loaded from the top.
__import__("thingseal.ed25519")


def run(name: str) -> int:
    """Run one module's tests; return how many failed."""
    failed = 0
    module = __import__(name)
    for part in name.split(".")[1:]:
        module = getattr(module, part)
    for test in sorted([test for test in dir(module) if test.startswith("test_")]):
        gc.collect()
        try:
            getattr(module, test)()
            print("ok", test)
        except Exception as error:
            failed += 1
            print("FAILED", test)
            getattr(sys, "print_exception", print)(error)
        asyncio.new_event_loop()
    return failed


sys.exit(1 if sum([run(name) for name in sys.argv[1:]]) else 0)
