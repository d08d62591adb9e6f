"""The broker as the rest of the house sees it: start, publish, kick, stop.

A thread of its own runs the child process, answers its questions of admission and keeps the TLS door. Nobody but the
cloud is admitted before the durable consumer stands that keeps every acknowledged pack: without one, this broker
acknowledges and drops.
"""

import asyncio
import json
import logging
import socket
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from thingcloud.plumbing.broker import tls
from thingcloud.plumbing.broker.admission import Admission
from thingcloud.plumbing.broker.callout import Callout
from thingcloud.plumbing.broker.listener import TlsListener
from thingcloud.plumbing.broker.process import LOOPBACK, Logins, NatsProcess, free_port
from thingcloud.plumbing.broker.publish import Outgoing
from thingcloud.plumbing.broker.visit import visit
from thingcloud.plumbing.clock import Clock, SystemClock
from thingcloud.plumbing.errors import ThingcloudError, Unavailable
from thingcloud.plumbing.settings import Settings

log = logging.getLogger(__name__)
T = TypeVar("T")

STREAM = "$MQTT_msgs"
CONSUMER = "telemetry"
TELEMETRY = "$MQTT.msgs.devices.*.telemetry"

_START_SECONDS = 15
_ANSWER_SECONDS = 5
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 10.0
_STEADY_SECONDS = 60
_MOST_UNACKNOWLEDGED = 20_000
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
        self._logins = Logins()
        self._callout = Callout(admission)
        self._nats = NatsProcess(settings, self._logins, self._callout.issuer)
        self._outgoing = Outgoing(lambda: self._nats.url("cloud"))
        self._started: Future[BrokerAddress] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._links: list[Client] = []
        self._system: Client | None = None
        self._thread = threading.Thread(target=self._run, name="broker", daemon=True)

    def start(self) -> BrokerAddress:
        """Start it and wait until devices are admitted; Unavailable or BadSetting says why it cannot be."""
        self._thread.start()
        address = self._started.result(_START_SECONDS * 2)
        self._outgoing.start()
        return address

    def stop(self) -> None:
        """End the broker and what belongs to it; safe to call twice."""
        self._outgoing.stop()
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()

    @property
    def ready(self) -> bool:
        """Whether devices are admitted now."""
        return self._callout.open and self._nats.running()

    @property
    def pid(self) -> int:
        """The process id of the server, 0 while it does not run."""
        return self._nats.pid

    def publish(self, topic: str, payload: bytes) -> None:
        """Send to the MQTT subscribers of a topic (QoS 0), from any thread, without waiting."""
        self._outgoing.publish(topic, payload)

    def kick(self, client_id: str, *clear: str) -> int:
        """End the live connections of an MQTT client id, then remove the retained messages of the topics in `clear`.

        Returns how many connections there were. It waits for the broker: not for the event loop.
        """
        return self._ask(self._kick(client_id, clear))

    def _ask(self, work: Coroutine[Any, Any, T]) -> T:
        if self._loop is None or not self._thread.is_alive():
            work.close()
            raise Unavailable("The broker is stopped.")
        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop).result(_ANSWER_SECONDS)
        except (TimeoutError, NatsError) as error:
            raise Unavailable(
                f"The broker does not answer ({type(error).__name__}).", hint="It is tried again."
            ) from error

    def _run(self) -> None:
        try:
            asyncio.run(self._live())
        except ThingcloudError as error:
            self._give_up(error)
        except Exception as error:
            log.exception("the broker's thread ended")
            self._give_up(Unavailable(f"The broker did not start ({type(error).__name__}: {error})."))
        finally:
            self._nats.stop()

    def _give_up(self, error: ThingcloudError) -> None:
        if not self._started.done():
            self._started.set_exception(error)

    async def _live(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._up()
        listener = TlsListener(self._nats.mqtt_port)
        folder, names = self._settings.data / "tls", self._names()
        authority = tls.load_or_make(folder)
        context = authority.context(folder, names, self._clock.now())
        tls_port = free_port(self._settings.mqtt_tls_port, self._settings.bind)
        tls_port = await listener.start(self._settings.bind, tls_port, context)
        self._started.set_result(
            BrokerAddress(self._nats.url("cloud"), self._nats.mqtt_port, tls_port, authority.pem, authority.pin)
        )
        keeping = asyncio.create_task(self._keep_alive())
        try:
            while not await self._stopped(_RENEW_SECONDS):
                authority.renew(context, folder, names, self._clock.now())
        finally:
            self._callout.open = False
            keeping.cancel()
            await listener.stop()
            await self._hang_up()
            # Before the loop ends: it waits for the thread that waits for the server.
            self._nats.stop()

    async def _stopped(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def _names(self) -> tuple[str, ...]:
        host = urlsplit(self._settings.base_url).hostname or "localhost"
        return tuple(dict.fromkeys((host, socket.gethostname(), "localhost", LOOPBACK)))

    async def _keep_alive(self) -> None:
        wait = _FIRST_WAIT
        while True:
            since = self._loop_time()
            await asyncio.to_thread(self._nats.wait)
            self._callout.open = False
            await self._hang_up()
            if self._loop_time() - since > _STEADY_SECONDS:
                wait = _FIRST_WAIT
            log.warning("the broker ended (%s); it is started again", self._nats.last_words())
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)
            try:
                await self._up()
                log.warning("the broker is back")
            except ThingcloudError as error:
                log.warning("the broker did not come back: %s", error)
                self._nats.stop()

    def _loop_time(self) -> float:
        return asyncio.get_running_loop().time()

    async def _up(self) -> None:
        self._nats.spawn()
        try:
            async with asyncio.timeout(_START_SECONDS):
                await self._connect()
        except (TimeoutError, NatsError, OSError) as error:
            raise Unavailable(
                f"The broker did not start: {self._nats.last_words()}", hint="Look at nats.log in the data folder."
            ) from error
        self._callout.open = True

    async def _connect(self) -> None:
        admission = await self._link("admission")
        await self._callout.serve(admission)
        self._system = await self._link("system")
        await self._ensure_consumer(await self._link("cloud"))

    async def _link(self, user: str) -> Client:
        while True:
            try:
                link = await nats.connect(
                    self._nats.url(user),
                    name=user,
                    allow_reconnect=False,
                    reconnect_time_wait=0.02,
                    connect_timeout=_ANSWER_SECONDS,
                    error_cb=_on_error,
                )
            except (NatsError, OSError):
                if not self._nats.running():
                    raise
                await asyncio.sleep(0.02)
                continue
            self._links.append(link)
            return link

    async def _ensure_consumer(self, link: Client) -> None:
        streams = link.jetstream()
        try:
            await streams.stream_info(STREAM)
        except NotFoundError:
            # The broker makes this stream at the first MQTT connection; ours, since nobody else is admitted yet.
            await visit(LOOPBACK, self._nats.mqtt_port, "cloud", self._logins.cloud)
        await streams.add_consumer(
            STREAM,
            ConsumerConfig(
                durable_name=CONSUMER,
                filter_subject=TELEMETRY,
                ack_policy=AckPolicy.EXPLICIT,
                deliver_policy=DeliverPolicy.ALL,
                ack_wait=float(self._settings.ack_wait),
                max_ack_pending=_MOST_UNACKNOWLEDGED,
            ),
        )

    async def _kick(self, client_id: str, clear: tuple[str, ...]) -> int:
        ended = await self._end_connections(client_id)
        if clear:
            await visit(LOOPBACK, self._nats.mqtt_port, "cloud", self._logins.cloud, clear)
        return ended

    async def _end_connections(self, client_id: str) -> int:
        if self._system is None:
            raise Unavailable("The broker is being started again.", hint="Try again in a moment.")
        asked = json.dumps({"mqtt_client": client_id, "acc": "CLOUD"}).encode()
        said = await self._system.request("$SYS.REQ.SERVER.PING.CONNZ", asked, timeout=_ANSWER_SECONDS)
        found = json.loads(said.data)
        for connection in found["data"]["connections"]:
            order = json.dumps({"cid": connection["cid"]}).encode()
            await self._system.request(f"$SYS.REQ.SERVER.{found['server']['id']}.KICK", order, timeout=_ANSWER_SECONDS)
        return len(found["data"]["connections"])

    async def _hang_up(self) -> None:
        self._system = None
        while self._links:
            await self._links.pop().close()


async def _on_error(error: Exception) -> None:
    log.debug("broker link: %s", type(error).__name__)
