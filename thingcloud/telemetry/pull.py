"""The broker's durable pull consumer, read raw: one read brings many messages, one write acknowledges them.

The protocol is NATS (https://docs.nats.io/reference/reference-protocols/nats-protocol); the messages are what MQTT
clients published at QoS 1. Through a client library the same costs ten times the CPU.
"""

import json
import logging
import re
import secrets
import socket
import threading
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from thingcloud.telemetry.source import Arrival

log = logging.getLogger(__name__)

MOST_IN_A_BATCH = 1000
_ASK_FOR = 2000
_ASK_SECONDS = 30
_READ_BYTES = 256 * 1024
_MOST_UNREAD = 16 * 1024 * 1024
_LINK_SECONDS = 10.0
_FIRST_WAIT, _LONGEST_WAIT = 0.05, 2.0
_SUBJECT_HEAD = len(b"$MQTT.msgs.devices.")
_SUBJECT_TAIL = len(b".telemetry")
_LINE_END = b"\r\n"
_PENDING = re.compile(rb"Nats-Pending-Messages: (\d+)")
_MUCH = 100
_FLUSH_SECONDS = 0.03


class Pull:
    """A `Source` on a durable pull consumer; it reconnects by itself, with back-off."""

    def __init__(self, url: Callable[[], str], stream: str, consumer: str) -> None:
        self._url = url
        self._next = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}".encode()
        self._link: socket.socket | None = None
        self._unread = b""
        self._owed = 0
        self._wait = _FIRST_WAIT
        self._inbox = b""
        self._worth_waiting_for = 1
        self._closed = threading.Event()

    def receive(self, seconds: float) -> list[Arrival]:
        """What has come, at most 1000 messages; while much comes, it waits a little for a batch to fill."""
        try:
            link = self._link or self._connect()
            found = self._taken(link)
            until = time.monotonic() + (_FLUSH_SECONDS if found else seconds)
            while len(found) < self._worth_waiting_for:
                if self._owed < MOST_IN_A_BATCH:
                    self._ask(link)
                if not self._read(link, until - time.monotonic()):
                    break
                if not found:
                    until = time.monotonic() + _FLUSH_SECONDS
                found += self._taken(link, MOST_IN_A_BATCH - len(found))
        except (OSError, ValueError, IndexError) as error:
            self._lost(error)
            self._closed.wait(self._wait)
            self._wait = min(self._wait * 2, _LONGEST_WAIT)
            return []
        self._worth_waiting_for = MOST_IN_A_BATCH if len(found) >= _MUCH else 1
        return found

    def _read(self, link: socket.socket, seconds: float) -> bool:
        if seconds <= 0:
            return False
        link.settimeout(seconds)
        try:
            data = link.recv(_READ_BYTES)
        except TimeoutError:
            return False
        if not data:
            raise ConnectionError("the broker closed the connection")
        self._unread += data
        return True

    def acknowledge(self, tokens: Sequence[bytes]) -> None:
        """Tell the broker that these are stored, in one write."""
        if self._link is None or not tokens:
            return
        try:
            self._link.settimeout(_LINK_SECONDS)
            self._link.sendall(b"".join([b"PUB %b 4\r\n+ACK\r\n" % token for token in tokens]))
        except OSError as error:
            self._lost(error)

    def close(self) -> None:
        """Let go of the connection for good."""
        self._closed.set()
        link, self._link = self._link, None
        if link is not None:
            link.close()

    def _connect(self) -> socket.socket:
        address = urlsplit(self._url())
        link = socket.create_connection((address.hostname or "", address.port or 0), timeout=_LINK_SECONDS)
        options = {
            "user": address.username, "pass": address.password, "verbose": False, "pedantic": False,
            "headers": True, "no_responders": True, "name": "telemetry",
        }  # fmt: skip
        self._inbox = b"_INBOX." + secrets.token_hex(11).encode()
        try:
            link.sendall(b"CONNECT %b\r\nSUB %b 1\r\nPING\r\n" % (json.dumps(options).encode(), self._inbox))
            _await_pong(link)
        except OSError:
            link.close()
            raise
        self._link, self._unread, self._owed, self._wait = link, b"", 0, _FIRST_WAIT
        return link

    def _ask(self, link: socket.socket) -> None:
        asked = b'{"batch":%d,"expires":%d}' % (_ASK_FOR, _ASK_SECONDS * 1_000_000_000)
        link.settimeout(_LINK_SECONDS)
        link.sendall(b"PUB %b %b %d\r\n%b\r\n" % (self._next, self._inbox, len(asked), asked))
        self._owed += _ASK_FOR

    def _taken(self, link: socket.socket, most: int = MOST_IN_A_BATCH) -> list[Arrival]:
        """Messages out of what was read; the rest stays for the next call."""
        unread, at = self._unread, 0
        found: list[Arrival] = []
        while len(found) < most:
            end = unread.find(_LINE_END, at)
            if end < 0:
                break
            line = unread[at:end]
            if not line.startswith((b"HMSG ", b"MSG ")):
                self._said(link, line)
                at = end + 2
                continue
            words = line.split(b" ")
            start = end + 2
            stop = start + int(words[-1])
            if len(unread) < stop + 2:
                break
            at = stop + 2
            head = start + int(words[-2]) if words[0] == b"HMSG" else start
            if words[1] == self._inbox:
                self._status(unread[start:head])
                continue
            found.append(
                Arrival(words[1][_SUBJECT_HEAD:-_SUBJECT_TAIL].decode(errors="replace"), unread[head:stop], words[3])
            )
        self._unread = unread[at:]
        if len(self._unread) > _MOST_UNREAD:
            raise ConnectionError("the broker sends a message without end")
        self._owed -= len(found)
        return found

    def _said(self, link: socket.socket, line: bytes) -> None:
        if line == b"PING":
            link.sendall(b"PONG\r\n")
        elif line.startswith(b"-ERR"):
            raise ConnectionError(line[:100].decode(errors="replace"))

    def _status(self, head: bytes) -> None:
        """An end of what was asked for: time is up, or there is no consumer (yet)."""
        left = _PENDING.search(head)
        self._owed = max(0, self._owed - int(left.group(1))) if left else 0
        if b" 408" not in head[:16]:
            self._closed.wait(_FIRST_WAIT)

    def _lost(self, error: Exception) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.close()
        if not self._closed.is_set():
            log.debug("no link to the broker (%s); trying again", type(error).__name__)


def _await_pong(link: socket.socket) -> None:
    said = b""
    while b"PONG\r\n" not in said:
        more = link.recv(4096)
        if not more or b"-ERR" in said:
            raise ConnectionError("the broker refuses the connection for telemetry")
        said += more
