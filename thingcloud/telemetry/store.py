"""All SQL of telemetry: packs as they came, readings in their series, refused packs kept aside."""

from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha256
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from thingcloud.plumbing.db import Tx
from thingcloud.telemetry.model import (
    KEPT_BYTES,
    KEPT_OVERALL,
    KEPT_PER_DEVICE,
    PackLine,
    Refusal,
    Refused,
    RefusedCount,
    Unspread,
    Value,
)  # fmt: skip
from thingcloud.telemetry.tables import (
    anchors,
    batches,
    conflicts,
    packs,
    quarantine,
    readings,
    refusals,
    series,
    streams,
    undated,
)

# --- the hot inserts: many rows at a time, compiled once ---

_PARAMSTYLES = {"sqlite": "qmark", "postgresql": "format"}


@cache
def _insert(table: sa.Table, dialect: Any, name: str) -> str:
    # A reading that a pack holds twice for one moment is one reading; packs are looked through before.
    once = " ON CONFLICT DO NOTHING" if table is readings else ""
    return f"{table.insert().compile(dialect=dialect(paramstyle=_PARAMSTYLES[name]))}{once}"


def _insert_many(tx: Tx, table: sa.Table, rows: list[tuple[Any, ...]]) -> None:
    # Through Core each row costs about twice as much; the columns stand in the order of the table.
    dialect: Any = type(tx.dialect)
    if rows:
        tx.exec_driver_sql(_insert(table, dialect, tx.dialect.name), rows)


def next_pack_id(tx: Tx) -> int:
    """The row id of the pack that is stored next."""
    newest = tx.scalar(sa.select(sa.func.max(packs.c.id)))
    return int(newest or 0) + 1


def add_packs(tx: Tx, rows: list[tuple[int, int, int, int, int, bytes]]) -> None:
    """Store new packs: (id, device, sequence, stream, received, bytes)."""
    _insert_many(tx, packs, rows)


def add_readings(tx: Tx, rows: list[tuple[int, int, int, float | None, str | None, int]]) -> None:
    """Store readings: (series, at, pack, value, words, dated)."""
    _insert_many(tx, readings, rows)


# --- packs ---


def highest(tx: Tx, devices: Iterable[int]) -> dict[int, int]:
    """The highest sequence stored of each of these devices; 0 where there is none."""
    wanted = list(devices)
    newest = sa.select(packs.c.device, sa.func.max(packs.c.sequence)).where(packs.c.device.in_(wanted))
    found = dict.fromkeys(wanted, 0)
    found.update((device, sequence) for device, sequence in tx.execute(newest.group_by(packs.c.device)))
    return found


