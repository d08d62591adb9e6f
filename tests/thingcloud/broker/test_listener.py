"""The TLS door: it waits for the slower side, has an end to its patience, and closes both sides together."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from thingcloud.plumbing.broker import tls
from thingcloud.plumbing.broker.listener import TlsListener

NOW = 1_795_000_000_000
Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
Inside = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def door(folder: Path, inside: Inside, most: int = 100) -> AsyncIterator[Connect]:
    """A listener before a server that does `inside`; gives a function that connects."""
    server = await asyncio.start_server(inside, "127.0.0.1", 0)
    authority = tls.load_or_make(folder)
    listener = TlsListener(server.sockets[0].getsockname()[1], most)
    port = await listener.start("127.0.0.1", 0, authority.context(folder, ("localhost",), NOW))
    context = ssl.create_default_context(cadata=authority.pem)
    try:
        yield lambda: asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="localhost", limit=1024)
    finally:
        await listener.stop()
        server.close()


def run(work: Awaitable[None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(10):
            await work

    asyncio.run(bounded())


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1000):
        writer.write(data)
    writer.close()


def test_bytes_pass_both_ways_unchanged(tmp_path: Path) -> None:
    sent = bytes(range(256)) * 1000

    async def work() -> None:
        async with door(tmp_path, echo) as connect:
            reader, writer = await connect()
            writer.write(sent)
            assert await reader.readexactly(len(sent)) == sent
            writer.close()

    run(work())


def test_a_device_that_says_more_than_is_taken_has_to_wait(tmp_path: Path) -> None:
    async def work() -> None:
        done = asyncio.Event()

        async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            reader._transport.pause_reading()  # type: ignore[attr-defined]
            await done.wait()
            writer.close()

        async with door(tmp_path, deaf) as connect:
            _, writer = await connect()
            for _ in range(1024):
                writer.write(bytes(64 * 1024))
                taking = asyncio.ensure_future(writer.drain())
                await asyncio.wait({taking}, timeout=0.5)
                if not taking.done():
                    break
            assert taking.cancel()
            done.set()
            writer.transport.abort()

    run(work())


def test_when_the_broker_closes_the_device_is_closed_too(tmp_path: Path) -> None:
    async def goodbye(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"not admitted")
        writer.close()

    async def work() -> None:
        async with door(tmp_path, goodbye) as connect:
            reader, writer = await connect()
            assert await reader.read() == b"not admitted"
            writer.close()

    run(work())


def test_beyond_its_number_of_connections_it_takes_no_more(tmp_path: Path) -> None:
    async def work() -> None:
        async with door(tmp_path, echo, most=1) as connect:
            reader, writer = await connect()
            writer.write(b"first")
            assert await reader.readexactly(5) == b"first"
            refused, other = await connect()
            assert await refused.read() == b""
            other.close()
            writer.close()

    run(work())


def test_when_the_broker_is_away_a_device_is_closed_at_once(tmp_path: Path) -> None:
    async def work() -> None:
        authority = tls.load_or_make(tmp_path)
        gone = await asyncio.start_server(echo, "127.0.0.1", 0)
        port = gone.sockets[0].getsockname()[1]
        gone.close()
        listener = TlsListener(port)
        at = await listener.start("127.0.0.1", 0, authority.context(tmp_path, ("localhost",), NOW))
        context = ssl.create_default_context(cadata=authority.pem)
        reader, writer = await asyncio.open_connection("127.0.0.1", at, ssl=context, server_hostname="localhost")
        assert await reader.read() == b""
        writer.close()
        await listener.stop()

    run(work())
