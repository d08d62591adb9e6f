"""A process that sends its whole input to the broker at once: `python -m tests.bench.feeder URL`."""

import sys

from tests.bench.counter import connect


def main() -> None:
    """Send, and wait until the broker has taken it."""
    link = connect(sys.argv[1])
    link.sendall(sys.stdin.buffer.read() + b"PING\r\n")
    said = b""
    while b"PONG" not in said:
        said = said[-8:] + link.recv(1 << 16)


if __name__ == "__main__":
    main()
