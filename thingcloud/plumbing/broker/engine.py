"""The server and the cloud's own links to it: up, kept alive, and never open before the durable consumer stands.

Without a consumer this broker acknowledges a message and drops it: until there is one, nobody but the cloud comes in.
"""

import asyncio
import json
import logging
import time

import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from thingcloud.plumbing.broker.admission import Admission
from thingcloud.plumbing.broker.callout import Callout
from thingcloud.plumbing.broker.process import ACCOUNT, Logins, NatsProcess
from thingcloud.plumbing.broker.visit import visit
from thingcloud.plumbing.errors import Unavailable
from thingcloud.plumbing.settings import Settings

log = logging.getLogger(__name__)

STREAM = "$MQTT_msgs"
CONSUMER = "telemetry"
TELEMETRY = "$MQTT.msgs.devices.*.telemetry"

_START_SECONDS = 15
_TRIES = 3
_ANSWER_SECONDS = 5
_LINK_PAUSE = 0.02
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 10.0
_STEADY_SECONDS = 60
_MOST_UNACKNOWLEDGED = 20_000


class Engine:
    """Lives on one event loop, in a thread that lives as long as the server shall."""

    def __init__(self, settings: Settings, admission: Admission) -> None:
        self._settings = settings
        self._logins = Logins()
        self._callout = Callout(admission)
        self._links: list[Client] = []
        self._system: Client | None = None
        self.nats = NatsProcess(settings, self._logins, self._callout.issuer)

    @property
    def ready(self) -> bool:
        """Whether devices are admitted now."""
        return self._callout.open and self.nats.running()

    async def start(self) -> None:
        """Bring it up for the first time."""
        for tries_left in reversed(range(_TRIES)):
            try:
                await self._up()
                break
            except Unavailable:
                if self.nats.running() or not tries_left:
                    raise
                # Between our look and its start somebody else may have taken a port.
                self.nats.choose_ports()

    async def keep_alive(self) -> None:
        """Start the server again whenever it ends, after longer and longer waits, until cancelled."""
        wait = _FIRST_WAIT
        while True:
            since = time.monotonic()
            await asyncio.to_thread(self.nats.wait)
            self._callout.open = False
            if time.monotonic() - since > _STEADY_SECONDS:
                wait = _FIRST_WAIT
            log.warning("the broker ended (%s); it is started again", self.nats.last_words())
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)
            try:
                await self.hang_up()
                await self._up()
                log.warning("the broker is back")
            except Exception:
                # Whatever keeps it away now, it is tried again: devices wait for it.
                log.exception("the broker did not come back")
                self.nats.stop()

    async def hang_up(self) -> None:
        """Admit nobody any more and end the cloud's links."""
        self._callout.open = False
        self._system = None
        while self._links:
            await self._links.pop().close()

    async def kick(self, client_id: str, clear: tuple[str, ...]) -> int:
        """End an MQTT client's connections and forget its session and the retained topics in `clear`."""
        ended = await self._end_connections(client_id)
        await visit(self.nats.mqtt_port, self._logins.cloud, client_id, clear)
        return ended

    async def _up(self) -> None:
        self.nats.spawn()
        try:
            async with asyncio.timeout(_START_SECONDS):
                await self._connect()
        except (TimeoutError, NatsError, OSError) as error:
            await self.hang_up()
            raise Unavailable(
                f"The broker did not start: {self.nats.last_words()}", hint="Look at nats.log in the data folder."
            ) from error
        self._callout.open = True

    async def _connect(self) -> None:
        await self._callout.serve(await self._link("admission"))
        self._system = await self._link("system")
        await self._ensure_consumer(await self._link("cloud"))

    async def _link(self, user: str) -> Client:
        while True:
            try:
                link = await nats.connect(
                    self.nats.url(user), name=user, allow_reconnect=False, reconnect_time_wait=_LINK_PAUSE,
                    max_reconnect_attempts=1, connect_timeout=_ANSWER_SECONDS, error_cb=_on_error,
                )  # fmt: skip
            except (NatsError, OSError):
                if not self.nats.running():
                    raise
                await asyncio.sleep(_LINK_PAUSE)
                continue
            self._links.append(link)
            return link

    async def _ensure_consumer(self, link: Client) -> None:
        streams = link.jetstream()
        try:
            await streams.stream_info(STREAM)
        except NotFoundError:
            # The broker makes this stream at the first MQTT connection; ours, since nobody else is admitted yet.
            await visit(self.nats.mqtt_port, self._logins.cloud)
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

    async def _end_connections(self, client_id: str) -> int:
        if self._system is None:
            raise Unavailable("The broker is being started again.", hint="Try again in a moment.")
        asked = json.dumps({"mqtt_client": client_id, "acc": ACCOUNT}).encode()
        said = await self._system.request("$SYS.REQ.SERVER.PING.CONNZ", asked, timeout=_ANSWER_SECONDS)
        found = json.loads(said.data)
        for connection in found["data"]["connections"]:
            order = json.dumps({"cid": connection["cid"]}).encode()
            await self._system.request(f"$SYS.REQ.SERVER.{found['server']['id']}.KICK", order, timeout=_ANSWER_SECONDS)
        return len(found["data"]["connections"])


async def _on_error(error: Exception) -> None:
    log.debug("broker link: %s", type(error).__name__)
