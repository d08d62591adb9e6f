"""What the cloud says over the broker: put into a queue by any thread, sent by one."""

import json
import logging
import re
import select
import socket
import threading
from collections import deque
from collections.abc import Callable
from urllib.parse import urlsplit

log = logging.getLogger(__name__)

_MOST_WAITING = 50_000
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0
_SECONDS = 10
_LOOK_SECONDS = 20
_SAFE = re.compile(r"[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*").fullmatch


class Outgoing:
    """Fire and forget: while the broker is away the newest 50,000 messages wait, older ones are dropped."""

    def __init__(self, url: Callable[[], str]) -> None:
        self._url = url
        self._waiting: deque[tuple[str, bytes]] = deque(maxlen=_MOST_WAITING)
        self._news = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="publish", daemon=True)

    def start(self) -> None:
        """Start the sending thread."""
        self._thread.start()

    def stop(self) -> None:
        """Send what waits, then end."""
        self._stopped.set()
        self._news.set()
        if self._thread.is_alive():
            self._thread.join(_SECONDS)

    def publish(self, topic: str, payload: bytes) -> None:
        """Send `payload` to the MQTT subscribers of `topic` (QoS 0); ValueError for a topic with wildcards."""
        if _SAFE(topic) is None:
            raise ValueError(f"not a topic: {topic!r}")
        self._waiting.append((topic, payload))
        if not self._news.is_set():
            self._news.set()

    def _run(self) -> None:
        wait = _FIRST_WAIT
        while True:
            try:
                with self._connected() as link:
                    wait = _FIRST_WAIT
                    self._news.set()
                    self._send(link)
                return
            except OSError as error:
                if self._stopped.wait(wait):
                    return
                log.debug("publishing waits for the broker: %s", type(error).__name__)
                wait = min(wait * 2, _LONGEST_WAIT)

    def _connected(self) -> socket.socket:
        address = urlsplit(self._url())
        link = socket.create_connection((address.hostname or "", address.port or 0), timeout=_SECONDS)
        try:
            _greet(link, address.username, address.password)
        except OSError:
            link.close()
            raise
        return link

    def _send(self, link: socket.socket) -> None:
        while True:
            self._news.wait(_LOOK_SECONDS)
            self._news.clear()
            _answer(link)
            taken = [self._waiting.popleft() for _ in range(len(self._waiting))]
            try:
                link.sendall(b"".join(_put(topic, payload) for topic, payload in taken))
            except OSError:
                self._waiting.extendleft(reversed(taken))
                raise
            if self._stopped.is_set() and not self._waiting:
                return


def _greet(link: socket.socket, user: str | None, password: str | None) -> None:
    options = {"user": user, "pass": password, "verbose": False, "pedantic": False, "name": "publish"}
    link.sendall(b"CONNECT " + json.dumps(options).encode() + b"\r\nPING\r\n")
    said = b""
    while b"PONG\r\n" not in said:
        more = link.recv(4096)
        if not more:
            raise ConnectionError("the broker refuses the connection for publishing")
        said += more


def _put(topic: str, payload: bytes) -> bytes:
    return b"PUB %b %d\r\n%b\r\n" % (topic.replace("/", ".").encode(), len(payload), payload)


def _answer(link: socket.socket) -> None:
    """Read what the broker said meanwhile; ConnectionError if it has gone, before anything is sent into the void."""
    while select.select([link], [], [], 0)[0]:
        said = link.recv(65536)
        if not said:
            raise ConnectionError("the broker closed the connection for publishing")
        if b"PING\r\n" in said:
            link.sendall(b"PONG\r\n")
