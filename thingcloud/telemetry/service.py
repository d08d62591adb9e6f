"""What telemetry does: keep what devices signed, spread it into series, and answer for it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from thingcloud.devices import service as devices
from thingcloud.devices.model import Device
from thingcloud.plumbing import live
from thingcloud.plumbing.clock import DAY
from thingcloud.plumbing.db import Database, Tx
from thingcloud.plumbing.errors import NotFound
from thingcloud.telemetry import hearing, receipts, store
from thingcloud.telemetry.check import Verdict, chain, check, shown
from thingcloud.telemetry.model import (
    KEPT_PER_DEVICE,
    Heard,
    Kept,
    PackLine,
    Refusal,
    Refused,
    RefusedCount,
    Sender,
    Unspread,
    Value,
    Verified,
)  # fmt: skip
from thingcloud.things import service as things
from thingcloud.vendors import service as vendors
from thingcloud.vendors.model import Value as Told
from thingseal import topics

_SEEN_EVERY = 60_000
_TELL_AGAIN = 60 * 60_000
_LOOK_AGAIN = 1000
Row = tuple[int, int, int, float | None, str | None, int]


@dataclass
class Memory:
    """What the ear remembers between batches. The database is the truth: `forget` after any failure loses nothing."""

    senders: dict[str, Sender] = field(default_factory=dict)
    highest: dict[int, int] = field(default_factory=dict)
    series: dict[tuple[str, str], dict[tuple[str, str | None], int]] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)
    heard: set[str] = field(default_factory=set)
    heard_at: int = 0

    def forget(self) -> None:
        """Forget everything."""
        for part in (self.senders, self.highest, self.series, self.seen, self.told):
            part.clear()

    def forget_device(self, device: str) -> None:
        """Ask again who this device is: it was paired, revoked or moved."""
        self.senders.pop(device, None)


def senders(db: Database, memory: Memory, ids: Iterable[str]) -> Mapping[str, Sender]:
    """The paired devices by id; those not known yet are looked up in one query."""
    unknown = set(ids) - memory.senders.keys()
    if unknown:
        for name, device in devices.by_ids(db, list(unknown)).items():
            memory.senders[name] = _sender(device)
    return memory.senders


def _sender(device: Device) -> Sender:
    return Sender(
        id=device.id,
        row=device.row,
        thing_id=device.thing_id,
        public=device.public,
        revoked=device.revoked,
        secret=device.receipt_secret,
        receipt_head=receipts.head(device.id, device.generation),
        receipt_topic=topics.receipt(device.id),
        pack_topic=topics.thing_pack(device.thing_id),
        readings_topic=topics.thing_readings(device.thing_id),
        streams={},
    )


# --- keeping: one transaction per batch ---


def keep(tx: Tx, now: int, heard: Heard, memory: Memory) -> Kept:
    """Store a batch: new packs as they came, repeats not again, conflicts beside the first, refusals aside."""
    if heard.refused:
        _keep_refused(tx, now, heard.refused)
    new, again = _sorted_out(tx, heard.packs, memory)
    repeats, conflicts = _settle(tx, now, again, new, memory)
    first = store.next_pack_id(tx) if new else 0
    rows = [
        (
            place,
            sender.row,
            pack.sequence,
            sender.streams.get(pack.stream) or _stream(tx, sender, pack.stream),
            now,
            data,
        )
        for place, (sender, pack, data) in enumerate(new, first)
    ]
    store.add_packs(tx, rows)
    batch = store.add_batch(tx, first, first + len(new) - 1) if new else None
    return Kept(batch, first, now, new, repeats, conflicts)


def _sorted_out(tx: Tx, packs: Sequence[Verified], memory: Memory) -> tuple[list[Verified], list[Verified]]:
    highest = memory.highest
    unknown = {p.sender.row for p in packs} - highest.keys()
    if unknown:
        highest.update(store.highest(tx, unknown))
    new: list[Verified] = []
    again: list[Verified] = []
    for pack in packs:
        row, sequence = pack.sender.row, pack.pack.sequence
        if sequence > highest[row]:
            highest[row] = sequence
            new.append(pack)
        else:
            again.append(pack)
    return new, again


def _settle(tx: Tx, now: int, again: Sequence[Verified], new: list[Verified], memory: Memory) -> tuple[int, int]:
    """Packs whose number is not the highest: a late one joins the new, the others are repeats or conflicts."""
    if not again:
        return 0, 0
    taken = store.stored(tx, {(p.sender.row, p.pack.sequence) for p in again})
    taken |= {(p.sender.row, p.pack.sequence): p.data for p in new}
    repeats = 0
    told: dict[str, tuple[Sender, list[int]]] = {}
    for verified in again:
        sender, pack, data = verified
        number = (sender.row, pack.sequence)
        stored = taken.get(number)
        if stored is None:
            taken[number] = data
            new.append(verified)
        elif stored != data and store.add_conflict(tx, *number, now, data):
            told.setdefault(sender.id, (sender, []))[1].append(pack.sequence)
        else:
            repeats += 1
    for sender, numbers in told.values():
        _tell_of_conflict(tx, now, sender, numbers, memory)
    return repeats, sum(len(numbers) for _, numbers in told.values())


def _tell_of_conflict(tx: Tx, now: int, sender: Sender, numbers: list[int], memory: Memory) -> None:
    # A device that was put back to an older state has one with each pack for a while: its owner hears of it hourly.
    if now - memory.told.get(sender.id, now - _TELL_AGAIN) < _TELL_AGAIN:
        return
    memory.told[sender.id] = now
    shown = ", ".join(map(str, numbers[:5])) + (" and more" if len(numbers) > 5 else "")
    said = f"The device signed two different packs with the same number ({shown}). Both are kept."
    facts = {"device": sender.id, "sequences": numbers[:20]}
    things.journal(tx, now, sender.thing_id, "reading.conflict", said, facts)


def _stream(tx: Tx, sender: Sender, name: str) -> int:
    known = sender.streams.get(name)
    if known is None:
        known = sender.streams[name] = store.stream_id(tx, sender.thing_id, sender.row, name)
    return known


def _keep_refused(tx: Tx, now: int, refused: Sequence[Refusal]) -> None:
    # Names of devices that were never paired come from outside: all of them share one account and one shelf.
    kept = [r if r.sender else r._replace(device="") for r in refused]
    for (device, reason), more in Counter((r.device, r.reason) for r in kept).items():
        store.count_refused(tx, now, device, reason, more)
    newest: dict[str, list[Refusal]] = defaultdict(list)
    for refusal in kept:
        newest[refusal.device].append(refusal)
    store.keep_refused(tx, now, [r for of_device in newest.values() for r in of_device[-KEPT_PER_DEVICE:]])
    for thing_id in {r.sender.thing_id for r in kept if r.sender}:
        live.announce(tx, f"thing:{thing_id}")


# --- spreading: from packs to series, then handed on ---


def unspread(tx: Tx) -> list[Unspread]:
    """Batches that were stored and not spread, oldest first: what a dead process left behind."""
    return store.waiting_batches(tx)


def recall(tx: Tx, batch: Unspread) -> Kept:
    """A stored batch as `keep` gave it, read back from the bytes of its packs."""
    lines = store.packs_between(tx, batch.first, batch.last)
    known = {row: _sender(device) for row, device in devices.by_rows(tx, {line.device for line in lines}).items()}
    new = [_reopened(line, known[line.device]) for line in lines]
    return Kept(batch.id, batch.first, lines[0].received if lines else 0, new, 0, 0)


def _reopened(line: PackLine, sender: Sender) -> Verified:
    if sender.thing_id != line.thing_id:
        sender = sender._replace(thing_id=line.thing_id, streams={})
    return Verified(sender, hearing.opened(line.pack, sender.public, sender.id), line.pack)


def spread(tx: Tx, now: int, batches: Sequence[Kept], memory: Memory) -> list[Verified]:
    """Put the readings of stored batches into their series; returns the packs that nobody else had spread."""
    ours = [kept for kept in batches if kept.batch is not None and store.take_batch(tx, kept.batch)]
    rows: list[Row] = []
    newest: dict[tuple[str, str], Verified] = {}
    for kept in ours:
        for place, verified in enumerate(kept.new, kept.first):
            newest[verified.sender.id, verified.pack.stream] = verified
            _add_rows(tx, rows, place, verified, _since(tx, place, verified, kept.received), memory)
    rows.sort(key=itemgetter(0))
    store.add_readings(tx, rows)
    done = [verified for kept in ours for verified in kept.new]
    for verified in done:
        if verified.pack.boot is not None:
            _date(tx, verified, memory)
    _count_up(tx, done)
    _tell(tx, now, newest.values(), memory)
    return done


def _since(tx: Tx, place: int, verified: Verified, received: int) -> tuple[int, int]:
    """The time (ms) that the readings of a pack are relative to, and whether it is known: 1 or 0.

    While the device does not know the time it is that of the arrival, until an anchor dates its start.
    """
    sender, pack, _ = verified
    if pack.iat is not None or pack.boot is None or pack.uptime is None:
        return (pack.iat or 0) * 1000, 1
    start = store.anchor(tx, sender.row, pack.boot)
    if start is not None:
        return (start + pack.uptime) * 1000, 1
    store.add_undated(tx, sender.row, pack.boot, place)
    return received, 0


def _add_rows(tx: Tx, rows: list[Row], place: int, verified: Verified, since: tuple[int, int], memory: Memory) -> None:
    sender, pack, _ = verified
    base, dated = since
    known = memory.series.get((sender.thing_id, pack.stream))
    if known is None:
        known = memory.series[sender.thing_id, pack.stream] = {}
    for name, unit, value, _, t in pack.readings:
        series = known.get((name, unit))
        if series is None:
            series = known[name, unit] = store.series_id(tx, sender.thing_id, pack.stream, name, unit or "")
        at = base + round(t * 1000) if t else base
        if isinstance(value, bool):
            rows.append((series, at, place, float(value), "true" if value else "false", dated))
        elif isinstance(value, str):
            rows.append((series, at, place, None, value, dated))
        else:
            rows.append((series, at, place, value, None, dated))


def _date(tx: Tx, by: Verified, memory: Memory) -> None:
    """Date what this device said in one start, by a pack or an anchor that knows both the time and the uptime."""
    sender, pack, _ = by
    if pack.iat is None or pack.boot is None or pack.uptime is None:
        return
    start = pack.iat - pack.uptime
    if not store.add_anchor(tx, sender.row, pack.boot, start):
        return
    before: list[Row] = []
    after: list[Row] = []
    for line in store.take_undated(tx, sender.row, pack.boot):
        waited = _reopened(line, sender)
        _add_rows(tx, before, line.id, waited, (line.received, 0), memory)
        _add_rows(tx, after, line.id, waited, ((start + (waited.pack.uptime or 0)) * 1000, 1), memory)
    store.drop_readings(tx, [(series, at, place) for series, at, place, *_ in before])
    store.add_readings(tx, after)


def _count_up(tx: Tx, done: Iterable[Verified]) -> None:
    grown: dict[int, list[int]] = {}
    for sender, pack, _ in done:
        stream = sender.streams.get(pack.stream) or _stream(tx, sender, pack.stream)
        count = grown.get(stream)
        if count is None:
            grown[stream] = [1, len(pack.readings)]
        else:
            count[0] += 1
            count[1] += len(pack.readings)
    store.count_up(tx, [(packs, readings, stream) for stream, (packs, readings) in grown.items()])


def _tell(tx: Tx, now: int, newest: Iterable[Verified], memory: Memory) -> None:
    if now - memory.heard_at >= _LOOK_AGAIN:
        memory.heard, memory.heard_at = vendors.hears_readings(tx), now
    for sender, pack, _ in newest:
        live.announce(tx, f"thing:{sender.thing_id}")
        if sender.thing_id in memory.heard:
            at = now if pack.iat is None else pack.iat * 1000
            values = [
                Told(name, unit or "", shown(value, places), at) for name, unit, value, places, _ in pack.readings
            ]
            vendors.hear_readings(tx, sender.thing_id, pack.stream, values)
        if now - memory.seen.get(sender.id, 0) >= _SEEN_EVERY:
            memory.seen[sender.id] = now
            devices.seen(tx, now, sender.id)


# --- asking ---


def latest(tx: Tx, thing_id: str, now: int) -> list[Value]:
    """The newest reading of each series of a thing.

    What a clock that was far ahead once dated after tomorrow does not hide what came since.
    """
    return store.latest(tx, thing_id, now + DAY)


def readings(tx: Tx, thing_id: str, name: str, since: int, until: int, limit: int) -> list[Value]:
    """Readings of one name (or all, for ""), oldest first: the newest `limit` from `since` to before `until`, in ms."""
    return store.between(tx, thing_id, name, since, until, limit)


def series(tx: Tx, thing_id: str, name: str, since: int, until: int, most: int) -> list[tuple[int, float]]:
    """At most about `most` points (ms, value) of one name for a plot."""
    return store.points(tx, thing_id, name, since, until, most)


def undated(tx: Tx, thing_id: str, name: str, since: int, until: int) -> bool:
    """Whether `series` shows a reading by when it arrived, since its device did not know the time."""
    return store.has_undated(tx, thing_id, name, since, until)


def packs(tx: Tx, thing_id: str, after: int, limit: int) -> list[PackLine]:
    """Packs of a thing in the order its devices numbered them, from behind row `after` on (0: from the first)."""
    return store.packs_after(tx, thing_id, after, limit)


def newest_packs(tx: Tx, thing_id: str, limit: int) -> list[PackLine]:
    """The newest packs of a thing, newest first."""
    return store.newest_packs(tx, thing_id, limit)


def pack(tx: Tx, thing_id: str, pack_id: int) -> PackLine:
    """One pack of a thing."""
    found = store.pack_line(tx, thing_id, pack_id)
    if found is None:
        raise NotFound("There is no such pack.", hint="Choose one from the list of packs.")
    return found


def counts(tx: Tx, thing_id: str) -> tuple[int, int]:
    """How many readings and signed packs a thing has."""
    return store.counts(tx, thing_id)


def readings_since(tx: Tx, thing_ids: Sequence[str], since: int) -> int:
    """How many readings these things have from `since` (ms) on."""
    return store.readings_since(tx, thing_ids, since)


def refused(tx: Tx, devices: Sequence[str] | None = None) -> list[RefusedCount]:
    """Refused packs by reason, of some devices or of all."""
    return store.refused_counts(tx, devices)


def kept_aside(tx: Tx, devices: Sequence[str] | None = None, limit: int = KEPT_PER_DEVICE) -> list[Refused]:
    """Refused packs that are kept aside, newest first."""
    return store.kept_aside(tx, devices, limit)


def check_stored(tx: Tx, line: PackLine) -> tuple[Verdict, bool | None]:
    """Check a stored pack again, now, with its device's key, and whether it names the pack before it."""
    device = devices.by_rows(tx, [line.device])[line.device]
    verdict = check(line.pack, device.public)
    if verdict.pack is None:
        return verdict, None
    before = store.pack_before(tx, line)
    return verdict, chain([before] if before is not None else [], verdict.pack)


def conflicts(tx: Tx, line: PackLine) -> list[bytes]:
    """Other packs that the same device signed with the same number."""
    return store.conflicts_of(tx, line.device, line.sequence)
