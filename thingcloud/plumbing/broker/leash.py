"""Runs a command that ends when the process that started it ends, however that came about.

Started as a script with the interpreter's `-I -S`, before the command, so that nothing of a many-threaded parent has to
run between fork and exec. Linux ends the command by itself (prctl); elsewhere this script stays and watches its
standard input, which the parent holds open.
"""

import os
import signal
import subprocess
import sys
import threading

_PR_SET_PDEATHSIG = 1


def _tied_by_kernel() -> bool:
    if not sys.platform.startswith("linux"):
        return False
    import ctypes  # only where the kernel offers it

    tied: int = ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    return tied == 0


def _watched(command: list[str]) -> int:
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: child.terminate())

    def end_with_parent() -> None:
        while os.read(0, 1):
            pass
        child.kill()

    threading.Thread(target=end_with_parent, daemon=True).start()
    return child.wait()


def main(arguments: list[str]) -> int:
    """`leash.py PARENT_PID COMMAND…`: becomes the command, or watches over it."""
    parent, command = int(arguments[0]), arguments[1:]
    if parent and _tied_by_kernel():
        if os.getppid() != parent:
            return 1
        os.execv(command[0], command)  # noqa: S606 - no shell wanted
    return _watched(command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
