"""Runs the test functions of a module without pytest, for MicroPython: `on_both.py MODULE [i/n]`, n for parts of it."""

import gc
import sys

sys.path[:0] = ["", "firmware", "firmware/lib"]


def main(name: str, part: str = "0/1") -> None:
    module = __import__(name)
    for step in name.split(".")[1:]:
        module = getattr(module, step)
    index, parts = [int(number) for number in part.split("/")]
    tests = sorted([test for test in dir(module) if test.startswith("test_")])
    for test in tests[index::parts]:
        gc.collect()
        getattr(module, test)()
        print("ok", test)
    print(len(tests[index::parts]), "tests ran")


main(*sys.argv[1:])
