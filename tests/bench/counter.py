"""A process that counts what the cloud hands to others: receipts (and the packs they name), packs, views.

Run as `python -m tests.bench.counter URL`; each line on its input is answered with the counts as JSON.
"""

import json
import select
import socket
import sys
from urllib.parse import urlsplit

import cbor2

SUBJECTS = {"receipts": "devices.*.receipt", "packs": "things.*.pack", "views": "things.*.readings"}


def connect(url: str) -> socket.socket:
    """A connection of the cloud's own account."""
    address = urlsplit(url)
    link = socket.create_connection((address.hostname or "", address.port or 0))
    options = {"user": address.username, "pass": address.password, "verbose": False, "pedantic": False, "headers": True}
    link.sendall(f"CONNECT {json.dumps(options)}\r\nPING\r\n".encode())
    said = b""
    while b"PONG\r\n" not in said:
        said += link.recv(4096)
    return link


def main() -> None:
    """Count until the input ends."""
    link = connect(sys.argv[1])
    counts = dict.fromkeys([*SUBJECTS, "named"], 0)
    for number, subject in enumerate(SUBJECTS.values()):
        link.sendall(f"SUB {subject} {number}\r\n".encode())
    link.sendall(b"PING\r\n")
    unread = b""
    while True:
        ready, _, _ = select.select([link, sys.stdin], [], [])
        if link in ready:
            unread = _taken(unread + link.recv(1 << 18), counts, link)
        if sys.stdin in ready:
            if not sys.stdin.readline():
                return
            print(json.dumps(counts), flush=True)


def _taken(unread: bytes, counts: dict[str, int], link: socket.socket) -> bytes:
    at = 0
    while (end := unread.find(b"\r\n", at)) >= 0:
        line = unread[at:end]
        at = end + 2
        if line == b"PING":
            link.sendall(b"PONG\r\n")
        if not line.startswith(b"MSG "):
            continue
        words = line.split(b" ")
        stop = at + int(words[-1])
        if len(unread) < stop + 2:
            return unread[end - len(line) :]
        kind = list(SUBJECTS)[int(words[2])]
        counts[kind] += 1
        if kind == "receipts":
            said = cbor2.loads(cbor2.loads(unread[at:stop]).value[2])
            counts["named"] += sum(last - first + 1 for first, last in said[3])
        at = stop + 2
    return unread[at:]


if __name__ == "__main__":
    main()