def stored(tx: Tx, numbers: Iterable[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    """The packs that are stored under these numbers, as (device, sequence)."""
    number = sa.tuple_(packs.c.device, packs.c.sequence)
    rows = tx.execute(sa.select(packs.c.device, packs.c.sequence, packs.c.pack).where(number.in_(list(numbers))))
    return {(device, sequence): bytes(pack) for device, sequence, pack in rows}


def add_conflict(tx: Tx, device: int, sequence: int, received: int, pack: bytes) -> bool:
    """Keep another pack of the same number beside the first; False if this very one is kept already."""
    values = {"device": device, "sequence": sequence, "digest": sha256(pack).digest()}
    same = [conflicts.c[name] == value for name, value in values.items()]
    if tx.execute(sa.select(conflicts.c.id).where(*same)).first():
        return False
    tx.execute(conflicts.insert().values(received=received, pack=pack, **values))
    return True


def conflicts_of(tx: Tx, device: int, sequence: int) -> list[bytes]:
    """The other packs that came under this number."""
    these = sa.select(conflicts.c.pack).where(conflicts.c.device == device, conflicts.c.sequence == sequence)
    return list(tx.scalars(these.order_by(conflicts.c.id)))


def stream_id(tx: Tx, thing_id: str, device: int, name: str) -> int:
    """The stream's row, made when it is new."""
    same = {"thing_id": thing_id, "device": device, "name": name}
    found = tx.scalar(sa.select(streams.c.id).where(*(streams.c[key] == value for key, value in same.items())))
    if found is None:
        made = tx.execute(streams.insert().values(packs=0, readings=0, **same).returning(streams.c.id))
        found = made.scalar_one()
    return int(found)


def _lines() -> sa.Select[Any]:
    columns = (
        packs.c.id,
        packs.c.device,
        packs.c.sequence,
        streams.c.thing_id,
        streams.c.name,
        packs.c.received,
        packs.c.pack,
    )
    return sa.select(*columns).join(streams, streams.c.id == packs.c.stream)


def packs_after(tx: Tx, thing_id: str, after: int, limit: int) -> list[PackLine]:
    """Packs of a thing in the order of device and sequence, from the one behind row `after` on."""
    last = tx.execute(sa.select(packs.c.device, packs.c.sequence).where(packs.c.id == after)).first()
    found: list[PackLine] = []
    for device in _devices(tx, thing_id):
        if last is not None and device < last.device:
            continue
        beyond = last.sequence if last is not None and device == last.device else 0
        query = _lines().where(packs.c.device == device, packs.c.sequence > beyond, streams.c.thing_id == thing_id)
        rows = tx.execute(query.order_by(packs.c.sequence).limit(limit - len(found)))
        found += [PackLine(*row) for row in rows]
        if len(found) >= limit:
            break
    return found


def newest_packs(tx: Tx, thing_id: str, limit: int) -> list[PackLine]:
    """The newest packs of a thing, newest first."""
    found: list[PackLine] = []
    for device in _devices(tx, thing_id):
        query = _lines().where(packs.c.device == device, streams.c.thing_id == thing_id)
        found += [PackLine(*row) for row in tx.execute(query.order_by(packs.c.sequence.desc()).limit(limit))]
    return sorted(found, key=lambda line: (line.received, line.id), reverse=True)[:limit]


def pack_line(tx: Tx, thing_id: str, pack_id: int) -> PackLine | None:
    """One pack of a thing."""
    row = tx.execute(_lines().where(packs.c.id == pack_id, streams.c.thing_id == thing_id)).first()
    return PackLine(*row) if row else None


def pack_before(tx: Tx, line: PackLine) -> bytes | None:
    """The pack that came before this one in its stream."""
    query = _lines().where(
        packs.c.device == line.device, packs.c.sequence < line.sequence, streams.c.name == line.stream
    )
    row = tx.execute(query.order_by(packs.c.sequence.desc()).limit(1)).first()
    return bytes(row.pack) if row else None


def _devices(tx: Tx, thing_id: str) -> list[int]:
    these = sa.select(streams.c.device).where(streams.c.thing_id == thing_id).distinct()
    return list(tx.scalars(these.order_by(streams.c.device)))


def counts(tx: Tx, thing_id: str) -> tuple[int, int]:
    """How many readings and packs a thing has."""
    sums = sa.select(sa.func.sum(streams.c.readings), sa.func.sum(streams.c.packs))
    row = tx.execute(sums.where(streams.c.thing_id == thing_id)).one()
    return int(row[0] or 0), int(row[1] or 0)


def readings_since(tx: Tx, thing_ids: Sequence[str], since: int) -> int:
    """How many readings these things have from `since` on."""
    these = sa.select(series.c.id).where(series.c.thing_id.in_(thing_ids))
    newer = sa.select(sa.func.count()).where(readings.c.series.in_(these), readings.c.at >= since)
    return int(tx.execute(newer).scalar_one())


# --- from packs to series ---


def add_batch(tx: Tx, first: int, last: int) -> int:
    """Note that these packs are stored and their readings are not yet."""
    made = tx.execute(batches.insert().values(first=first, last=last).returning(batches.c.id))
    return int(made.scalar_one())


def take_batch(tx: Tx, batch: int) -> bool:
    """Claim a batch in this transaction; False if somebody else has done it."""
    return tx.execute(batches.delete().where(batches.c.id == batch)).rowcount == 1


def waiting_batches(tx: Tx) -> list[Unspread]:
    """Batches whose readings are not in their series yet, oldest first."""
    query = sa.select(batches.c.id, batches.c.first, batches.c.last).order_by(batches.c.id)
    return [Unspread(*row) for row in tx.execute(query)]


def packs_between(tx: Tx, first: int, last: int) -> list[PackLine]:
    """The packs of a batch."""
    return [PackLine(*row) for row in tx.execute(_lines().where(packs.c.id.between(first, last)).order_by(packs.c.id))]


def series_id(tx: Tx, thing_id: str, stream: str, name: str, unit: str) -> int:
    """The row of a series, made when it is new."""
    same = {"thing_id": thing_id, "stream": stream, "name": name, "unit": unit}
    found = tx.scalar(sa.select(series.c.id).where(*(series.c[key] == value for key, value in same.items())))
    if found is None:
        found = tx.execute(series.insert().values(**same).returning(series.c.id)).scalar_one()
    return int(found)


def count_up(tx: Tx, grown: Iterable[tuple[int, int, int]]) -> None:
    """Add to the counters of streams: (packs, readings, stream)."""
    rows = [{"more_packs": new, "more_readings": read, "this": stream} for new, read, stream in grown]
    if rows:
        tx.execute(_COUNT_UP, rows)


_COUNT_UP = (
    streams.update()
    .where(streams.c.id == sa.bindparam("this"))
    .values(
        packs=streams.c.packs + sa.bindparam("more_packs"), readings=streams.c.readings + sa.bindparam("more_readings")
    )
)


# --- dating ---


def anchor(tx: Tx, device: int, boot: int) -> int | None:
    """When this start of a device was, in seconds, if an anchor has said so."""
    return tx.scalar(sa.select(anchors.c.start).where(anchors.c.device == device, anchors.c.boot == boot))


def add_anchor(tx: Tx, device: int, boot: int, start: int) -> bool:
    """Note when a start was; the first word on it stands, and False says that there was one."""
    if anchor(tx, device, boot) is not None:
        return False
    tx.execute(anchors.insert().values(device=device, boot=boot, start=start))
    return True


def add_undated(tx: Tx, device: int, boot: int, pack: int) -> None:
    """Note that a pack waits for an anchor."""
    tx.execute(undated.insert().values(device=device, boot=boot, pack=pack))


def take_undated(tx: Tx, device: int, boot: int) -> list[PackLine]:
    """The packs that waited for this anchor, which then do so no longer."""
    these = (undated.c.device == device) & (undated.c.boot == boot)
    lines = [PackLine(*row) for row in tx.execute(_lines().join(undated, undated.c.pack == packs.c.id).where(these))]
    tx.execute(undated.delete().where(these))
    return lines


def drop_readings(tx: Tx, rows: Iterable[tuple[int, int, int]]) -> None:
    """Take readings out of their series: (series, at, pack)."""
    these = [{"s": series, "a": at, "p": pack} for series, at, pack in rows]
    if these:
        tx.execute(_DROP, these)


_DROP = readings.delete().where(
    readings.c.series == sa.bindparam("s"), readings.c.at == sa.bindparam("a"), readings.c.pack == sa.bindparam("p")
)


# --- readings ---


def latest(tx: Tx, thing_id: str, until: int) -> list[Value]:
    """The newest reading of each series of a thing up to `until`; a later one only where there is no other."""
    these = sa.select(series).where(series.c.thing_id == thing_id).order_by(series.c.stream, series.c.id)
    found = []
    for one in tx.execute(these).all():
        newest = sa.select(readings).where(readings.c.series == one.id)
        newest = newest.order_by(readings.c.at.desc(), readings.c.pack.desc()).limit(1)
        row = tx.execute(newest.where(readings.c.at <= until)).first() or tx.execute(newest).first()
        if row is not None:
            found.append(_value(one.stream, one.name, one.unit, row))
    return found


def between(tx: Tx, thing_id: str, name: str, since: int, until: int, limit: int) -> list[Value]:
    """Readings of one name from `since` to before `until`, newest `limit`, oldest first."""
    these = sa.select(series).where(series.c.thing_id == thing_id)
    found = []
    # Series by series, since each lies in the order of time: all at once, a year would be sorted for its last hour.
    for one in tx.execute(these.where(series.c.name == name) if name else these).all():
        span = (readings.c.series == one.id, readings.c.at >= since, readings.c.at < until)
        newest = sa.select(readings).where(*span).order_by(readings.c.at.desc(), readings.c.pack.desc()).limit(limit)
        found += [((row.at, row.pack, one.id), one, row) for row in tx.execute(newest)]
    found.sort(key=itemgetter(0))
    return [_value(one.stream, one.name, one.unit, row) for _, one, row in found[-limit:]]


def points(tx: Tx, thing_id: str, name: str, since: int, until: int, most: int) -> list[tuple[int, float]]:
    """At most `most` points of one name for a plot: means of equal spans of time where there are more readings."""
    span = max(1, (until - since) // max(1, most))
    slot = (readings.c.at - since) // span
    query = (
        sa.select(sa.func.max(readings.c.at), sa.func.avg(readings.c.value))
        .join(series, series.c.id == readings.c.series)
        .where(series.c.thing_id == thing_id, series.c.name == name, readings.c.value.is_not(None))
        .where(readings.c.at >= since, readings.c.at < until)
        .group_by(slot)
        .order_by(slot)
    )
    return [(int(at), float(value)) for at, value in tx.execute(query)]


def has_undated(tx: Tx, thing_id: str, name: str, since: int, until: int) -> bool:
    """Whether the time of any reading of one name in this span is not known."""
    query = (
        sa.select(readings.c.pack)
        .join(series, series.c.id == readings.c.series)
        .where(series.c.thing_id == thing_id, series.c.name == name, readings.c.dated == 0)
        .where(readings.c.at >= since, readings.c.at < until)
    )
    return tx.execute(query.limit(1)).first() is not None


def _value(stream: str, name: str, unit: str, row: Any) -> Value:
    value: float | str = row.words if row.value is None else row.value
    if row.value is not None and row.words is not None:
        value = bool(row.value)
    return Value(stream, name, unit, value, row.at, bool(row.dated))


# --- refused packs ---


def count_refused(tx: Tx, now: int, device: str, reason: str, more: int) -> None:
    """Count packs that were refused for one reason."""
    this = (refusals.c.device == device) & (refusals.c.reason == reason)
    known = tx.execute(refusals.update().where(this).values(count=refusals.c.count + more, last=now))
    if known.rowcount == 0:
        tx.execute(refusals.insert().values(device=device, reason=reason, count=more, last=now))


def keep_refused(tx: Tx, now: int, refused: Sequence[Refusal]) -> None:
    """Keep refused packs aside and let go of the oldest beyond what is kept for a device and in all."""
    values = [
        {"device": r.device, "reason": r.reason, "received": now, "size": len(r.data), "pack": r.data[:KEPT_BYTES]}
        for r in refused
    ]
    tx.execute(quarantine.insert(), values)
    for device in {r.device for r in refused}:
        _trim(tx, KEPT_PER_DEVICE, quarantine.c.device == device)
    _trim(tx, KEPT_OVERALL, sa.true())


def _trim(tx: Tx, most: int, of: sa.ColumnElement[bool]) -> None:
    oldest_kept = sa.select(quarantine.c.id).where(of).order_by(quarantine.c.id.desc()).offset(most - 1).limit(1)
    tx.execute(quarantine.delete().where(of, quarantine.c.id < oldest_kept.scalar_subquery()))


def refused_counts(tx: Tx, devices: Sequence[str] | None) -> list[RefusedCount]:
    """Refused packs by reason, of some devices or of all."""
    query = sa.select(refusals.c.reason, sa.func.sum(refusals.c.count), sa.func.max(refusals.c.last))
    if devices is not None:
        query = query.where(refusals.c.device.in_(devices))
    rows = tx.execute(query.group_by(refusals.c.reason).order_by(refusals.c.reason))
    return [RefusedCount(reason, int(count), int(last)) for reason, count, last in rows]


def kept_aside(tx: Tx, devices: Sequence[str] | None, limit: int) -> list[Refused]:
    """Refused packs kept aside, newest first."""
    columns = (
        quarantine.c.id,
        quarantine.c.device,
        quarantine.c.reason,
        quarantine.c.received,
        quarantine.c.size,
        quarantine.c.pack,
    )
    query = sa.select(*columns).order_by(quarantine.c.id.desc()).limit(limit)
    if devices is not None:
        query = query.where(quarantine.c.device.in_(devices))
    return [Refused(*row) for row in tx.execute(query)]
