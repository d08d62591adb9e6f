"""Signed packs that wait for receipts: on disk, in order, freed only by what the hosts say they stored."""

import hashlib
import json
import os

from device.disk import make_folder, read_whole, write_whole
from device.errors import DeviceError
from device.segment import Record, Segment

# One file holds this many at most: a file is deleted when all of it is freed.
_PER_SEGMENT = 64
_DISK_FULL = 28


class Outbox:
    """Packs on disk; each is let go when every host whose receipts are awaited has receipted it."""

    def __init__(self, folder: str, keep: int, per_segment: int = _PER_SEGMENT) -> None:
        self._state = folder + "/state"
        self._folder = folder
        self._keep = keep
        self._per_segment = per_segment
        self._segments: list[Segment] = []
        self._waiting: list[tuple[int, Record]] = []
        self._hosts: dict[str, bool] = {}
        self._chain: dict[str, bytes] = {}
        self._dropped: dict[str, int] = {}
        self._through = 0
        self._closed = True
        self.newest = 0  # the highest number on disk
        make_folder(folder)
        self._recover()

    # What the next pack of a stream has to say.

    def previous(self, stream: str) -> "bytes | None":
        """Return the digest of the stream's pack before (16 bytes), or None before its first."""
        for _, record in reversed(self._waiting):
            if record.stream == stream:
                return _digest(record)
        return self._chain.get(stream)

    def dropped(self, stream: str) -> int:
        """Return how many readings of the stream were given up since a pack last said so."""
        told = sum([record.dropped for _, record in self._waiting if record.stream == stream])
        return max(self._dropped.get(stream, 0) - told, 0)

    # Coming in.

    def append(self, sequence: int, record: Record) -> None:
        """Take in a signed pack; it is on disk after the next `flush`."""
        if sequence <= (self._waiting[-1][0] if self._waiting else self.newest):
            raise ValueError("sequence numbers go up")
        self._waiting.append((sequence, record))

    def unwritten(self) -> int:
        """Return how many packs a power cut would take now."""
        return len(self._waiting)

    def give_up(self, stream: str, readings: int) -> None:
        """Count readings that were taken and cannot be kept; the stream's next pack says so."""
        self._dropped[stream] = self._dropped.get(stream, 0) + readings

    def flush(self) -> None:
        """Put everything on disk; where it is full the oldest file makes room. Raises OSError if that is not enough."""
        made_room = False
        while self._waiting:
            segment, length = self._next_run()
            records = [record for _, record in self._waiting[:length]]
            try:
                segment.append(records)
            except OSError as error:
                # Half of it may be there: what follows goes into a new file, a torn tail is passed over.
                self._closed = True
                if made_room:
                    raise
                self.make_room(error)
                made_room = True
                continue
            self._written(segment, records)
        while len(self._segments) > 1 and sum([s.count for s in self._segments]) > self._keep:
            self._drop_oldest()

    def make_room(self, error: OSError) -> None:
        """Let the oldest file go if it is a full disk that `error` tells of, and raise it if not."""
        if error.errno != _DISK_FULL or not self._segments:
            raise error
        self._drop_oldest()

    # Going out.

    def attach(self, host: str, holds: bool) -> None:
        """Know a host by name; `holds`: packs wait until it has receipted them."""
        self._hosts[host] = holds

    def next_for(self, host: str, after: int) -> int:
        """Return the number of the first pack above `after` that `host` has not receipted, or 0."""
        for segment in self._segments:
            bits = segment.covers(after + 1, self.newest) & ~segment.freed.get(host, 0)
            if bits:
                at = 0
                while not bits >> at & 1:
                    at += 1
                return segment.first + at
        return 0

    def message(self, sequence: int) -> bytes:
        """Return the signed bytes of a pack that is held."""
        for segment in self._segments:
            if segment.covers(sequence, sequence):
                return segment.message(sequence)
        raise KeyError(sequence)

    def outstanding(self, host: str, through: int) -> int:
        """Return how many packs numbered up to `through` the host has not receipted."""
        return sum([_ones(s.covers(0, through) & ~s.freed.get(host, 0)) for s in self._segments])

    def release(self, host: str, ranges: "list[tuple[int, int]]") -> int:
        """Free for `host` exactly the packs in the ranges (both ends included); return how many were new."""
        news = 0
        for segment in self._segments:
            had = segment.freed.get(host, 0)
            now = had
            for first, last in ranges:
                now |= segment.covers(first, last)
            segment.freed[host] = now
            news += _ones(now & ~had)
        if news:
            self._delete_finished()
        return news

    def held(self) -> int:
        """Return how many packs still wait for a receipt."""
        return len(self._waiting) + sum([s.count - _ones(self._freed(s)) for s in self._segments])

    # Inside.

    def _recover(self) -> None:
        saved = self._load_state()
        firsts = sorted([int(n[:-4]) for n in os.listdir(self._folder) if n.endswith(".seg")])
        for first in firsts:
            segment = Segment(self._folder, first)
            for record in segment.load():
                if first + segment.count - 1 > saved:
                    self._account(record)
            last = first + segment.count - 1
            if segment.count == 0 or last <= self._through:
                os.remove(segment.path)
                continue
            self._segments.append(segment)
            self.newest = max(self.newest, last)

    def _load_state(self) -> int:
        data = read_whole(self._state)
        if data is None:
            return 0
        try:
            raw = json.loads(data.decode())
            self._chain = {name: bytes.fromhex(digest) for name, digest in raw["chain"].items()}
            self._dropped = {name: int(count) for name, count in raw["dropped"].items()}
            self._through = int(raw["through"])
            self.newest = int(raw["saved"])
        except (ValueError, KeyError, TypeError, AttributeError):
            raise DeviceError(
                "%s is damaged. Remove it to go on: the hosts then see that the series starts anew." % self._state
            ) from None
        return self.newest

    def _save_state(self) -> None:
        # A snapshot as of the newest pack on disk: what comes after it is read back from the segments.
        raw = {
            "chain": {name: digest.hex() for name, digest in self._chain.items()},
            "dropped": self._dropped,
            "through": self._through,
            "saved": self.newest,
        }
        write_whole(self._state, json.dumps(raw).encode())

    def _account(self, record: Record) -> None:
        self._chain[record.stream] = _digest(record)
        left = self._dropped.get(record.stream, 0) - record.dropped
        self._dropped[record.stream] = max(left, 0)

    def _written(self, segment: Segment, records: "list[Record]") -> None:
        if segment not in self._segments:
            self._segments.append(segment)
            self._closed = False
        self._waiting = self._waiting[len(records) :]
        self.newest = segment.first + segment.count - 1
        for record in records:
            self._account(record)

    def _next_run(self) -> "tuple[Segment, int]":
        # Numbers inside a segment are consecutive, so that its name and a bit say everything about a pack.
        first = self._waiting[0][0]
        segment = self._segments[-1] if self._segments and not self._closed else None
        if segment is None or segment.count >= self._per_segment or segment.first + segment.count != first:
            segment = Segment(self._folder, first)
        length = 1
        room = self._per_segment - segment.count
        while length < min(room, len(self._waiting)) and self._waiting[length][0] == first + length:
            length += 1
        return segment, length

    def _freed(self, segment: Segment) -> int:
        holders = [name for name, holds in self._hosts.items() if holds] or list(self._hosts)
        freed = segment.covers(0, self.newest) if holders else 0
        for name in holders:
            freed &= segment.freed.get(name, 0)
        return freed

    def _delete_finished(self) -> None:
        last = self._segments[-1]
        finished = [s for s in self._segments if self._freed(s) == s.covers(0, self.newest)]
        finished = [s for s in finished if s is not last or self._closed or s.count >= self._per_segment]
        self._remove(finished)

    def _drop_oldest(self) -> None:
        oldest = self._segments[0]
        freed = self._freed(oldest)
        for at, record in enumerate(Segment(self._folder, oldest.first).load()):
            if not freed >> at & 1:
                lost = record.readings + record.dropped
                self._dropped[record.stream] = self._dropped.get(record.stream, 0) + lost
        self._through = oldest.first + oldest.count - 1
        self._remove([oldest])

    def _remove(self, segments: "list[Segment]") -> None:
        if not segments:
            return
        saved = self._saved()
        for segment in segments:
            self._segments.remove(segment)
            os.remove(segment.path)
        if not saved:
            # A power cut before this costs what the snapshot says of these files, never a pack or a number.
            self._save_state()

    def _saved(self) -> bool:
        """Save the state; False where the disk has no room even for that, so that a file has to go first."""
        try:
            self._save_state()
        except OSError as error:
            if error.errno != _DISK_FULL:
                raise
            return False
        return True


def _digest(record: Record) -> bytes:
    return hashlib.sha256(record.message).digest()[:16]


def _ones(bits: int) -> int:
    return bin(bits).count("1")
