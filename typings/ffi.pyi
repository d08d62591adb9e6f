# MicroPython's foreign functions (unix port only).
from collections.abc import Callable

class Library:
    def func(self, result: str, name: str, arguments: str, /) -> Callable[..., int]: ...

def open(name: str, /) -> Library: ...  # noqa: A001
