"""From readings to signed packs in the outbox: one after the other, so that each names the one before it."""

import asyncio

from device.clock import Clock
from device.identity import Identity
from device.numbers import Numbers
from device.outbox import Outbox
from device.segment import Record
from thingseal import frame
from thingseal.reading import Pack, Reading, encode_anchor, encode_pack
from thingseal.refusal import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# Where the bytes of a clock anchor wait in the outbox: it belongs to no stream.
_NO_STREAM = ""
# A disk that takes nothing: this many packs wait in memory, then readings are given up.
_UNWRITTEN_AT_MOST = 64


class Recorder:
    """Numbers, signs and keeps packs; `boot` is the number of this start of the device."""

    def __init__(
        self, identity: Identity, numbers: Numbers, outbox: Outbox, clock: Clock, boot: int, batch: int
    ) -> None:
        self.device = identity.device
        self._identity = identity
        self._numbers = numbers
        self._outbox = outbox
        self._clock = clock
        self._boot = boot
        self._batch = batch
        self._turn = asyncio.Lock()
        self._undated = False
        self._readers: list[tuple[Callable[[], bool], asyncio.Event]] = []

    def add_reader(self, ready: "Callable[[], bool]", news: asyncio.Event) -> None:
        """Know somebody who delivers packs: `ready` says whether it could now, `news` is set when it should look."""
        self._readers.append((ready, news))

    async def record(self, stream: str, readings: "list[Reading]") -> int:
        """Sign the readings as one pack, keep it, and return its sequence number.

        Raises Refused for readings that the wire does not allow, OSError where the disk takes nothing.
        """
        async with self._turn:
            if self._outbox.unwritten() >= _UNWRITTEN_AT_MOST:
                self._write_or_give_up(stream, len(readings))
            now = self._clock.wall()
            uptime = self._clock.ms() // 1000
            if now is not None and self._undated:
                number = self._number(stream, len(readings))
                await self._keep(frame.ANCHOR, encode_anchor(self._boot, uptime), number, now)
            self._undated = now is None
            pack = Pack(
                self.device,
                stream,
                self._number(stream, len(readings)),
                now,
                self._boot if now is None else None,
                uptime if now is None else None,
                self._outbox.previous(stream),
                readings,
                self._outbox.dropped(stream),
            )
            await self._keep(frame.PACK, encode_pack(pack), pack.sequence, now, pack)
            if self._outbox.unwritten() >= self._batch or any(ready() for ready, _ in self._readers):
                self.write()
            return pack.sequence

    def write(self) -> None:
        """Put what is only in memory on disk, and call those who deliver."""
        self._outbox.flush()
        for _, news in self._readers:
            news.set()

    def _write_or_give_up(self, stream: str, readings: int) -> None:
        try:
            self.write()
        except OSError:
            self._outbox.give_up(stream, readings)
            raise

    def _number(self, stream: str, readings: int) -> int:
        """Return the next number; a disk too full to reserve it gives up its oldest packs first."""
        try:
            try:
                return self._numbers.take()
            except OSError as error:
                self._outbox.make_room(error)
                return self._numbers.take()
        except OSError:
            self._outbox.give_up(stream, readings)
            raise

    async def _keep(
        self, kind: "int | str", payload: bytes, sequence: int, now: "int | None", pack: "Pack | None" = None
    ) -> None:
        cti = frame.sequence_bytes(sequence)
        protected, message = frame.signing_input(kind, payload, self._identity.kid, cti, now)
        sealed = frame.assemble(protected, payload, await self._identity.sign(message))
        if len(sealed) > frame.limit(kind):
            raise Refused("too-large")
        if pack is None:
            self._outbox.append(sequence, Record(_NO_STREAM, sealed, 0, 0))
        else:
            self._outbox.append(sequence, Record(pack.stream, sealed, len(pack.readings), pack.dropped))
