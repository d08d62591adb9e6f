"""What telemetry speaks of: packs that were verified, packs that were refused, readings and where they stand."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from thingcloud.telemetry.pack import VerifiedPack

UNKNOWN_DEVICE = "unknown-device"

KEPT_PER_DEVICE = 50
"""Refused packs kept aside for one device; older ones go first."""
KEPT_OVERALL = 1000
"""Refused packs kept aside in all."""
KEPT_BYTES = 2048
"""Of a refused pack at most this many bytes are kept."""


class Sender(NamedTuple):
    """A paired device as the hot path needs it: what is the same for each of its packs is made once.

    `streams` remembers the rows of its streams.
    """

    id: str
    row: int
    thing_id: str
    public: bytes
    revoked: bool
    secret: bytes
    receipt_head: bytes
    receipt_topic: str
    pack_topic: str
    readings_topic: str
    streams: dict[str, int]


class Verified(NamedTuple):
    """A pack whose signature and payload hold, with the bytes as they came."""

    sender: Sender
    pack: VerifiedPack
    data: bytes


class Refusal(NamedTuple):
    """A pack that was refused; `sequence` is there only if its signature verified."""

    device: str
    sender: Sender | None
    sequence: int | None
    reason: str
    data: bytes


class Heard(NamedTuple):
    """What one batch turned out to be."""

    packs: list[Verified]
    refused: list[Refusal]


class Kept(NamedTuple):
    """What one transaction stored at `received`: `batch` names the new packs, whose row ids run from `first` on."""

    batch: int | None
    first: int
    received: int
    new: list[Verified]
    repeats: int
    conflicts: int


class Unspread(NamedTuple):
    """A batch of stored packs whose readings are not in their series yet; row ids `first` to `last`."""

    id: int
    first: int
    last: int


@dataclass(frozen=True)
class Value:
    """The newest reading of one series, `value` being a number, words or yes and no."""

    stream: str
    name: str
    unit: str
    value: float | str
    at: int
    time_known: bool


@dataclass(frozen=True)
class PackLine:
    """A stored pack: its bytes are as the device sent them, `received` is the host's time."""

    id: int
    device: int
    sequence: int
    thing_id: str
    stream: str
    received: int
    pack: bytes


@dataclass(frozen=True)
class Refused:
    """A refused pack kept aside, its bytes perhaps cut short."""

    id: int
    device: str
    reason: str
    received: int
    size: int
    pack: bytes


@dataclass(frozen=True)
class RefusedCount:
    """How many packs were refused for one reason, and when the last one came."""

    reason: str
    count: int
    last: int


def ranges(numbers: Iterable[int]) -> list[list[int]]:
    """Inclusive ranges that name exactly these numbers: ascending, neither overlapping nor touching."""
    found: list[list[int]] = []
    for number in sorted(set(numbers)):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found
