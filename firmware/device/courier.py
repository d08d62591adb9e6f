"""Brings packs to one host: pairs once, publishes in order, lets go of what the host has receipted."""

import asyncio
import gc

from device.clock import Clock
from device.errors import DeviceError
from device.hosts import Credentials, Pairings
from device.identity import Identity
from device.lean import unload
from device.link import Address, Line
from device.mqtt import FRESH, Client, Login
from device.outbox import Outbox
from device.recorder import Recorder
from device.settings import Host, Settings
from thingseal import topics
from thingseal.receipt import open_receipt
from thingseal.refusal import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from device.mqtt import Dial

# Packs that may be under way without a receipt, and the seconds after which the oldest of them is sent again.
_AHEAD = 32
_FIRST_PATIENCE = 10
_LONGEST_PATIENCE = 300


class Courier:
    """Delivers to one host for as long as the device runs."""

    def __init__(
        self,
        host: Host,
        settings: Settings,
        identity: Identity,
        outbox: Outbox,
        recorder: Recorder,
        clock: Clock,
        jitter: "Callable[[], float]",
        tell: "Callable[..., None]",
    ) -> None:
        self._host = host
        self._settings = settings
        self._identity = identity
        self._outbox = outbox
        self._recorder = recorder
        self._clock = clock
        self._jitter = jitter
        self._tell = tell
        self._news = asyncio.Event()
        self._sent = 0
        self._receipts = 0
        self._met = False
        self._client: Client | None = None
        self._awaited = host.receipts == "required"
        outbox.attach(host.url, self._awaited)
        recorder.add_reader(self._ready, self._news)

    async def run(self, pairings: Pairings) -> None:
        """Pair if need be, then deliver for ever; return only when the owner has to do something first."""
        credentials = await self._paired(pairings)
        if credentials is None:
            return
        try:
            address = Address(credentials.mqtt, ("mqtt", "mqtts"))
            line = Line(address, credentials.ca, self._settings.clear_text)
        except DeviceError as error:
            self._tell("disconnected", host=self._host.url, text=str(error))
            return
        await self.deliver(credentials, line.open)

    async def deliver(self, credentials: Credentials, line: "Dial") -> None:
        """Publish over `line` what the host has not receipted, for ever."""
        device = self._identity.device
        self._credentials = credentials
        asked = [topics.receipt(device)] if self._awaited else []
        login = Login(device, credentials.password, topics.status(device), asked, self._settings.keepalive)
        self._client = Client(line, login, self._heard, self._clock, self._jitter, self._link_changed)
        await asyncio.gather(self._client.run(), self._send(self._client), self._remind())

    def _ready(self) -> bool:
        return self._client is not None and self._client.connected

    def _link_changed(self, event: str, text: str) -> None:
        self._tell(event, host=self._host.url, text=text)
        if event == "connected":
            self._recorder.write()
            if text == FRESH and self._met:
                # A broker that has forgotten the session may have lost what it acknowledged.
                self._go_over_again()
            self._met = True

    async def _paired(self, pairings: Pairings) -> "Credentials | None":
        wait = 2
        while True:
            found = pairings.find(self._host)
            if found or not await self._pair(pairings):
                return found
            if pairings.find(self._host) is None:
                await self._clock.sleep(wait * (0.5 + self._jitter() / 2))
                wait = min(wait * 2, _LONGEST_PATIENCE)

    async def _pair(self, pairings: Pairings) -> bool:
        gc.collect()
        from device.pairing import attempt

        try:
            return await attempt(pairings, self._host, self._identity, self._settings.clear_text, self._tell)
        finally:
            del attempt
            unload("device.pairing", "device.http", "thingseal.pairing")

    async def _send(self, client: Client) -> None:
        topic = topics.telemetry(self._identity.device)
        while True:
            number = 0
            if self._outbox.outstanding(self._host.url, self._sent) < _AHEAD:
                number = self._outbox.next_for(self._host.url, self._sent)
            if number:
                self._sent = number
                await client.publish(topic, self._outbox.message(number), self._arrival(number))
            else:
                self._news.clear()
                await self._news.wait()

    def _arrival(self, number: int) -> "Callable[[], None]":
        # PUBACK says only that the broker has it: that is enough where no receipts are given.
        def arrived() -> None:
            if not self._awaited:
                self._outbox.release(self._host.url, [(number, number)])
                self._news.set()

        return arrived

    async def _remind(self) -> None:
        # A receipt may get lost: what stays without one is published again, ever less often while nothing comes.
        patience = _FIRST_PATIENCE
        under_way = 0
        while True:
            receipts = self._receipts
            await self._clock.sleep(patience)
            oldest = self._outbox.next_for(self._host.url, 0)
            if self._receipts != receipts or not self._ready():
                patience = _FIRST_PATIENCE
            elif oldest:
                patience = min(patience * 2, _LONGEST_PATIENCE)
            late = 0 < oldest <= under_way and self._ready()
            under_way = self._sent
            if late:
                self._go_over_again()

    def _go_over_again(self) -> None:
        self._sent = 0
        self._news.set()

    def _heard(self, topic: str, payload: bytes) -> None:
        if topic != topics.receipt(self._identity.device):
            return
        given = self._credentials
        try:
            receipt = open_receipt(payload, given.secret, device=self._identity.device, generation=given.generation)
        except Refused as refusal:
            self._tell("receipt-refused", host=given.host, reason=refusal.reason)
            return
        named = receipt.stored + [(number, number) for number, _ in receipt.refused]
        if self._outbox.release(self._host.url, named):
            self._receipts += 1
            self._news.set()
        for number, reason in receipt.refused:
            self._tell("refused", host=given.host, sequence=number, reason=reason)
        self._tell("receipt", host=given.host, stored=receipt.stored, held=self._outbox.held())
