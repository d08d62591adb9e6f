"""The stranger's page against a bare Starlette page with one SQLite look-up and one Jinja2 template.

Both run in a process of their own under the same server; the rate is per CPU-second of that process. Each request asks
for a random tag over one of 32 kept connections and each answer is looked into.
"""

import asyncio
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.harness import Book, NotDone, cpu_seconds, interleaved

_CONNECTIONS = 32
_SIZES = {"small": (2_000, 12_000), "full": (100_000, 40_000)}
_AGAINST = "bare Starlette, one SQLite look-up, one Jinja2 template of 1.2 kB"
_HEAD = "GET /t/{code} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\nAccept-Language: en\r\n\r\n"


def run(book: Book, scale: str) -> None:
    """Measure scans.page_ratio, scans.page_per_core_s and scans.page_wire_bytes."""
    tags, requests = _SIZES[scale]
    with (
        tempfile.TemporaryDirectory() as folder,
        _server("ours", Path(folder) / "ours", tags) as ours,
        _server("bare", Path(folder) / "bare", tags) as bare,
    ):
        for one in (ours, bare):
            one.rate(requests // 4)
        pairs = interleaved(lambda: ours.rate(requests), lambda: bare.rate(requests))
        book.measure("scans.page_ratio", "ratio", _AGAINST, pairs)
        book.report("scans.page_per_core_s", "pages/CPU-s", [rate for rate, _ in pairs])
        book.report("scans.page_wire_bytes", "bytes", [ours.bytes_of_one()], "limit 14336")


class _Served:
    def __init__(self, pid: int, port: int, codes: list[str], expected: bytes) -> None:
        self._pid, self._port, self._codes, self._expected = pid, port, codes, expected

    def rate(self, requests: int) -> float:
        """Pages per CPU-second of the server."""
        before = cpu_seconds(self._pid)
        answered = asyncio.run(self._ask(requests))
        if answered != requests:
            raise NotDone(f"{answered} of {requests} pages came")
        return answered / (cpu_seconds(self._pid) - before)

    def bytes_of_one(self) -> int:
        """Everything that one first view puts on the wire, headers included."""
        return asyncio.run(self._size())

    async def _ask(self, requests: int) -> int:
        share = requests // _CONNECTIONS
        counts = [share + (number < requests % _CONNECTIONS) for number in range(_CONNECTIONS)]
        return sum(await asyncio.gather(*(self._connection(count) for count in counts)))

    async def _connection(self, count: int) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        answered = 0
        for _ in range(count):
            body, _ = await self._page(reader, writer, random.choice(self._codes))
            answered += self._expected in body or body.startswith(b"\x1f\x8b")
        writer.close()
        return answered

    async def _page(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, code: str) -> tuple[bytes, int]:
        writer.write(_HEAD.format(code=code).encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise NotDone(f"the answer was {head.splitlines()[0].decode()}")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n", 1)[0])
        return await reader.readexactly(length), len(head) + length

    async def _size(self) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        _, size = await self._page(reader, writer, self._codes[0])
        writer.close()
        return size


@contextmanager
def _server(which: str, folder: Path, tags: int) -> Iterator[_Served]:
    folder.mkdir()
    command = [sys.executable, "-m", "tests.bench.scans_served", which, str(folder), str(tags)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        told = process.stdout.readline().split()
        if len(told) != 1:
            raise NotDone(f"the {which} server did not start")
        codes = (folder / "codes").read_text().split()
        yield _Served(process.pid, int(told[0]), codes, b"You found a lost suitcase")
    finally:
        process.terminate()
        process.wait(timeout=10)
