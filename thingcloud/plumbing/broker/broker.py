"""The broker as the rest of the house sees it: start, publish, kick, stop; a thread of its own does the rest."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from nats.errors import Error as NatsError

from thingcloud.plumbing.broker import tls
from thingcloud.plumbing.broker.admission import Admission
from thingcloud.plumbing.broker.engine import Engine
from thingcloud.plumbing.broker.listener import TlsListener
from thingcloud.plumbing.broker.process import LOOPBACK, free_port
from thingcloud.plumbing.broker.publish import Outgoing
from thingcloud.plumbing.clock import Clock, SystemClock
from thingcloud.plumbing.errors import ThingcloudError, Unavailable
from thingcloud.plumbing.settings import Settings

log = logging.getLogger(__name__)
T = TypeVar("T")

_ANSWER_SECONDS = 15
_RENEW_SECONDS = 24 * 3600


@dataclass(frozen=True)
class BrokerAddress:
    """Where the broker is: the cloud's NATS address (with its password), the MQTT ports, the anchor of the TLS one."""

    nats_url: str = field(repr=False)
    mqtt_port: int
    tls_port: int
    anchor: str = field(repr=False)
    pin: str


class Broker:
    """NATS with MQTT, run as our child."""

    def __init__(self, settings: Settings, admission: Admission, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._engine = Engine(settings, admission)
        self._outgoing = Outgoing(lambda: self._engine.nats.url("cloud"))
        self._started: Future[BrokerAddress] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="broker", daemon=True)

    def start(self) -> BrokerAddress:
        """Start it and wait until devices are admitted; Unavailable or BadSetting says why it cannot be."""
        self._thread.start()
        address = self._started.result()
        self._outgoing.start()
        return address

    def stop(self) -> None:
        """End the broker and what belongs to it; safe to call twice."""
        self._outgoing.stop()
        if self._loop is not None and self._thread.is_alive():
            # A broker that gave up closes its loop by itself, perhaps just now.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()

    @property
    def ready(self) -> bool:
        """Whether devices are admitted now."""
        return self._engine.ready

    @property
    def pid(self) -> int:
        """The process id of the server, 0 while it does not run."""
        return self._engine.nats.pid

    def publish(self, topic: str, payload: bytes) -> None:
        """Send to the MQTT subscribers of a topic (QoS 0), from any thread, without waiting."""
        self._outgoing.publish(topic, payload)

    def kick(self, client_id: str, *clear: str) -> int:
        """End the live connections of an MQTT client id and forget its session and the retained topics in `clear`.

        Returns how many connections there were. It waits for the broker: not for the event loop.
        """
        return self._ask(self._engine.kick(client_id, clear))

    def _ask(self, work: Coroutine[Any, Any, T]) -> T:
        if self._loop is None or not self._thread.is_alive():
            work.close()
            raise Unavailable("The broker is stopped.")
        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop).result(_ANSWER_SECONDS)
        except (TimeoutError, NatsError) as error:
            raise Unavailable(f"The broker does not answer ({type(error).__name__}).", hint="Try again.") from error

    def _run(self) -> None:
        try:
            asyncio.run(self._live())
        except ThingcloudError as error:
            self._give_up(error)
        except Exception as error:
            log.exception("the broker's thread ended")
            self._give_up(Unavailable(f"The broker did not start ({type(error).__name__}: {error})."))

    def _give_up(self, error: ThingcloudError) -> None:
        if not self._started.done():
            self._started.set_exception(error)

    async def _live(self) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            await self._engine.start()
            await self._serve()
        finally:
            # Before the loop ends: it would wait for the thread that waits for the server.
            self._engine.nats.stop()

    async def _serve(self) -> None:
        listener = TlsListener(self._engine.nats.mqtt_port)
        keeping = asyncio.create_task(self._engine.keep_alive())
        try:
            await self._serve_tls(listener)
        finally:
            keeping.cancel()
            await listener.stop()
            await self._engine.hang_up()

    async def _serve_tls(self, listener: TlsListener) -> None:
        folder, names = self._settings.data / "tls", self._names()
        authority = tls.load_or_make(folder)
        context = authority.context(folder, names, self._clock.now())
        port = free_port(self._settings.mqtt_tls_port, self._settings.bind)
        port = await listener.start(self._settings.bind, port, context)
        at = self._engine.nats
        self._started.set_result(BrokerAddress(at.url("cloud"), at.mqtt_port, port, authority.pem, authority.pin))
        while not await self._stopped(_RENEW_SECONDS):
            try:
                authority.renew(context, folder, names, self._clock.now())
            except OSError as error:
                log.warning("the TLS certificate was not renewed (%s); it is tried again tomorrow", error.strerror)

    async def _stopped(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def _names(self) -> tuple[str, ...]:
        host = urlsplit(self._settings.base_url).hostname or "localhost"
        return tuple(dict.fromkeys((host, "localhost", LOOPBACK)))
