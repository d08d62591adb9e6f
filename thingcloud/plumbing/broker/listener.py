"""The TLS door of the broker: ends TLS here and passes the bytes on to the broker's port on loopback."""

import asyncio
import contextlib
import logging
import ssl

from thingcloud.plumbing.broker.process import LOOPBACK

log = logging.getLogger(__name__)

_CHUNK = 32 * 1024
_HANDSHAKE_SECONDS = 10
_CLOSE_SECONDS = 5
MOST_CONNECTIONS = 4000


class TlsListener:
    """Counts its connections, waits for the slower side of each, and closes both sides together."""

    def __init__(self, mqtt_port: int, most: int = MOST_CONNECTIONS) -> None:
        self._mqtt_port = mqtt_port
        self._most = most
        self._server: asyncio.Server | None = None
        self._running: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int, context: ssl.SSLContext) -> int:
        """Listen; returns the port."""
        self._server = await asyncio.start_server(
            self._on_connection,
            host,
            port,
            ssl=context,
            limit=_CHUNK,
            ssl_handshake_timeout=_HANDSHAKE_SECONDS,
            ssl_shutdown_timeout=_CLOSE_SECONDS,
        )
        taken: int = self._server.sockets[0].getsockname()[1]
        return taken

    async def stop(self) -> None:
        """Stop listening and end what stands."""
        if self._server is not None:
            self._server.close()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _on_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._running) >= self._most:
            log.warning("%d TLS connections are open; one more was closed", self._most)
            writer.close()
            return
        task = asyncio.ensure_future(self._pass_on(reader, writer))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            try:
                inner_reader, inner_writer = await asyncio.open_connection(LOOPBACK, self._mqtt_port, limit=_CHUNK)
            except OSError:
                return
            with contextlib.closing(inner_writer):
                ways = [
                    asyncio.ensure_future(_pump(reader, inner_writer)),
                    asyncio.ensure_future(_pump(inner_reader, writer)),
                ]
                try:
                    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for way in ways:
                        way.cancel()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    except OSError:
        return
