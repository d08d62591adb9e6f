"""A bench for couriers: a device without a key of its own, its hosts, and a clock that the test moves."""

import asyncio

from device.courier import Courier
from device.hosts import Credentials
from device.numbers import Numbers
from device.outbox import Outbox
from device.recorder import Recorder
from device.settings import Host, Settings
from tests.fakes.broker311 import Broker
from tests.firmware.ground import FakeClock, Half, connection, folder, settle
from thingseal import frame, keys, topics
from thingseal.reading import Reading
from thingseal.receipt import Receipt, encode_receipt, ranges, seal_receipt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_PUBLIC = bytes(range(32))
SECRET = b"\x11" * 32


class Somebody:
    """Stands in for the identity: signatures are checked elsewhere, here only what happens to packs matters."""

    device = keys.device_id(_PUBLIC)
    kid = keys.kid(_PUBLIC)

    async def sign(self, message: bytes) -> bytes:
        return b"\x00" * 64


class OneHost:
    """A host behind a broker: what arrived, and which receipts it gives."""

    def __init__(self, bench: "Bench", url: str, receipts: str) -> None:
        self.told: list[dict[str, object]] = []
        self.broker = Broker()
        self.broker.answer = self._answer
        self.gives: Callable[[int], bool] = lambda nth: True
        self.refuses: dict[int, str] = {}
        self.arrivals: list[int] = []
        self.dials_allowed = True
        raw = {
            "mqtt": "mqtt://127.0.0.1:1",
            "username": Somebody.device,
            "password": "p",
            "receipt_secret": "ERERERERERERERERERERERERERERERERERERERERERE",
            "generation": 3,
            "host_key": "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8",
            "ca": None,
        }
        self.credentials = Credentials(raw)
        self.courier = Courier(
            Host(url, "", receipts, ""),
            bench.settings,
            Somebody(),  # type: ignore[arg-type]
            bench.outbox,
            bench.recorder,
            bench.clock,  # type: ignore[arg-type]
            lambda: 0.0,
            self._tell,
        )

    def said(self, event: str) -> "list[dict[str, object]]":
        return [told for told in self.told if told["event"] == event]

    async def dial(self) -> "tuple[Half, Half]":
        if not self.dials_allowed:
            raise OSError(111, "refused")
        mine, theirs = connection()
        asyncio.create_task(self.broker.serve(theirs, theirs))  # type: ignore[arg-type]  # noqa: RUF006
        return mine, mine

    async def send(self, numbers: "list[int]", **forged: object) -> None:
        body = Receipt(
            str(forged.get("device", Somebody.device)), int(str(forged.get("generation", 3))), ranges(numbers), []
        )
        secret = forged.get("secret", SECRET)
        assert isinstance(secret, bytes)
        sealed = seal_receipt(secret, encode_receipt(body))
        await self.broker.publish(topics.receipt(Somebody.device), sealed)
        await settle()

    def _tell(self, event: str, **more: object) -> None:
        more["event"] = event
        self.told.append(more)

    def _answer(self, topic: str, message: bytes) -> "list[tuple[str, bytes]]":
        if not topic.endswith("/telemetry"):
            return []
        number = frame.parse(message, frame.PACK).sequence
        self.arrivals.append(number)
        if not self.gives(len(self.arrivals)):
            return []
        refused = [(number, self.refuses[number])] if number in self.refuses else []
        stored = [] if refused else [(number, number)]
        body = encode_receipt(Receipt(Somebody.device, 3, stored, refused))
        return [(topics.receipt(Somebody.device), seal_receipt(SECRET, body))]


class Bench:
    """A device without a key of its own, its hosts, and a clock that the test moves."""

    def __init__(self, receipts: "tuple[str, ...]" = ("required",), batch: int = 1) -> None:
        path = self.folder = folder()
        self.clock = FakeClock()
        self.settings = Settings([], [])
        self.outbox = Outbox(path + "/outbox", 1000, 8)
        self.recorder = Recorder(
            Somebody(),  # type: ignore[arg-type]
            Numbers(path + "/sequence", fresh=True),
            self.outbox,
            self.clock,  # type: ignore[arg-type]
            7,
            batch,
        )
        self.hosts = [OneHost(self, f"https://{at}.example", kind) for at, kind in enumerate(receipts)]

    async def measure(self, packs: int = 1) -> None:
        for value in range(packs):
            await self.recorder.record("machine", [Reading("load", None, value)])
            await settle()


def on(bench: Bench, act: "Callable[[], Awaitable[None]]") -> None:
    async def main() -> None:
        running = [
            asyncio.create_task(host.courier.deliver(host.credentials, host.dial))  # type: ignore[arg-type]
            for host in bench.hosts
        ]
        await settle()
        try:
            await act()
        finally:
            for task in running:
                task.cancel()
            await settle()

    asyncio.run(main())
